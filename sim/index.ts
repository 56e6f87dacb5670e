export {
  cellOfArm,
  type CellDescription,
  ROBOT_FACTORY,
  robotConfigOf,
  ENGINE_NAMES,
  type EngineName,
  Rehearsal,
} from "../src/core/physics/index.ts";
export type { ActionReport } from "./arm-controller.ts";
export {
  type ArmState,
  createSim,
  type Sim,
  type SimSetting,
  type SyncSim,
} from "./create-sim.ts";
export { createPermitReceiver, HEARTBEAT_SILENCE_US, type PermitReceiver } from "./permit-receiver.ts";
export {
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
  isScenarioName,
  type Kit,
  NAMED,
  scenarioNamed,
} from "./scenarios/index.ts";
export {
  createSimWorld,
  simWorldOf,
  type SimTransportConfig,
  type SimWorld,
  simTransportSchema,
} from "./world.ts";
export type { ReadingCallback } from "./sensors.ts";
export type { Truth } from "./truth.ts";
export {
  type Battery,
  type BatteryEntry,
  batteryFile,
  drawBattery,
  loadBattery,
  scenarioOf,
  SPLITS,
  type Split,
} from "./battery.ts";
export { BAG_EPOCH_US, BAG_TOPICS, LABEL_TOPIC } from "./bag.ts";
export { generateBags, type GenerateReport, type GenerateRequest } from "./generate.ts";
export { findGazebo, GAZEBO_VERSION } from "./gazebo/prefix.ts";
export { obtainGazebo } from "./gazebo/obtain.ts";
export { happened, type Label, labelOf } from "./label.ts";
export { openEngine, type SimEngine, type Watcher } from "./open-engine.ts";
export { verifyByRerun, verifyFolder, type VerifyReport } from "./verify.ts";
export { classicSdfOf } from "./worlds/classic.ts";
export { mjcfOf } from "./worlds/mjcf.ts";
export { modernSdfOf } from "./worlds/modern.ts";
export {
  CELL_FAULTS,
  type CellFault,
  type CellFaultKind,
  FAULT_SYNTAX,
  type Hand,
  OwnWorld,
  readCellFault,
  type Spot,
} from "./own-cell/index.ts";
