import { assert } from "../base/assert.ts";
import type { RobotConfig } from "../domain/index.ts";
import { alignZ, compose, inverseRotation, type Pose, rotationX, rotationZ, translation } from "./pose.ts";

/**
 * A serial arm in one form whatever it was described in: fixed pose, turn about z, fixed pose, turn about
 * z, …, fixed pose to the tool. `fixed` has one entry more than there are joints.
 */
export interface Chain {
  readonly fixed: readonly Pose[];
  /** for each turn, from base to tool: its place in the row of joint angles */
  readonly order: readonly number[];
}

/** One joint as URDF gives it: where it sits in its parent and the unit axis that it turns about. */
export interface JointPlace {
  readonly origin: Pose;
  readonly axis: readonly [number, number, number];
  /** place in the row of joint angles, -1 for a fixed joint */
  readonly index: number;
}

export const basePose = (robot: RobotConfig): Pose =>
  compose(translation(robot.baseXM, robot.baseYM, 0), rotationZ(robot.baseYawRad));

type DhRow = Extract<RobotConfig["kinematics"], { dh: unknown }>["dh"][number];

export function chainOfDh(rows: readonly DhRow[], base: Pose): Chain {
  const fixed: Pose[] = [base];
  for (const row of rows)
    fixed.push(
      compose(
        rotationZ(row.thetaOffsetRad),
        translation(0, 0, row.dM),
        translation(row.aM, 0, 0),
        rotationX(row.alphaRad),
      ),
    );
  return { fixed, order: rows.map((_, i) => i) };
}

/** Turns each joint's own axis into z, so that moving the chain needs one kind of turn only. */
export function chainOfJoints(joints: readonly JointPlace[], base: Pose): Chain {
  const fixed: Pose[] = [];
  const order: number[] = [];
  let since = base;
  for (const joint of joints) {
    since = compose(since, joint.origin);
    if (joint.index < 0) continue;
    const align = alignZ(...joint.axis);
    fixed.push(compose(since, align));
    order.push(joint.index);
    since = inverseRotation(align);
  }
  fixed.push(since);
  assert(new Set(order).size === order.length, "each joint angle drives one joint");
  return { fixed, order };
}
