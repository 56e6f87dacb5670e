import type { ByteSink } from "../byte-sink.ts";
import {
  type Cells,
  type Column,
  ListCells,
  type NumberCells,
  TextCells,
  type TableFormat,
} from "./columns.ts";

const encode = new TextEncoder();
const decode = new TextDecoder();
const quoted = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Text with commas, as RFC 4180 has it; a list is one cell with its numbers apart by spaces. */
export class CsvFormat implements TableFormat {
  readonly #sink: ByteSink;
  readonly #columns: readonly Column[];
  constructor(sink: ByteSink, columns: readonly Column[]) {
    this.#sink = sink;
    this.#columns = columns;
  }
  head(): void {
    this.#sink.write(encode.encode(`${this.#columns.map((c) => c.name).join(",")}\n`));
  }
  group(cells: readonly Cells[], rows: number): void {
    const texts = cells.map((c, i) => textsOf(c, this.#columns[i]!));
    const lines: string[] = [];
    for (let row = 0; row < rows; row++) lines.push(texts.map((of) => of(row)).join(","));
    this.#sink.write(encode.encode(`${lines.join("\n")}\n`));
  }
  end(): void {}
}
function textsOf(cells: Cells, { type }: Column): (row: number) => string {
  if (cells instanceof TextCells) {
    const texts = cells.texts.map((bytes) => quoted(decode.decode(bytes)));
    return (row) => texts[cells.index[row]!] ?? "";
  }
  if (cells instanceof ListCells)
    return (row) => cells.values.subarray(row === 0 ? 0 : cells.ends[row - 1], cells.ends[row]).join(" ");
  const { values } = cells as NumberCells;
  return (row) => {
    const value = values[row]!;
    if (Number.isNaN(value)) return "";
    return type === "time" ? new Date(value / 1_000).toISOString() : String(value);
  };
}
