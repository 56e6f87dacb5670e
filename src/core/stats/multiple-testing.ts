/** Indices in the order of their values. */
function order(values: ArrayLike<number>, rising: boolean): number[] {
  const indices = Array.from({ length: values.length }, (_, i) => i);
  return indices.sort((a, b) => {
    const d = (values[a] as number) - (values[b] as number);
    return d === 0 ? a - b : rising ? d : -d;
  });
}
/** Holm: which hypotheses are rejected with a family-wise error of alpha. */
export function holm(pValues: ArrayLike<number>, alpha = 0.05): boolean[] {
  const rejected = new Array<boolean>(pValues.length).fill(false);
  const sorted = order(pValues, true);
  for (let i = 0; i < sorted.length; i++) {
    const index = sorted[i] as number;
    if ((pValues[index] as number) > alpha / (sorted.length - i)) break;
    rejected[index] = true;
  }
  return rejected;
}
/** e-BH: which hypotheses are rejected with a false discovery rate of alpha, whatever their dependence. */
export function eBenjaminiHochberg(eValues: ArrayLike<number>, alpha = 0.05): boolean[] {
  const rejected = new Array<boolean>(eValues.length).fill(false);
  const sorted = order(eValues, false);
  let count = 0;
  for (let k = 1; k <= sorted.length; k++)
    if ((k * (eValues[sorted[k - 1] as number] as number)) / sorted.length >= 1 / alpha) count = k;
  for (let i = 0; i < count; i++) rejected[sorted[i] as number] = true;
  return rejected;
}
