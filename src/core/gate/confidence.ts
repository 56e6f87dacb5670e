import { type GateConfig, MIN_FINISHED_TRIALS, type TrialSummary } from "../domain/index.ts";
import type { Measured } from "./reasoning.ts";
import { safeShareBound } from "./safe-share.ts";

/** One named part of the score. `factor` = 1 − weight × penalty is what it multiplies the score with. */
export interface Term {
  readonly value: number;
  readonly penalty: number;
  readonly weight: number;
  readonly factor: number;
  readonly missing: boolean;
}
export const TERM_NAMES = ["drift", "entropy", "stability", "loop", "variance"] as const;
export type TermName = (typeof TERM_NAMES)[number];

export interface Confidence {
  /** what counts: never above the cap */
  readonly score: number;
  /** product of the factors */
  readonly product: number;
  /** lower bound on the share of safe trials; 0 when too few ended */
  readonly cap: number;
  readonly terms: Readonly<Record<TermName, Term>>;
}
export interface ConfidenceInput {
  readonly drift: Measured;
  readonly entropy: Measured;
  readonly stability: Measured;
  /** already between 0 and 1 */
  readonly loop: number;
  /** null: no trial ended */
  readonly trials: TrialSummary | null;
}

export function confidenceOf(input: ConfidenceInput, gate: GateConfig): Confidence {
  const missing = gate.reasoning.missingPenalty;
  const terms = {
    drift: term(input.drift, gate.weights.drift, missing),
    entropy: term(input.entropy, gate.weights.entropy, missing),
    stability: term(input.stability, gate.weights.stability, missing),
    loop: term({ kind: "measured", value: input.loop }, gate.weights.loop, missing),
    variance: varianceTerm(input.trials, gate.weights.variance),
  };
  let product = 1;
  for (const name of TERM_NAMES) product *= terms[name].factor;
  const cap = safeShareCap(input.trials);
  return { score: Math.min(product, cap), product, cap, terms };
}

/** Never a point estimate: with probability 95 % the true share of safe trials lies above it. */
export function safeShareCap(trials: TrialSummary | null): number {
  if (trials === null || trials.n < MIN_FINISHED_TRIALS) return 0;
  return safeShareBound(trials.safe, trials.n);
}

function term(measured: Measured, weight: number, missingPenalty: number): Term {
  const value = measured.kind === "measured" ? measured.value : 0;
  const penalty =
    measured.kind === "measured"
      ? clamp(value)
      : measured.kind === "missing"
        ? Math.max(missingPenalty, clamp(measured.atLeast ?? 0))
        : 1;
  return { value, penalty, weight, factor: 1 - weight * penalty, missing: measured.kind === "missing" };
}
/**
 * Outcomes lie between −1 and 1, so this is the most that they can vary. With the default weight, the variance
 * that the specification still accepts costs just what GREEN may lose.
 */
const OUTCOME_VARIANCE_MAX = 1;

function varianceTerm(trials: TrialSummary | null, weight: number): Term {
  const value = trials?.variance ?? 0;
  const penalty = trials === null ? 1 : clamp(value / OUTCOME_VARIANCE_MAX);
  return { value, penalty, weight, factor: 1 - weight * penalty, missing: trials === null };
}
/** NaN counts as the worst. */
const clamp = (value: number): number => (value >= 0 ? Math.min(1, value) : 1);
