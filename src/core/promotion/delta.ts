import { PROMOTION_ALPHA, PROMOTION_QUANTILE } from "../domain/index.ts";
import {
  allowedExceedances,
  quantileUpperBound,
  sampleQuantile,
  scenariosNeeded,
  shareUpperBound,
} from "../stats/index.ts";
import type { Measurement } from "./evidence.ts";

export interface DeltaReport {
  readonly n: number;
  /** scenarios in which ΔV_s > 0, and how many may be for the bound to hold */
  readonly worse: number;
  readonly allowed: number;
  /** Clopper-Pearson upper bound on the true share of worse scenarios */
  readonly worseShareUpper: number;
  readonly p50: number;
  readonly p95: number;
  /** exact one-sided upper bound of the 95th percentile; null: too few scenarios for one */
  readonly p95Upper: number | null;
  readonly needed: number;
  /** correlation of the two sides: what common random numbers saved */
  readonly correlation: number;
  readonly worst: { readonly scenario: string; readonly delta: number } | null;
}

export const deltaOf = (m: Measurement): number => m.candidate.energy - m.baseline.energy;

/** ΔV_s over these scenarios. NaN counts as worse than anything. */
export function deltaReport(all: readonly Measurement[], alpha = PROMOTION_ALPHA): DeltaReport {
  const deltas = all.map((m) => {
    const d = deltaOf(m);
    return d === d ? d : Number.POSITIVE_INFINITY;
  });
  const worse = deltas.filter((d) => d > 0).length;
  const n = deltas.length;
  return {
    n,
    worse,
    allowed: allowedExceedances(n, PROMOTION_QUANTILE, alpha),
    worseShareUpper: n === 0 ? 1 : shareUpperBound(worse, n, 1 - alpha),
    p50: sampleQuantile(deltas, 0.5),
    p95: sampleQuantile(deltas, PROMOTION_QUANTILE),
    p95Upper: quantileUpperBound(deltas, PROMOTION_QUANTILE, alpha),
    needed: scenariosNeeded(0, PROMOTION_QUANTILE, alpha),
    correlation: correlation(all),
    worst: worstOf(all, deltas),
  };
}

function worstOf(all: readonly Measurement[], deltas: readonly number[]): DeltaReport["worst"] {
  let worst: DeltaReport["worst"] = null;
  for (let i = 0; i < all.length; i++)
    if (worst === null || deltas[i]! > worst.delta) worst = { scenario: all[i]!.scenario, delta: deltas[i]! };
  return worst;
}

function correlation(all: readonly Measurement[]): number {
  const n = all.length;
  if (n < 2) return 0;
  const a = all.map((m) => m.baseline.energy);
  const b = all.map((m) => m.candidate.energy);
  const mean = (v: readonly number[]): number => v.reduce((x, y) => x + y, 0) / n;
  const [ma, mb] = [mean(a), mean(b)];
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < n; i++) {
    ab += (a[i]! - ma) * (b[i]! - mb);
    aa += (a[i]! - ma) * (a[i]! - ma);
    bb += (b[i]! - mb) * (b[i]! - mb);
  }
  const rho = aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
  return rho === rho ? rho : 0;
}

/** Edges and counts for a histogram; infinite values are counted in the outer bins. */
export function histogram(values: readonly number[], bins = 24): { edges: number[]; counts: number[] } {
  const finite = values.filter((v) => Math.abs(v) < Number.POSITIVE_INFINITY);
  const low = finite.reduce((a, b) => Math.min(a, b), 0);
  const high = finite.reduce((a, b) => Math.max(a, b), 0);
  const width = (high > low ? high - low : 1) / bins;
  const counts = new Array<number>(bins).fill(0);
  for (const v of values) {
    const at = Math.floor(((v === v ? Math.min(high, Math.max(low, v)) : high) - low) / width);
    counts[Math.min(bins - 1, Math.max(0, at))]!++;
  }
  return { edges: Array.from({ length: bins + 1 }, (_, i) => low + i * width), counts };
}
