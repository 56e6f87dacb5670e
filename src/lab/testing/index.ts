/** What tests of a cell, an extension or a program around a node need; bound to no test runner. */
export { liveScheduler, type Scheduler, VirtualClock, VirtualScheduler } from "../../node/index.ts";
export {
  type DeviceVector,
  deviceContract,
  type Heard,
  listen,
  openDevice,
} from "./device-contract.ts";
export { inProcessNode } from "./in-process.ts";
export { ruleContract } from "./rule-contract.ts";
export type { Runner } from "./runner.ts";
export { SMALL_CELL, smallDeployment, Story } from "./story.ts";
