import { type Cells, ListCells, type NumberCells, TextCells } from "./columns.ts";

/** The body of a column's page: levels and values, and what its head says about them. */
export interface PageBody {
  readonly bytes: Uint8Array;
  readonly values: number;
  readonly encoding: 0 | 8;
  /** texts that the values point at; null: they stand for themselves */
  readonly dictionary: { readonly bytes: Uint8Array; readonly values: number } | null;
}
export const PLAIN = 0;
export const DICTIONARY = 8;
/** This machine lays numbers down as the format does. */
const IS_LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const TWO_32 = 4_294_967_296;

export function pageOf(cells: Cells, rows: number, isWhole: boolean): PageBody {
  if (cells instanceof TextCells) return textPage(cells, rows);
  if (cells instanceof ListCells) return listPage(cells, rows);
  return numberPage(cells, rows, isWhole);
}

function numberPage({ values }: NumberCells, rows: number, isWhole: boolean): PageBody {
  const defined = new Uint8Array(rows);
  let count = 0;
  for (let i = 0; i < rows; i++) if (values[i] === values[i]) count += defined[i] = 1;
  const levels = levelsOf(defined, rows, count);
  const bytes = new Uint8Array(levels.length + 8 * count);
  bytes.set(levels);
  if (!isWhole && count === rows && IS_LITTLE) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, 8 * rows), levels.length);
    return { bytes, values: rows, encoding: PLAIN, dictionary: null };
  }
  const view = new DataView(bytes.buffer);
  for (let i = 0, at = levels.length; i < rows; i++) {
    if (defined[i] === 0) continue;
    if (isWhole) putWhole(view, at, values[i]!);
    else view.setFloat64(at, values[i]!, true);
    at += 8;
  }
  return { bytes, values: rows, encoding: PLAIN, dictionary: null };
}
function putWhole(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / TWO_32);
  view.setUint32(at, value - high * TWO_32, true);
  view.setInt32(at + 4, high, true);
}

function textPage({ index, texts }: TextCells, rows: number): PageBody {
  const defined = new Uint8Array(rows);
  const used = new Int32Array(rows);
  let count = 0;
  for (let i = 0; i < rows; i++)
    if (index[i]! >= 0) {
      defined[i] = 1;
      used[count++] = index[i]!;
    }
  const levels = levelsOf(defined, rows, count);
  if (count === 0) return { bytes: levels, values: rows, encoding: PLAIN, dictionary: null };
  const width = Math.max(1, 32 - Math.clz32(texts.length - 1));
  const packed = packedBits(used, count, width);
  const bytes = new Uint8Array(levels.length + 1 + packed.length);
  bytes.set(levels);
  bytes[levels.length] = width;
  bytes.set(packed, levels.length + 1);
  return {
    bytes,
    values: rows,
    encoding: DICTIONARY,
    dictionary: { bytes: plainTexts(texts), values: texts.length },
  };
}
function plainTexts(texts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(texts.reduce((sum, t) => sum + 4 + t.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const text of texts) {
    view.setUint32(at, text.length, true);
    bytes.set(text, at + 4);
    at += 4 + text.length;
  }
  return bytes;
}

/** An empty list is one entry that is not defined; of the others the first entry begins the row. */
function listPage({ ends, values, used }: ListCells, rows: number): PageBody {
  let empty = 0;
  for (let i = 0; i < rows; i++) if (ends[i] === (i === 0 ? 0 : ends[i - 1])) empty++;
  const entries = used + empty;
  const goesOn = new Uint8Array(entries);
  const defined = new Uint8Array(entries);
  let at = 0;
  for (let i = 0, from = 0; i < rows; i++) {
    const to = ends[i]!;
    if (to === from) at++;
    for (let k = from; k < to; k++, at++) {
      defined[at] = 1;
      if (k > from) goesOn[at] = 1;
    }
    from = to;
  }
  const repeats = levelsOf(goesOn, entries, used - (rows - empty));
  const levels = levelsOf(defined, entries, used);
  const bytes = new Uint8Array(repeats.length + levels.length + 8 * used);
  bytes.set(repeats);
  bytes.set(levels, repeats.length);
  const base = repeats.length + levels.length;
  if (IS_LITTLE) bytes.set(new Uint8Array(values.buffer, values.byteOffset, 8 * used), base);
  else {
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < used; i++) view.setFloat64(base + 8 * i, values[i]!, true);
  }
  return { bytes, values: entries, encoding: PLAIN, dictionary: null };
}

/** Levels of 0 and 1 with their length before them; all the same are one run. */
function levelsOf(levels: Uint8Array, count: number, ones: number): Uint8Array {
  const body =
    ones === count || ones === 0
      ? Uint8Array.from([...varint(2 * count), ones === count && count > 0 ? 1 : 0])
      : packedBits(levels, count, 1);
  const bytes = new Uint8Array(4 + body.length);
  new DataView(bytes.buffer).setUint32(0, body.length, true);
  bytes.set(body, 4);
  return bytes;
}
/** One run of values of `width` bits each, eight of them at a time. */
function packedBits(values: ArrayLike<number>, count: number, width: number): Uint8Array {
  const groups = Math.ceil(count / 8);
  const head = varint(2 * groups + 1);
  const bytes = new Uint8Array(head.length + groups * width);
  bytes.set(head);
  let bit = 0;
  for (let i = 0; i < count; i++) {
    let value = values[i]!;
    for (let left = width; left > 0; ) {
      const at = head.length + (bit >> 3);
      const room = Math.min(8 - (bit & 7), left);
      bytes[at]! |= (value & ((1 << room) - 1)) << (bit & 7);
      value >>>= room;
      bit += room;
      left -= room;
    }
  }
  return bytes;
}
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}
