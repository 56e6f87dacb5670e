import { MESSAGE_HEAD_BYTES, microsOfWords, RECORD_HEAD_BYTES } from "./mcap-format.ts";
import type { Stretch } from "./mcap-scan.ts";
import { createOrder, type MessageOrder } from "./message-order.ts";
import {
  type Loaded,
  type Origin,
  relativeNanos,
  type StretchReader,
  type Wanted,
} from "./stretch-reader.ts";

/** One message after the other, without an object per message: the fields hold the current one. */
export interface BagCursor {
  next(): boolean;
  /** the bag's topic, by its index */
  readonly channel: number;
  readonly sequence: number;
  /** log time: microseconds since 1970, and nanoseconds after the origin of the reading */
  readonly micros: number;
  readonly nanos: number;
  readonly logHigh: number;
  readonly logLow: number;
  readonly publishHigh: number;
  readonly publishLow: number;
  /** the message's bytes lie here until the next call of next() */
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly length: number;
  /** bytes of the file that are done, for progress */
  readonly bytesDone: number;
  close(): void;
}
export type CursorOrder = "time" | "file";

/** Unpacked bytes that overlapping chunks may keep at once; beyond it they are read again in slices. */
const OPEN_BYTES = 64 * 1_048_576;
/** what one chunk keeps in its hands when too many overlap */
const SLICE_BYTES = 262_144;
const EMPTY: Loaded = { bytes: new Uint8Array(0), view: new DataView(new ArrayBuffer(0)), length: 0 };
const HEAD_BYTES = RECORD_HEAD_BYTES + MESSAGE_HEAD_BYTES;

/** A stretch that is being delivered. */
class OpenStretch {
  readonly stretch: Stretch;
  loaded: Loaded;
  readonly order: MessageOrder;
  at = 0;
  /** messages delivered or lying before the slice; only counted while reading in slices */
  done = 0;
  sliced = false;

  constructor(stretch: Stretch, loaded: Loaded, order: MessageOrder) {
    this.stretch = stretch;
    this.loaded = loaded;
    this.order = order;
  }
  get time(): number {
    return this.order.times[this.at]!;
  }
}

/**
 * Delivers the messages of one file in the order of their log times (equal times: order in the file), or in
 * the order of the file. Chunks are opened when their time comes and closed when they are empty.
 */
export class McapCursor implements BagCursor {
  channel = 0;
  micros = 0;
  nanos = 0;
  view: DataView = EMPTY.view;
  bytes: Uint8Array = EMPTY.bytes;
  offset = 0;
  length = 0;
  bytesDone = 0;
  #record = 0;
  readonly #reader: StretchReader;
  readonly #wanted: Wanted;
  readonly #origin: Origin;
  readonly #originMicros: number;
  readonly #originRest: number;
  readonly #inTime: boolean;
  readonly #topicOf: readonly number[];
  readonly #waiting: readonly Stretch[];
  #nextWaiting = 0;
  #nextWaitingTime = -Infinity;
  readonly #open: OpenStretch[] = [];
  #openBytes = 0;
  #current: OpenStretch | null = null;
  #currentOrder: MessageOrder = createOrder();
  /** the current stretch may go on while its times stay below this */
  #limit = -Infinity;
  /** at the limit itself the stretch that comes first in the file goes first */
  #limitOrdinal = -1;
  readonly #spare: MessageOrder[] = [];

  /** `topics`: the bag's topic of each of the file's channels. */
  constructor(
    reader: StretchReader,
    stretches: readonly Stretch[],
    wanted: Wanted,
    origin: Origin,
    order: CursorOrder,
    topics: ReadonlyMap<number, number>,
  ) {
    this.#reader = reader;
    reader.begin();
    this.#wanted = wanted;
    this.#origin = origin;
    this.#originMicros = microsOfWords(origin.high, origin.low);
    this.#originRest = Number(((BigInt(origin.high) << 32n) | BigInt(origin.low)) % 1_000n);
    this.#inTime = order === "time";
    const topicOf: number[] = [];
    for (const [id, index] of topics) topicOf[id] = index;
    this.#topicOf = topicOf;
    const overlapping = stretches.filter(
      (s) => this.#startOf(s) <= wanted.to && relativeNanos(s.endHigh, s.endLow, origin) >= wanted.from,
    );
    this.#waiting = this.#inTime
      ? overlapping.sort((a, b) => this.#startOf(a) - this.#startOf(b) || a.ordinal - b.ordinal)
      : overlapping;
    this.#noteWaiting();
  }
  #startOf(stretch: Stretch): number {
    return relativeNanos(stretch.startHigh, stretch.startLow, this.#origin);
  }
  #noteWaiting(): void {
    const stretch = this.#waiting[this.#nextWaiting];
    this.#nextWaitingTime = stretch === undefined ? Infinity : this.#startOf(stretch);
  }
  next(): boolean {
    const current = this.#current;
    if (current === null) return this.#choose();
    const at = ++current.at;
    const { times, count } = this.#currentOrder;
    if (at >= count) return this.#choose();
    const time = times[at]!;
    if (time < this.#limit || (time === this.#limit && current.stretch.ordinal < this.#limitOrdinal))
      return this.#show(at);
    return this.#choose();
  }
  #show(at: number): true {
    const { view } = this;
    const record = this.#currentOrder.offsets[at]!;
    const nanos = this.#currentOrder.times[at]!;
    this.#record = record;
    this.nanos = nanos;
    this.micros = this.#originMicros + Math.floor((this.#originRest + nanos) / 1_000);
    this.channel = this.#topicOf[view.getUint16(record + 9, true)]!;
    this.offset = record + HEAD_BYTES;
    this.length = view.getUint32(record + 1, true) - MESSAGE_HEAD_BYTES;
    return true;
  }
  get sequence(): number {
    return this.view.getUint32(this.#record + 11, true);
  }
  get logLow(): number {
    return this.view.getUint32(this.#record + 15, true);
  }
  get logHigh(): number {
    return this.view.getUint32(this.#record + 19, true);
  }
  get publishLow(): number {
    return this.view.getUint32(this.#record + 23, true);
  }
  get publishHigh(): number {
    return this.view.getUint32(this.#record + 27, true);
  }
  /** Finds the stretch whose next message is due; opens those whose time has come. */
  #choose(): boolean {
    for (;;) {
      this.#dropEmpty();
      const best = this.#earliest();
      if (best === null || this.#waitingComesFirst(best)) {
        if (this.#nextWaiting === this.#waiting.length) return false;
        this.#openNext();
        continue;
      }
      this.#current = best;
      this.#currentOrder = best.order;
      this.view = best.loaded.view;
      this.bytes = best.loaded.bytes;
      this.#setLimit(best);
      return this.#show(best.at);
    }
  }
  #dropEmpty(): void {
    const current = this.#current;
    if (current === null || current.at < current.order.count) return;
    if (current.sliced && this.#refill(current)) return;
    this.#open.splice(this.#open.indexOf(current), 1);
    this.#openBytes -= current.loaded.length;
    if (!current.sliced) this.#reader.release(current.loaded, current.stretch);
    this.#spare.push(current.order);
    this.bytesDone += current.stretch.end - current.stretch.at;
    this.#current = null;
  }
  #earliest(): OpenStretch | null {
    let best: OpenStretch | null = null;
    for (const candidate of this.#open) {
      if (best === null || candidate.time < best.time) best = candidate;
      else if (candidate.time === best.time && candidate.stretch.ordinal < best.stretch.ordinal)
        best = candidate;
    }
    return best;
  }
  #waitingComesFirst(best: OpenStretch): boolean {
    const waiting = this.#waiting[this.#nextWaiting];
    if (waiting === undefined || !this.#inTime) return false;
    return (
      this.#nextWaitingTime < best.time ||
      (this.#nextWaitingTime === best.time && waiting.ordinal < best.stretch.ordinal)
    );
  }
  #setLimit(best: OpenStretch): void {
    this.#limit = this.#inTime ? this.#nextWaitingTime : Infinity;
    this.#limitOrdinal = this.#waiting[this.#nextWaiting]?.ordinal ?? Infinity;
    if (!this.#inTime) return;
    for (const other of this.#open) {
      if (other === best || other.time > this.#limit) continue;
      this.#limitOrdinal =
        other.time < this.#limit
          ? other.stretch.ordinal
          : Math.min(this.#limitOrdinal, other.stretch.ordinal);
      this.#limit = other.time;
    }
  }
  #openNext(): void {
    const stretch = this.#waiting[this.#nextWaiting++]!;
    this.#noteWaiting();
    const loaded = this.#reader.load(stretch);
    if (loaded === null) return this.#passBy(stretch);
    const order = this.#spare.pop() ?? createOrder();
    const open = new OpenStretch(stretch, loaded, order);
    this.#reader.index(stretch, loaded, this.#wanted, this.#origin, order, this.#inTime);
    if (order.count === 0) {
      this.#spare.push(order);
      this.#reader.release(loaded, stretch);
      return this.#passBy(stretch);
    }
    if (this.#open.length > 0 && this.#openBytes + loaded.length > OPEN_BYTES) this.#slice(open, 0);
    this.#openBytes += open.loaded.length;
    this.#open.push(open);
  }
  #passBy(stretch: Stretch): void {
    this.bytesDone += stretch.end - stretch.at;
  }
  /** Keeps only the messages from number `from` that fit into a slice; their order is already known. */
  #slice(open: OpenStretch, from: number): void {
    const whole = open.loaded;
    open.loaded = sliceOf(open.order, whole, from);
    open.done = from;
    open.sliced = true;
    this.#reader.release(whole, open.stretch);
  }
  /** The next slice of a stretch that is too large to keep; false at its end. */
  #refill(open: OpenStretch): boolean {
    const from = open.done + open.order.count;
    const loaded = this.#reader.load(open.stretch);
    if (loaded === null) return false;
    this.#openBytes -= open.loaded.length;
    open.loaded = loaded;
    this.#reader.index(open.stretch, loaded, this.#wanted, this.#origin, open.order, this.#inTime);
    const more = from < open.order.count;
    if (more) this.#slice(open, from);
    else open.order.count = 0;
    open.at = 0;
    this.#openBytes += open.loaded.length;
    return more;
  }
  close(): void {
    this.#open.length = 0;
    this.#current = null;
    this.#nextWaiting = this.#waiting.length;
    this.#noteWaiting();
  }
}

function sliceOf(order: MessageOrder, { view, bytes }: Loaded, from: number): Loaded {
  let to = from;
  let size = 0;
  while (to < order.count && (to === from || size < SLICE_BYTES))
    size += RECORD_HEAD_BYTES + view.getUint32(order.offsets[to++]! + 1, true);
  const kept = new Uint8Array(size);
  let used = 0;
  for (let i = from; i < to; i++) {
    const offset = order.offsets[i]!;
    const length = RECORD_HEAD_BYTES + view.getUint32(offset + 1, true);
    kept.set(bytes.subarray(offset, offset + length), used);
    order.offsets[i - from] = used;
    order.times[i - from] = order.times[i]!;
    used += length;
  }
  order.count = to - from;
  order.times = order.times.slice(0, order.count);
  order.offsets = order.offsets.slice(0, order.count);
  return { bytes: kept, view: new DataView(kept.buffer), length: size };
}
