import type { RobotConfig } from "../domain/index.ts";
import { angleAt, extremeAt, fastest, hardest, type Motion, rateAt, type Waypoint } from "./motion.ts";
import type { Path } from "./path.ts";
import { type Refusal, refusal } from "./refusal.ts";

/** Limits are compared with room for rounding only. */
const ROUNDING = 1 + 1e-9;

/** Every point and every moment between them must stay within the joints' ranges, speeds and accelerations. */
export function badMotion(points: readonly Waypoint[], path: Path, robot: RobotConfig): Refusal | null {
  return (
    badPointRange(points, robot) ??
    badRange(path.motion, robot) ??
    badSpeed(points, path.motion, robot) ??
    badAcceleration(points, path.motion, robot)
  );
}
/** The same for a motion that has no points of its own: its controller shapes the ends. */
export const badPath = (path: Path, robot: RobotConfig): Refusal | null =>
  badRange(path.motion, robot) ?? badSpeed([], path.motion, robot);

/** A cubic that ends exactly at a limit may be computed this far beyond it. */
const ROUNDING_RAD = 1e-9;

/** Where each cubic is farthest up and down. */
function badRange({ powers, atS, joints, pieces }: Motion, robot: RobotConfig): Refusal | null {
  for (let i = 0; i < pieces; i++)
    for (let j = 0; j < joints; j++) {
      const at = 4 * (i * joints + j);
      const length = atS[i + 1]! - atS[i]!;
      for (const sign of SIGNS) {
        const u = extremeAt(powers, at, 0, length, sign);
        const bad = outside(angleAt(powers, at, u), j, atS[i]! + u, robot, ROUNDING_RAD);
        if (bad !== null) return bad;
      }
    }
  return null;
}
const SIGNS = [1, -1] as const;

function badPointRange(points: readonly Waypoint[], robot: RobotConfig): Refusal | null {
  for (const point of points)
    for (let j = 0; j < point.q.length; j++) {
      const bad = outside(point.q[j]!, j, point.tS, robot, 0);
      if (bad !== null) return bad;
    }
  return null;
}
function outside(q: number, j: number, tS: number, robot: RobotConfig, room: number): Refusal | null {
  const joint = robot.joints[j]!;
  if (q >= joint.minRad - room && q <= joint.maxRad + room) return null;
  return refusal(
    "JOINT_LIMIT_EXCEEDED",
    `${joint.name} at ${show(q)} rad after ${show(tS)} s, allowed ${joint.minRad} to ${joint.maxRad}`,
  );
}

function badSpeed(
  points: readonly Waypoint[],
  { powers, atS, joints, pieces }: Motion,
  robot: RobotConfig,
): Refusal | null {
  for (let j = 0; j < joints; j++) {
    let most = 0;
    // a speed that is asked for counts although a neighbour without one makes the piece straight
    for (const point of points) most = Math.max(most, Math.abs(point.qd?.[j] ?? 0));
    for (let i = 0; i < pieces; i++)
      most = Math.max(most, fastest(powers, 4 * (i * joints + j), 0, atS[i + 1]! - atS[i]!));
    const joint = robot.joints[j]!;
    // written so that NaN is too fast
    if (!(most <= joint.maxRadPerS * ROUNDING))
      return refusal(
        "JOINT_SPEED_EXCEEDED",
        `${joint.name} at ${show(most)} rad/s, allowed ${joint.maxRadPerS}`,
      );
  }
  return null;
}

/**
 * Cubics by what they do at each moment. Straight pieces have corners, which their controller rounds: there
 * a corner is spread over half of each neighbour, and the mean speeds of neighbouring pieces count too. The motion ends at rest.
 */
function badAcceleration(points: readonly Waypoint[], motion: Motion, robot: RobotConfig): Refusal | null {
  const { powers, atS, joints, pieces } = motion;
  for (let j = 0; j < joints; j++) {
    let most = meanAcceleration(points, j);
    for (let i = 0; i < pieces; i++) {
      const at = 4 * (i * joints + j);
      most = Math.max(most, hardest(powers, at, 0, atS[i + 1]! - atS[i]!));
      if (i === 0) continue;
      const jump = rateAt(powers, at, 0) - rateAt(powers, at - 4 * joints, atS[i]! - atS[i - 1]!);
      most = Math.max(most, (2 * Math.abs(jump)) / (atS[i + 1]! - atS[i - 1]!));
    }
    const joint = robot.joints[j]!;
    if (!(most <= joint.maxRadPerS2 * ROUNDING))
      return refusal(
        "JOINT_ACCELERATION_EXCEEDED",
        `${joint.name} at ${show(most)} rad/s², allowed ${joint.maxRadPerS2}`,
      );
  }
  return null;
}

function meanAcceleration(points: readonly Waypoint[], j: number): number {
  let most = 0;
  let before = points[0]!.qd?.[j] ?? 0;
  let lastHalf = 0;
  for (let i = 1; i < points.length; i++) {
    const length = points[i]!.tS - points[i - 1]!.tS;
    const speed = (points[i]!.q[j]! - points[i - 1]!.q[j]!) / length;
    most = Math.max(most, Math.abs(speed - before) / (lastHalf + length / 2));
    before = speed;
    lastHalf = length / 2;
  }
  return Math.max(most, Math.abs(before - (points.at(-1)!.qd?.[j] ?? 0)) / lastHalf);
}

/** From point to point: how fast the mean accelerations change. Joints without a limit are not looked at. */
export function badJerk(points: readonly Waypoint[], robot: RobotConfig): Refusal | null {
  for (const [j, joint] of robot.joints.entries()) {
    const limit = joint.maxRadPerS3;
    if (limit === undefined) continue;
    let most = 0;
    for (let i = 3; i < points.length; i++) {
      const [a, b, c, d] = [points[i - 3]!, points[i - 2]!, points[i - 1]!, points[i]!];
      const before = turnOf(a, b, c, j);
      const after = turnOf(b, c, d, j);
      most = Math.max(most, Math.abs(after - before) / (c.tS - b.tS));
    }
    if (!(most <= limit * ROUNDING))
      return refusal("JOINT_JERK_EXCEEDED", `${joint.name} at ${show(most)} rad/s³, allowed ${limit}`);
  }
  return null;
}
/** mean acceleration around the middle one of three points */
function turnOf(a: Waypoint, b: Waypoint, c: Waypoint, j: number): number {
  const before = (b.q[j]! - a.q[j]!) / (b.tS - a.tS);
  const after = (c.q[j]! - b.q[j]!) / (c.tS - b.tS);
  return (2 * (after - before)) / (c.tS - a.tS);
}

export const show = (value: number): string => String(Math.round(value * 1_000) / 1_000);
