export type { EdgeSchemas } from "./edge-schemas.ts";
export { didYouMean } from "./nearest-name.ts";
export {
  configText,
  type ConfigProblem,
  type FoundProblem,
  placeProblems,
  type LoadedConfig,
  loadDeployment,
  parseDeployment,
  type Setting,
} from "./load.ts";
export { readRosArguments, settingsOf, splitRosArguments } from "./ros-arguments.ts";
export { deploymentJsonSchema } from "./json-schema.ts";
export {
  type GoodConfig,
  type FilesBeside,
  type DeploymentFiles,
  type DeploymentParts,
  besideDeployment,
  readNamedFiles,
  readDeploymentFiles,
  readArm,
  readDeploymentParts,
} from "./files.ts";
export { type HeadPresence, headPresence, presenceWords } from "./head-presence.ts";
