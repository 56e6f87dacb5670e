import { crc32 } from "node:zlib";
import type { ByteSource } from "./byte-source.ts";
import { unbelievable, unpackChunk, workFor } from "./compression.ts";
import { MESSAGE_HEAD_BYTES, microsOfWords, OP, RECORD_HEAD_BYTES, TWO_32 } from "./mcap-format.ts";
import type { Scan, Stretch } from "./mcap-scan.ts";
import { type MessageOrder, noteMessage, sortOrder } from "./message-order.ts";
import { nativeZstd, type NativeZstd } from "./native-zstd.ts";
import { parseRecord } from "./records.ts";

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

/** An unpacked stretch; its buffer may be longer than its content and is used again after `release`. */
export interface Loaded {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly length: number;
}
/** Messages that no checksum covers: they are delivered and counted. */
export interface Coverage {
  unprotected: number;
}
const MAX_SPARE = 4;
const MAX_SPARE_BYTES = 64 * 1_048_576;
const WANTED = 1;
const NOT_WANTED = 2;

/** Loads stretches of one file, checks them and finds their messages. */
export class StretchReader {
  readonly coverage: Coverage = { unprotected: 0 };
  readonly #source: ByteSource;
  readonly #bytes: number;
  readonly #scan: Scan;
  #packed = new Uint8Array(0);
  /** bytes that this reading may still unpack */
  #work: number;
  readonly #spare: Loaded[] = [];
  /** stretches whose loss was noted; a reload says nothing new */
  readonly #noted = new Set<number>();
  readonly #counted = new Set<number>();
  readonly #unknown = new Set<number>();
  readonly #verdicts = new Uint8Array(65_536);
  #verdictsFor: Wanted | null = null;

  /** `bytes`: what lies on the disk, when the source was unpacked from it */
  constructor(source: ByteSource, scan: Scan, bytes = source.size) {
    this.#source = source;
    this.#scan = scan;
    this.#bytes = bytes;
    this.#work = workFor(bytes);
  }
  /** A new reading of the file begins: it may unpack as much as the ones before. */
  begin(): void {
    this.#work = workFor(this.#bytes);
  }
  /** The unpacked, checked content, or null when the stretch is lost. */
  load(stretch: Stretch): Loaded | null {
    const { compression, dataLength, size } = stretch;
    if (dataLength > this.#source.size) return this.#lose(stretch, "truncated", "it is longer than the file");
    const wrong = compression === "" ? null : unbelievable(size, dataLength);
    if (wrong !== null) return this.#lose(stretch, "unpack", wrong);
    this.#work -= size;
    if (this.#work < 0)
      return this.#lose(
        stretch,
        "unpack",
        "the file unpacks to far more than its size; the rest is left out",
      );
    return stretch.compression === "" ? this.#plain(stretch) : this.#unpacked(stretch);
  }
  #plain(stretch: Stretch): Loaded | null {
    if (stretch.dataLength !== stretch.size)
      return this.#lose(stretch, "unpack", `holds ${stretch.dataLength} bytes instead of ${stretch.size}`);
    const loaded = this.#buffer(stretch.size);
    const bytes = loaded.bytes.subarray(0, stretch.size);
    if (this.#source.read(stretch.dataAt, bytes) < bytes.length)
      return this.#lose(stretch, "truncated", "the file ends inside it");
    return this.#checked(stretch, bytes) ? loaded : null;
  }
  #unpacked(stretch: Stretch): Loaded | null {
    const packed = this.#scratch(stretch.dataLength);
    if (this.#source.read(stretch.dataAt, packed) < packed.length)
      return this.#lose(stretch, "truncated", "the file ends inside it");
    const native = stretch.compression === "zstd" ? nativeZstd() : null;
    if (native !== null) return this.#unpackedHere(stretch, packed, native);
    const result = unpackChunk(stretch.compression, packed, stretch.size);
    if (!result.ok) return this.#lose(stretch, "unpack", result.error);
    const bytes = result.value;
    if (!this.#checked(stretch, bytes)) return null;
    return {
      bytes,
      view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      length: bytes.length,
    };
  }
  #unpackedHere(stretch: Stretch, packed: Uint8Array, native: NativeZstd): Loaded | null {
    const loaded = this.#buffer(stretch.size);
    const bytes = loaded.bytes.subarray(0, stretch.size);
    const size = native(bytes, packed);
    if (size !== stretch.size)
      return this.#lose(
        stretch,
        "unpack",
        size < 0 ? "zstd: the content is damaged" : `unpacks to ${size} bytes instead of ${stretch.size}`,
      );
    return this.#checked(stretch, bytes) ? loaded : null;
  }
  #checked(stretch: Stretch, bytes: Uint8Array): boolean {
    if (stretch.crc === 0 || crc32(bytes) === stretch.crc) return true;
    this.#lose(stretch, "checksum", "the content fails its checksum");
    return false;
  }
  /** Buffers go round: a fresh one would be filled with zeros only to be overwritten. */
  #buffer(length: number): Loaded {
    const i = this.#spare.findIndex((spare) => spare.bytes.length >= length);
    if (i >= 0) {
      const [{ bytes, view }] = this.#spare.splice(i, 1) as [Loaded];
      return { bytes, view, length };
    }
    const bytes = new Uint8Array(length + (length >> 3));
    return { bytes, view: new DataView(bytes.buffer), length };
  }
  /** Gives a buffer back; its content is gone. */
  release(loaded: Loaded, stretch: Stretch): void {
    if (stretch.compression === "lz4" || this.#spare.length >= MAX_SPARE) return;
    let kept = loaded.bytes.length;
    for (const spare of this.#spare) kept += spare.bytes.length;
    if (kept <= MAX_SPARE_BYTES || this.#spare.length === 0) this.#spare.push(loaded);
  }
  #scratch(size: number): Uint8Array {
    if (this.#packed.length < size) this.#packed = new Uint8Array(Math.max(size, this.#packed.length * 2));
    return this.#packed.subarray(0, size);
  }
  #lose(stretch: Stretch, kind: "truncated" | "unpack" | "checksum" | "structure", detail: string): null {
    if (this.#noted.has(stretch.ordinal)) return null;
    this.#noted.add(stretch.ordinal);
    const from = microsOfWords(stretch.startHigh, stretch.startLow);
    const to = microsOfWords(stretch.endHigh, stretch.endLow);
    this.#scan.losses.add(kind, stretch.at, stretch.end, detail, stretch.ordinal, from, to);
    return null;
  }
  /** Finds the wanted messages of an unpacked stretch; broken records end it and are noted. */
  index(
    stretch: Stretch,
    { view, length: end }: Loaded,
    wanted: Wanted,
    origin: Origin,
    order: MessageOrder,
    inTime: boolean,
  ): void {
    const { high: originHigh, low: originLow } = origin;
    const { from, to } = wanted;
    let sorted = true;
    let last = -Infinity;
    let seen = 0;
    if (this.#verdictsFor !== wanted) this.#verdicts.fill(0);
    this.#verdictsFor = wanted;
    order.count = 0;
    for (let at = 0; at < end; ) {
      const length = at + RECORD_HEAD_BYTES <= end ? view.getUint32(at + 1, true) : TWO_32;
      const next = at + RECORD_HEAD_BYTES + length;
      if (next > end || view.getUint32(at + 5, true) !== 0)
        return this.#broken(stretch, order, sorted, seen, at);
      if (view.getUint8(at) !== OP.message) this.#other(view, at, length, stretch);
      else if (length < MESSAGE_HEAD_BYTES) return this.#broken(stretch, order, sorted, seen, at);
      else {
        seen++;
        const time =
          (view.getUint32(at + 19, true) - originHigh) * TWO_32 + (view.getUint32(at + 15, true) - originLow);
        if (time >= from && time <= to && this.#isWanted(view.getUint16(at + 9, true), wanted, stretch)) {
          noteMessage(order, time, at);
          if (time < last) sorted = false;
          last = time;
        }
      }
      at = next;
    }
    this.#finish(stretch, order, sorted || !inTime, seen);
  }
  /** Looks a channel up once; the answer is one byte from then on. */
  #isWanted(channel: number, wanted: Wanted, stretch: Stretch): boolean {
    const known = this.#verdicts[channel]!;
    if (known !== 0) return known === WANTED;
    if (!this.#scan.channels.has(channel)) return this.#unknownChannel(channel, stretch);
    const yes = wanted.channels === null || wanted.channels.has(channel);
    this.#verdicts[channel] = yes ? WANTED : NOT_WANTED;
    return yes;
  }
  #unknownChannel(channel: number, stretch: Stretch): false {
    if (!this.#unknown.has(channel))
      this.#scan.losses.add(
        "channel",
        stretch.at,
        stretch.at,
        `messages of channel ${channel}, which the file does not describe, are left out`,
        stretch.ordinal,
      );
    this.#unknown.add(channel);
    return false;
  }
  #other(view: DataView, at: number, length: number, stretch: Stretch): void {
    const op = view.getUint8(at);
    if (op !== OP.schema && op !== OP.channel) {
      if (stretch.kind === "chunk") this.#note(stretch, `record 0x${op.toString(16)} inside a chunk skipped`);
      return;
    }
    const record = parseRecord(op, view, at + RECORD_HEAD_BYTES, length);
    if (record?.type === "Schema" && !this.#scan.schemas.has(record.id))
      this.#scan.schemas.set(record.id, record);
    else if (record?.type === "Channel" && !this.#scan.channels.has(record.id))
      this.#scan.channels.set(record.id, record);
    else if (record === null) this.#note(stretch, "a definition inside a chunk is not readable");
  }
  #note(stretch: Stretch, detail: string): void {
    if (this.#noted.has(stretch.ordinal)) return;
    this.#noted.add(stretch.ordinal);
    this.#scan.losses.add("structure", stretch.at, stretch.at, detail, stretch.ordinal);
  }
  #broken(stretch: Stretch, order: MessageOrder, sorted: boolean, seen: number, at: number): void {
    this.#lose(stretch, "structure", `a record ${at} bytes into it is broken; what stands before it is used`);
    this.#finish(stretch, order, sorted, seen);
  }
  #finish(stretch: Stretch, order: MessageOrder, sorted: boolean, seen: number): void {
    if (!sorted) sortOrder(order);
    const covered = this.#scan.runsChecked || (stretch.kind === "chunk" && stretch.crc !== 0);
    if (!covered && !this.#counted.has(stretch.ordinal)) this.coverage.unprotected += seen;
    this.#counted.add(stretch.ordinal);
  }
}
