import { assert } from "../base/assert.ts";
import { betaQuantile, regularizedBeta } from "./incomplete-beta.ts";

/** Products such as 100 · 0.95 must not be lifted over a whole number by their rounding. */
const ROUNDING = 1e-9;

/** Rank (from 1) of the calibration score that covers 1 - alpha; above n: no finite threshold. */
export const conformalRank = (n: number, alpha: number): number =>
  Math.ceil((n + 1) * (1 - alpha) - ROUNDING);

/** Split conformal threshold: a new exchangeable score lies at or below it with probability >= 1 - alpha. */
export function conformalQuantile(scores: ArrayLike<number>, alpha: number): number {
  return conformalQuantileSorted(Float64Array.from(scores).sort(), alpha);
}
/** The same for scores already in rising order; -Infinity for alpha >= 1, +Infinity when there are too few. */
export function conformalQuantileSorted(sorted: ArrayLike<number>, alpha: number): number {
  if (alpha >= 1) return Number.NEGATIVE_INFINITY;
  const rank = conformalRank(sorted.length, alpha);
  if (alpha <= 0 || rank > sorted.length) return Number.POSITIVE_INFINITY;
  return rank < 1 ? Number.NEGATIVE_INFINITY : (sorted[rank - 1] as number);
}

/** Law of the coverage that one calibration set gives: Beta(a, b). */
export function coverageLaw(n: number, alpha: number): { readonly a: number; readonly b: number } {
  const l = Math.floor((n + 1) * alpha + ROUNDING);
  return { a: n + 1 - l, b: l };
}
/** Central range that holds the coverage with probability `mass`. */
export function coverageRange(n: number, alpha: number, mass = 0.9): readonly [number, number] {
  const { a, b } = coverageLaw(n, alpha);
  if (b < 1) return [1, 1];
  return [betaQuantile((1 - mass) / 2, a, b), betaQuantile((1 + mass) / 2, a, b)];
}
/** Coverage that holds with this confidence over the draw of the calibration set. */
export function coverageFloor(n: number, alpha: number, confidence = 0.95): number {
  const { a, b } = coverageLaw(n, alpha);
  return b < 1 ? 1 : betaQuantile(1 - confidence, a, b);
}
/** Calibration scores needed for a coverage within ±epsilon of 1 - alpha with probability `mass`. */
export function scoresForCoverage(epsilon: number, alpha = 0.1, mass = 0.9): number {
  assert(epsilon > 0, `the tolerance must be positive, got ${epsilon}`);
  const holds = (n: number): boolean => {
    const { a, b } = coverageLaw(n, alpha);
    if (b < 1) return false;
    const target = 1 - alpha;
    return regularizedBeta(target + epsilon, a, b) - regularizedBeta(target - epsilon, a, b) >= mass;
  };
  let n = 1;
  while (!holds(n)) n++;
  return n;
}
