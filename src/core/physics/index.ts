export { cellOfArm } from "./arm-cell.ts";
export { ArmMotion, GRAVITY_M_PER_S2 } from "./arm-motion.ts";
export type { ArmSpheres } from "./arm-spheres.ts";
export {
  type BoxDescription,
  type CellDescription,
  type ContactDescription,
  ROBOT_FACTORY,
  type SphereDescription,
  type Triple,
  flangeOf,
  robotConfigOf,
} from "./cell.ts";
export { EmbeddedRun } from "./embedded-engine.ts";
export {
  ARM_JOINTS,
  COMMAND,
  COMMAND_WIDTH,
  type CommandPlaces,
  ENGINE_NAMES,
  type EngineName,
  type EngineRun,
  type EngineStart,
  type EngineVersion,
  FRAME,
  FRAME_WIDTH,
  type FramePlaces,
  PERSON_AXES,
  STEP_S,
  STEP_US,
  WRENCH_AXES,
  commandPlaces,
  framePlaces,
} from "./engine.ts";
export { Rehearsal } from "./rehearsal.ts";
export { type ScanRays, createScanRays } from "./scan-rays.ts";
