import type { Proposal } from "../domain/index.ts";

/** An action that does the same more carefully. Offered to the proposer; whoever wants it proposes it anew. */
export interface VariantProposal {
  readonly name: string;
  readonly proposal: Proposal;
}
const SLOWER = [1.5, 2, 4] as const;
/** How far back a retreat goes on the way that the arm came. */
const RETREAT_MS = 1_000;

export function variantsOf(
  proposal: Proposal,
  position: readonly number[],
  jointNames: readonly string[],
): readonly VariantProposal[] {
  if (proposal.verb === "twist")
    return [
      ...SLOWER.map((factor) => ({
        name: `slower ×${factor}`,
        proposal: { ...proposal, args: { ...slowTwist(proposal.args, factor) } },
      })),
      {
        name: "retreat",
        proposal: {
          ...proposal,
          args: {
            ...proposal.args,
            linear_m_s: negated(proposal.args.linear_m_s),
            angular_rad_s: negated(proposal.args.angular_rad_s),
            duration_ms: Math.min(RETREAT_MS, proposal.args.duration_ms),
          },
        },
      },
    ];
  if (proposal.verb !== "trajectory") return [];
  return [
    ...SLOWER.map((factor) => ({
      name: `slower ×${factor}`,
      proposal: { ...proposal, args: slowTrajectory(proposal.args, factor) },
    })),
    { name: "wider", proposal: { ...proposal, args: halfWay(proposal.args, position, jointNames) } },
    { name: "hold", proposal: { ...proposal, args: hold(proposal.args, position, jointNames) } },
  ];
}
type Trajectory = Extract<Proposal, { verb: "trajectory" }>["args"];
type Twist = Extract<Proposal, { verb: "twist" }>["args"];
type Triple = [number, number, number];

const negated = (v: Triple): Triple => v.map((x) => 0 - x) as Triple;
const slowTwist = (args: Twist, factor: number): Twist => ({
  linear_m_s: args.linear_m_s.map((x) => x / factor) as Triple,
  angular_rad_s: args.angular_rad_s.map((x) => x / factor) as Triple,
  duration_ms: args.duration_ms,
});
function slowTrajectory(args: Trajectory, factor: number): Trajectory {
  const points = args.points.map((p) => ({
    ...p,
    time_from_start_ms: p.time_from_start_ms * factor,
    ...(p.velocities_rad_s === undefined
      ? {}
      : { velocities_rad_s: p.velocities_rad_s.map((v) => v / factor) }),
  }));
  return { ...args, points };
}
/** Stays on the near side: the first half of the way, in the same time. */
function halfWay(args: Trajectory, position: readonly number[], jointNames: readonly string[]): Trajectory {
  const at = args.joint_names.map((name) => position[jointNames.indexOf(name)] ?? 0);
  const points = args.points.map((p) => ({
    time_from_start_ms: p.time_from_start_ms,
    positions_rad: p.positions_rad.map((q, j) => at[j]! + (q - at[j]!) / 2),
    ...(p.velocities_rad_s === undefined ? {} : { velocities_rad_s: p.velocities_rad_s.map((v) => v / 2) }),
  }));
  return { ...args, points };
}
function hold(args: Trajectory, position: readonly number[], jointNames: readonly string[]): Trajectory {
  const at = args.joint_names.map((name) => position[jointNames.indexOf(name)] ?? 0);
  return { ...args, points: [{ positions_rad: at, time_from_start_ms: RETREAT_MS }] };
}
