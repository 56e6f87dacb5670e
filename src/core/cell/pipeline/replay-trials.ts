import { err, ok, type Result } from "../../base/result.ts";
import {
  actionIdOf,
  type Deployment,
  type Micros,
  type Proposal,
  proposalSchema,
  type ReceiptBodyOf,
  type TrialSummary,
  type Verb,
  VERBS,
} from "../../domain/index.ts";
import {
  armChainOf,
  compileAction,
  runTrials,
  type Sight,
  trialProblem,
  type TrialProblem,
} from "../../gate/index.ts";
import type { Kinematics } from "../../robot/index.ts";

type Terms = ReceiptBodyOf<"monte_carlo">["terms"];

/**
 * Runs the trials of a receipt again, from receipts and deployment alone. `request` are the terms of the
 * action's decision or block, which carry what was asked for; the batch carries the world it began in.
 */
export function replayTrials(
  batch: ReceiptBodyOf<"monte_carlo">,
  request: Terms,
  setting: { readonly deployment: Deployment; readonly kinematics: Kinematics },
): Result<TrialSummary, string> {
  const proposal = proposalSchema.safeParse({
    schema: "cellgate.proposal/1",
    action_id: batch.action_id,
    proposer: request["proposer"],
    target: request["target"],
    verb: request["verb"],
    args: request["args"],
    ...(request["retreat"] === true && { retreat: true }),
  });
  if (!proposal.success) return err("the decision's receipt does not carry the proposal");
  const inputs = batch.terms["inputs"];
  if (!isInputs(inputs)) return err("the receipt of the trials does not carry their inputs");
  const problem = problemAgain(proposal.data, inputs, setting, planVerb(request["plan"]));
  if (!problem.ok) return problem;
  const { seed, sims, noise } = batch.terms;
  if (typeof seed !== "number" || typeof sims !== "number" || typeof noise !== "number")
    return err("seed, sims or noise are missing");
  return ok(
    runTrials({
      requestId: 0,
      actionId: actionIdOf(batch.action_id),
      seed,
      sims,
      noise,
      budgetMs: 0,
      problem: problem.value,
    }),
  );
}

/** The verb by which a step of a plan was allowed; undefined: its own. */
function planVerb(plan: unknown): Verb | undefined {
  const verb = typeof plan === "object" && plan !== null && "asked_as" in plan ? plan.asked_as : undefined;
  return VERBS.find((known) => known === verb);
}

interface Inputs {
  readonly t: number;
  readonly position: readonly number[];
  readonly velocity: readonly number[];
  readonly persons: readonly number[];
  readonly standing_force_n: number;
  readonly energy_limit: number | null;
  readonly energy: TrialProblem["energy"];
}
const isInputs = (value: unknown): value is Inputs =>
  typeof value === "object" &&
  value !== null &&
  "position" in value &&
  "persons" in value &&
  "energy" in value &&
  "standing_force_n" in value;

function problemAgain(
  proposal: Proposal,
  inputs: Inputs,
  setting: { readonly deployment: Deployment; readonly kinematics: Kinematics },
  askedAs: Verb | undefined,
): Result<TrialProblem, string> {
  const t = inputs.t as Micros;
  const joints = Object.entries(setting.deployment.channels).find(
    ([, config]) => config.quantity === "joints",
  );
  const sight: Sight = {
    t,
    seq: 0,
    channels:
      joints === undefined ? [] : [{ name: joints[0], t, values: [...inputs.position, ...inputs.velocity] }],
    position: inputs.position,
    velocity: inputs.velocity,
    energy: 0,
    energyContributions: {},
    modelHash: "",
  };
  const action = compileAction(proposal, sight, setting, { askedAs });
  if (!action.ok) return err(`${action.error.code}: ${action.error.detail}`);
  const problem = trialProblem(action.value, sight, {
    deployment: setting.deployment,
    chain: armChainOf(setting.kinematics),
    linkRadiiM: setting.kinematics.linkRadiiM,
    energyLimit: inputs.energy_limit,
  });
  return ok({
    ...problem,
    persons: inputs.persons,
    standingForceN: inputs.standing_force_n,
    energy: inputs.energy,
  });
}
