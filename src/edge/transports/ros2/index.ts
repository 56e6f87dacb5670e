export {
  bindingMissing,
  type EnvironmentFault,
  KNOWN_DISTROS,
  type RosEnvironment,
  rosEnvironment,
} from "./environment.ts";
export { type RosGraph, watchRosGraph } from "./graph-watch.ts";
export { Ros2Transport } from "./ros2-transport.ts";
export { type Ros2Settings, ros2SettingsSchema } from "./settings.ts";
