/** A point of a motion as it was asked for. */
export interface Waypoint {
  readonly tS: number;
  readonly q: readonly number[];
  /** null: straight lines to the neighbours */
  readonly qd: readonly number[] | null;
}

/**
 * A motion at every moment: one cubic per joint and piece. Piece i runs from atS[i] to atS[i + 1]; four
 * numbers per piece and joint, lowest power first, in the time since the piece began.
 */
export interface Motion {
  readonly joints: number;
  readonly pieces: number;
  readonly atS: Float64Array;
  readonly powers: Float64Array;
}

/** Cubic between points that both carry speeds, straight otherwise; at least two points, times growing. */
export function motionOf(points: readonly Waypoint[]): Motion {
  const motion = emptyMotion(points[0]!.q.length, points.length - 1);
  motion.atS[0] = points[0]!.tS;
  for (let i = 1; i < points.length; i++) {
    motion.atS[i] = points[i]!.tS;
    join(points[i - 1]!, points[i]!, motion.powers, 4 * motion.joints * (i - 1));
  }
  return motion;
}

/** Straight lines between rows of joint angles that lie dtS apart. */
export function motionThrough(q: ArrayLike<number>, joints: number, dtS: number): Motion {
  const pieces = q.length / joints - 1;
  const motion = emptyMotion(joints, pieces);
  for (let i = 0; i < pieces; i++) {
    motion.atS[i + 1] = dtS * (i + 1);
    for (let j = 0; j < joints; j++) {
      const from = q[i * joints + j]!;
      motion.powers[4 * (i * joints + j)] = from;
      motion.powers[4 * (i * joints + j) + 1] = (q[(i + 1) * joints + j]! - from) / dtS;
    }
  }
  return motion;
}

function emptyMotion(joints: number, pieces: number): Motion {
  return {
    joints,
    pieces,
    atS: new Float64Array(pieces + 1),
    powers: new Float64Array(4 * joints * pieces),
  };
}

function join(a: Waypoint, b: Waypoint, powers: Float64Array, at: number): void {
  const length = b.tS - a.tS;
  for (let j = 0; j < a.q.length; j++) {
    const rise = b.q[j]! - a.q[j]!;
    powers[at + 4 * j] = a.q[j]!;
    if (a.qd === null || b.qd === null) {
      powers[at + 4 * j + 1] = rise / length;
      continue;
    }
    const from = a.qd[j]!;
    const to = b.qd[j]!;
    powers[at + 4 * j + 1] = from;
    powers[at + 4 * j + 2] = (3 * rise) / (length * length) - (2 * from + to) / length;
    powers[at + 4 * j + 3] = (from + to) / (length * length) - (2 * rise) / (length * length * length);
  }
}

/** Joint angle and its first derivative; `u` is the time since the piece began. */
export const angleAt = (p: Float64Array, at: number, u: number): number =>
  p[at]! + u * (p[at + 1]! + u * (p[at + 2]! + u * p[at + 3]!));
export const rateAt = (p: Float64Array, at: number, u: number): number =>
  p[at + 1]! + u * (2 * p[at + 2]! + 3 * u * p[at + 3]!);
const turnAt = (p: Float64Array, at: number, u: number): number => 2 * p[at + 2]! + 6 * u * p[at + 3]!;

/** Exact largest joint speed, acceleration and jerk between two times of one piece. */
export function fastest(p: Float64Array, at: number, from: number, to: number): number {
  const ends = Math.max(Math.abs(rateAt(p, at, from)), Math.abs(rateAt(p, at, to)));
  const cubic = p[at + 3]!;
  if (cubic === 0) return ends;
  const vertex = -p[at + 2]! / (3 * cubic);
  return vertex > from && vertex < to ? Math.max(ends, Math.abs(rateAt(p, at, vertex))) : ends;
}
export const hardest = (p: Float64Array, at: number, from: number, to: number): number =>
  Math.max(Math.abs(turnAt(p, at, from)), Math.abs(turnAt(p, at, to)));
export const jerkOf = (p: Float64Array, at: number): number => Math.abs(6 * p[at + 3]!);

/** The time between `from` and `to` at which the angle is farthest up (sign 1) or down (sign −1). */
export function extremeAt(p: Float64Array, at: number, from: number, to: number, sign: 1 | -1): number {
  let best = from;
  const take = (u: number): void => {
    if (u >= from && u <= to && sign * angleAt(p, at, u) > sign * angleAt(p, at, best)) best = u;
  };
  take(to);
  const a = 3 * p[at + 3]!;
  const b = p[at + 2]!;
  const c = p[at + 1]!;
  const root = b * b - a * c;
  if (root < 0) return best;
  // the form of the roots that loses nothing when the cubic is nearly straight
  const far = b > 0 ? -b - Math.sqrt(root) : -b + Math.sqrt(root);
  if (a !== 0) take(far / a);
  if (far !== 0) take(c / far);
  return best;
}
