import { binomialCdf } from "./binomial.ts";

/** Most exceedances among n that still prove the q-quantile <= 0 with confidence 1 - delta; -1: n is too small. */
export function allowedExceedances(n: number, q = 0.95, delta = 0.05): number {
  if (binomialCdf(0, n, 1 - q) > delta) return -1;
  let low = 0;
  let high = n;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (binomialCdf(middle, n, 1 - q) <= delta) low = middle;
    else high = middle;
  }
  return low;
}
/** Fewest scenarios that allow c exceedances. */
export function scenariosNeeded(c = 0, q = 0.95, delta = 0.05): number {
  let high = 1;
  while (allowedExceedances(high, q, delta) < c) high *= 2;
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (allowedExceedances(middle, q, delta) < c) low = middle;
    else high = middle;
  }
  return high;
}
/** Rank k (from 1) of the order statistic that bounds the q-quantile from above; null: n is too small. */
export function quantileBoundRank(n: number, q = 0.95, delta = 0.05): number | null {
  const c = allowedExceedances(n, q, delta);
  return c < 0 ? null : n - c;
}
/** Upper confidence bound of the q-quantile, exact for any distribution of independent values; null: too few. */
export function quantileUpperBound(values: ArrayLike<number>, q = 0.95, delta = 0.05): number | null {
  const rank = quantileBoundRank(values.length, q, delta);
  return rank === null ? null : (Float64Array.from(values).sort()[rank - 1] as number);
}
/** Chance that a candidate which truly exceeds with this rate is accepted. */
export function acceptanceProbability(n: number, trueExceedance: number, q = 0.95, delta = 0.05): number {
  const c = allowedExceedances(n, q, delta);
  return c < 0 ? 0 : binomialCdf(c, n, trueExceedance);
}
/** Plain sample quantile: smallest value with at least q of the sample at or below it; NaN when empty. */
export function sampleQuantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return Number.NaN;
  const rank = Math.min(sorted.length, Math.max(1, Math.ceil(q * sorted.length - 1e-9)));
  return sorted[rank - 1] as number;
}
