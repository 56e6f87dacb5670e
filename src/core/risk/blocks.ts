import { cellOf, fractionIn } from "./additive.ts";
import { quantileKnots } from "./knots.ts";
import type { FrameTable } from "./table.ts";

/** Parameters of one shape or grid: steps between knots, summed along every side that has a direction. */
export interface Block {
  readonly features: readonly number[];
  readonly directions: readonly number[];
  readonly knots: readonly Float64Array[];
  readonly size: number;
}
export function shapeBlock(
  table: FrameTable,
  feature: number,
  direction: number,
  knots: number,
): Block | null {
  const at = quantileKnots(table, feature, knots);
  return at.length < 2
    ? null
    : { features: [feature], directions: [direction], knots: [at], size: at.length };
}
export function pairBlock(table: FrameTable, a: number, b: number, knots: number): Block | null {
  const at = [quantileKnots(table, a, knots), quantileKnots(table, b, knots)] as const;
  if (at[0].length < 2 || at[1].length < 2) return null;
  const directions = [a, b].map((i) => table.features[i]?.direction ?? 0);
  return { features: [a, b], directions, knots: at, size: at[0].length * at[1].length };
}

/** Where each row falls in a block: lower cell and fractions; missing values lie at the middle knot. */
export class Places {
  readonly cell: Uint8Array;
  readonly u: Float32Array;
  readonly v: Float32Array;
  constructor(table: FrameTable, block: Block) {
    const [first, second] = block.knots as [Float64Array, Float64Array | undefined];
    this.cell = new Uint8Array(table.rows);
    this.u = new Float32Array(table.rows);
    this.v = new Float32Array(second === undefined ? 0 : table.rows);
    for (let row = 0; row < table.rows; row++) {
      const x = valueOr(table, row, block.features[0] as number, first);
      const i = cellOf(first, x);
      this.u[row] = fractionIn(first, i, x);
      this.cell[row] = i;
      if (second === undefined) continue;
      const y = valueOr(table, row, block.features[1] as number, second);
      const j = cellOf(second, y);
      this.v[row] = fractionIn(second, j, y);
      this.cell[row] = i * second.length + j;
    }
  }
}
function valueOr(table: FrameTable, row: number, feature: number, knots: Float64Array): number {
  const at = row * table.features.length + feature;
  return table.present[at] === 1 ? (table.values[at] as number) : (knots[knots.length >> 1] as number);
}

/** Sums steps into heights along each side with a direction; transposed: gathers gradients the other way. */
export function cumulate(at: Float64Array, offset: number, block: Block, transposed: boolean): void {
  const rows = (block.knots[0] as Float64Array).length;
  const columns = block.knots[1]?.length ?? 1;
  block.directions.forEach((direction, side) => {
    if (direction === 0) return;
    const length = side === 0 ? rows : columns;
    const lines = side === 0 ? columns : rows;
    const stride = side === 0 ? columns : 1;
    const next = side === 0 ? 1 : columns;
    const forward = (direction === 1) !== transposed;
    for (let line = 0; line < lines; line++) {
      const start = offset + line * next;
      for (let k = 1; k < length; k++) {
        const here = start + (forward ? k : length - 1 - k) * stride;
        const before = start + (forward ? k - 1 : length - k) * stride;
        at[here] = (at[here] as number) + (at[before] as number);
      }
    }
  });
}
/** Steps of a block with a direction are never negative; its level may not be either, the bias makes up for it. */
export function project(steps: Float64Array, offset: number, block: Block): void {
  if (block.directions.every((d) => d === 0)) return;
  for (let i = 0; i < block.size; i++) if ((steps[offset + i] as number) < 0) steps[offset + i] = 0;
}
/** Penalties: L1 on steps with a direction, squared differences between neighbours otherwise. */
export function roughness(
  gradient: Float64Array,
  steps: Float64Array,
  offset: number,
  block: Block,
  setting: { readonly shrink: number; readonly smooth: number },
): void {
  const free = block.directions.every((d) => d === 0);
  const columns = block.knots[1]?.length ?? block.size;
  for (let i = 0; i < block.size; i++) {
    const at = offset + i;
    const value = steps[at] as number;
    gradient[at] =
      (gradient[at] as number) +
      (free ? setting.shrink * value : (steps[at] as number) > 0 ? setting.shrink : 0);
    if (!free) continue;
    if ((i + 1) % columns !== 0) pull(gradient, steps, at, at + 1, setting.smooth);
    if (columns !== block.size && i + columns < block.size)
      pull(gradient, steps, at, at + columns, setting.smooth);
  }
}
function pull(gradient: Float64Array, steps: Float64Array, a: number, b: number, weight: number): void {
  const d = weight * ((steps[a] as number) - (steps[b] as number));
  gradient[a] = (gradient[a] as number) + d;
  gradient[b] = (gradient[b] as number) - d;
}
export function meanValue(places: Places, block: Block, values: readonly number[], rows: number): number {
  const columns = block.knots[1]?.length ?? 0;
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const at = places.cell[row] as number;
    const u = places.u[row] as number;
    const v = columns === 0 ? 0 : (places.v[row] as number);
    if (columns === 0) sum += (values[at] as number) * (1 - u) + (values[at + 1] as number) * u;
    else {
      const upper = (values[at] as number) * (1 - v) + (values[at + 1] as number) * v;
      sum +=
        upper * (1 - u) +
        ((values[at + columns] as number) * (1 - v) + (values[at + columns + 1] as number) * v) * u;
    }
  }
  return rows === 0 ? 0 : sum / rows;
}
