import { normalCdf, normalPdf } from "../base/math.ts";

/** φ(u) - u (1 - Φ(u)): expected gain of a unit normal beyond u */
export const unitLoss = (u: number): number => normalPdf(u) - u * normalCdf(-u);

/** Expected value of n more samples of deviation `sd` for a choice of two with prior N(mean, priorSd). */
export function sampleInformationValue(mean: number, priorSd: number, sd: number, n: number): number {
  if (!(priorSd > 0) || n <= 0) return 0;
  const known = n * priorSd * priorSd;
  const moved = priorSd * Math.sqrt(known / (known + sd * sd));
  return moved * unitLoss(Math.abs(mean) / moved);
}
