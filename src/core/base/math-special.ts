/** Special functions of statistics; import through math.ts. */
import { SPLIT, exp, log } from "./math-exponential.ts";

const TWO_OVER_SQRT_PI = 1.1283791670955126;
const SQRT_PI = 1.772453850905516;
const SQRT2 = 1.4142135623730951;
const SQRT_TWO_PI = 2.5066282746310002;
const HALF_LOG_TWO_PI = 0.9189385332046727;
/** above this Stirling's series with eight terms is exact to the last digits */
const STIRLING_FROM = 15;
/** where erf's series hands over to erfc's continued fraction */
const ERF_SERIES_TO = 2.2;
/** erfc would lose digits in 1 - erf beyond this */
const ERFC_SERIES_TO = 0.9;
const FRACTION_DEPTH = 70;
const FRACTION_DEPTH_NEAR = 260;

/** ln Γ(x) for x > 0 */
export function lgamma(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  if (x === 1 || x === 2) return 0;
  if (x > 1e305) return Number.POSITIVE_INFINITY;
  let shifted = x;
  let factor = 1;
  while (shifted < STIRLING_FROM) {
    factor *= shifted;
    shifted += 1;
  }
  const r = 1 / shifted;
  const z = r * r;
  const series =
    r *
    (1 / 12 -
      z *
        (1 / 360 -
          z *
            (1 / 1260 -
              z * (1 / 1680 - z * (1 / 1188 - z * (691 / 360360 - z * (1 / 156 - (z * 3617) / 122400)))))));
  return (
    (shifted - 0.5) * log(shifted) - shifted + HALF_LOG_TWO_PI + series - (factor === 1 ? 0 : log(factor))
  );
}

/** e^(-x²); x² is split so that its rounding is not magnified */
function gauss(x: number): number {
  const t = SPLIT * x;
  const head = t - (t - x);
  return exp(-head * head) * exp(-(x - head) * (x + head));
}
/** erf for 0 <= x <= ERF_SERIES_TO: a series of positive terms */
function erfSeries(x: number): number {
  const z = 2 * x * x;
  let term = x;
  let total = x;
  for (let n = 1; term > total * 1e-17; n++) {
    term *= z / (2 * n + 1);
    total += term;
  }
  return TWO_OVER_SQRT_PI * gauss(x) * total;
}
/** erfc for x >= ERFC_SERIES_TO: Laplace's continued fraction, from its end */
function erfcFraction(x: number): number {
  if (x > 27.3) return 0;
  let tail = x;
  const depth = x < ERF_SERIES_TO ? FRACTION_DEPTH_NEAR : FRACTION_DEPTH;
  for (let k = depth; k >= 1; k--) tail = x + k / 2 / tail;
  return gauss(x) / (SQRT_PI * tail);
}
export function erf(x: number): number {
  if (x !== x || x === 0) return x;
  const a = Math.abs(x);
  const value = a < ERF_SERIES_TO ? erfSeries(a) : 1 - erfcFraction(a);
  return x > 0 ? value : -value;
}
export function erfc(x: number): number {
  if (x !== x) return x;
  if (x < 0) return 2 - erfc(-x);
  return x < ERFC_SERIES_TO ? 1 - erfSeries(x) : erfcFraction(x);
}

export const normalPdf = (x: number): number => exp(-0.5 * x * x) / SQRT_TWO_PI;
/** Φ(x) */
export const normalCdf = (x: number): number => 0.5 * erfc(-x / SQRT2);

/** Φ⁻¹(p): first guess by Abramowitz & Stegun 26.2.23, then Halley's method on our own Φ. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 1) return Number.POSITIVE_INFINITY;
  if (p === 0.5) return 0;
  if (p > 0.5) return -lowerQuantile(1 - p);
  return lowerQuantile(p);
}
function lowerQuantile(p: number): number {
  const t = Math.sqrt(-2 * log(p));
  let x =
    (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (let i = 0; i < 4; i++) {
    const density = normalPdf(x);
    if (density === 0) break;
    const step = (normalCdf(x) - p) / density;
    x -= step / (1 + 0.5 * x * step);
  }
  return x;
}
