export { runNode } from "./fleet/index.ts";
