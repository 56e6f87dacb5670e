import type { z } from "zod";
import { type Code, proposalSchema, type trajectoryArgs } from "../../../core/domain/index.ts";
import type { RosMessage, RosValue } from "../../wire/index.ts";

type TrajectoryArgs = z.infer<typeof trajectoryArgs>;
/** control_msgs/action/FollowJointTrajectory */
const INVALID_GOAL = -1;
/** more points than any proposal may have */
const MAX_POINTS = 2_000;

const list = (value: RosValue | undefined): readonly RosMessage[] => (value ?? []) as readonly RosMessage[];
const part = (message: RosMessage, name: string): RosMessage => (message[name] ?? {}) as RosMessage;
const secondsOf = (duration: RosMessage): number =>
  Number(duration["sec"] ?? 0) + Number(duration["nanosec"] ?? 0) / 1e9;

/** What the gate never sees of a goal and what therefore may not be in it. */
export function badGoal(goal: RosMessage | null): readonly [code: Code, detail: string] | null {
  if (goal === null) return ["PROPOSAL_TOO_LARGE", "larger than any goal that this node takes"];
  const trajectory = part(goal, "trajectory");
  const points = list(trajectory["points"]).length;
  if (points > MAX_POINTS) return ["PROPOSAL_TOO_LARGE", `${points} points, at most ${MAX_POINTS}`];
  if (list(part(goal, "multi_dof_trajectory")["points"]).length > 0)
    return ["ROS_GOAL_UNREADABLE", "a trajectory of joints with several axes"];
  // a goal that begins at another time than now would be judged on what is known now
  const stamp = secondsOf(part(part(trajectory, "header"), "stamp"));
  return stamp === 0 ? null : ["ROS_GOAL_UNREADABLE", "a start time other than zero"];
}

/** The trajectory of a goal as the arguments of a proposal; what is wrong with it the gate says. */
export function trajectoryOf(goal: RosMessage): TrajectoryArgs {
  const trajectory = part(goal, "trajectory");
  return {
    joint_names: Array.from((trajectory["joint_names"] ?? []) as readonly string[]),
    points: list(trajectory["points"]).map((point) => {
      const velocities = Array.from((point["velocities"] ?? []) as ArrayLike<number>);
      return {
        positions_rad: Array.from((point["positions"] ?? []) as ArrayLike<number>),
        ...(velocities.length > 0 && { velocities_rad_s: velocities }),
        time_from_start_ms: secondsOf(part(point, "time_from_start")) * 1_000,
      };
    }),
  };
}

const durationOf = (ms: number): RosMessage => {
  const nanos = Math.round(ms * 1e6);
  return { sec: Math.floor(nanos / 1e9), nanosec: nanos % 1e9 };
};
/**
 * What goes to the controller: the positions, speeds and times that were judged, and the tolerances of the
 * sender. Accelerations are left out: with them a controller would run another curve than the judged one.
 */
export function controllerGoal(action: unknown, asked: RosMessage | null): RosMessage | null {
  const judged = proposalSchema.safeParse(action);
  if (!judged.success || judged.data.verb !== "trajectory") return null;
  return goalOf(judged.data.args, asked);
}

/** As it came, with what no goal through here may carry left out. */
export const forwardedGoal = (asked: RosMessage): RosMessage => goalOf(trajectoryOf(asked), asked);

function goalOf({ joint_names, points }: TrajectoryArgs, asked: RosMessage | null): RosMessage {
  return {
    trajectory: {
      joint_names,
      points: points.map((point) => ({
        positions: Float64Array.from(point.positions_rad),
        velocities: Float64Array.from(point.velocities_rad_s ?? []),
        time_from_start: durationOf(point.time_from_start_ms),
      })),
    },
    path_tolerance: asked?.["path_tolerance"] ?? [],
    goal_tolerance: asked?.["goal_tolerance"] ?? [],
    goal_time_tolerance: asked?.["goal_time_tolerance"] ?? {},
  };
}

/** `code` undefined: not forwarded, which ROS calls an invalid goal */
export const resultOf = (code: number | undefined, words: string): RosMessage => ({
  error_code: code ?? INVALID_GOAL,
  error_string: words,
});
