import { type ByteSource, SourceWindow } from "./byte-source.ts";
import { CHUNK_HEAD_BYTES, MESSAGE_HEAD_BYTES, OP, RECORD_HEAD_BYTES, TWO_32 } from "./mcap-format.ts";
import { type ChunkRecord, parseChunkHead, parseRecord } from "./records.ts";

/** head of a chunk with the longest name of a compression */
const CHUNK_HEAD_MAX = CHUNK_HEAD_BYTES + 16;
/** end records are a few bytes; makers may pad them */
const MAX_END_BYTES = 64;
/** while looking for the next record after damage, larger cold records are passed by */
const MAX_PROBED_BYTES = 1_048_576;

export function lengthOf(window: SourceWindow, place: number): number {
  return window.view.getUint32(place + 5, true) * TWO_32 + window.view.getUint32(place + 1, true);
}
/** The head of a chunk record that fits into its own length, with the place of its content in the window. */
export function chunkHeadAt(
  window: SourceWindow,
  at: number,
  length: number,
): { head: ChunkRecord; content: number } | null {
  const place = window.need(at, RECORD_HEAD_BYTES + Math.min(length, CHUNK_HEAD_MAX));
  if (place < 0) return null;
  const content = place + RECORD_HEAD_BYTES;
  const head = parseChunkHead(window.view, content, Math.min(length, CHUNK_HEAD_MAX));
  const fits =
    head !== null &&
    isCompression(head.compression) &&
    head.recordsAt - content + head.recordsLength <= length;
  return fits ? { head, content } : null;
}
const isCompression = (compression: string): boolean =>
  compression === "" || compression === "lz4" || compression === "zstd";

/** Looks for the next place at which a record can begin, behind bytes that make no sense. */
export class RecordSearch {
  readonly #window: SourceWindow;
  /** a second window, so that looking ahead does not move the first */
  readonly #probe: SourceWindow;
  readonly #limit: number;
  /** where the summary says that chunks begin, in order */
  readonly #promised: readonly number[];
  readonly #knowsChannel: (id: number) => boolean;

  constructor(
    source: ByteSource,
    limit: number,
    promised: readonly number[],
    knowsChannel: (id: number) => boolean,
  ) {
    this.#window = new SourceWindow(source);
    this.#probe = new SourceWindow(source);
    this.#limit = limit;
    this.#promised = promised;
    this.#knowsChannel = knowsChannel;
  }
  /** The first plausible place from `from` on, −1 when there is none. */
  next(from: number): number {
    const promised = this.#promised.find((place) => place >= from) ?? this.#limit;
    for (let at = from; at < promised; at++)
      if (this.#plausible(this.#window, at) && this.#plausibleNext(at)) return at;
    return promised < this.#limit ? promised : -1;
  }
  #plausibleNext(at: number): boolean {
    const next = at + RECORD_HEAD_BYTES + lengthOf(this.#window, this.#window.need(at, RECORD_HEAD_BYTES));
    return next === this.#limit || this.#plausible(this.#probe, next);
  }
  /** Could a record of the data section begin here? Strict, for the bytes may be anything. */
  #plausible(window: SourceWindow, at: number): boolean {
    const place = window.need(at, RECORD_HEAD_BYTES);
    if (place < 0) return false;
    const op = window.view.getUint8(place);
    if (op === 0 || op > OP.dataEnd || window.view.getUint32(place + 5, true) > 0xffff) return false;
    const length = lengthOf(window, place);
    if (length < 4 || at + RECORD_HEAD_BYTES + length > this.#limit) return false;
    if (op === OP.message) return length >= MESSAGE_HEAD_BYTES && this.#knowsChannelAt(window, at);
    if (op === OP.chunk) return chunkHeadAt(window, at, length) !== null;
    if (op === OP.dataEnd || op === OP.footer) return length < MAX_END_BYTES;
    if (length > MAX_PROBED_BYTES) return false;
    const whole = this.#probe.need(at, RECORD_HEAD_BYTES + length);
    return whole >= 0 && parseRecord(op, this.#probe.view, whole + RECORD_HEAD_BYTES, length) !== null;
  }
  #knowsChannelAt(window: SourceWindow, at: number): boolean {
    const place = window.need(at, RECORD_HEAD_BYTES + 2);
    return place >= 0 && this.#knowsChannel(window.view.getUint16(place + RECORD_HEAD_BYTES, true));
  }
}
