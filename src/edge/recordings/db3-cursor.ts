import type Database from "better-sqlite3";
import type { ReadOptions } from "./bag.ts";
import type { LossList } from "./losses.ts";
import type { BagCursor } from "./mcap-cursor.ts";
import { microsOfWords, TWO_32 } from "./mcap-format.ts";
import { type Origin, relativeNanos } from "./stretch-reader.ts";

export interface Db3Reading {
  readonly db: Database.Database;
  readonly origin: Origin;
  readonly options: ReadOptions;
  /** database ids of the topics, in the order of their indices */
  readonly topicIds: readonly number[];
  /** rows can be had in the order of time */
  readonly inTime: boolean;
  readonly losses: LossList;
  readonly bytes: number;
  readonly messages: number;
  readonly onMessages: (count: number) => void;
}
/** id, topic, high and low word of the time, bytes */
type Row = readonly [id: number, topic: number, high: number, low: number, data: Uint8Array];

/** Rows fetched at once: fewer crossings into the database than one by one. */
const BATCH_ROWS = 512;
const COLUMNS = "rowid, topic_id, (timestamp >> 32), (timestamp & 4294967295), data";
/** No row takes less room than this. */
export const LEAST_ROW_BYTES = 4;
/** Bytes of one batch; rows of a damaged file may all lie on the same pages. */
const BATCH_BYTES = 16 * 1_048_576;
/** Reads that may fail before the rest of a damaged file is given up. */
const FAILURES_MAX = 65_536;

export const openDb3Cursor = (reading: Db3Reading): BagCursor => new Db3Cursor(reading);

class Db3Cursor implements BagCursor {
  channel = 0;
  sequence = 0;
  micros = 0;
  nanos = 0;
  logHigh = 0;
  logLow = 0;
  publishHigh = 0;
  publishLow = 0;
  view: DataView = new DataView(new ArrayBuffer(0));
  bytes: Uint8Array = new Uint8Array(0);
  readonly offset = 0;
  length = 0;
  readonly #reading: Db3Reading;
  readonly #indexOf = new Map<number, number>();
  readonly #budget: Budget;
  readonly #source: Iterator<readonly Row[]>;
  #rows: readonly Row[] = [];
  #at = 0;
  #count = 0;

  constructor(reading: Db3Reading) {
    this.#reading = reading;
    reading.topicIds.forEach((id, index) => this.#indexOf.set(id, index));
    this.#budget = new Budget(reading);
    const rows = { ...reading, budget: this.#budget };
    this.#source =
      reading.options.order === "file" ? byId(rows) : reading.inTime ? byTime(rows) : rescue(rows, null);
  }
  next(): boolean {
    for (;;) {
      if (this.#at < this.#rows.length) {
        if (this.#show(this.#rows[this.#at++]!)) return true;
        continue;
      }
      const batch = this.#source.next();
      if (batch.done === true) return false;
      this.#rows = batch.value;
      this.#at = 0;
    }
  }
  #show([id, topic, high, low, data]: Row): boolean {
    const index = this.#indexOf.get(topic);
    if (index === undefined || !(data instanceof Uint8Array)) {
      this.#reading.losses.add("structure", 0, 0, `row ${id} is not a message of a known topic`);
      return false;
    }
    const { topics, fromMicros = -Infinity, toMicros = Infinity } = this.#reading.options;
    const micros = microsOfWords(high, low);
    if (micros < fromMicros || micros > toMicros || (topics !== undefined && !topics.has(index)))
      return false;
    this.channel = index;
    this.sequence = 0;
    this.micros = micros;
    this.nanos = relativeNanos(high, low, this.#reading.origin);
    this.logHigh = this.publishHigh = high;
    this.logLow = this.publishLow = low;
    this.bytes = data;
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    this.length = data.length;
    this.#reading.onMessages(++this.#count);
    return true;
  }
  get bytesDone(): number {
    return this.#reading.messages > 0
      ? Math.min(1, this.#count / this.#reading.messages) * this.#reading.bytes
      : 0;
  }
  close(): void {
    this.#source.return?.();
  }
}

type Rows = Db3Reading & { readonly budget: Budget };

/** What a file of this size can hold at most; whatever gives more gives the same pages again and again. */
class Budget {
  #rows: number;
  #bytes: number;
  #failures = FAILURES_MAX;
  readonly #reading: Db3Reading;
  #noted = false;

  constructor(reading: Db3Reading) {
    this.#reading = reading;
    // in the order of time up to a damaged page, once by row, and once more in the order of time
    this.#rows = 3 * Math.ceil(reading.bytes / LEAST_ROW_BYTES);
    this.#bytes = 3 * reading.bytes;
  }
  get over(): boolean {
    if (this.#rows >= 0 && this.#bytes >= 0 && this.#failures >= 0) return false;
    if (!this.#noted)
      this.#reading.losses.add(
        "structure",
        0,
        0,
        this.#failures < 0
          ? `more than ${FAILURES_MAX} reads failed; the rest is left out`
          : "the rows together are longer than the file: pages are used twice; the rest is left out",
      );
    this.#noted = true;
    return true;
  }
  failed(): void {
    this.#failures--;
  }
  /** Rows of a statement until the batch is full. */
  take(select: Database.Statement, ...values: readonly unknown[]): Row[] {
    const rows: Row[] = [];
    let bytes = 0;
    for (const row of select.iterate(...values) as IterableIterator<Row>) {
      rows.push(row);
      bytes += row[4] instanceof Uint8Array ? row[4].length : 0;
      if (rows.length >= BATCH_ROWS || bytes >= BATCH_BYTES) break;
    }
    this.#rows -= rows.length;
    this.#bytes -= bytes;
    return rows;
  }
}

/** In the order of time. When a page turns out damaged, whatever other pages still hold is collected by row. */
function* byTime(reading: Rows): Generator<readonly Row[], undefined> {
  const { db, budget } = reading;
  const first = db.prepare(`SELECT ${COLUMNS} FROM messages ORDER BY timestamp, rowid`).raw(true);
  const more = db
    .prepare(`SELECT ${COLUMNS} FROM messages WHERE (timestamp, rowid) > (?, ?) ORDER BY timestamp, rowid`)
    .raw(true);
  let last: Row | null = null;
  while (!budget.over) {
    let rows: readonly Row[];
    try {
      rows = last === null ? budget.take(first) : budget.take(more, timestampOf(last[2], last[3]), last[0]);
      if (last !== null && rows.length > 0 && !isAfter(rows[0]!, last))
        throw new Error("rows run in a circle");
    } catch (cause) {
      damaged(reading, cause);
      yield* rescue(reading, last);
      return;
    }
    if (rows.length === 0) return;
    yield rows;
    last = rows.at(-1)!;
  }
}
const timestampOf = (high: number, low: number): bigint => BigInt(high) * BigInt(TWO_32) + BigInt(low);
const isAfter = (row: Row, last: Row): boolean =>
  row[2] > last[2] || (row[2] === last[2] && (row[3] > last[3] || (row[3] === last[3] && row[0] > last[0])));

function damaged({ losses }: Db3Reading, cause: unknown): void {
  losses.add(
    "structure",
    0,
    0,
    `a page is damaged: ${(cause as Error).message}; rows of other pages are used`,
  );
}

function* byId(reading: Rows): Generator<readonly Row[], undefined> {
  const { budget } = reading;
  const select = reading.db
    .prepare(`SELECT ${COLUMNS} FROM messages WHERE rowid > ? ORDER BY rowid`)
    .raw(true);
  let last = -1;
  while (!budget.over) {
    let rows: readonly Row[];
    try {
      rows = budget.take(select, last);
      if (rows.length > 0 && rows[0]![0] <= last) throw new Error("rows run in a circle");
    } catch (cause) {
      damaged(reading, cause);
      yield* readable(reading, last + 1);
      return;
    }
    if (rows.length === 0) return;
    yield rows;
    last = rows.at(-1)![0];
  }
}

/** Rows in the order of time, from a given place on, found by looking at all of them. */
function* rescue(reading: Rows, after: Row | null): Generator<readonly Row[], undefined> {
  const times = new GrowingRow();
  const ids = new GrowingRow();
  for (const rows of byId(reading))
    for (const row of rows) {
      if (after !== null && !isAfter(row, after)) continue;
      times.push(relativeNanos(row[2], row[3], reading.origin));
      ids.push(row[0]);
    }
  const order = Uint32Array.from({ length: ids.length }, (_, i) => i);
  order.sort((a, b) => times.at(a) - times.at(b) || ids.at(a) - ids.at(b));
  const one = reading.db.prepare(`SELECT ${COLUMNS} FROM messages WHERE rowid = ?`).raw(true);
  for (const i of order) {
    if (reading.budget.over) return;
    const rows = reading.budget.take(one, ids.at(i));
    if (rows.length > 0) yield rows;
  }
}
/** Numbers without an object for each. */
class GrowingRow {
  #values = new Float64Array(1_024);
  length = 0;
  push(value: number): void {
    if (this.length === this.#values.length) {
      const wider = new Float64Array(2 * this.length);
      wider.set(this.#values);
      this.#values = wider;
    }
    this.#values[this.length++] = value;
  }
  at(i: number): number {
    return this.#values[i]!;
  }
}

/** Every row that can be read: a range that fails is halved until single rows fail. */
function* readable(reading: Rows, from: number): Generator<readonly Row[], undefined> {
  const { budget, losses } = reading;
  const top =
    reading.messages >= 0
      ? reading.messages
      : Math.min(highestReadable(reading.db), Math.ceil(reading.bytes / LEAST_ROW_BYTES));
  const select = reading.db
    .prepare(`SELECT ${COLUMNS} FROM messages WHERE rowid BETWEEN ? AND ? ORDER BY rowid`)
    .raw(true);
  let lost = 0;
  for (let begin = from; begin <= top && !budget.over; begin += BATCH_ROWS) {
    const open: [number, number][] = [[begin, Math.min(top, begin + BATCH_ROWS - 1)]];
    for (let range = open.pop(); range !== undefined && !budget.over; range = open.pop()) {
      const [low, high] = range;
      try {
        const rows = budget.take(select, low, high);
        if (rows.length === 0) continue;
        yield rows;
        // a batch may be full before its range ends
        const last = rows.at(-1)![0];
        if (last >= low && last < high) open.push([last + 1, high]);
      } catch {
        budget.failed();
        if (low === high) lost++;
        else {
          const middle = Math.floor((low + high) / 2);
          open.push([middle + 1, high], [low, middle]);
        }
      }
    }
  }
  // without a readable maximum nobody knows how many rows there were
  const atMost = reading.messages >= 0 ? "" : "at most ";
  if (lost > 0) losses.add("structure", 0, 0, `${atMost}${lost} rows lie on damaged pages`);
}
/** Without a readable maximum: the largest power of two at which a row still answers, and what lies above. */
function highestReadable(db: Database.Database): number {
  const probe = db.prepare("SELECT rowid FROM messages WHERE rowid >= ? LIMIT 1");
  let top = 0;
  for (let step = 1; step < 2 ** 40; step *= 2) {
    try {
      if (probe.get(step) !== undefined) top = step * 2;
    } catch {
      // a damaged page says nothing about the rows above it
    }
  }
  return top;
}
