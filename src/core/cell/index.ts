export { createCell } from "./cell.ts";
export { type CellParts, cellOf, enterFromTape, pureRunningHash, replayEvents } from "./pure-cell.ts";
export type { Cell, CellSetting } from "./cell-face.ts";
export type { ChannelSnapshot, OpenMotion, Pipeline, PipelineHost, PipelineView, Snapshot } from "./host.ts";
export { type EnergyModel, type EnergyReport, NO_ENERGY } from "./energy.ts";
export { createIngest, type Ingest, type IngestSink } from "./ingest.ts";
export type { Unnumbered } from "./sound-event.ts";
export { isBlocked } from "./state.ts";
export type { RunningHash } from "./telemetry-digest.ts";
