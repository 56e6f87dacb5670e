import type { FrameTable } from "./table.ts";

/** Values looked at when knots are placed: enough for their quantiles, whatever the table's size. */
const LOOKED_AT_MAX = 50_000;

/** At most `count` knots at quantiles of the present values; fewer where values repeat. */
export function quantileKnots(table: FrameTable, feature: number, count: number): Float64Array {
  const width = table.features.length;
  const stride = Math.max(1, Math.floor(table.rows / LOOKED_AT_MAX));
  const seen: number[] = [];
  for (let row = 0; row < table.rows; row += stride)
    if (table.present[row * width + feature] === 1) seen.push(table.values[row * width + feature] as number);
  if (seen.length === 0) return new Float64Array(0);
  const sorted = Float64Array.from(seen).sort();
  const knots: number[] = [];
  for (let k = 0; k < count; k++) {
    const value = sorted[Math.round((k / (count - 1)) * (sorted.length - 1))] as number;
    if (knots.length === 0 || value > (knots[knots.length - 1] as number)) knots.push(value);
  }
  return Float64Array.from(knots);
}
