export { EDGE_SCHEMAS } from "./edge-kinds.ts";
export type { FleetPlace, NodeLife, OpenFleet, RunEnd, RunFollower, RunRequest } from "./request.ts";
export { readDeployment, requireDeployment } from "./require-deployment.ts";
export { runCell } from "./run-cell.ts";
