export type { ActionReport } from "./arm-controller.ts";
export { type CellDescription, ROBOT_FACTORY, robotConfigOf } from "./cell.ts";
export { type ArmState, createSim, type Sim, type SimSetting, START_ACTS } from "./create-sim.ts";
export { createPermitReceiver, HEARTBEAT_SILENCE_US, type PermitReceiver } from "./permit-receiver.ts";
export {
  CAUSES,
  type Cause,
  CLASSES,
  type ContactClass,
  type Scenario,
  SIM_CHANNELS,
  type SimChannel,
} from "./scenario.ts";
export {
  createKit,
  drawScenario,
  FAMILIES,
  familyNamed,
  type Kit,
  NAMED,
  scenarioNamed,
} from "./scenarios/index.ts";
export { createSimWorld, type SimTransportConfig, type SimWorld, simTransportSchema } from "./world.ts";
export type { ReadingCallback } from "./sensors.ts";
export { type Truth, WARNING_M } from "./truth.ts";
