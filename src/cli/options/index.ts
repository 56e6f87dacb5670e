export type { Kind, Option, Options, Values } from "./kind.ts";
export * as kinds from "./kinds.ts";
export { flag, optional, required, several, withDefault } from "./option.ts";
