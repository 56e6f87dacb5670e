import { cellOf } from "./additive.ts";
import { quantileKnots } from "./knots.ts";
import type { FrameTable } from "./table.ts";

const ROWS_MAX = 20_000;
/** a cell of the grid counts fully once it holds about this many rows */
const STEADY_ROWS = 20;

/**
 * Which pairs of features explain most of what is left: residuals are summed over a grid of both, and what
 * each side alone would explain is taken off. The best `count` pairs, best first.
 */
export function choosePairs(
  table: FrameTable,
  residuals: Float64Array,
  features: readonly number[],
  count: number,
  knots: number,
): (readonly [number, number])[] {
  const stride = Math.max(1, Math.floor(table.rows / ROWS_MAX));
  const rows: number[] = [];
  for (let row = 0; row < table.rows; row += stride) rows.push(row);
  const grids = features.map((feature) => binsOf(table, feature, rows, knots));
  const scored: { pair: readonly [number, number]; gain: number }[] = [];
  for (let i = 0; i < features.length; i++)
    for (let j = i + 1; j < features.length; j++) {
      const gain = gainOf(grids[i] as Bins, grids[j] as Bins, rows, residuals);
      scored.push({ pair: [features[i] as number, features[j] as number], gain });
    }
  scored.sort((x, y) => y.gain - x.gain || x.pair[0] - y.pair[0] || x.pair[1] - y.pair[1]);
  return scored
    .slice(0, count)
    .filter((s) => s.gain > 0)
    .map((s) => s.pair);
}

interface Bins {
  readonly of: Uint8Array;
  readonly count: number;
}
function binsOf(table: FrameTable, feature: number, rows: readonly number[], knots: number): Bins {
  const at = quantileKnots(table, feature, knots);
  const width = table.features.length;
  const of = Uint8Array.from(rows, (row) => {
    const place = row * width + feature;
    return table.present[place] === 1 && at.length > 0 ? cellOf(at, table.values[place] as number) : 0;
  });
  return { of, count: Math.max(1, at.length) };
}
function gainOf(a: Bins, b: Bins, rows: readonly number[], residuals: Float64Array): number {
  const sums = new Float64Array(a.count * b.count);
  const counts = new Float64Array(a.count * b.count);
  for (let r = 0; r < rows.length; r++) {
    const at = (a.of[r] as number) * b.count + (b.of[r] as number);
    sums[at] = (sums[at] as number) + (residuals[rows[r] as number] as number);
    counts[at]!++;
  }
  const explained = (s: number, n: number): number => (n === 0 ? 0 : (s * s) / (n + STEADY_ROWS));
  let together = 0;
  const sideA = new Float64Array(2 * a.count);
  const sideB = new Float64Array(2 * b.count);
  for (let i = 0; i < a.count; i++)
    for (let j = 0; j < b.count; j++) {
      const s = sums[i * b.count + j] as number;
      const n = counts[i * b.count + j] as number;
      together += explained(s, n);
      sideA[2 * i] = (sideA[2 * i] as number) + s;
      sideA[2 * i + 1] = (sideA[2 * i + 1] as number) + n;
      sideB[2 * j] = (sideB[2 * j] as number) + s;
      sideB[2 * j + 1] = (sideB[2 * j + 1] as number) + n;
    }
  let alone = 0;
  for (const side of [sideA, sideB])
    for (let k = 0; k < side.length; k += 2) alone += explained(side[k] as number, side[k + 1] as number);
  return together - alone;
}
