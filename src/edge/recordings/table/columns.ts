/** What a column of a table holds. Times are microseconds since 1970; a number that is none is left empty. */
export type ColumnType = "micros" | "time" | "number" | "text" | "numbers";
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}
const utf8 = new TextEncoder();
/** Rows that are kept in memory before they are written. */
export const GROUP_ROWS = 65_536;

/** Micros, times and numbers of so many rows. */
export class NumberCells {
  readonly values = new Float64Array(GROUP_ROWS);
  put(row: number, value: number): void {
    this.values[row] = value;
  }
}
/** Texts, each distinct one kept once. */
export class TextCells {
  /** −1: none */
  readonly index = new Int32Array(GROUP_ROWS);
  readonly texts: Uint8Array[] = [];
  readonly #known = new Map<string, number>();
  put(row: number, text: string | null): void {
    if (text === null) {
      this.index[row] = -1;
      return;
    }
    let at = this.#known.get(text);
    if (at === undefined) {
      at = this.texts.length;
      this.#known.set(text, at);
      this.texts.push(utf8.encode(text));
    }
    this.index[row] = at;
  }
  clear(): void {
    this.texts.length = 0;
    this.#known.clear();
  }
}
/** Lists of numbers one behind the other. */
export class ListCells {
  readonly ends = new Int32Array(GROUP_ROWS);
  values = new Float64Array(GROUP_ROWS);
  used = 0;
  put(row: number, values: ArrayLike<number>, count: number): void {
    if (this.used + count > this.values.length) {
      const longer = new Float64Array(2 * (this.used + count));
      longer.set(this.values);
      this.values = longer;
    }
    for (let i = 0; i < count; i++) this.values[this.used + i] = values[i]!;
    this.used += count;
    this.ends[row] = this.used;
  }
  clear(): void {
    this.used = 0;
  }
}
export type Cells = NumberCells | TextCells | ListCells;
export const cellsFor = (type: ColumnType): Cells =>
  type === "text" ? new TextCells() : type === "numbers" ? new ListCells() : new NumberCells();

/** Takes groups of rows; what is written last makes the file whole. */
export interface TableFormat {
  head(): void;
  group(cells: readonly Cells[], rows: number): void;
  end(): void;
}
