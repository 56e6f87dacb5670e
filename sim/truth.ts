import { ArmMotion, type CellDescription, ARM_JOINTS, FRAME } from "../src/core/physics/index.ts";
import { type ClearanceMeter, createClearanceMeter } from "./contact.ts";
import { type ContactClass, NEAR_M } from "./scenario.ts";

/** What really happened so far, whatever the sensors said. */
export interface Truth {
  /** distance of arm and person now, and the smallest so far */
  readonly distanceM: number;
  readonly nearestM: number;
  readonly contactForceN: number;
  readonly peakForceN: number;
  /** -1: no contact yet */
  readonly contactAtUs: number;
  readonly peakAtUs: number;
  /** contacts above the force limit of the part that was hit */
  readonly overLimit: boolean;
  /** first time that a person was within `WARNING_M` of the arm, -1: never */
  readonly warnedAtUs: number;
  readonly toolMPerS: number;
  readonly tool: Float64Array;
  /** body x y, hand x y z */
  readonly person: Float64Array;
  /** tool point inside a forbidden zone, ever */
  readonly zone: string | null;
  readonly class: ContactClass;
}
/** A sensor that looks this far has seen the person coming. */
export const WARNING_M = 1;

export interface TruthKeeper extends Truth {
  readonly meter: ClearanceMeter;
  observe(frame: Float64Array, nowUs: number): void;
}

export function createTruth(cell: CellDescription): TruthKeeper {
  const motion = new ArmMotion(cell);
  const meter = createClearanceMeter(cell);
  const q = new Float64Array(ARM_JOINTS);
  const qd = new Float64Array(ARM_JOINTS);
  const person = new Float64Array(5);
  const state = {
    distanceM: Number.MAX_VALUE,
    nearestM: Number.MAX_VALUE,
    contactForceN: 0,
    peakForceN: 0,
    contactAtUs: -1,
    peakAtUs: -1,
    overLimit: false,
    warnedAtUs: -1,
    toolMPerS: 0,
    zone: null as string | null,
    class: "miss" as ContactClass,
  };
  const limitOf = (): number => (meter.atHand ? cell.person.hand : cell.person.body).contact.forceLimitN;
  const classify = (): ContactClass => {
    if (state.contactAtUs >= 0) return state.overLimit ? "collide" : "touch";
    return state.nearestM < NEAR_M ? "near" : "miss";
  };
  return Object.assign(state, {
    meter,
    person,
    tool: motion.toolAt,
    observe(frame: Float64Array, nowUs: number): void {
      for (let i = 0; i < ARM_JOINTS; i++) {
        q[i] = frame[FRAME.q + i]!;
        qd[i] = frame[FRAME.qd + i]!;
      }
      for (let i = 0; i < 5; i++) person[i] = frame[FRAME.person + i]!;
      motion.move(q, qd);
      meter.measure(motion.spheres, person);
      const [vx = 0, vy = 0, vz = 0] = motion.toolVelocity;
      state.toolMPerS = Math.sqrt(vx * vx + vy * vy + vz * vz);
      state.distanceM = meter.nearestM;
      if (meter.nearestM < state.nearestM) state.nearestM = meter.nearestM;
      if (meter.nearestM < WARNING_M && state.warnedAtUs < 0) state.warnedAtUs = nowUs;
      state.contactForceN = frame[FRAME.contactForce]!;
      if (state.contactForceN > 0 && state.contactAtUs < 0) state.contactAtUs = nowUs;
      if (state.contactForceN > state.peakForceN) {
        state.peakForceN = state.contactForceN;
        state.peakAtUs = nowUs;
      }
      if (state.contactForceN > limitOf()) state.overLimit = true;
      for (const zone of cell.zones) if (inside(motion.toolAt, zone.minM, zone.maxM)) state.zone = zone.name;
      state.class = classify();
    },
  });
}

const inside = (p: ArrayLike<number>, min: readonly number[], max: readonly number[]): boolean =>
  p[0]! > min[0]! &&
  p[0]! < max[0]! &&
  p[1]! > min[1]! &&
  p[1]! < max[1]! &&
  p[2]! > min[2]! &&
  p[2]! < max[2]!;
