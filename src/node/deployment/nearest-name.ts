/** How many letters have to be put in, left out or changed to get from one word to the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length]!;
}

const FAMILIAR: Readonly<Record<string, string>> = { ssm: "separation", pfl: "pfl", "e-stop": "estop" };

/** The known name that somebody most likely meant: the same but for case, an ending like a unit, or two letters. */
export function nearestName(wrong: string, known: readonly string[]): string | null {
  const low = wrong.toLowerCase();
  const familiar = FAMILIAR[low];
  if (familiar !== undefined && known.includes(familiar)) return familiar;
  const begins = known.filter((name) => low.length >= 3 && name.toLowerCase().startsWith(low));
  if (begins.length > 0) return begins.reduce((a, b) => (b.length < a.length ? b : a));
  const limit = low.length <= 4 ? 1 : 2;
  let best: string | null = null;
  let least = limit + 1;
  for (const name of known) {
    const away = distance(low, name.toLowerCase());
    if (away < least) [best, least] = [name, away];
  }
  return best;
}
export const didYouMean = (wrong: string, known: readonly string[]): string => {
  const nearest = nearestName(wrong, known);
  return nearest === null ? "" : `; did you mean "${nearest}"?`;
};
