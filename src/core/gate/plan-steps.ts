import type { Deployment, Proposal } from "../domain/index.ts";
import type { SkillConfig, Step } from "./plan-check.ts";

/** What one step of a plan asks for, as a proposal of its own would; `target: null`: the one of the plan. */
export type StepCommand = { readonly target: string | null } & {
  [V in "trajectory" | "gripper" | "program"]: Pick<Extract<Proposal, { verb: V }>, "verb" | "args">;
}["trajectory" | "gripper" | "program"];

/** One step of a plan that has been checked as a whole. */
export interface PlanStep extends Step {
  readonly durationMs: number;
  /** null: nothing is commanded, the arm stands for the stated time */
  readonly command: StepCommand | null;
}

/** A skill with waypoints is a trajectory, one with a gripper a gripper; any other one is known by its name. */
export function planStep(
  step: Step,
  skill: SkillConfig,
  robot: Pick<Deployment["robot"], "joints">,
): PlanStep {
  return { ...step, durationMs: skill.durationMs, command: commandOf(step.skill, skill, robot) };
}

function commandOf(
  name: string,
  { waypoints, gripper, pause }: SkillConfig,
  { joints }: Pick<Deployment["robot"], "joints">,
): StepCommand | null {
  if (pause === true) return null;
  if (gripper !== undefined)
    return {
      target: gripper.target,
      verb: "gripper",
      args: { width_m: gripper.widthM, force_n: gripper.forceN },
    };
  if (waypoints.every((way) => way.atMs === 0) && waypoints.length > 0) return null;
  if (waypoints.length === 0) return { target: null, verb: "program", args: { tokens: [name] } };
  return {
    target: null,
    verb: "trajectory",
    args: {
      joint_names: joints.map((joint) => joint.name),
      points: waypoints.map((way) => ({
        positions_rad: [...way.positionsRad],
        time_from_start_ms: way.atMs,
      })),
    },
  };
}

/** Whether the receiver of a target's commands knows skills by their names; the cell's own chain decides. */
export function takesSkillsByName(
  actuator: string | null,
  { actuators }: Pick<Deployment, "actuators">,
): boolean {
  const chosen = actuator === null ? Object.values(actuators)[0] : actuators[actuator];
  return chosen?.skills === "by-name";
}
