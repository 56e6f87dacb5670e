import { angleAt, type Motion, motionOf, motionThrough, type Waypoint } from "./motion.ts";

/** A reference motion, looked at on an even grid of time. Row k holds the joints at k · dtS. */
export interface Path {
  readonly joints: number;
  readonly steps: number;
  readonly dtS: number;
  readonly q: Float64Array;
  /** what happens between the rows */
  readonly motion: Motion;
}

export function standing(q: readonly number[], durationS: number, steps: number): Path {
  const rows = new Float64Array(q.length * steps);
  for (let k = 0; k < steps; k++) rows.set(q, k * q.length);
  return throughRows(rows, q.length, durationS);
}

/** A motion that is known by its rows alone: straight between them. */
export function throughRows(q: Float64Array, joints: number, durationS: number): Path {
  const steps = q.length / joints;
  const dtS = durationS / (steps - 1);
  return { joints, steps, dtS, q, motion: motionThrough(q, joints, dtS) };
}

/** Cubic between points that both carry speeds, straight otherwise; at least two points, times growing. */
export function sampled(points: readonly Waypoint[], steps: number): Path {
  const motion = motionOf(points);
  const { joints } = motion;
  const dtS = points.at(-1)!.tS / (steps - 1);
  const q = new Float64Array(steps * joints);
  let piece = 0;
  for (let k = 0; k < steps; k++) {
    const t = Math.min(k * dtS, motion.atS[motion.pieces]!);
    while (piece < motion.pieces - 1 && t > motion.atS[piece + 1]!) piece++;
    const u = Math.max(0, t - motion.atS[piece]!);
    for (let j = 0; j < joints; j++) q[k * joints + j] = angleAt(motion.powers, 4 * (piece * joints + j), u);
  }
  return { joints, steps, dtS, q, motion };
}
