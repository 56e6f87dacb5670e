/** Samples of equal weight that these weights are worth: (Σw)² / Σw² */
export function effectiveSampleSize(weights: ArrayLike<number>): number {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < weights.length; i++) {
    const w = weights[i] as number;
    sum += w;
    squares += w * w;
  }
  return squares > 0 ? (sum * sum) / squares : 0;
}
export interface WeightedMean {
  readonly mean: number;
  /** standard error of the mean */
  readonly error: number;
  readonly effective: number;
}
/** Importance-sampling estimate of E[value] with weights = target density / proposal density. */
export function importanceMean(values: ArrayLike<number>, weights: ArrayLike<number>): WeightedMean {
  const n = values.length;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const term = (values[i] as number) * (weights[i] as number);
    sum += term;
    squares += term * term;
  }
  const mean = n === 0 ? 0 : sum / n;
  const variance = n < 2 ? Number.POSITIVE_INFINITY : Math.max(0, squares - n * mean * mean) / (n - 1);
  return { mean, error: Math.sqrt(variance / Math.max(1, n)), effective: effectiveSampleSize(weights) };
}
