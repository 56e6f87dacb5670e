import { normalCdf } from "../base/math.ts";
import { sampleQuantile } from "./quantile-bound.ts";

/** Mann-Whitney: does b tend to be larger than a? Normal approximation with ties; for display, not for gates. */
export interface RankTest {
  readonly u: number;
  /** one-sided p-value of "b is not larger than a" */
  readonly pValue: number;
  /** P(b > a) + P(b = a)/2 */
  readonly superiority: number;
  /** Hodges-Lehmann estimate of the shift b - a */
  readonly shift: number;
}
export function rankTest(a: ArrayLike<number>, b: ArrayLike<number>): RankTest {
  const n = a.length;
  const m = b.length;
  if (n === 0 || m === 0) return { u: 0, pValue: 1, superiority: 0.5, shift: 0 };
  const differences = new Float64Array(n * m);
  let u = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < m; j++) {
      const d = (b[j] as number) - (a[i] as number);
      differences[i * m + j] = d;
      u += d > 0 ? 1 : d === 0 ? 0.5 : 0;
    }
  const all = Float64Array.from([...Array.from(a), ...Array.from(b)]).sort();
  const total = n + m;
  let ties = 0;
  for (let i = 0; i < total; ) {
    let j = i + 1; // NaN equals nothing, not even itself: always move on
    while (j < total && all[j] === all[i]) j++;
    const t = j - i;
    ties += t * t * t - t;
    i = j;
  }
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  const z = variance > 0 ? (u - (n * m) / 2 - 0.5) / Math.sqrt(variance) : 0;
  return {
    u,
    pValue: variance > 0 ? normalCdf(-z) : 1,
    superiority: u / (n * m),
    shift: sampleQuantile(differences, 0.5),
  };
}
