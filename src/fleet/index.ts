export { ArchiveRun } from "./archive-run.ts";
export type { BrokerAccess } from "./broker.ts";
export { readAgentState, writeAgentState } from "./cell-end/cell-files.ts";
export { type CellEnd, type CellLink, type CellLinkSetting, openCellLink } from "./cell-end/cell-link.ts";
export { type Centre, type CentreSetting, openCentre } from "./centre.ts";
export { type NodeFleet, openNodeFleet } from "./cell-end/node-end.ts";
export { type FleetPlace, type FrozenRollout, readFleetPlace, readPlanFile } from "./plan-file.ts";
export {
  fleetNumbers,
  type ItemStatus,
  RolloutFolder,
  type RolloutRequest,
  type RolloutStatus,
} from "./rollout-folder.ts";
export { type FleetMessage, type FleetReport, newKeyText, open, privateKeyOf, seal } from "./sign.ts";
export { runNode } from "./cell-end/run-node.ts";
export { fleetTopics } from "./topics.ts";
export { type FleetNumbers, openVoice, type Voice } from "./voice.ts";
