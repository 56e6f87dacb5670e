import { assert } from "../base/assert.ts";
import { exp, lgamma, log, log1p } from "../base/math.ts";

const TINY = 1e-300;
const STEPS_MAX = 2_000;
const BISECTIONS = 200;

/** ln B(a, b) */
export const logBeta = (a: number, b: number): number => lgamma(a) + lgamma(b) - lgamma(a + b);

/** I_x(a, b): probability that a Beta(a, b) variable lies below x */
export function regularizedBeta(x: number, a: number, b: number): number {
  assert(a > 0 && b > 0, `the shape of a Beta must be positive, got ${a}, ${b}`);
  if (!(x > 0)) return 0;
  if (x >= 1) return 1;
  const front = exp(a * log(x) + b * log1p(-x) - logBeta(a, b));
  // the fraction converges fast on the near side of the mean; the other side goes by symmetry
  if (x < (a + 1) / (a + b + 2)) return Math.min(1, (front * betaFraction(x, a, b)) / a);
  return Math.max(0, 1 - (front * betaFraction(1 - x, b, a)) / b);
}

/** ln I_x(a, b), exact where I itself would be zero */
export function logRegularizedBeta(x: number, a: number, b: number): number {
  if (!(x > 0)) return Number.NEGATIVE_INFINITY;
  if (x >= 1) return 0;
  if (x >= (a + 1) / (a + b + 2)) return log(regularizedBeta(x, a, b));
  return a * log(x) + b * log1p(-x) - logBeta(a, b) + log(betaFraction(x, a, b) / a);
}

/** Continued fraction of the incomplete beta function, by Lentz's method. */
function betaFraction(x: number, a: number, b: number): number {
  const away = (value: number): number => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= STEPS_MAX; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    const step = d * c;
    result *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return result;
}

/** x with I_x(a, b) = p, by bisection: slow, exact, the same everywhere. */
export function betaQuantile(p: number, a: number, b: number): number {
  assert(p >= 0 && p <= 1, `a probability lies in [0, 1], got ${p}`);
  if (p === 0) return 0;
  if (p === 1) return 1;
  let low = 0;
  let high = 1;
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    if (regularizedBeta(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return low + (high - low) / 2;
}
