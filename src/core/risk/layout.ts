import { type Block, Places } from "./blocks.ts";
import type { FrameTable } from "./table.ts";

/**
 * Where every row falls in every block, row by row, so that one row's numbers lie side by side: the inner
 * loops of training run over these arrays alone. Shapes come first, then pairs.
 */
export class Layout {
  readonly #shapes: number;
  readonly #pairs: number;
  readonly #at: Int32Array;
  readonly #u: Float32Array;
  readonly #v: Float32Array;
  readonly #columns: Int32Array;

  constructor(table: FrameTable, blocks: readonly Block[]) {
    const width = blocks.length;
    this.#shapes = blocks.filter((block) => block.knots.length === 1).length;
    this.#pairs = width - this.#shapes;
    this.#at = new Int32Array(table.rows * width);
    this.#u = new Float32Array(table.rows * width);
    this.#v = new Float32Array(table.rows * this.#pairs);
    this.#columns = Int32Array.from(blocks.slice(this.#shapes), (block) => block.knots[1]?.length ?? 0);
    let offset = 0;
    blocks.forEach((block, b) => {
      const places = new Places(table, block);
      for (let row = 0; row < table.rows; row++) {
        this.#at[row * width + b] = offset + (places.cell[row] as number);
        this.#u[row * width + b] = places.u[row] as number;
        if (b >= this.#shapes) this.#v[row * this.#pairs + b - this.#shapes] = places.v[row] as number;
      }
      offset += block.size;
    });
  }

  /** sum of all blocks at a row */
  score(row: number, heights: Float64Array): number {
    const base = row * (this.#shapes + this.#pairs);
    let z = 0;
    for (let k = base; k < base + this.#shapes; k++) {
      const at = this.#at[k] as number;
      const u = this.#u[k] as number;
      z += (heights[at] as number) * (1 - u) + (heights[at + 1] as number) * u;
    }
    for (let p = 0; p < this.#pairs; p++) {
      const k = base + this.#shapes + p;
      const at = this.#at[k] as number;
      const below = at + (this.#columns[p] as number);
      const u = this.#u[k] as number;
      const v = this.#v[row * this.#pairs + p] as number;
      const upper = (heights[at] as number) * (1 - v) + (heights[at + 1] as number) * v;
      const lower = (heights[below] as number) * (1 - v) + (heights[below + 1] as number) * v;
      z += upper * (1 - u) + lower * u;
    }
    return z;
  }

  /** hands a row's error back to the corners it came from */
  scatter(row: number, error: number, gradient: Float64Array): void {
    const base = row * (this.#shapes + this.#pairs);
    for (let k = base; k < base + this.#shapes; k++) {
      const at = this.#at[k] as number;
      const u = this.#u[k] as number;
      gradient[at] = (gradient[at] as number) + error * (1 - u);
      gradient[at + 1] = (gradient[at + 1] as number) + error * u;
    }
    for (let p = 0; p < this.#pairs; p++) {
      const k = base + this.#shapes + p;
      const at = this.#at[k] as number;
      const below = at + (this.#columns[p] as number);
      const u = this.#u[k] as number;
      const v = this.#v[row * this.#pairs + p] as number;
      const up = error * (1 - u);
      const down = error * u;
      gradient[at] = (gradient[at] as number) + up * (1 - v);
      gradient[at + 1] = (gradient[at + 1] as number) + up * v;
      gradient[below] = (gradient[below] as number) + down * (1 - v);
      gradient[below + 1] = (gradient[below + 1] as number) + down * v;
    }
  }
}
