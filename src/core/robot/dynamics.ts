/**
 * What an arm weighs, how thick it is and what drives it: base to tool, one entry per turn. Places and axes are
 * those of the cell while all joint angles are zero, so that they mean the same whatever frames the arm was
 * described in. Plain data: a thread can be sent it.
 */
export interface ArmDynamics {
  /** for each turn: its place in the row of joint angles */
  readonly order: readonly number[];
  readonly bodies: readonly ArmBody[];
  readonly drives: readonly ArmDrive[];
}
/** Everything that turns with one joint and not with the next. */
export interface ArmBody extends MassPoint {
  /** x y z radius of each sphere that stands for its shape */
  readonly spheres: readonly (readonly number[])[];
}
export interface MassPoint {
  readonly massKg: number;
  readonly centreM: readonly number[];
  /** about the centre: xx yy zz xy xz yz */
  readonly inertiaKgM2: readonly number[];
}
export interface ArmDrive {
  readonly name: string;
  readonly minRad: number;
  readonly maxRad: number;
  readonly maxRadPerS: number;
  readonly maxRadPerS2: number;
  readonly maxEffortNm: number;
  /** how far it gives way under its largest torque */
  readonly giveRad: number;
  readonly rotorInertiaKgM2: number;
  readonly viscousFrictionNmSPerRad: number;
  readonly dryFrictionNm: number;
}
/** The arm's author has not said enough; the words say what to add. */
export interface MissingDynamics {
  readonly missing: string;
}
