export type { RosBus, RosListener, RosPublisher, RosQos, RosService, RosTopic, RosWriter } from "./bus.ts";
export {
  followJointTrajectory,
  GOAL_STATUS,
  type GoalEnd,
  type GoalsIn,
  type GoalsOut,
  idOf,
  type RosAction,
  type RosActionClient,
  type RosActionServer,
  uuidOf,
} from "./action.ts";
export { rosCarries } from "./carries.ts";
export { RosLink, RosSettingsError } from "./link.ts";
export { type RosPart, RosParts } from "./ros-part.ts";
export { createProposalReader, type ProposalReader } from "./proposal-reader.ts";
export {
  OUT_MESSAGES,
  PROPOSAL_MESSAGES,
  type RosSettings,
  rosSettingsSchema,
  rosShape,
} from "./settings.ts";
export { COMMAND_QOS, INFORMATION_QOS, PROPOSAL_QOS } from "./topic-qos.ts";
export {
  REQUEST_MAX_AGE_US,
  REQUEST_SCHEMA,
  type ReleaseAnswer,
  ReleaseDesk,
  type ReleaseRequest,
} from "./release.ts";
export { SWITCH_CONTROLLER, switchLayout } from "./switch-controller.ts";
