/** Chance that a risky scenario scores above a harmless one; ties count half. NaN without both, or with a NaN. */
export function separationOf(scores: readonly number[], risky: readonly boolean[]): number {
  if (scores.some((v) => v !== v)) return Number.NaN;
  const order = scores.map((_, i) => i).sort((a, b) => scores[a]! - scores[b]! || a - b);
  let harmlessBelow = 0;
  let area = 0;
  let positives = 0;
  for (let i = 0; i < order.length; ) {
    let j = i;
    let hits = 0;
    while (j < order.length && scores[order[j]!] === scores[order[i]!]) if (risky[order[j++]!]) hits++;
    const harmless = j - i - hits;
    area += hits * (harmlessBelow + harmless / 2);
    harmlessBelow += harmless;
    positives += hits;
    i = j;
  }
  return positives === 0 || harmlessBelow === 0 ? Number.NaN : area / (positives * harmlessBelow);
}
