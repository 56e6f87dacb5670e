import { assert } from "../base/assert.ts";
import { exp, log, log1p } from "../base/math.ts";
import { logBeta, logRegularizedBeta } from "./incomplete-beta.ts";

/** Mixture likelihood ratio of a Gaussian mean against 0 after n values with this mean. */
export function mixtureRatio(n: number, mean: number, sigma: number, tau: number): number {
  const s2 = sigma * sigma;
  const t2 = tau * tau;
  return Math.sqrt(s2 / (s2 + n * t2)) * exp((n * n * t2 * mean * mean) / (2 * s2 * (s2 + n * t2)));
}
/** Half width of the confidence sequence of the mean: valid at every n at once. */
export function confidenceSequenceRadius(n: number, sigma: number, tau: number, alpha = 0.05): number {
  const s2 = sigma * sigma;
  const t2 = tau * tau;
  return Math.sqrt(((s2 * (s2 + n * t2)) / (n * n * t2)) * log((s2 + n * t2) / (s2 * alpha * alpha)));
}
/** Sequential test of a Gaussian mean against 0; may be looked at after every value. */
export interface MixtureTest {
  readonly n: number;
  readonly mean: number;
  /** always-valid p-value */
  readonly pValue: number;
  update(value: number): number;
}
export function createMixtureTest(sigma: number, tau: number): MixtureTest {
  assert(sigma > 0 && tau > 0, `needs positive sigma and tau, got ${sigma}, ${tau}`);
  let n = 0;
  let sum = 0;
  let pValue = 1;
  return {
    get n() {
      return n;
    },
    get mean() {
      return n === 0 ? 0 : sum / n;
    },
    get pValue() {
      return pValue;
    },
    update(value) {
      n++;
      sum += value;
      pValue = Math.min(pValue, 1 / mixtureRatio(n, sum / n, sigma, tau));
      return pValue;
    },
  };
}

/**
 * Evidence against "the rate of exceedances is at least p0" after s exceedances and f others, a mixture
 * over rates below p0. E >= 1/alpha rejects with error alpha, however often one looks.
 */
export function exceedanceEvidence(s: number, f: number, p0: number): number {
  return exp(logExceedanceEvidence(s, f, p0));
}
export function logExceedanceEvidence(s: number, f: number, p0: number): number {
  assert(p0 > 0 && p0 < 1, `a rate lies inside (0, 1), got ${p0}`);
  const mixture = logBeta(1 + s, 1 + f) + logRegularizedBeta(p0, 1 + s, 1 + f);
  return mixture - log(p0) - s * log(p0) - f * log1p(-p0);
}
/** The same against one fixed alternative rate p1 < p0. */
export function exceedanceEvidenceFixed(s: number, f: number, p0: number, p1: number): number {
  return exp(s * log(p1 / p0) + f * (log1p(-p1) - log1p(-p0)));
}
