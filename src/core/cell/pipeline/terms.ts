import {
  GATE_GREEN_THRESHOLD,
  GATE_YELLOW_THRESHOLD,
  MONTE_CARLO_VARIANCE_THRESHOLD,
  type ReceiptBody,
} from "../../domain/index.ts";
import { type Confidence, type Decision, safeShareCap } from "../../gate/index.ts";
import type { ActionEnergy } from "../energy.ts";
import type { Desk } from "./desk.ts";
import { warningOf } from "./judge-score.ts";
import type { OpenAction, StepOf, TrialReport } from "./open-action.ts";
import { plainTerms, type Terms } from "./plain-terms.ts";

/** Who asked for what: enough to build the action again from the receipt. */
export const requestTerms = (action: OpenAction, desk: Desk): Record<string, unknown> => ({
  proposer: action.proposal.proposer,
  via: `${action.via.transport}:${action.via.caller}`,
  verb: action.proposal.verb,
  target: action.judged.action.target,
  summary: action.judged.action.summary,
  args: action.proposal.args,
  ...(action.judged.action.retreat && { retreat: true }),
  ...(action.generation > 0 && { generation: action.generation }),
  ...(action.step !== null && { plan: planTerms(action.step) }),
  args_hash: action.argsHash,
  config_hash: desk.host.configHash,
  model_hash: action.judged.sight.modelHash,
  context_hash: action.judged.context.hash,
  seq: action.seq,
  stage: desk.stage.stage,
  energy: {
    ...energyTerms(action.judged.sight, action.judged.energy),
    limit: action.judged.problem.energyLimit,
  },
});

/** Which step of which plan an action is, and the locks that the plan holds while it runs. */
export const planTerms = ({ plan, number, of, name, skill, askedAs }: StepOf): Record<string, unknown> => ({
  action_id: plan.id,
  asked_as: askedAs ?? null,
  args_hash: plan.argsHash,
  step: number,
  of,
  name,
  skill,
  locks: [...(plan.plan?.held ?? [])].sort(),
});

/** V_s of the cell as it is and with the action in it, and what each is made of; `action: null` without one. */
export const energyTerms = (
  state: { readonly energy: number | null; readonly energyContributions: Readonly<Record<string, number>> },
  action: ActionEnergy | null,
) => ({
  state: state.energy,
  action: action?.value ?? null,
  state_parts: state.energyContributions,
  action_parts: action?.contributions ?? {},
});

/** Every number that led to a verdict, by name. */
export function decisionTerms(action: OpenAction, confidence: Confidence, full: Decision, desk: Desk): Terms {
  const { judged } = action;
  return plainTerms({
    ...requestTerms(action, desk),
    green_threshold: GATE_GREEN_THRESHOLD,
    yellow_threshold: GATE_YELLOW_THRESHOLD,
    score: confidence.score,
    product: confidence.product,
    safe_share_lower_bound: confidence.cap,
    factors: confidence.terms,
    drift: {
      age: judged.drift.age,
      energy: judged.drift.energy,
      nominal: judged.drift.nominal,
      causes: judged.drift.causes,
      locks: judged.drift.locks,
      kind: judged.drift.value.kind,
    },
    loop:
      action.loop === null
        ? null
        : { repeats: action.loop.repeats, proof: action.loop.proof, question: action.loop.question },
    trials: trialTerms(action.trials),
    familiarity: judged.strangeness,
    nominal: {
      min_separation_m: judged.nominal.minSeparationM,
      max_force_n: judged.nominal.maxForceN,
      max_energy: judged.nominal.maxEnergy,
    },
    helpers: helperTerms(action),
    look: action.looked,
    sandbox: action.sandbox,
    wounds: action.lane.wounds.count(desk.now()),
    full_verdict: full.verdict,
    full_code: full.code,
    code: action.decision.code,
    reason: action.decision.reason,
  });
}
const helperTerms = ({ helping }: OpenAction): unknown =>
  helping === null
    ? null
    : {
        reason: helping.reason,
        started: helping.started,
        answered: helping.findings.length,
        warnings: helping.findings.flatMap((finding) => warningOf(finding) ?? []),
      };

const trialTerms = (report: TrialReport | null): unknown =>
  report === null
    ? null
    : {
        n: report.summary?.n ?? 0,
        safe: report.summary?.safe ?? 0,
        cap: safeShareCap(report.summary),
        problem: report.ceiling?.code ?? null,
        latency_ms: report.latencyMs,
      };

const OUTCOME_BINS = 20;
/** How many trials ended in each twentieth of [-1, 1]: the shape of the distribution, for people. */
function outcomeCounts(outcomes: readonly number[]): number[] {
  const counts = new Array<number>(OUTCOME_BINS).fill(0);
  for (const outcome of outcomes)
    counts[Math.min(OUTCOME_BINS - 1, Math.max(0, Math.floor(((outcome + 1) / 2) * OUTCOME_BINS)))]!++;
  return counts;
}

/** One batch of trials with all that is needed to run it again. */
export function monteCarloReceipt(action: OpenAction, report: TrialReport, desk: Desk): ReceiptBody {
  const { judged } = action;
  const { summary } = report;
  const variance = summary?.variance ?? 0;
  return {
    receipt_type: "monte_carlo",
    action_id: action.id,
    n_simulations: summary?.n ?? 0,
    variance,
    mean_outcome: summary?.meanOutcome ?? 0,
    is_stable: summary !== null && variance <= MONTE_CARLO_VARIANCE_THRESHOLD,
    terms: plainTerms({
      safe: summary?.safe ?? 0,
      safe_share_lower_bound: safeShareCap(summary),
      outcome_counts: outcomeCounts(summary?.outcomes ?? []),
      worst_trial: summary?.worstTrial ?? null,
      worst_cause: summary?.worstCause ?? null,
      min_separation_m: summary?.minSeparationM ?? null,
      max_force_n: summary?.maxForceN ?? null,
      max_energy: summary?.maxEnergy ?? null,
      outcome: report.ceiling?.code ?? "done",
      detail: report.ceiling?.detail ?? "",
      request_id: action.requestId,
      seed: action.trialSeed,
      sims: desk.gate.monteCarlo.sims,
      noise: desk.gate.monteCarlo.noise,
      args_hash: action.argsHash,
      config_hash: desk.host.configHash,
      model_hash: judged.sight.modelHash,
      inputs: inputTerms(action),
    }),
  };
}

/** The frozen part of the world that the trials began in. */
const inputTerms = ({ judged }: OpenAction): Record<string, unknown> => ({
  t: judged.sight.t,
  seq: judged.sight.seq,
  position: judged.sight.position,
  velocity: judged.sight.velocity,
  persons: judged.problem.persons,
  standing_force_n: judged.problem.standingForceN,
  energy_limit: judged.problem.energyLimit,
  energy: judged.problem.energy,
});
