import { exp, log } from "../base/math.ts";
import type { Evidence } from "../domain/index.ts";

/** One measured property of how a decision was reached; null: the proposal says nothing about it. */
export type Measured =
  | { readonly kind: "measured"; readonly value: number }
  | {
      readonly kind: "missing";
      /** what the gate itself knows that it must be counted for */
      readonly atLeast?: number;
    }
  | { readonly kind: "invalid"; readonly why: string };
const measured = (value: number): Measured => ({ kind: "measured", value });
const MISSING: Measured = { kind: "missing" };
const invalid = (why: string): Measured => ({ kind: "invalid", why });

const SUM_TOLERANCE = 0.01;

/**
 * Shannon entropy of the decision, as share of the most that its number of choices allows: 0 = sure,
 * 1 = a coin thrown. With both probabilities and logits the less sure of the two counts.
 */
export function decisionEntropy(evidence: Evidence | undefined): Measured {
  const found: Measured[] = [];
  if (evidence?.decision_probabilities !== undefined) found.push(entropyOf(evidence.decision_probabilities));
  if (evidence?.decision_logits !== undefined) found.push(entropyOf(softmax(evidence.decision_logits)));
  return worst(found);
}

function worst(found: readonly Measured[]): Measured {
  let most: Measured = MISSING;
  for (const one of found) {
    if (one.kind === "invalid") return one;
    if (one.kind === "measured" && (most.kind !== "measured" || one.value > most.value)) most = one;
  }
  return most;
}

function entropyOf(probabilities: readonly number[]): Measured {
  let sum = 0;
  for (const p of probabilities) sum += p;
  if (probabilities.length === 0 || Math.abs(sum - 1) > SUM_TOLERANCE)
    return invalid(`probabilities add up to ${sum}`);
  if (probabilities.length === 1) return measured(0);
  let entropy = 0;
  for (const p of probabilities) if (p > 0) entropy -= (p / sum) * log(p / sum);
  return measured(Math.min(1, Math.max(0, entropy / log(probabilities.length))));
}

function softmax(logits: readonly number[]): number[] {
  let most = Number.NEGATIVE_INFINITY;
  for (const x of logits) most = Math.max(most, x);
  const weights = logits.map((x) => exp(x - most));
  let sum = 0;
  for (const w of weights) sum += w;
  return weights.map((w) => w / sum);
}

/** Confidences lie in [0, 1], so their variance is at most a quarter. */
const VARIANCE_MAX = 0.25;
const TRAJECTORY_MIN = 3;

/** Variance of the confidence trajectory, as share of the most that is possible: 0 = steady. */
export function reasoningInstability(evidence: Evidence | undefined): Measured {
  const path = evidence?.confidence_trajectory;
  if (path === undefined || path.length < TRAJECTORY_MIN) return MISSING;
  return measured(Math.min(1, varianceOf(path) / VARIANCE_MAX));
}

/** Population variance, two passes. */
export function varianceOf(values: readonly number[]): number {
  if (values.length === 0) return 0;
  let mean = 0;
  for (const v of values) mean += v;
  mean /= values.length;
  let sum = 0;
  for (const v of values) sum += (v - mean) * (v - mean);
  return sum / values.length;
}
