import { assert } from "../base/assert.ts";
import { exp, lgamma, log, log1p } from "../base/math.ts";
import { betaQuantile, regularizedBeta } from "./incomplete-beta.ts";

/** P(X <= k) for X ~ Binomial(n, p) */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return regularizedBeta(1 - p, n - Math.floor(k), Math.floor(k) + 1);
}
/** P(X = k) for X ~ Binomial(n, p) */
export function binomialPmf(k: number, n: number, p: number): number {
  if (k < 0 || k > n || Math.floor(k) !== k) return 0;
  if (p <= 0) return k === 0 ? 1 : 0;
  if (p >= 1) return k === n ? 1 : 0;
  return exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) + (n - k) * log1p(-p));
}

function checkCounts(k: number, n: number): void {
  assert(
    Number.isInteger(k) && Number.isInteger(n) && k >= 0 && n >= 0 && k <= n,
    `counts need 0 <= k <= n, got ${k} of ${n}`,
  );
}
/** One-sided Clopper-Pearson: with probability `confidence` the true share lies below this. */
export function shareUpperBound(k: number, n: number, confidence = 0.95): number {
  checkCounts(k, n);
  return k === n ? 1 : betaQuantile(confidence, k + 1, n - k);
}
/** One-sided Clopper-Pearson: with probability `confidence` the true share lies above this. */
export function shareLowerBound(k: number, n: number, confidence = 0.95): number {
  checkCounts(k, n);
  return k === 0 ? 0 : betaQuantile(1 - confidence, k, n - k + 1);
}
/** Fewest successes in n trials whose lower bound reaches `share`; null when even n of n do not. */
export function fewestForShare(n: number, share: number, confidence = 0.95): number | null {
  // P(X >= k | share) <= 1 - confidence is the same statement, without a search for the bound
  for (let k = 0; k <= n; k++) if (1 - binomialCdf(k - 1, n, share) <= 1 - confidence) return k;
  return null;
}
/** Trials without a failure that are needed to see, with `confidence`, a failure of rate `p`. */
export function trialsToSeeFailure(p: number, confidence = 0.95): number {
  assert(p > 0 && p < 1, `a rate lies inside (0, 1), got ${p}`);
  return Math.ceil(log(1 - confidence) / log1p(-p));
}

/** Wald's sequential test of a failure rate p0 against p1 > p0: add up per trial, compare with the bounds. */
export interface SequentialTest {
  readonly perFailure: number;
  readonly perSuccess: number;
  /** at or below: p0 is accepted */
  readonly lower: number;
  /** at or above: p1 is accepted */
  readonly upper: number;
}
export function sequentialTest(p0: number, p1: number, alpha: number, beta: number): SequentialTest {
  assert(0 < p0 && p0 < p1 && p1 < 1, `rates need 0 < p0 < p1 < 1, got ${p0}, ${p1}`);
  return {
    perFailure: log(p1 / p0),
    perSuccess: log((1 - p1) / (1 - p0)),
    lower: log(beta / (1 - alpha)),
    upper: log((1 - beta) / alpha),
  };
}
