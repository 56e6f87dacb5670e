export { DdsTransport } from "./dds-transport.ts";
export { type DdsSettings, ddsSettingsSchema } from "./settings.ts";
export { watchDdsGraph } from "./graph-watch.ts";
export { type HeardTopic, lookAtDds } from "./look.ts";
export { zenohRouterHere } from "./zenoh-router.ts";
