export {
  type ConfigProblem,
  type EdgeSchemas,
  type LoadedConfig,
  loadDeployment,
  parseDeployment,
} from "./load.ts";
export { deploymentJsonSchema } from "./json-schema.ts";
