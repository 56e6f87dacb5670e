import type { RobotConfig } from "../domain/index.ts";
import type { Path, Waypoint } from "./path.ts";
import { type Refusal, refusal } from "./refusal.ts";

/** Limits are compared with room for rounding only. */
const ROUNDING = 1 + 1e-9;

/** Every point and every step between them must stay within the joints' ranges, speeds and accelerations. */
export function badMotion(points: readonly Waypoint[], path: Path, robot: RobotConfig): Refusal | null {
  return (
    badRange(path, robot) ??
    badPointRange(points, robot) ??
    badSpeed(points, path, robot) ??
    badAcceleration(points, robot)
  );
}
/** The same for a motion that has no points of its own: its controller shapes the ends. */
export const badPath = (path: Path, robot: RobotConfig): Refusal | null =>
  badRange(path, robot) ?? badSpeed([], path, robot);

function badRange(path: Path, robot: RobotConfig): Refusal | null {
  for (let k = 0; k < path.steps; k++)
    for (let j = 0; j < path.joints; j++) {
      const bad = outside(path.q[k * path.joints + j]!, j, k * path.dtS, robot);
      if (bad !== null) return bad;
    }
  return null;
}
function badPointRange(points: readonly Waypoint[], robot: RobotConfig): Refusal | null {
  for (const point of points)
    for (let j = 0; j < point.q.length; j++) {
      const bad = outside(point.q[j]!, j, point.tS, robot);
      if (bad !== null) return bad;
    }
  return null;
}
function outside(q: number, j: number, tS: number, robot: RobotConfig): Refusal | null {
  const joint = robot.joints[j]!;
  if (q >= joint.minRad && q <= joint.maxRad) return null;
  return refusal(
    "JOINT_LIMIT_EXCEEDED",
    `${joint.name} at ${show(q)} rad after ${show(tS)} s, allowed ${joint.minRad} to ${joint.maxRad}`,
  );
}

function badSpeed(points: readonly Waypoint[], path: Path, robot: RobotConfig): Refusal | null {
  for (let j = 0; j < path.joints; j++) {
    let fastest = 0;
    for (let i = 1; i < points.length; i++) {
      const a = points[i - 1]!;
      const b = points[i]!;
      fastest = Math.max(fastest, Math.abs(b.q[j]! - a.q[j]!) / (b.tS - a.tS), Math.abs(b.qd?.[j] ?? 0));
    }
    for (let k = 1; k < path.steps; k++)
      fastest = Math.max(
        fastest,
        Math.abs(path.q[k * path.joints + j]! - path.q[(k - 1) * path.joints + j]!) / path.dtS,
      );
    const joint = robot.joints[j]!;
    if (fastest > joint.maxRadPerS * ROUNDING)
      return refusal(
        "JOINT_SPEED_EXCEEDED",
        `${joint.name} at ${show(fastest)} rad/s, allowed ${joint.maxRadPerS}`,
      );
  }
  return null;
}

/** Mean speeds of neighbouring segments; the motion ends at rest. */
function badAcceleration(points: readonly Waypoint[], robot: RobotConfig): Refusal | null {
  for (let j = 0; j < robot.joints.length; j++) {
    let hardest = 0;
    let before = points[0]!.qd?.[j] ?? 0;
    let lastHalf = 0;
    for (let i = 1; i < points.length; i++) {
      const length = points[i]!.tS - points[i - 1]!.tS;
      const speed = (points[i]!.q[j]! - points[i - 1]!.q[j]!) / length;
      hardest = Math.max(hardest, Math.abs(speed - before) / (lastHalf + length / 2));
      before = speed;
      lastHalf = length / 2;
    }
    hardest = Math.max(hardest, Math.abs(before - (points.at(-1)!.qd?.[j] ?? 0)) / lastHalf);
    const joint = robot.joints[j]!;
    if (hardest > joint.maxRadPerS2 * ROUNDING)
      return refusal(
        "JOINT_ACCELERATION_EXCEEDED",
        `${joint.name} at ${show(hardest)} rad/s², allowed ${joint.maxRadPerS2}`,
      );
  }
  return null;
}

export const show = (value: number): string => String(Math.round(value * 1_000) / 1_000);
