export { SMALL_CELL, smallDeployment, Story } from "../../../src/lab/testing/story.ts";
