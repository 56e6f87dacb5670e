/**
 * The port of a physics engine. Whoever drives it decides every millisecond where arm and person shall be;
 * the engine answers where they are and what they feel. Rows of numbers, so that a row can cross a socket
 * or the border to another runtime as it is.
 */
export const STEP_US = 1_000;
export const STEP_S = 0.001;
export const ARM_JOINTS = 6;
/** body x y, hand x y z */
export const PERSON_AXES = 5;

/** Places of a command row (64-bit floats). */
export const COMMAND = {
  /** where the joints shall be, how fast, and the torque that this needs */
  q: 0,
  qd: 6,
  torque: 12,
  /** where the person's parts want to be, how fast, and the force that this needs */
  person: 18,
  personVelocity: 23,
  personForce: 28,
  /** outer force on the tool point, world axes */
  pull: 33,
  /** what hangs in the gripper now */
  payloadKg: 36,
  /** what the controller believes hangs there: the torques are made for it */
  nominalKg: 37,
  /** joint accelerations, for engines that move joints without torques */
  qdd: 38,
  /** torques that the controller does not know of: friction */
  disturbance: 44,
} as const;
export const COMMAND_WIDTH = 50;

/** Places of a frame row. */
export const FRAME = {
  q: 0,
  qd: 6,
  torque: 12,
  /** what the tool side exerts on the force/torque sensor, in its frame */
  wrench: 18,
  person: 24,
  personVelocity: 29,
  /** sum of the contact forces between arm and person, and how many contacts there are */
  contactForce: 34,
  contacts: 35,
  /** 1: the scan row was measured in this step */
  scanned: 36,
  /** steps since the start */
  step: 37,
} as const;
export const FRAME_WIDTH = 38;

/** One run of one scenario. Steps of the synchronous engines never wait. */
export interface EngineRun {
  readonly frame: Float64Array;
  /** ranges of the newest scan, without noise */
  readonly scan: Float64Array;
  step(command: Float64Array): void;
  close?(): void;
}
export interface EngineStart {
  /** first command row: where everything is at rest when the run begins */
  readonly command: Float64Array;
  /** steps between two scans, 0: none wanted */
  readonly scanEvery: number;
}
/** What a run was made with: lands in every manifest. */
export interface EngineVersion {
  readonly engine: EngineName;
  readonly version: string;
}
export type EngineName = "embedded" | "mujoco" | "gazebo";
export const ENGINE_NAMES: readonly EngineName[] = ["embedded", "mujoco", "gazebo"];
