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
const FORCE_AXES = 3;
/** force and moment */
export const WRENCH_AXES = 6;

/** Where each part of a row begins, laid one behind the other as they are listed, and how wide the row is. */
function placesOf<K extends string>(
  widths: Readonly<Record<K, number>>,
): Readonly<Record<K | "width", number>> {
  let width = 0;
  const places: Record<string, number> = {};
  for (const [part, wide] of Object.entries<number>(widths)) {
    places[part] = width;
    width += wide;
  }
  return { ...places, width } as Record<K | "width", number>;
}

/** Places of a command row (64-bit floats) for an arm of `n` joints. */
export const commandPlaces = (n: number) =>
  placesOf({
    /** where the joints shall be, how fast, and the torque that this needs */
    q: n,
    qd: n,
    torque: n,
    /** where the person's parts want to be, how fast, and the force that this needs */
    person: PERSON_AXES,
    personVelocity: PERSON_AXES,
    personForce: PERSON_AXES,
    /** outer force on the tool point, world axes */
    pull: FORCE_AXES,
    /** what hangs in the gripper now */
    payloadKg: 1,
    /** what the controller believes hangs there: the torques are made for it */
    nominalKg: 1,
    /** joint accelerations, for engines that move joints without torques */
    qdd: n,
    /** torques that the controller does not know of: friction */
    disturbance: n,
  });
export type CommandPlaces = ReturnType<typeof commandPlaces>;
/** Those of the described cell, which every engine runs. */
export const COMMAND = commandPlaces(ARM_JOINTS);
export const COMMAND_WIDTH = COMMAND.width;

/** Places of a frame row for an arm of `n` joints. */
export const framePlaces = (n: number) =>
  placesOf({
    q: n,
    qd: n,
    torque: n,
    /** what the tool side exerts on the force/torque sensor, in its frame */
    wrench: WRENCH_AXES,
    person: PERSON_AXES,
    personVelocity: PERSON_AXES,
    /** sum of the contact forces between arm and person, and how many contacts there are */
    contactForce: 1,
    contacts: 1,
    /** 1: the scan row was measured in this step */
    scanned: 1,
    /** steps since the start */
    step: 1,
  });
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
