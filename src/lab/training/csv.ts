import { readFileSync } from "node:fs";
import { err, ok, type Result } from "../../core/base/result.ts";

/** A table of text with a header. */
export interface Csv {
  readonly file: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}
const BYTES_MAX = 1_073_741_824;

/** Reads comma, semicolon or tab separated text; quotes as RFC 4180 has them. The separator is the header's most frequent one. */
export function readCsv(file: string): Result<Csv, string> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    return err(`${file} cannot be read: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}`);
  }
  if (text.length > BYTES_MAX) return err(`${file} is larger than ${BYTES_MAX} bytes`);
  return parseCsv(text, file);
}
export function parseCsv(text: string, file: string): Result<Csv, string> {
  const headEnd = text.search(/\r?\n/);
  const head = text.slice(0, headEnd < 0 ? text.length : headEnd).replace(/^\uFEFF/, "");
  const separator =
    [",", ";", "\t"].map((s) => ({ s, n: head.split(s).length })).sort((a, b) => b.n - a.n)[0]?.s ?? ",";
  const lines = splitRows(text.replace(/^\uFEFF/, ""), separator);
  const columns = lines[0]?.map((name) => name.trim());
  if (columns === undefined || columns.every((name) => name === "")) return err(`${file}:1: no header`);
  const rows = lines.slice(1).filter((row) => row.some((cell) => cell !== ""));
  const short = rows.findIndex((row) => row.length !== columns.length);
  if (short >= 0)
    return err(`${file}:${short + 2}: ${rows[short]?.length} cells, the header has ${columns.length}`);
  return ok({ file, columns, rows });
}
function splitRows(text: string, separator: string): string[][] {
  if (!text.includes('"'))
    return text
      .split(/\r?\n/)
      .filter((line) => line !== "")
      .map((line) => line.split(separator));
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (quoted && c === '"' && text[i + 1] === '"') cell += text[i++];
    else if (c === '"') quoted = !quoted;
    else if (!quoted && c === separator) {
      row.push(cell);
      cell = "";
    } else if (!quoted && c === "\n") {
      row.push(cell.replace(/\r$/, ""));
      rows.push(row);
      row = [];
      cell = "";
    } else cell += c;
  }
  if (cell !== "" || row.length > 0) rows.push([...row, cell]);
  return rows.filter((r) => r.length > 1 || r[0] !== "");
}

/** A number in either decimal notation; NaN for an empty or other cell. */
export function numberOf(cell: string): number {
  const text = cell.trim();
  if (text === "") return Number.NaN;
  const value = Number(text.includes(",") && !text.includes(".") ? text.replace(",", ".") : text);
  return Number.isFinite(value) ? value : Number.NaN;
}
/** true for 1, true, yes and any other number above zero; false for 0, false, no, normal, ok; null for an empty cell */
export function flagOf(cell: string): boolean | null {
  const text = cell.trim().toLowerCase();
  if (text === "") return null;
  if (["0", "false", "no", "n", "normal", "ok", "none", "-"].includes(text)) return false;
  const number = numberOf(text);
  return number !== number ? true : number > 0;
}
/** Seconds since 1970 or since the start, from a number or an ISO date. */
export function secondsOf(cell: string): number {
  const number = numberOf(cell);
  if (number === number) return number;
  const date = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(cell) ? cell : `${cell.trim()}Z`);
  return Number.isNaN(date) ? Number.NaN : date / 1_000;
}
