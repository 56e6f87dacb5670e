export { defineExtension, type Extension } from "./face.ts";
export { type Extensions, loadExtensions, type Registries } from "./load.ts";
export { timedGuests } from "./timed.ts";
