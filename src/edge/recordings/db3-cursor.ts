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
  readonly losses: LossList;
  readonly bytes: number;
  readonly messages: number;
  readonly onMessages: (count: number) => void;
}
/** id, topic, high and low word of the time, bytes */
type Row = readonly [id: number, topic: number, high: number, low: number, data: Uint8Array];

/** Rows fetched at once: fewer crossings into the database than one by one. */
const BATCH_ROWS = 512;
const COLUMNS = "id, topic_id, (timestamp >> 32), (timestamp & 4294967295), data";
const MAX_BLOB_BYTES = 512 * 1_048_576;

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
  readonly #source: Iterator<readonly Row[]>;
  #rows: readonly Row[] = [];
  #at = 0;
  #count = 0;

  constructor(reading: Db3Reading) {
    this.#reading = reading;
    reading.topicIds.forEach((id, index) => this.#indexOf.set(id, index));
    this.#source = reading.options.order === "file" ? byId(reading) : byTime(reading);
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

/** In the order of time. When a page turns out damaged, whatever other pages still hold is collected by row. */
function* byTime(reading: Db3Reading): Generator<readonly Row[], undefined> {
  const { db } = reading;
  const first = db
    .prepare(`SELECT ${COLUMNS} FROM messages ORDER BY timestamp, id LIMIT ${BATCH_ROWS}`)
    .raw(true);
  const more = db
    .prepare(
      `SELECT ${COLUMNS} FROM messages WHERE (timestamp, id) > (?, ?) ORDER BY timestamp, id LIMIT ${BATCH_ROWS}`,
    )
    .raw(true);
  let last: readonly [high: number, low: number, id: number] | null = null;
  for (;;) {
    let rows: readonly Row[];
    try {
      rows =
        last === null
          ? (first.all() as unknown as Row[])
          : (more.all(timestampOf(last[0], last[1]), last[2]) as unknown as Row[]);
    } catch (cause) {
      reading.losses.add(
        "structure",
        0,
        0,
        `a page is damaged: ${(cause as Error).message}; rows of other pages are used`,
      );
      yield* rescue(reading, last);
      return;
    }
    if (rows.length > 0) yield rows;
    if (rows.length < BATCH_ROWS) return;
    const end = rows.at(-1)!;
    last = [end[2], end[3], end[0]];
  }
}
const timestampOf = (high: number, low: number): bigint => BigInt(high) * BigInt(TWO_32) + BigInt(low);

function* byId(reading: Db3Reading): Generator<readonly Row[], undefined> {
  const select = reading.db
    .prepare(`SELECT ${COLUMNS} FROM messages WHERE id > ? ORDER BY id LIMIT ${BATCH_ROWS}`)
    .raw(true);
  let last = -1;
  for (;;) {
    let rows: readonly Row[];
    try {
      rows = select.all(last) as unknown as Row[];
    } catch (cause) {
      reading.losses.add(
        "structure",
        0,
        0,
        `a page is damaged: ${(cause as Error).message}; rows of other pages are used`,
      );
      for (const range of readable(reading, last + 1)) yield range;
      return;
    }
    if (rows.length > 0) yield rows;
    if (rows.length < BATCH_ROWS) return;
    last = rows.at(-1)![0];
  }
}

/** Rows of undamaged pages in the order of time, from a given place on. */
function* rescue(
  reading: Db3Reading,
  after: readonly [number, number, number] | null,
): Generator<readonly Row[], undefined> {
  const found: [time: number, id: number][] = [];
  for (const rows of readable(reading, 0))
    for (const row of rows) {
      const time = relativeNanos(row[2], row[3], reading.origin);
      const seen =
        after !== null &&
        (time < relativeNanos(after[0], after[1], reading.origin) ||
          (row[2] === after[0] && row[3] === after[1] && row[0] <= after[2]));
      if (!seen) found.push([time, row[0]]);
    }
  found.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const one = reading.db.prepare(`SELECT ${COLUMNS} FROM messages WHERE id = ?`).raw(true);
  for (const [, id] of found) {
    const row = one.get(id) as unknown as Row | undefined;
    if (row !== undefined) yield [row];
  }
}

/** Every row that can be read: a range that fails is halved until single rows fail. */
function* readable(reading: Db3Reading, from: number): Generator<readonly Row[], undefined> {
  const top = reading.messages >= 0 ? reading.messages : highestReadable(reading.db);
  const select = reading.db
    .prepare(`SELECT ${COLUMNS} FROM messages WHERE id BETWEEN ? AND ? AND length(data) <= ${MAX_BLOB_BYTES}`)
    .raw(true);
  const stack: [number, number][] = [];
  for (let low = top - (top % BATCH_ROWS); low >= from; low -= BATCH_ROWS)
    stack.push([low, Math.min(top, low + BATCH_ROWS - 1)]);
  let lost = 0;
  for (let range = stack.pop(); range !== undefined; range = stack.pop()) {
    const [low, high] = range;
    let rows: readonly Row[] | null = null;
    try {
      rows = select.all(low, high) as unknown as Row[];
    } catch {
      if (low === high) lost++;
    }
    if (rows !== null) {
      if (rows.length > 0) yield rows;
    } else if (low < high) {
      const middle = Math.floor((low + high) / 2);
      stack.push([middle + 1, high], [low, middle]);
    }
  }
  if (lost > 0) reading.losses.add("structure", 0, 0, `${lost} rows lie on damaged pages`);
}
/** Without a readable maximum: the largest power of two at which a row still answers, and what lies above. */
function highestReadable(db: Database.Database): number {
  const probe = db.prepare("SELECT id FROM messages WHERE id >= ? LIMIT 1");
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
