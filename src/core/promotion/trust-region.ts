import { normalQuantile } from "../base/math.ts";
import { PROMOTION_ALPHA } from "../domain/index.ts";
import { klCategorical } from "../stats/index.ts";
import type { Measurement } from "./evidence.ts";

export interface DivergenceReport {
  readonly mean: number;
  /** one-sided upper confidence bound of the mean over scenarios; what the gate looks at */
  readonly upper: number;
  readonly n: number;
  readonly worst: { readonly scenario: string; readonly kl: number } | null;
}

/** Jeffreys' prior: an outcome that was not seen has a small share, not none, and KL stays finite. */
const PSEUDO_COUNT = 0.5;

function shares(counts: readonly number[]): number[] {
  const total = counts.reduce((a, b) => a + b, 0) + PSEUDO_COUNT * counts.length;
  return counts.map((c) => (c + PSEUDO_COUNT) / total);
}

/** KL(candidate ‖ baseline) of the kinds of decisions, per scenario, in nats. */
export const scenarioDivergence = (m: Measurement): number =>
  m.candidate.decisions.length !== m.baseline.decisions.length || m.baseline.decisions.length === 0
    ? Number.POSITIVE_INFINITY
    : klCategorical(shares(m.candidate.decisions), shares(m.baseline.decisions));

export function divergenceReport(all: readonly Measurement[], alpha = PROMOTION_ALPHA): DivergenceReport {
  const values = all.map(scenarioDivergence);
  const n = values.length;
  let worst: DivergenceReport["worst"] = null;
  for (let i = 0; i < n; i++)
    if (worst === null || values[i]! > worst.kl) worst = { scenario: all[i]!.scenario, kl: values[i]! };
  if (n < 2) return { mean: Number.NaN, upper: Number.POSITIVE_INFINITY, n, worst };
  const mean = values.reduce((a, b) => a + b, 0) / n;
  if (!(mean < Number.POSITIVE_INFINITY)) return { mean, upper: Number.POSITIVE_INFINITY, n, worst };
  const squares = values.reduce((sum, v) => sum + (v - mean) * (v - mean), 0);
  const standardError = Math.sqrt(squares / (n - 1) / n);
  return { mean, upper: mean + normalQuantile(1 - alpha) * standardError, n, worst };
}
