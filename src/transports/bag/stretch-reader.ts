import { crc32 } from "node:zlib";
import type { ByteSource } from "./byte-source.ts";
import { unpackChunk } from "./compression.ts";
import { MESSAGE_HEAD_BYTES, microsOfWords, OP, RECORD_HEAD_BYTES, TWO_32 } from "./mcap-format.ts";
import type { Scan, Stretch } from "./mcap-scan.ts";
import { parseRecord } from "./records.ts";

/** Where messages start in an unpacked stretch, in the order of their log times. */
export interface MessageOrder {
  count: number;
  /** nanoseconds after the origin */
  times: Float64Array;
  offsets: Uint32Array;
}
export const createOrder = (): MessageOrder => ({
  count: 0,
  times: new Float64Array(1_024),
  offsets: new Uint32Array(1_024),
});

/** Which messages are wanted. */
export interface Wanted {
  /** null: every channel */
  readonly channels: ReadonlySet<number> | null;
  /** nanoseconds after the origin, both included */
  readonly from: number;
  readonly to: number;
}
/** Origin of the relative times, in words of nanoseconds: differences stay exact for a hundred days. */
export interface Origin {
  readonly high: number;
  readonly low: number;
}
export const relativeNanos = (high: number, low: number, origin: Origin): number =>
  (high - origin.high) * TWO_32 + (low - origin.low);

/** Messages that no checksum covers: they are delivered and counted. */
export interface Coverage {
  unprotected: number;
}

/** Loads stretches of one file, checks them and finds their messages. */
export class StretchReader {
  readonly coverage: Coverage = { unprotected: 0 };
  private readonly source: ByteSource;
  private readonly scan: Scan;
  private packed = new Uint8Array(0);
  /** stretches whose loss was noted; a reload says nothing new */
  private readonly noted = new Set<number>();

  constructor(source: ByteSource, scan: Scan) {
    this.source = source;
    this.scan = scan;
  }
  /** The unpacked, checked bytes, or null when the stretch is lost. */
  load(stretch: Stretch): Uint8Array | null {
    const compressed = stretch.compression !== "";
    const bytes = compressed ? this.scratch(stretch.dataLength) : new Uint8Array(stretch.dataLength);
    const got = this.source.read(stretch.dataAt, bytes);
    if (got < bytes.length) return this.lose(stretch, "truncated", "the file ends inside it");
    const unpacked = unpackChunk(stretch.compression, bytes, stretch.size);
    if (!unpacked.ok) return this.lose(stretch, "unpack", unpacked.error);
    if (stretch.crc !== 0 && crc32(unpacked.value) !== stretch.crc)
      return this.lose(stretch, "checksum", "the content fails its checksum");
    return unpacked.value;
  }
  private scratch(size: number): Uint8Array {
    if (this.packed.length < size) this.packed = new Uint8Array(Math.max(size, this.packed.length * 2));
    return this.packed.subarray(0, size);
  }
  private lose(
    stretch: Stretch,
    kind: "truncated" | "unpack" | "checksum" | "structure",
    detail: string,
  ): null {
    if (this.noted.has(stretch.ordinal)) return null;
    this.noted.add(stretch.ordinal);
    const from = microsOfWords(stretch.startHigh, stretch.startLow);
    this.scan.losses.add(
      kind,
      stretch.at,
      stretch.end,
      detail,
      stretch.ordinal,
      from,
      microsOfWords(stretch.endHigh, stretch.endLow),
    );
    return null;
  }
  /** Finds the wanted messages of an unpacked stretch; broken records end it and are noted. */
  index(
    stretch: Stretch,
    view: DataView,
    wanted: Wanted,
    origin: Origin,
    order: MessageOrder,
    inTime: boolean,
  ): void {
    const end = view.byteLength;
    let sorted = true;
    let last = -Infinity;
    let seen = 0;
    order.count = 0;
    for (let at = 0; at < end; ) {
      const length = at + RECORD_HEAD_BYTES <= end ? view.getUint32(at + 1, true) : TWO_32;
      const next = at + RECORD_HEAD_BYTES + length;
      if (next > end || view.getUint32(at + 5, true) !== 0)
        return this.broken(stretch, order, sorted, seen, at);
      const op = view.getUint8(at);
      if (op === OP.message) {
        if (length < MESSAGE_HEAD_BYTES) return this.broken(stretch, order, sorted, seen, at);
        seen++;
        const time =
          (view.getUint32(at + 19, true) - origin.high) * TWO_32 +
          (view.getUint32(at + 15, true) - origin.low);
        if (
          time >= wanted.from &&
          time <= wanted.to &&
          this.isWanted(view.getUint16(at + 9, true), wanted, stretch)
        ) {
          note(order, time, at);
          if (inTime && time < last) sorted = false;
          last = time;
        }
      } else this.other(op, view, at, length, stretch);
      at = next;
    }
    this.finish(stretch, order, sorted, seen);
  }
  private isWanted(channel: number, wanted: Wanted, stretch: Stretch): boolean {
    if (!this.scan.channels.has(channel)) return this.unknownChannel(channel, stretch);
    return wanted.channels === null || wanted.channels.has(channel);
  }
  private readonly unknown = new Set<number>();
  private unknownChannel(channel: number, stretch: Stretch): false {
    if (!this.unknown.has(channel))
      this.scan.losses.add(
        "channel",
        stretch.at,
        stretch.at,
        `messages of channel ${channel}, which the file does not describe, are left out`,
        stretch.ordinal,
      );
    this.unknown.add(channel);
    return false;
  }
  private other(op: number, view: DataView, at: number, length: number, stretch: Stretch): void {
    if (op !== OP.schema && op !== OP.channel) {
      if (stretch.kind === "chunk") this.note(stretch, `record 0x${op.toString(16)} inside a chunk skipped`);
      return;
    }
    const record = parseRecord(op, view, at + RECORD_HEAD_BYTES, length);
    if (record?.type === "Schema" && !this.scan.schemas.has(record.id))
      this.scan.schemas.set(record.id, record);
    else if (record?.type === "Channel" && !this.scan.channels.has(record.id))
      this.scan.channels.set(record.id, record);
    else if (record === null) this.note(stretch, "a definition inside a chunk is not readable");
  }
  private note(stretch: Stretch, detail: string): void {
    if (this.noted.has(stretch.ordinal)) return;
    this.noted.add(stretch.ordinal);
    this.scan.losses.add("structure", stretch.at, stretch.at, detail, stretch.ordinal);
  }
  private broken(stretch: Stretch, order: MessageOrder, sorted: boolean, seen: number, at: number): void {
    this.lose(stretch, "structure", `a record ${at} bytes into it is broken; what stands before it is used`);
    this.finish(stretch, order, sorted, seen);
  }
  private readonly counted = new Set<number>();
  private finish(stretch: Stretch, order: MessageOrder, sorted: boolean, seen: number): void {
    if (!sorted) sortOrder(order);
    const covered =
      stretch.kind === "chunk" ? stretch.crc !== 0 || this.scan.runsChecked : this.scan.runsChecked;
    if (!covered && !this.counted.has(stretch.ordinal)) this.coverage.unprotected += seen;
    this.counted.add(stretch.ordinal);
  }
}
function note(order: MessageOrder, time: number, offset: number): void {
  if (order.count === order.offsets.length) widen(order);
  order.times[order.count] = time;
  order.offsets[order.count++] = offset;
}
function widen(order: MessageOrder): void {
  const times = new Float64Array(order.times.length * 2 + 64);
  times.set(order.times);
  const offsets = new Uint32Array(order.offsets.length * 2 + 64);
  offsets.set(order.offsets);
  order.times = times;
  order.offsets = offsets;
}
/** By time; equal times keep their order in the file. */
function sortOrder(order: MessageOrder): void {
  const { times, offsets, count } = order;
  const places = Uint32Array.from({ length: count }, (_, i) => i);
  places.sort((a, b) => times[a]! - times[b]! || a - b);
  const sortedTimes = Float64Array.from(places, (place) => times[place]!);
  const sortedOffsets = Uint32Array.from(places, (place) => offsets[place]!);
  times.set(sortedTimes);
  offsets.set(sortedOffsets);
}
