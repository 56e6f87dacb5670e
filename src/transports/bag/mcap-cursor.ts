import { MESSAGE_HEAD_BYTES, microsOfWords, RECORD_HEAD_BYTES } from "./mcap-format.ts";
import type { Stretch } from "./mcap-scan.ts";
import {
  createOrder,
  type MessageOrder,
  type Origin,
  relativeNanos,
  type StretchReader,
  type Wanted,
} from "./stretch-reader.ts";

/** One message after the other, without an object per message: the fields hold the current one. */
export interface BagCursor {
  next(): boolean;
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

/** A stretch that is being delivered. */
class OpenStretch {
  readonly stretch: Stretch;
  bytes: Uint8Array;
  view: DataView;
  readonly order: MessageOrder;
  at = 0;
  /** messages delivered or lying before the slice; only counted while reading in slices */
  done = 0;
  sliced = false;

  constructor(stretch: Stretch, bytes: Uint8Array, order: MessageOrder) {
    this.stretch = stretch;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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
  sequence = 0;
  micros = 0;
  nanos = 0;
  logHigh = 0;
  logLow = 0;
  publishHigh = 0;
  publishLow = 0;
  view: DataView = new DataView(new ArrayBuffer(0));
  bytes: Uint8Array = new Uint8Array(0);
  offset = 0;
  length = 0;
  bytesDone = 0;
  private readonly reader: StretchReader;
  private readonly wanted: Wanted;
  private readonly origin: Origin;
  private readonly inTime: boolean;
  private readonly waiting: readonly Stretch[];
  private nextWaiting = 0;
  private nextWaitingTime = -Infinity;
  private readonly open: OpenStretch[] = [];
  private openBytes = 0;
  private current: OpenStretch | null = null;
  /** the current stretch may go on while its times stay below this */
  private limit = -Infinity;
  /** at the limit itself the stretch that comes first in the file goes first */
  private limitOrdinal = -1;
  private readonly spare: MessageOrder[] = [];

  constructor(
    reader: StretchReader,
    stretches: readonly Stretch[],
    wanted: Wanted,
    origin: Origin,
    order: CursorOrder,
  ) {
    this.reader = reader;
    this.wanted = wanted;
    this.origin = origin;
    this.inTime = order === "time";
    const overlapping = stretches.filter(
      (s) => this.startOf(s) <= wanted.to && relativeNanos(s.endHigh, s.endLow, origin) >= wanted.from,
    );
    this.waiting = this.inTime
      ? overlapping.sort((a, b) => this.startOf(a) - this.startOf(b) || a.ordinal - b.ordinal)
      : overlapping;
    this.noteWaiting();
  }
  private startOf(stretch: Stretch): number {
    return relativeNanos(stretch.startHigh, stretch.startLow, this.origin);
  }
  private noteWaiting(): void {
    const stretch = this.waiting[this.nextWaiting];
    this.nextWaitingTime = stretch === undefined ? Infinity : this.startOf(stretch);
  }
  next(): boolean {
    const current = this.current;
    if (current !== null) {
      const at = ++current.at;
      if (at < current.order.count && this.mayGoOn(current, current.order.times[at]!))
        return this.show(current, at);
    }
    return this.choose();
  }
  private mayGoOn(current: OpenStretch, time: number): boolean {
    return time < this.limit || (time === this.limit && current.stretch.ordinal < this.limitOrdinal);
  }
  private show(from: OpenStretch, at: number): true {
    const offset = from.order.offsets[at]!;
    const { view } = from;
    this.nanos = from.order.times[at]!;
    this.view = view;
    this.bytes = from.bytes;
    this.channel = view.getUint16(offset + 9, true);
    this.sequence = view.getUint32(offset + 11, true);
    this.logLow = view.getUint32(offset + 15, true);
    this.logHigh = view.getUint32(offset + 19, true);
    this.publishLow = view.getUint32(offset + 23, true);
    this.publishHigh = view.getUint32(offset + 27, true);
    this.micros = microsOfWords(this.logHigh, this.logLow);
    this.offset = offset + RECORD_HEAD_BYTES + MESSAGE_HEAD_BYTES;
    this.length = view.getUint32(offset + 1, true) - MESSAGE_HEAD_BYTES;
    return true;
  }
  /** Finds the stretch whose next message is due; opens those whose time has come. */
  private choose(): boolean {
    for (;;) {
      this.dropEmpty();
      const best = this.earliest();
      if (best === null || this.waitingComesFirst(best)) {
        if (this.nextWaiting === this.waiting.length) return false;
        this.openNext();
        continue;
      }
      this.current = best;
      this.setLimit(best);
      return this.show(best, best.at);
    }
  }
  private dropEmpty(): void {
    const { current } = this;
    if (current === null || current.at < current.order.count) return;
    if (current.sliced && this.refill(current)) return;
    this.open.splice(this.open.indexOf(current), 1);
    this.openBytes -= current.bytes.length;
    this.spare.push(current.order);
    this.bytesDone += current.stretch.end - current.stretch.at;
    this.current = null;
  }
  private earliest(): OpenStretch | null {
    let best: OpenStretch | null = null;
    for (const candidate of this.open) {
      if (best === null || candidate.time < best.time) best = candidate;
      else if (candidate.time === best.time && candidate.stretch.ordinal < best.stretch.ordinal)
        best = candidate;
    }
    return best;
  }
  private waitingComesFirst(best: OpenStretch): boolean {
    const waiting = this.waiting[this.nextWaiting];
    if (waiting === undefined || !this.inTime) return false;
    return (
      this.nextWaitingTime < best.time ||
      (this.nextWaitingTime === best.time && waiting.ordinal < best.stretch.ordinal)
    );
  }
  private setLimit(best: OpenStretch): void {
    this.limit = this.inTime ? this.nextWaitingTime : Infinity;
    this.limitOrdinal = this.waiting[this.nextWaiting]?.ordinal ?? Infinity;
    if (!this.inTime) return;
    for (const other of this.open) {
      if (other === best || other.time > this.limit) continue;
      this.limitOrdinal =
        other.time < this.limit ? other.stretch.ordinal : Math.min(this.limitOrdinal, other.stretch.ordinal);
      this.limit = other.time;
    }
  }
  private openNext(): void {
    const stretch = this.waiting[this.nextWaiting++]!;
    this.noteWaiting();
    const bytes = this.reader.load(stretch);
    if (bytes === null) {
      this.bytesDone += stretch.end - stretch.at;
      return;
    }
    const order = this.spare.pop() ?? createOrder();
    const open = new OpenStretch(stretch, bytes, order);
    this.reader.index(stretch, open.view, this.wanted, this.origin, order, this.inTime);
    if (order.count === 0) {
      this.spare.push(order);
      this.bytesDone += stretch.end - stretch.at;
      return;
    }
    if (this.open.length > 0 && this.openBytes + bytes.length > OPEN_BYTES) slice(open, 0);
    this.openBytes += open.bytes.length;
    this.open.push(open);
  }
  /** The next slice of a stretch that is too large to keep; false at its end. */
  private refill(open: OpenStretch): boolean {
    const bytes = this.reader.load(open.stretch);
    if (bytes === null) return false;
    const from = open.done + open.order.count;
    this.openBytes -= open.bytes.length;
    open.bytes = bytes;
    open.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.reader.index(open.stretch, open.view, this.wanted, this.origin, open.order, this.inTime);
    const more = from < open.order.count;
    if (more) slice(open, from);
    else open.order.count = 0;
    open.at = 0;
    this.openBytes += open.bytes.length;
    return more;
  }
  close(): void {
    this.open.length = 0;
    this.current = null;
    this.nextWaiting = this.waiting.length;
    this.noteWaiting();
  }
}

/** Keeps only the messages from number `from` that fit into a slice; their order is already known. */
function slice(open: OpenStretch, from: number): void {
  const { order, view, bytes } = open;
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
  open.done = from;
  open.sliced = true;
  open.bytes = kept;
  open.view = new DataView(kept.buffer);
}
