export { createPipeline } from "./pipeline.ts";
export { type Features, STAGES } from "./stages.ts";
