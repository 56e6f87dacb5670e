import { assert } from "../base/assert.ts";
import { exp, lgamma, log } from "../base/math.ts";

/** P(X <= k) for X ~ Poisson(mean) */
export function poissonCdf(k: number, mean: number): number {
  if (k < 0) return 0;
  if (mean <= 0) return 1;
  const logMean = log(mean);
  let sum = 0;
  for (let i = 0; i <= k; i++) sum += exp(i * logMean - mean - lgamma(i + 1));
  return Math.min(1, sum);
}

/** Halvings of the search: more than a double can tell apart. */
const HALVINGS = 200;

/** The exact two-sided interval of a mean of which `count` events were seen (Garwood). */
export function poissonInterval(count: number, confidence = 0.95): readonly [lower: number, upper: number] {
  assert(Number.isInteger(count) && count >= 0, `a count is whole and not negative, got ${count}`);
  assert(confidence > 0 && confidence < 1, `a confidence lies inside (0, 1), got ${confidence}`);
  const tail = (1 - confidence) / 2;
  const lower = count === 0 ? 0 : meanWhere(count, (mean) => 1 - poissonCdf(count - 1, mean) < tail);
  return [lower, meanWhere(count, (mean) => poissonCdf(count, mean) > tail)];
}
/** The mean at which `below` stops to hold; it holds for small ones. */
function meanWhere(count: number, below: (mean: number) => boolean): number {
  let from = 0;
  let to = 2 * count + 40;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (from + to) / 2;
    if (below(middle)) from = middle;
    else to = middle;
  }
  return (from + to) / 2;
}
