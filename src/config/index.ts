export { type ConfigProblem, type LoadedConfig, loadDeployment, parseDeployment } from "./load.ts";
export { deploymentJsonSchema } from "./json-schema.ts";
