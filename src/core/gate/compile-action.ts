import { err, ok, type Result } from "../base/result.ts";
import type { Deployment, GateConfig, Proposal, Verb } from "../domain/index.ts";
import type { Kinematics } from "../robot/index.ts";
import { badJerk, badMotion, badPath, show } from "./check-motion.ts";
import { followTwist } from "./follow-twist.ts";
import type { Waypoint } from "./motion.ts";
import { type Path, sampled, standing } from "./path.ts";
import { type CheckedPlan, checkPlan, checkProgram } from "./plan-check.ts";
import { type PlanStep, planStep, takesSkillsByName } from "./plan-steps.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { resolveName } from "./resolve-name.ts";
import { poseTime, type Sight } from "./sight.ts";

/** A proposal whose names are resolved and whose hard limits hold: what is judged and what is permitted. */
export interface Action {
  readonly verb: Verb;
  /** full name */
  readonly target: string;
  /** null: the first of the chain */
  readonly actuator: string | null;
  /** for people: one line */
  readonly summary: string;
  readonly path: Path;
  readonly horizonMs: number;
  readonly payloadKg: number;
  readonly gripperForceN: number;
  readonly locks: readonly string[];
  readonly highRisk: boolean;
  /** false: nothing of it moves the arm */
  readonly moves: boolean;
  /** true: allowed only while the cell is blocked */
  readonly whileBlocked: boolean;
  /** true: begins while the one before still runs, and takes its place */
  readonly chunk: boolean;
  /** true: a motion out of a block, away from whoever is near */
  readonly retreat: boolean;
  /** of a plan or program, in the order in which they run; empty: the action is one command */
  readonly steps: readonly PlanStep[];
}
/** A part of a plan: one step of it, or what of it is still to come. */
export interface PartOfPlan {
  /** the verb of the plan that the step belongs to: its target allows that one */
  readonly askedAs?: Verb | undefined;
  /** steps before this one are over */
  readonly from?: number | undefined;
}
export interface CompileSetting {
  readonly deployment: Deployment;
  readonly kinematics: Kinematics;
}
type Compiled = Result<Action, Refusal>;
type Part = Pick<Action, "summary" | "path"> & Partial<Action>;

const PAUSE_MS = 1_000;

export function compileAction(
  proposal: Proposal,
  sight: Sight,
  setting: CompileSetting,
  part: PartOfPlan = {},
): Compiled {
  const gate = setting.deployment.gate;
  const target = resolveName(proposal.target, gate);
  if (!target.ok) return target;
  const entry = Object.values(gate.targets).find((t) => t.path === target.value);
  if (entry === undefined) return err(refusal("TARGET_UNKNOWN", `"${target.value}"`));
  const asked = part.askedAs ?? proposal.verb;
  if (!entry.verbs.includes(asked)) return err(refusal("VERB_NOT_ALLOWED", `${asked} at "${target.value}"`));
  const pose = badPose(sight, setting.deployment);
  if (pose !== null) return err(pose);
  const compiled =
    proposal.verb === "program" && part.askedAs !== undefined
      ? compileSkill(proposal.args, sight, gate)
      : compileVerb(proposal, sight, setting, part.from ?? 0);
  if (!compiled.ok) return compiled;
  const { path, steps = [] } = compiled.value;
  const uncarried = badStep(steps, entry.actuator ?? null, setting.deployment);
  if (uncarried !== null) return err(uncarried);
  const horizonMs = Math.round(path.dtS * (path.steps - 1) * 1_000);
  if (horizonMs > gate.limits.horizonMs)
    return err(refusal("HORIZON_TOO_LONG", `${horizonMs} ms, allowed ${gate.limits.horizonMs}`));
  return ok({
    verb: proposal.verb,
    target: target.value,
    actuator: entry.actuator ?? null,
    horizonMs,
    payloadKg: setting.deployment.robot.payloadKg,
    gripperForceN: 0,
    locks: [],
    highRisk: false,
    moves: true,
    whileBlocked: false,
    chunk: proposal.chunk === true,
    retreat: proposal.retreat === true,
    steps: [],
    ...compiled.value,
  });
}

function badPose(sight: Sight, deployment: Deployment): Refusal | null {
  const at = poseTime(sight, deployment.channels);
  const ageMs = (sight.t - at) / 1_000;
  if (
    at < 0 ||
    sight.position.length !== deployment.robot.joints.length ||
    !sight.position.every(Number.isFinite)
  )
    return refusal("GATE_STATE_UNKNOWN", "no measured pose");
  return ageMs > deployment.gate.limits.stateMaxAgeMs
    ? refusal("GATE_STATE_UNKNOWN", `the pose is ${show(ageMs)} ms old`)
    : null;
}

function compileVerb(
  proposal: Proposal,
  sight: Sight,
  setting: CompileSetting,
  from: number,
): Result<Part, Refusal> {
  switch (proposal.verb) {
    case "trajectory":
      return compileTrajectory(proposal.args, proposal.chunk === true, sight, setting);
    case "twist":
      return compileTwist(proposal.args, sight, setting);
    case "gripper":
      return compileGripper(proposal.args, sight, setting.deployment.gate);
    case "program":
      return compilePlan(checkProgram(proposal.args.tokens, setting.deployment.gate), from, sight, setting);
    case "plan":
      return compilePlan(checkPlan(proposal.args, setting.deployment.gate), from, sight, setting);
    case "parameter":
      return compileParameter(proposal.args, sight, setting.deployment.gate);
    case "power":
      return ok({
        summary: proposal.args.on ? "switch on" : "switch off",
        path: still(sight, setting.deployment.gate),
        moves: false,
      });
  }
}
type ArgsOf<V extends Verb> = Extract<Proposal, { verb: V }>["args"];

const still = (sight: Sight, gate: GateConfig): Path =>
  standing(sight.position, Math.min(PAUSE_MS, gate.limits.horizonMs) / 1_000, gate.limits.steps);

function compileTrajectory(
  args: ArgsOf<"trajectory">,
  chunk: boolean,
  sight: Sight,
  setting: CompileSetting,
): Result<Part, Refusal> {
  const { robot } = setting.deployment;
  const order = robot.joints.map((joint) => args.joint_names.indexOf(joint.name));
  if (args.joint_names.length !== robot.joints.length || order.includes(-1))
    return err(refusal("JOINTS_MISMATCH", `got ${args.joint_names.join(", ")}`));
  if (args.payload_kg !== undefined && args.payload_kg > robot.payloadKg)
    return err(refusal("PAYLOAD_EXCEEDED", `${args.payload_kg} kg, allowed ${robot.payloadKg}`));
  const points: Waypoint[] = [];
  for (const point of args.points) {
    if (
      point.positions_rad.length !== order.length ||
      (point.velocities_rad_s?.length ?? order.length) !== order.length
    )
      return err(
        refusal("JOINTS_MISMATCH", `a point has ${point.positions_rad.length} of ${order.length} positions`),
      );
    points.push({
      tS: point.time_from_start_ms / 1_000,
      q: order.map((i) => point.positions_rad[i]!),
      qd: point.velocities_rad_s === undefined ? null : order.map((i) => point.velocities_rad_s![i]!),
    });
  }
  const moving = compileMotion(points, sight, setting, chunk);
  if (!moving.ok) return moving;
  const jerk = badJerk(points, robot);
  if (jerk !== null) return err(jerk);
  const seconds = show(points.at(-1)!.tS);
  return ok({
    summary: `trajectory of ${points.length} point${points.length === 1 ? "" : "s"}, ${seconds} s`,
    path: moving.value,
    payloadKg: args.payload_kg ?? robot.payloadKg,
  });
}

/** Begins at the measured pose; a first point at time 0 must already be there. */
function compileMotion(
  points: readonly Waypoint[],
  sight: Sight,
  setting: CompileSetting,
  inMotion = false,
): Result<Path, Refusal> {
  const { robot, gate } = setting.deployment;
  for (let i = 1; i < points.length; i++)
    if (points[i]!.tS <= points[i - 1]!.tS) return err(refusal("TRAJECTORY_TIMES_INVALID", `point ${i + 1}`));
  const first = points[0]!;
  if (first.tS === 0)
    for (let j = 0; j < first.q.length; j++)
      if (Math.abs(first.q[j]! - sight.position[j]!) > gate.limits.startToleranceRad)
        return err(
          refusal(
            "START_MISMATCH",
            `${robot.joints[j]!.name} is at ${show(sight.position[j]!)}, the action begins at ${show(first.q[j]!)} rad`,
          ),
        );
  const begun: readonly Waypoint[] =
    first.tS > 0
      ? [{ tS: 0, q: sight.position, qd: first.qd === null && !inMotion ? null : sight.velocity }, ...points]
      : points;
  if (begun.length < 2) return err(refusal("TRAJECTORY_TIMES_INVALID", "one point at time 0"));
  if (begun.at(-1)!.tS * 1_000 > gate.limits.horizonMs)
    return err(
      refusal("HORIZON_TOO_LONG", `${show(begun.at(-1)!.tS)} s, allowed ${gate.limits.horizonMs} ms`),
    );
  const path = sampled(begun, gate.limits.steps);
  const bad = badMotion(begun, path, robot);
  return bad === null ? ok(path) : err(bad);
}

function compileTwist(args: ArgsOf<"twist">, sight: Sight, setting: CompileSetting): Result<Part, Refusal> {
  const { robot, gate } = setting.deployment;
  const [x, y, z] = args.linear_m_s;
  const speed = Math.sqrt(x * x + y * y + z * z);
  if (speed > robot.maxToolSpeedMPerS)
    return err(refusal("TOOL_SPEED_EXCEEDED", `${show(speed)} m/s, allowed ${robot.maxToolSpeedMPerS}`));
  if (args.duration_ms > gate.limits.horizonMs)
    return err(refusal("HORIZON_TOO_LONG", `${args.duration_ms} ms, allowed ${gate.limits.horizonMs}`));
  const path = followTwist(
    sight.position,
    [...args.linear_m_s, ...args.angular_rad_s],
    args.duration_ms / 1_000,
    gate.limits.steps,
    setting.kinematics,
  );
  const bad = badPath(path, robot);
  if (bad !== null) return err(bad);
  return ok({ summary: `twist ${show(speed)} m/s for ${args.duration_ms} ms`, path });
}

function compileGripper(args: ArgsOf<"gripper">, sight: Sight, gate: GateConfig): Result<Part, Refusal> {
  if (args.force_n > gate.limits.gripperMaxN)
    return err(refusal("FORCE_LIMIT_EXCEEDED", `${args.force_n} N, allowed ${gate.limits.gripperMaxN}`));
  return ok({
    summary: `gripper to ${args.width_m} m with ${args.force_n} N`,
    path: still(sight, gate),
    gripperForceN: args.force_n,
    moves: false,
  });
}

function compileParameter(args: ArgsOf<"parameter">, sight: Sight, gate: GateConfig): Result<Part, Refusal> {
  const known = Object.hasOwn(gate.parameters, args.name) ? gate.parameters[args.name] : undefined;
  if (known === undefined) return err(refusal("PARAMETER_UNKNOWN", `"${args.name}"`));
  const fits =
    "flag" in known
      ? typeof args.value === "boolean"
      : "oneOf" in known
        ? typeof args.value === "string" && known.oneOf.includes(args.value)
        : typeof args.value === "number" && args.value >= known.min && args.value <= known.max;
  if (!fits) return err(refusal("PARAMETER_OUT_OF_BOUNDS", `${args.name} = ${String(args.value)}`));
  return ok({
    summary: `set ${args.name} = ${String(args.value)}`,
    path: still(sight, gate),
    moves: false,
    whileBlocked: known.safetyRelevant,
  });
}

/** One step that the receiver knows by its name. What it needs was checked with the plan. */
function compileSkill(args: ArgsOf<"program">, sight: Sight, gate: GateConfig): Result<Part, Refusal> {
  const name = args.tokens[0]!;
  const skill = Object.hasOwn(gate.skills, name) ? gate.skills[name] : undefined;
  if (skill === undefined || args.tokens.length > 1) return err(refusal("SKILL_UNKNOWN", `"${name}"`));
  const durationMs = Math.min(skill.durationMs, gate.limits.horizonMs);
  return ok({
    summary: `skill ${name}`,
    path: standing(sight.position, durationMs / 1_000, gate.limits.steps),
  });
}

function compilePlan(
  checked: Result<CheckedPlan, Refusal>,
  from: number,
  sight: Sight,
  setting: CompileSetting,
): Result<Part, Refusal> {
  if (!checked.ok) return checked;
  const { robot, gate } = setting.deployment;
  const steps = checked.value.steps.map((step) => planStep(step, gate.skills[step.skill]!, robot));
  const points: Waypoint[] = [{ tS: 0, q: sight.position, qd: null }];
  let tS = 0;
  for (const step of steps.slice(from)) {
    const skill = gate.skills[step.skill]!;
    const force = skill.gripper?.forceN ?? 0;
    if (force > gate.limits.gripperMaxN)
      return err(
        refusal(
          "FORCE_LIMIT_EXCEEDED",
          `skill "${step.skill}" asks for ${force} N, allowed ${gate.limits.gripperMaxN}`,
        ),
      );
    for (const way of skill.waypoints) {
      if (way.positionsRad.length !== robot.joints.length)
        return err(refusal("JOINTS_MISMATCH", `skill "${step.skill}"`));
      // a point at the very start of a skill names the pose it begins at
      if (way.atMs > 0) points.push({ tS: tS + way.atMs / 1_000, q: way.positionsRad, qd: null });
    }
    tS += skill.durationMs / 1_000;
    if (tS > points.at(-1)!.tS) points.push({ tS, q: points.at(-1)!.q, qd: null });
  }
  const moving = compileMotion(points, sight, setting);
  if (!moving.ok) return moving;
  const { highRisk } = checked.value;
  const locks = [...new Set(steps.slice(from).flatMap((step) => step.acquires))].sort();
  return ok({
    summary: `${steps.length} skills: ${steps
      .slice(0, 6)
      .map((s) => s.skill)
      .join(", ")}${steps.length > 6 ? " …" : ""}`,
    path: moving.value,
    locks,
    highRisk,
    steps,
  });
}

/** A step that states no motion needs a receiver that knows the skill. */
function badStep(
  steps: readonly PlanStep[],
  actuator: string | null,
  deployment: Deployment,
): Refusal | null {
  if (takesSkillsByName(actuator, deployment)) return null;
  const nameless = steps.find((step) => step.command?.verb === "program");
  return nameless === undefined
    ? null
    : refusal(
        "SKILL_NOT_CARRIED",
        `"${nameless.skill}" states no motion, and its receiver knows no skills by name`,
      );
}
