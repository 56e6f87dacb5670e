export type { RosBus, RosListener, RosPublisher, RosQos, RosTopic, RosWriter } from "./bus.ts";
export { RosLink, RosSettingsError } from "./link.ts";
export {
  OUT_MESSAGES,
  PROPOSAL_MESSAGES,
  type RosSettings,
  rosSettingsSchema,
  rosShape,
} from "./settings.ts";
export { COMMAND_QOS, INFORMATION_QOS, PROPOSAL_QOS } from "./topic-qos.ts";
