export { createPipeline } from "./pipeline.ts";
export { replayTrials } from "./replay-trials.ts";
export { spawnRoot } from "./spawn-desk.ts";
export { type Features, STAGES } from "./stages.ts";
