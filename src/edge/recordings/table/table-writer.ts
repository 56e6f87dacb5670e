import { type ByteSink, openSyncSink } from "../byte-sink.ts";
import {
  type Cells,
  cellsFor,
  type Column,
  GROUP_ROWS,
  ListCells,
  type NumberCells,
  TextCells,
  type TableFormat,
} from "./columns.ts";
import { CsvFormat } from "./csv-format.ts";
import { ParquetFormat } from "./parquet-format.ts";

export const TABLE_ENDINGS = [".parquet", ".csv"] as const;
export const isTable = (path: string): boolean => TABLE_ENDINGS.some((ending) => path.endsWith(ending));

/** A table as a file, a row at a time; its ending says in which form. */
export class TableWriter {
  rows = 0;
  readonly #sink: ByteSink;
  readonly #format: TableFormat;
  readonly #cells: readonly Cells[];
  #row = 0;

  constructor(path: string, columns: readonly Column[], by: string) {
    this.#sink = openSyncSink(path);
    this.#format = path.endsWith(".csv")
      ? new CsvFormat(this.#sink, columns)
      : new ParquetFormat(this.#sink, columns, by);
    this.#cells = columns.map(({ type }) => cellsFor(type));
    this.#format.head();
  }
  /** Cells of the row that is open; `next` closes it. */
  number(column: number, value: number): void {
    (this.#cells[column] as NumberCells).put(this.#row, value);
  }
  text(column: number, value: string | null): void {
    (this.#cells[column] as TextCells).put(this.#row, value);
  }
  list(column: number, values: ArrayLike<number>, count: number): void {
    (this.#cells[column] as ListCells).put(this.#row, values, count);
  }
  next(): void {
    this.rows++;
    if (++this.#row === GROUP_ROWS) this.#flush();
  }
  #flush(): void {
    if (this.#row === 0) return;
    this.#format.group(this.#cells, this.#row);
    this.#row = 0;
    for (const cells of this.#cells)
      if (cells instanceof TextCells || cells instanceof ListCells) cells.clear();
  }
  /** Null: whole; otherwise what went wrong. */
  async end(): Promise<string | null> {
    this.#flush();
    this.#format.end();
    await this.#sink.close();
    return this.#sink.error;
  }
}
