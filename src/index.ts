/** The node as a library: `runNode` runs a deployment's cell exactly as `cellgate run` does. */
export { UserError } from "./core/base/user-error.ts";
export type { Effect, Micros, NodeStatus, Receipt } from "./core/domain/index.ts";
export { runNode } from "./fleet/index.ts";
export type { ConfigProblem, GoodConfig, LoadedConfig, Setting } from "./node/deployment/index.ts";
export { defineExtension, type Extension } from "./node/extensions/index.ts";
export {
  type NodeLife,
  readDeployment,
  type RunEnd,
  type RunFollower,
  type RunRequest,
} from "./node/run/index.ts";
