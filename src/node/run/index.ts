export { EDGE_SCHEMAS } from "./edge-kinds.ts";
export type { FleetPlace, NodeLife, OpenFleet, RunEnd, RunFollower, RunRequest } from "./request.ts";
export { type GuardRow, type GuardTable, guardTable } from "./guard-table.ts";
export {
  checkDeployment,
  readDeployment,
  requireDeployment,
  requireRunnable,
} from "./require-deployment.ts";
export { runCell } from "./run-cell.ts";
export { simulatedConfig, type SimulateSetting } from "./simulated-config.ts";
