import { createPrng } from "../../core/base/prng.ts";
import { type Deployment, PROPOSAL_SCHEMA } from "../../core/domain/index.ts";

/** Simulated time from one proposal to the next. */
const PERIOD_US = 1_200_000;
const FIRST_US = 300_000;
/** how far the joints near the base and those near the tool are sent, radian */
const REACH_RAD = [0.7, 0.5, 0.5, 0.3, 0.3, 0.3] as const;
const SHORTEST_MS = 800;
const LONGEST_MS = 3_000;

export interface ProposedAction {
  readonly raw: unknown;
  readonly via: { readonly transport: string; readonly caller: string };
}
/** Proposes moves from where the arm is measured to be: calm ones and careless ones, by the scenario's seed. */
export function createProposer(deployment: Deployment, seed: number) {
  const prng = createPrng(seed).split("proposals");
  const { target, proposer, via } = whoAndWhat(deployment);
  const names = deployment.robot.joints.map((joint) => joint.name);
  let count = 0;
  return {
    due(t: number, position: ArrayLike<number>): ProposedAction | undefined {
      if (t < FIRST_US + count * PERIOD_US || position.length !== names.length) return undefined;
      const draw = prng.split(count);
      const from = Array.from(position);
      // most of them small, as most work is
      const far = draw.nextFloat() * draw.nextFloat();
      const to = from.map((angle, i) => angle + far * (2 * draw.nextFloat() - 1) * (REACH_RAD[i] ?? 0.3));
      const durationMs = SHORTEST_MS + Math.round(draw.nextFloat() * (LONGEST_MS - SHORTEST_MS));
      const raw = {
        schema: PROPOSAL_SCHEMA,
        action_id: `battery-${count++}`,
        proposer,
        target,
        verb: "trajectory",
        args: {
          joint_names: names,
          points: [
            { positions_rad: from, time_from_start_ms: 0 },
            { positions_rad: to, time_from_start_ms: durationMs },
          ],
        },
        evidence: evidenceOf(draw.nextFloat()),
      };
      return { raw, via };
    },
  };
}

/** How sure the proposer was: with it the gate has something to weigh. */
const evidenceOf = (doubt: number) => ({
  decision_probabilities: [1 - DOUBT_MAX * doubt, DOUBT_MAX * doubt],
  confidence_trajectory: [1 - DOUBT_MAX * doubt, 1 - DOUBT_MAX * doubt, 1 - DOUBT_MAX * doubt],
});
const DOUBT_MAX = 0.1;

/** A target and a proposer that this gate knows. */
function whoAndWhat({ gate }: Deployment) {
  const target = Object.values(gate.targets).find((t) => t.verbs.includes("trajectory"));
  const [known] = Object.entries(gate.proposers);
  const caller = known?.[1].callers[0] ?? "battery:proposer";
  const colon = caller.indexOf(":");
  return {
    target: target?.path ?? BATTERY_TARGET,
    proposer: known?.[0] ?? "battery",
    via: { transport: caller.slice(0, colon), caller: caller.slice(colon + 1) },
  };
}
const BATTERY_TARGET = "/battery/arm";

/** A gate that knows no arm refuses everything alike; it is given one, on both sides. */
export function withTarget(deployment: Deployment): Deployment {
  const { gate } = deployment;
  if (Object.values(gate.targets).some((t) => t.verbs.includes("trajectory"))) return deployment;
  const targets = { ...gate.targets, battery_arm: { path: BATTERY_TARGET, verbs: ["trajectory"] } };
  return { ...deployment, gate: { ...gate, targets } };
}
