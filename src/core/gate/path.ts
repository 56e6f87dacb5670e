/** A reference motion, looked at on an even grid of time. Row k holds the joints at k · dtS. */
export interface Path {
  readonly joints: number;
  readonly steps: number;
  readonly dtS: number;
  readonly q: Float64Array;
}
/** A point of a motion as it was asked for. */
export interface Waypoint {
  readonly tS: number;
  readonly q: readonly number[];
  /** null: straight lines to the neighbours */
  readonly qd: readonly number[] | null;
}

export function standing(q: readonly number[], durationS: number, steps: number): Path {
  const path = emptyPath(q.length, steps, durationS);
  for (let k = 0; k < steps; k++) path.q.set(q, k * q.length);
  return path;
}

/** Cubic between points that both carry speeds, straight otherwise; at least two points, times growing. */
export function sampled(points: readonly Waypoint[], steps: number): Path {
  const path = emptyPath(points[0]!.q.length, steps, points.at(-1)!.tS);
  let segment = 0;
  for (let k = 0; k < steps; k++) {
    const t = k * path.dtS;
    while (segment < points.length - 2 && t > points[segment + 1]!.tS) segment++;
    for (let j = 0; j < path.joints; j++)
      path.q[k * path.joints + j] = between(points[segment]!, points[segment + 1]!, j, t);
  }
  return path;
}

export function emptyPath(joints: number, steps: number, durationS: number): Path {
  return { joints, steps, dtS: durationS / (steps - 1), q: new Float64Array(steps * joints) };
}

function between(a: Waypoint, b: Waypoint, j: number, t: number): number {
  const length = b.tS - a.tS;
  const u = Math.min(1, Math.max(0, (t - a.tS) / length));
  const from = a.q[j]!;
  const to = b.q[j]!;
  if (a.qd === null || b.qd === null) return from + (to - from) * u;
  const uu = u * u;
  const uuu = uu * u;
  return (
    from * (2 * uuu - 3 * uu + 1) +
    length * a.qd[j]! * (uuu - 2 * uu + u) +
    to * (3 * uu - 2 * uuu) +
    length * b.qd[j]! * (uuu - uu)
  );
}
