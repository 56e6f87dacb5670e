export {
  type ConfigProblem,
  type EdgeSchemas,
  type LoadedConfig,
  loadDeployment,
  parseDeployment,
  type Setting,
} from "./load.ts";
export { deploymentJsonSchema } from "./json-schema.ts";
