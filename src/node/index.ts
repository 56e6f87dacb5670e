export type { Announcer, Listener } from "./announcer.ts";
export { createLiveClock, SIMULATED_EPOCH, VirtualClock } from "./clock.ts";
export type { ReceiptSink, TrialRunner } from "./carrier.ts";
export type { DrivenDoor } from "./door.ts";
export {
  bindChannels,
  type CellNode,
  createNode,
  createRunningHash,
  type NodeParts,
  type StartFacts,
} from "./node.ts";
export { type Reach, type Reached, reachOf } from "./reach.ts";
export { rehearse } from "./rehearsal.ts";
export { withDigest } from "./receipt-digest.ts";
export type { StatusParts } from "./status.ts";
export { liveScheduler, type Scheduler, VirtualScheduler } from "./scheduler.ts";
export { createVirtualSteps } from "./virtual-steps.ts";
export { driveVirtual, type SteppedWorld } from "./virtual-driver.ts";
export type { Composition } from "./compose.ts";
export { keptConfig } from "./config-history.ts";
export { programVersion } from "./version.ts";
