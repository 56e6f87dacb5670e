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
/** force and moment */
export const WRENCH_AXES = 6;

/** Places of a command row (64-bit floats) for an arm of `n` joints. */
export const commandPlaces = (n: number) =>
  ({
    /** where the joints shall be, how fast, and the torque that this needs */
    q: 0,
    qd: n,
    torque: 2 * n,
    /** where the person's parts want to be, how fast, and the force that this needs */
    person: 3 * n,
    personVelocity: 3 * n + PERSON_AXES,
    personForce: 3 * n + 2 * PERSON_AXES,
    /** outer force on the tool point, world axes */
    pull: 3 * n + 3 * PERSON_AXES,
    /** what hangs in the gripper now */
    payloadKg: 3 * n + 18,
    /** what the controller believes hangs there: the torques are made for it */
    nominalKg: 3 * n + 19,
    /** joint accelerations, for engines that move joints without torques */
    qdd: 3 * n + 20,
    /** torques that the controller does not know of: friction */
    disturbance: 4 * n + 20,
    width: 5 * n + 20,
  }) as const;
export type CommandPlaces = ReturnType<typeof commandPlaces>;
/** Those of the described cell, which every engine runs. */
export const COMMAND = commandPlaces(ARM_JOINTS);
export const COMMAND_WIDTH = COMMAND.width;

/** Places of a frame row for an arm of `n` joints. */
export const framePlaces = (n: number) =>
  ({
    q: 0,
    qd: n,
    torque: 2 * n,
    /** what the tool side exerts on the force/torque sensor, in its frame */
    wrench: 3 * n,
    person: 3 * n + WRENCH_AXES,
    personVelocity: 3 * n + WRENCH_AXES + PERSON_AXES,
    /** sum of the contact forces between arm and person, and how many contacts there are */
    contactForce: 3 * n + 16,
    contacts: 3 * n + 17,
    /** 1: the scan row was measured in this step */
    scanned: 3 * n + 18,
    /** steps since the start */
    step: 3 * n + 19,
    width: 3 * n + 20,
  }) as const;
export type FramePlaces = ReturnType<typeof framePlaces>;
export const FRAME = framePlaces(ARM_JOINTS);
export const FRAME_WIDTH = FRAME.width;

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
