import { coverageFloor } from "../stats/index.ts";

/** Threshold of V_s above which it counts as an alarm, and what is promised of it. */
export interface AlarmRule {
  readonly threshold: number;
  /** chosen share of events that may go unannounced */
  readonly missRate: number;
  /** calibration events that the threshold was taken from; 0: none, the threshold is only a choice */
  readonly events: number;
  /** share of events that are announced with 95 % confidence over the draw of the calibration events */
  readonly coverageFloor: number;
  /** their scores in rising order, for adaptive inference; thinned out to at most SCORES_KEPT */
  readonly scores: readonly number[];
}
const SCORES_KEPT = 256;
/** Room for the rounding of (n + 1) · alpha. */
const ROUNDING = 1e-9;

/**
 * Split conformal: the k-th smallest event score with k = ⌊(n + 1) · missRate⌋. A new event of the same kind
 * scores below it with probability at most missRate. Null: too few events for this rate.
 */
export function conformalAlarm(eventScores: ArrayLike<number>, missRate: number): AlarmRule | null {
  const sorted = Float64Array.from(eventScores).sort();
  const k = Math.floor((sorted.length + 1) * missRate + ROUNDING);
  if (k < 1) return null;
  return {
    threshold: sorted[k - 1] as number,
    missRate,
    events: sorted.length,
    coverageFloor: coverageFloor(sorted.length, missRate),
    scores: thinned(sorted),
  };
}
/** Evenly spaced order statistics: quantiles of the kept scores are those of all. */
function thinned(sorted: Float64Array): number[] {
  if (sorted.length <= SCORES_KEPT) return Array.from(sorted);
  return Array.from(
    { length: SCORES_KEPT },
    (_, i) => sorted[Math.round((i / (SCORES_KEPT - 1)) * (sorted.length - 1))] as number,
  );
}
