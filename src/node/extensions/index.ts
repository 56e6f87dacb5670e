export { type Extensions, loadExtensions, type Registries } from "./load.ts";
export { timedGuests } from "./timed.ts";
