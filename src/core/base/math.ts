/**
 * Elementary functions for the pure core. The language leaves `Math.exp` and its kin to the implementation;
 * these are made of + − × ÷ and sqrt alone, which it defines exactly, so that a tape recorded on ARM is
 * replayed to the same bytes on x64.
 */
export { exp, expm1, log, log1p, pow, sigmoid, softplus, tanh } from "./math-exponential.ts";
export { acos, asin, atan, atan2, cos, hypot, hypot3, sin, tan, PI } from "./math-trigonometric.ts";
export { erf, erfc, lgamma, normalCdf, normalPdf, normalQuantile } from "./math-special.ts";
