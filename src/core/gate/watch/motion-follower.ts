import { type Micros, msToMicros } from "../../domain/index.ts";
import type { Path } from "../path.ts";

/** What the measured joints say about a permitted motion whose actuator tells nothing itself. */
export type MotionSeen =
  | { readonly kind: "waiting" | "moving" | "arrived" }
  /** the arm moves elsewhere, or ahead of what was permitted */
  | { readonly kind: "left"; readonly detail: string };

export interface FollowLimits {
  /** farthest that a joint may lie from the permitted path */
  readonly pathToleranceRad: number;
  /** farthest that a joint may lie from the goal when the motion ends */
  readonly goalToleranceRad: number;
  readonly standstillRadPerS: number;
}
export interface MotionFollower {
  /** `position`: measured now, in the order of the robot's joints */
  check(position: readonly number[], now: Micros): MotionSeen;
}

/** A joint that moved by more than this has begun; encoders rest well below. */
const BEGUN_RAD = 0.003;
/** Standstill is judged over this time: a single reading cannot show it. */
const STILL_US = msToMicros(200);
/** How far ahead on the path the arm is looked for: corners are cut by less. */
const LOOKAHEAD_S = 0.5;
/** How far the arm may be ahead of the permitted times. */
const AHEAD_S = LOOKAHEAD_S + 0.3;

interface Point {
  readonly q: Float64Array;
  readonly tS: number;
}

/**
 * Follows a motion by the joints alone. The place on the path never goes back, and it is looked for only a
 * little ahead, so that a path that crosses itself or ends where it began is followed all the way round.
 */
export function createMotionFollower(
  path: Path,
  start: readonly number[],
  limits: FollowLimits,
): MotionFollower {
  const points = movingPoints(path);
  const goal = points.at(-1)!.q;
  const stands = points.length === 1;
  let begunAt = -1;
  let place = 0;
  const still = createStandstill(limits.standstillRadPerS);

  const begun = (position: readonly number[], now: Micros): boolean => {
    if (begunAt < 0 && (stands || farthest(position, start) > BEGUN_RAD)) begunAt = now;
    return begunAt >= 0;
  };
  const arrived = (position: readonly number[], now: Micros, standing: boolean): boolean => {
    if (!standing || place < points.length - 2 || farthest(position, goal) > limits.goalToleranceRad)
      return false;
    return !stands || now - begunAt >= lastTime(path) * 1e6;
  };

  return {
    check(position, now) {
      const standing = still(position, now);
      if (!begun(position, now)) return { kind: "waiting" };
      const seen = nearest(points, place, position);
      place = seen.place;
      if (!(seen.distance <= limits.pathToleranceRad))
        return { kind: "left", detail: `a joint is ${seen.distance.toFixed(3)} rad off the permitted path` };
      const aheadS = points[place]!.tS - (now - begunAt) / 1e6;
      if (aheadS > AHEAD_S)
        return { kind: "left", detail: `${aheadS.toFixed(2)} s ahead of the permitted times` };
      return { kind: arrived(position, now, standing) ? "arrived" : "moving" };
    },
  };
}

const lastTime = (path: Path): number => path.dtS * (path.steps - 1);

/** The path without the times at which it stands: only places where something moves. */
function movingPoints(path: Path): Point[] {
  const points: Point[] = [];
  for (let k = 0; k < path.steps; k++) {
    const q = path.q.subarray(k * path.joints, (k + 1) * path.joints);
    const last = points.at(-1);
    if (last !== undefined && farthest(q, last.q) < BEGUN_RAD / 10) continue;
    points.push({ q, tS: k * path.dtS });
  }
  return points;
}

/** The nearest stretch from `from` on, a little ahead at most; of equals the first. */
function nearest(
  points: readonly Point[],
  from: number,
  position: readonly number[],
): { place: number; distance: number } {
  const end = points[from]!.tS + LOOKAHEAD_S;
  let place = from;
  let distance = farthest(position, points[from]!.q);
  for (let k = from; k < points.length - 1; k++) {
    const d = fromStretch(position, points[k]!.q, points[k + 1]!.q);
    if (d < distance) [place, distance] = [k, d];
    if (k > from + 1 && points[k]!.tS > end) break;
  }
  return { place, distance };
}

function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let j = 0; j < b.length; j++) most = Math.max(most, Math.abs(a[j]! - b[j]!));
  return most;
}

/** How far a pose lies from the straight line between two others: its joint that is farthest off. */
function fromStretch(q: ArrayLike<number>, a: Float64Array, b: Float64Array): number {
  let along = 0;
  let length = 0;
  for (let j = 0; j < a.length; j++) {
    const step = b[j]! - a[j]!;
    along += (q[j]! - a[j]!) * step;
    length += step * step;
  }
  const u = length === 0 ? 0 : Math.min(1, Math.max(0, along / length));
  let most = 0;
  for (let j = 0; j < a.length; j++) most = Math.max(most, Math.abs(q[j]! - (a[j]! + (b[j]! - a[j]!) * u)));
  return most;
}

/** True when nothing moved faster than the limit for the whole of the last stretch of time. */
function createStandstill(limitRadPerS: number) {
  let from: readonly number[] = [];
  let since = -1;
  let standing = false;
  const allowed = Math.max(limitRadPerS * (STILL_US / 1e6), BEGUN_RAD / 3);
  return (position: readonly number[], now: Micros): boolean => {
    if (since >= 0 && farthest(position, from) <= allowed) {
      if (now - since >= STILL_US) {
        standing = true;
        [from, since] = [[...position], now];
      }
      return standing;
    }
    standing = false;
    [from, since] = [[...position], now];
    return false;
  };
}
