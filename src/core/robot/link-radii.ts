import type { RobotConfig } from "../domain/index.ts";
import type { ArmDynamics, MissingDynamics } from "./dynamics.ts";

/**
 * How thick the arm is around the straight line from each joint to the next, base to tool. From the shapes of the
 * arm's description, else from `dynamics.linkRadiiM`; an arm that says neither is a row of lines.
 */
export function linkRadiiOf(
  { dynamics: stated, joints }: RobotConfig,
  dynamics: ArmDynamics | MissingDynamics,
  points: readonly (readonly number[])[],
): readonly number[] {
  if ("missing" in dynamics) return stated?.linkRadiiM ?? joints.map(() => 0);
  return dynamics.bodies.map(({ spheres }, i) => {
    let most = 0;
    for (const sphere of spheres)
      most = Math.max(most, distanceToLine(sphere, points[i]!, points[i + 1]!) + sphere[3]!);
    return most;
  });
}

function distanceToLine(p: readonly number[], from: readonly number[], to: readonly number[]): number {
  let along = 0;
  let length = 0;
  for (let k = 0; k < 3; k++) {
    const way = to[k]! - from[k]!;
    along += (p[k]! - from[k]!) * way;
    length += way * way;
  }
  const share = length === 0 ? 0 : Math.min(1, Math.max(0, along / length));
  let sum = 0;
  for (let k = 0; k < 3; k++) {
    const off = p[k]! - from[k]! - (to[k]! - from[k]!) * share;
    sum += off * off;
  }
  return Math.sqrt(sum);
}
