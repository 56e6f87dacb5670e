import { assert } from "../base/assert.ts";
import { exp, log, log1p } from "../base/math.ts";
import { logBeta, logRegularizedBeta } from "./incomplete-beta.ts";

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
