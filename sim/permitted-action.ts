import { proposalSchema } from "../src/core/domain/index.ts";
import type { ArmPlan, MotionLimits, Planner, Stretch } from "./arm-path.ts";

/** The one parameter of this arm: how fast it does its job, share of its full pace. */
const JOB_PACE = "job_pace";
const JOB_PACE_MIN = 0.1;

/** The pace that a permitted parameter sets; null: the action is another one. */
export function jobPaceOf(action: unknown): number | null {
  const parsed = proposalSchema.safeParse(action);
  if (!parsed.success || parsed.data.verb !== "parameter") return null;
  const { name, value } = parsed.data.args;
  return name === JOB_PACE && typeof value === "number" && value >= JOB_PACE_MIN && value <= 1 ? value : null;
}

/** A hand that is asked to open or close; the arm stands meanwhile. */
export function isGripper(action: unknown): boolean {
  const parsed = proposalSchema.safeParse(action);
  return parsed.success && parsed.data.verb === "gripper";
}

/** The way of a permitted trajectory: from where the arm stands, through its points, back to the job. Words when it cannot be. */
export function permittedPlan(
  { joints }: Pick<MotionLimits, "joints">,
  planner: Pick<Planner, "stretch">,
  from: Float64Array,
  action: unknown,
  home: readonly number[],
): ArmPlan | string {
  const parsed = proposalSchema.safeParse(action);
  if (!parsed.success) return "not an action that this arm knows";
  const { verb, args } = parsed.data;
  if (verb === "parameter") return `this arm's only parameter is ${JOB_PACE}, ${JOB_PACE_MIN} to 1`;
  if (verb !== "trajectory") return `this arm runs trajectories and grippers, not ${verb}`;
  const order = joints.map((joint) => args.joint_names.indexOf(joint.name));
  if (order.includes(-1) || args.joint_names.length !== joints.length)
    return `joint names are ${joints.map((j) => j.name).join(", ")}`;
  const stretches: Stretch[] = [];
  let last: readonly number[] = [...from];
  let lastS = 0;
  for (const point of args.points) {
    if (point.positions_rad.length !== joints.length) return "a point has not one angle per joint";
    const to = order.map((place) => point.positions_rad[place]!);
    if (to.some((angle, i) => !(angle >= joints[i]!.minRad && angle <= joints[i]!.maxRad)))
      return "a point lies outside the joint limits";
    // the arm keeps its own limits: a point that is due too early is reached later
    const own = planner.stretch(last, to, 0);
    const dueS = point.time_from_start_ms / 1000;
    stretches.push({ ...own, moveS: Math.max(own.moveS, dueS - lastS) });
    last = to;
    lastS = dueS;
  }
  return { from: [...from], stretches: [...stretches, planner.stretch(last, home, 0)], repeats: false };
}
