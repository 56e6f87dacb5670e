export { type BatchOf, type ManyEnd, type ManyItem, runMany, type RunManySetting } from "./run-many.ts";
export { graphOfMany, type ManyGraph } from "./graph-of-many.ts";
