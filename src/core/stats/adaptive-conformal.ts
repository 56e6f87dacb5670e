import { assert } from "../base/assert.ts";
import { conformalQuantileSorted } from "./conformal.ts";

/**
 * Adaptive conformal inference (Gibbs and Candès 2021). The state alpha_t is never clipped: outside [0, 1]
 * it means "always covered" or "never covered", and only so does its guarantee hold for every sequence.
 */
export interface AdaptiveConformal {
  /** alpha_t, may lie outside [0, 1] */
  readonly level: number;
  readonly steps: number;
  readonly misses: number;
  /** threshold for the next score, from calibration scores in rising order */
  threshold(sorted: ArrayLike<number>): number;
  /** tells whether the last score lay above its threshold */
  update(missed: boolean): void;
  /** |share of misses - alpha| is at most this, whatever the world does */
  guarantee(): number;
}

export function createAdaptiveConformal(setting: {
  alpha: number;
  gamma: number;
  initial?: number;
}): AdaptiveConformal {
  const { alpha, gamma } = setting;
  const initial = setting.initial ?? alpha;
  assert(alpha > 0 && alpha < 1 && gamma > 0, `needs 0 < alpha < 1 and gamma > 0, got ${alpha}, ${gamma}`);
  let level = initial;
  let steps = 0;
  let misses = 0;
  return {
    get level() {
      return level;
    },
    get steps() {
      return steps;
    },
    get misses() {
      return misses;
    },
    threshold: (sorted) => conformalQuantileSorted(sorted, level),
    update(missed) {
      level += gamma * (alpha - (missed ? 1 : 0));
      steps++;
      if (missed) misses++;
    },
    guarantee: () => adaptiveGuarantee(initial, gamma, steps),
  };
}
/** (max{alpha_1, 1 - alpha_1} + gamma) / (gamma T) */
export const adaptiveGuarantee = (initial: number, gamma: number, steps: number): number =>
  steps === 0 ? Number.POSITIVE_INFINITY : (Math.max(initial, 1 - initial) + gamma) / (gamma * steps);
