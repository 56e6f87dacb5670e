import type { Deployment, RetreatConfig } from "../../domain/index.ts";
import type { Kinematics } from "../../robot/index.ts";
import { show } from "../check-motion.ts";
import type { Action } from "../compile-action.ts";
import { armChainOf, type TypedChain, typedChain } from "../monte-carlo/arm-chain.ts";
import { BOUND, boundMotion, reachesOf } from "../monte-carlo/bounds.ts";
import { angleAt, type Motion } from "../motion.ts";
import { type Refusal, refusal } from "../refusal.ts";
import type { Sight } from "../sight.ts";
import { type ArmParts, createArmParts, separationOf } from "./arm-parts.ts";
import { type Around, lookAround } from "./around.ts";

export interface RetreatSetting {
  readonly deployment: Deployment;
  readonly kinematics: Kinematics;
}
/** Rounding of sums, and nothing else: a motion this small is none. */
const STILL_M = 1e-9;
const OFF_M = 1e-4;
/** Steps of one proof at most. */
const STEPS_MAX = 4_096;

/**
 * Refuses every motion of which it is not certain that it leads away. For each step and each part of the arm
 * within reach of harm: the step's direction must point away from everywhere the person may be. A person is
 * known to within a circle; a step dp from p leads away from its every point exactly when
 * dp · (p − centre) ≥ |dp| · radius. Distance to a point along a straight step never falls after a start that
 * does not. The steps follow the motion's own pieces and are so short that no part of the arm leaves the straight
 * way by more than OFF_M, so the proof holds between the moments that it looks at.
 */
export function badRetreat(action: Action, sight: Sight, setting: RetreatSetting): Refusal | null {
  const { deployment, kinematics } = setting;
  const { retreat } = deployment.gate;
  if (retreat === undefined) return refusal("RETREAT_NOT_CONFIGURED", "gate.retreat is absent");
  if (action.verb !== "trajectory") return refusal("RETREAT_VERB", action.verb);
  if (action.horizonMs > retreat.maxMs)
    return refusal("RETREAT_TOO_LONG", `${action.horizonMs} ms, allowed ${retreat.maxMs}`);
  const around = lookAround(sight, deployment);
  const clearM = protectiveM(deployment, retreat);
  const unseen = badSight(around, clearM + (retreat.maxToolMPerS * action.horizonMs) / 1_000);
  if (unseen !== null) return unseen;
  const parts = createArmParts(kinematics);
  return (
    badWay(action, around.places, parts, {
      clearM,
      radiusM: placeRadiusM(deployment),
      retreat,
      chain: typedChain(armChainOf(kinematics)),
    }) ?? badGain(action, around.places, parts, retreat.minGainM)
  );
}

/** How exactly the scan and the arm's own geometry tell where a person is. */
export const placeRadiusM = ({ gate, robot }: Deployment): number =>
  gate.person.uncertaintyM + robot.positionUncertaintyM;

/** Farther away than this a part may move as it likes: it could still stop before somebody who walks up to it. */
export function protectiveM({ gate, robot, self }: Deployment, retreat: RetreatConfig): number {
  const reactionS = self.reactionTimeMs / 1_000;
  const stopS = robot.stopTimeMs / 1_000;
  const walk = gate.person.speedMPerS;
  return (
    gate.limits.minSeparationM +
    gate.person.uncertaintyM +
    robot.positionUncertaintyM +
    (retreat.maxToolMPerS + walk) * reactionS +
    (walk + retreat.maxToolMPerS / 2) * stopS
  );
}

export function badSight(around: Around, withinM: number): Refusal | null {
  if (around.missing !== null) return refusal("RETREAT_BLIND", `nothing fresh from "${around.missing}"`);
  // written so that NaN is near
  return around.blindM >= withinM
    ? null
    : refusal("RETREAT_BLIND", `somebody ${show(around.blindM)} m away, direction unknown`);
}

interface Limits {
  readonly clearM: number;
  readonly radiusM: number;
  readonly retreat: RetreatConfig;
  readonly chain: TypedChain;
}

/** The joints at moments close enough together; null: there would be too many. */
function rowsOf(motion: Motion, chain: TypedChain): { q: Float64Array; atS: number[] } | null {
  const { joints, pieces, powers, atS } = motion;
  const reaches = reachesOf(chain);
  const bounds = new Float64Array(2);
  const rows: number[] = [];
  const times: number[] = [];
  const add = (piece: number, u: number): void => {
    for (let j = 0; j < joints; j++) rows.push(angleAt(powers, 4 * (piece * joints + j), u));
    times.push(atS[piece]! + u);
  };
  add(0, 0);
  for (let i = 0; i < pieces; i++) {
    const length = atS[i + 1]! - atS[i]!;
    boundMotion(motion, i, { from: 0, to: length }, chain, reaches, bounds);
    const count = Math.max(1, Math.ceil(length * Math.sqrt(bounds[BOUND.accel]! / (8 * OFF_M))));
    // written so that NaN is too many
    if (!(times.length + count <= STEPS_MAX)) return null;
    for (let n = 1; n <= count; n++) add(i, (length * n) / count);
  }
  return { q: Float64Array.from(rows), atS: times };
}

function badWay(
  { path }: Action,
  places: Float64Array,
  parts: ArmParts,
  { clearM, radiusM, retreat, chain }: Limits,
): Refusal | null {
  const rows = rowsOf(path.motion, chain);
  if (rows === null) return refusal("MOTION_UNRESOLVED", `more than ${STEPS_MAX} steps to prove`);
  const row = (k: number): Float64Array => rows.q.subarray(k * path.joints, (k + 1) * path.joints);
  const before = Float64Array.from(parts.at(row(0)));
  for (let k = 1; k < rows.atS.length; k++) {
    const now = parts.at(row(k));
    const begun = rows.atS[k - 1]!;
    const dtS = rows.atS[k]! - begun;
    for (let i = 0; i < parts.count; i++) {
      const speed = lengthOf(before, now, i, 3) / dtS;
      if (!(speed <= retreat.maxToolMPerS))
        return refusal("RETREAT_TOO_FAST", `${show(speed)} m/s after ${show(begun)} s`);
      const place = towards(before, now, i, places, clearM + radiusM, radiusM);
      if (place >= 0)
        return refusal(
          "RETREAT_TOWARDS",
          `after ${show(begun)} s, somebody at ${show(places[2 * place]!)}, ${show(places[2 * place + 1]!)} m`,
        );
    }
    before.set(now);
  }
  return null;
}

/** The first place that part i could come nearer to in this step, or −1. */
function towards(
  before: Float64Array,
  now: Float64Array,
  i: number,
  places: Float64Array,
  withinM: number,
  radiusM: number,
): number {
  const step = lengthOf(before, now, i, 2);
  if (step < STILL_M) return -1;
  const x = before[3 * i]!;
  const y = before[3 * i + 1]!;
  const dx = now[3 * i]! - x;
  const dy = now[3 * i + 1]! - y;
  for (let place = 0; 2 * place < places.length; place++) {
    const ax = x - places[2 * place]!;
    const ay = y - places[2 * place + 1]!;
    if (ax * ax + ay * ay >= withinM * withinM) continue;
    if (!(dx * ax + dy * ay >= step * radiusM)) return place;
  }
  return -1;
}

function lengthOf(from: Float64Array, to: Float64Array, i: number, axes: 2 | 3): number {
  let sum = 0;
  for (let axis = 0; axis < axes; axis++) {
    const d = to[3 * i + axis]! - from[3 * i + axis]!;
    sum += d * d;
  }
  return Math.sqrt(sum);
}

function badGain({ path }: Action, places: Float64Array, parts: ArmParts, minGainM: number): Refusal | null {
  if (places.length === 0) return refusal("RETREAT_NO_GAIN", "nobody is seen");
  const first = separationOf(parts.at(path.q.subarray(0, path.joints)), places);
  const last = separationOf(parts.at(path.q.subarray((path.steps - 1) * path.joints)), places);
  return last - first >= minGainM
    ? null
    : refusal("RETREAT_NO_GAIN", `${show(last - first)} m, wanted ${minGainM}`);
}
