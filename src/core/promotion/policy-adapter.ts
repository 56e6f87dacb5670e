import { z } from "zod";
import { err, ok, type Result } from "../base/result.ts";
import { type Proposal, proposalSchema } from "../domain/index.ts";

/**
 * What a proposer's adapter may do to a proposed action before the gate judges it: scale and clamp numbers
 * that are there. It is data, not a program: it cannot run, wait, remember, read anything else or make an
 * action out of nothing, so nothing about it needs a budget and the same action always comes out the same.
 */
const name = z.string().min(1).max(256);
const share = z.number().min(0.01).max(2);
export const policyAdapterSchema = z.strictObject({
  schema: z.literal("cellgate.policy/1"),
  name: name.describe("what the adapter is called; stands in receipts"),
  proposers: z.array(name).max(64).default([]).describe("whose actions it adapts; empty: everybody's"),
  trajectory: z
    .strictObject({
      timeScale: z
        .number()
        .min(0.1)
        .max(10)
        .default(1)
        .describe("every time is multiplied by it; 2: half as fast"),
      offsetRad: z
        .record(name, z.number().min(-0.5).max(0.5))
        .default({})
        .describe("added to a joint's positions, all but the first, which is where the arm stands"),
      clampRad: z
        .record(name, z.tuple([z.number().min(-100).max(100), z.number().min(-100).max(100)]))
        .default({})
        .describe("lowest and highest position of a joint"),
    })
    .prefault({}),
  twist: z
    .strictObject({
      linearScale: share.default(1),
      angularScale: share.default(1),
      maxLinearMPerS: z.number().min(0.001).max(10).optional(),
      maxAngularRadPerS: z.number().min(0.001).max(100).optional(),
    })
    .prefault({}),
  gripper: z
    .strictObject({ forceScale: share.default(1), maxForceN: z.number().min(1).max(2_000).optional() })
    .prefault({}),
});
export type PolicyAdapter = z.infer<typeof policyAdapterSchema>;

/** The adapted action; an action that is none is handed on as it came, and the gate says why. */
export function adaptProposal(adapter: PolicyAdapter | null, raw: unknown): Result<unknown, string> {
  if (adapter === null) return ok(raw);
  const read = proposalSchema.safeParse(raw);
  if (!read.success) return ok(raw);
  const proposal = read.data;
  const { proposers } = adapter;
  if (proposers.length > 0 && !proposers.includes(proposal.proposer)) return ok(raw);
  const adapted = adapt(adapter, proposal);
  const checked = proposalSchema.safeParse(adapted);
  return checked.success
    ? ok(adapted)
    : err(`${adapter.name}: ${checked.error.issues[0]?.path.join(".")}: ${checked.error.issues[0]?.message}`);
}

function adapt({ trajectory, twist, gripper }: PolicyAdapter, proposal: Proposal): Proposal {
  switch (proposal.verb) {
    case "trajectory":
      return { ...proposal, args: adaptTrajectory(trajectory, proposal.args) };
    case "twist": {
      const { linear_m_s, angular_rad_s } = proposal.args;
      const args = {
        ...proposal.args,
        linear_m_s: shortened(linear_m_s, twist.linearScale, twist.maxLinearMPerS),
        angular_rad_s: shortened(angular_rad_s, twist.angularScale, twist.maxAngularRadPerS),
      };
      return { ...proposal, args };
    }
    case "gripper": {
      const force_n = Math.min(proposal.args.force_n * gripper.forceScale, gripper.maxForceN ?? 2_000);
      return { ...proposal, args: { ...proposal.args, force_n } };
    }
    default:
      return proposal;
  }
}

type TrajectoryArgs = Extract<Proposal, { verb: "trajectory" }>["args"];
function adaptTrajectory(to: PolicyAdapter["trajectory"], args: TrajectoryArgs): TrajectoryArgs {
  const { joint_names } = args;
  const place = (angle: number, joint: number): number => {
    const name = joint_names[joint] ?? "";
    const [low, high] = to.clampRad[name] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    return Math.min(high, Math.max(low, angle + (to.offsetRad[name] ?? 0)));
  };
  const points = args.points.map((point, i) => ({
    ...point,
    positions_rad: i === 0 ? point.positions_rad : point.positions_rad.map(place),
    time_from_start_ms: point.time_from_start_ms * to.timeScale,
    ...(point.velocities_rad_s !== undefined && {
      velocities_rad_s: point.velocities_rad_s.map((v) => v / to.timeScale),
    }),
  }));
  return { ...args, points };
}

type Vector = [number, number, number];
/** Scaled, and then no longer than the limit; its direction stays. */
function shortened([x, y, z]: Vector, scale: number, longest: number | undefined): Vector {
  const length = scale * Math.sqrt(x * x + y * y + z * z);
  const by = longest !== undefined && length > longest ? (scale * longest) / length : scale;
  return [x * by, y * by, z * by];
}
