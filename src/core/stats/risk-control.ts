import { exp, log } from "../base/math.ts";
import { binomialCdf } from "./binomial.ts";

/** Conformal risk control: largest mean loss on n calibration points that keeps the expected loss <= alpha; below 0: impossible. */
export const riskControlLimit = (n: number, alpha: number, lossMax = 1): number =>
  ((n + 1) * alpha - lossMax) / n;

/** Smallest candidate whose corrected loss is <= alpha; `losses[i]` is the mean loss at `candidates[i]`, falling in i. */
export function riskControlChoice(
  candidates: ArrayLike<number>,
  losses: ArrayLike<number>,
  n: number,
  alpha: number,
  lossMax = 1,
): number | null {
  const limit = riskControlLimit(n, alpha, lossMax);
  for (let i = 0; i < candidates.length; i++)
    if ((losses[i] as number) <= limit) return candidates[i] as number;
  return null;
}

/** KL divergence of two coins, in nats */
function coinDivergence(a: number, b: number): number {
  const first = a > 0 ? a * log(a / b) : 0;
  const second = a < 1 ? (1 - a) * log((1 - a) / (1 - b)) : 0;
  return first + second;
}
/** Learn-then-Test: p-value of "the risk exceeds alpha" for any loss in [0, 1] (Hoeffding-Bentkus). */
export function riskPValue(meanLoss: number, n: number, alpha: number): number {
  const hoeffding = exp(-n * coinDivergence(Math.min(meanLoss, alpha), alpha));
  return Math.min(1, hoeffding, Math.E * binomialCdf(Math.ceil(n * meanLoss - 1e-9), n, alpha));
}
/** The same for losses that are 0 or 1, which is sharper. */
export function riskPValueBinary(losses: number, n: number, alpha: number): number {
  return binomialCdf(losses, n, alpha);
}
/** Fixed-sequence test: leading candidates that may be kept at error delta. */
export function fixedSequence(pValues: ArrayLike<number>, delta: number): number {
  let kept = 0;
  while (kept < pValues.length && (pValues[kept] as number) <= delta) kept++;
  return kept;
}
