import { assert } from "../base/assert.ts";
import { exp, expm1, log, normalQuantile } from "../base/math.ts";

const GOLDEN = 0.6180339887498949;

/** KL(N(m1, s1) ‖ N(m2, s2)) in nats */
export function klGaussian(m1: number, s1: number, m2: number, s2: number): number {
  assert(s1 > 0 && s2 > 0, `standard deviations must be positive, got ${s1}, ${s2}`);
  const d = m1 - m2;
  return log(s2 / s1) + (s1 * s1 + d * d) / (2 * s2 * s2) - 0.5;
}
/** KL of independent Gaussians: the sum over their dimensions */
export function klGaussianDiagonal(
  m1: ArrayLike<number>,
  s1: ArrayLike<number>,
  m2: ArrayLike<number>,
  s2: ArrayLike<number>,
): number {
  let total = 0;
  for (let i = 0; i < m1.length; i++)
    total += klGaussian(m1[i] as number, s1[i] as number, m2[i] as number, s2[i] as number);
  return total;
}
/** KL(p ‖ q) in nats; +Infinity where p has mass that q has not */
export function klCategorical(p: ArrayLike<number>, q: ArrayLike<number>): number {
  assert(p.length === q.length, `distributions of ${p.length} and ${q.length} outcomes cannot be compared`);
  let total = 0;
  for (let i = 0; i < p.length; i++) {
    const a = p[i] as number;
    const b = q[i] as number;
    if (a > 0) total += b > 0 ? a * log(a / b) : Number.POSITIVE_INFINITY;
  }
  return total;
}
export function totalVariation(p: ArrayLike<number>, q: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < p.length; i++) total += Math.abs((p[i] as number) - (q[i] as number));
  return total / 2;
}
/** Pinsker: the total variation is at most this */
export const pinskerBound = (kl: number): number => Math.sqrt(kl / 2);

export interface SampledDivergence {
  readonly mean: number;
  /** one-sided upper confidence bound of the mean, by the central limit theorem */
  readonly upper: number;
  readonly n: number;
}
/** k3 estimate of KL(p ‖ q) from ln q(x)/p(x) at draws x of p: unbiased, every term >= 0. */
export function klSampled(logRatios: ArrayLike<number>, confidence = 0.95): SampledDivergence {
  const n = logRatios.length;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const l = logRatios[i] as number;
    const term = expm1(l) - l;
    sum += term;
    squares += term * term;
  }
  if (n < 2) return { mean: n === 0 ? 0 : sum, upper: Number.POSITIVE_INFINITY, n };
  const mean = sum / n;
  const spread = Math.sqrt(Math.max(0, (squares - n * mean * mean) / (n - 1)) / n);
  return { mean, upper: mean + normalQuantile(confidence) * spread, n };
}

/** λρ + λ ln E e^{X/λ}, shifted by the largest value so that nothing overflows */
function dualValue(values: ArrayLike<number>, most: number, rho: number, lambda: number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += exp(((values[i] as number) - most) / lambda);
  return most + lambda * (rho + log(sum / values.length));
}
/** Worst mean of X under any law whose KL divergence from the sample is at most rho (in nats). */
export function worstMeanWithin(values: ArrayLike<number>, rho: number): number {
  assert(values.length > 0 && rho >= 0, "the worst mean needs values and a budget >= 0");
  let most = Number.NEGATIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    most = Math.max(most, values[i] as number);
    least = Math.min(least, values[i] as number);
  }
  if (most === least) return most;
  // λ is searched by its logarithm, between far below and far above the spread of the values
  let low = log((most - least) * 1e-6);
  let high = log((most - least) * 1e6);
  for (let i = 0; i < 120; i++) {
    const a = high - GOLDEN * (high - low);
    const b = low + GOLDEN * (high - low);
    if (dualValue(values, most, rho, exp(a)) < dualValue(values, most, rho, exp(b))) high = b;
    else low = a;
  }
  return Math.min(most, dualValue(values, most, rho, exp((low + high) / 2)));
}
/** The same for a Gaussian, in closed form. */
export const worstGaussianMean = (mean: number, sd: number, rho: number): number =>
  mean + sd * Math.sqrt(2 * rho);
