import {
  CHUNK_HEAD_BYTES,
  MESSAGE_HEAD_BYTES,
  OP,
  RECORD_HEAD_BYTES,
  type RecordBuilder,
  TWO_32,
} from "./mcap-format.ts";

/** Room before the records for the chunk's own head: whole chunks leave in one write. */
const HEAD_ROOM_BYTES = 64;
const MESSAGE_ROOM = 4_096;

/** Messages of one chunk, laid down where they will stand in the file. Reused from chunk to chunk. */
export class ChunkBuffer {
  bytes: Uint8Array;
  view: DataView;
  used = HEAD_ROOM_BYTES;
  count = 0;
  startHigh = 0;
  startLow = 0;
  endHigh = 0;
  endLow = 0;
  #channels = new Uint16Array(MESSAGE_ROOM);
  #highs = new Uint32Array(MESSAGE_ROOM);
  #lows = new Uint32Array(MESSAGE_ROOM);
  #offsets = new Uint32Array(MESSAGE_ROOM);

  constructor(capacityBytes: number) {
    this.bytes = new Uint8Array(HEAD_ROOM_BYTES + capacityBytes);
    this.view = new DataView(this.bytes.buffer);
  }
  reset(): void {
    this.used = HEAD_ROOM_BYTES;
    this.count = 0;
  }
  get recordBytes(): number {
    return this.used - HEAD_ROOM_BYTES;
  }
  get records(): Uint8Array {
    return this.bytes.subarray(HEAD_ROOM_BYTES, this.used);
  }
  /** Lays down a message's head and gives the place of its `size` data bytes. */
  begin(
    channel: number,
    sequence: number,
    logHigh: number,
    logLow: number,
    pubHigh: number,
    pubLow: number,
    size: number,
  ): number {
    const at = this.used;
    this.#room(RECORD_HEAD_BYTES + MESSAGE_HEAD_BYTES + size);
    const { view } = this;
    view.setUint8(at, OP.message);
    view.setUint32(at + 1, MESSAGE_HEAD_BYTES + size, true);
    view.setUint32(at + 5, 0, true);
    view.setUint16(at + 9, channel, true);
    view.setUint32(at + 11, sequence, true);
    view.setUint32(at + 15, logLow, true);
    view.setUint32(at + 19, logHigh, true);
    view.setUint32(at + 23, pubLow, true);
    view.setUint32(at + 27, pubHigh, true);
    this.#note(channel, logHigh, logLow, at - HEAD_ROOM_BYTES);
    this.used = at + RECORD_HEAD_BYTES + MESSAGE_HEAD_BYTES + size;
    return at + RECORD_HEAD_BYTES + MESSAGE_HEAD_BYTES;
  }
  /** A schema, channel or other record between the messages. */
  raw(record: Uint8Array): void {
    this.#room(record.length);
    this.bytes.set(record, this.used);
    this.used += record.length;
  }
  #note(channel: number, high: number, low: number, offset: number): void {
    const i = this.count++;
    if (i === this.#channels.length) this.#widenIndex();
    this.#channels[i] = channel;
    this.#highs[i] = high;
    this.#lows[i] = low;
    this.#offsets[i] = offset;
    if (i === 0 || isBefore(high, low, this.startHigh, this.startLow))
      [this.startHigh, this.startLow] = [high, low];
    if (i === 0 || isBefore(this.endHigh, this.endLow, high, low)) [this.endHigh, this.endLow] = [high, low];
  }
  #widenIndex(): void {
    const wider = this.#channels.length * 2;
    const channels = new Uint16Array(wider);
    channels.set(this.#channels);
    this.#channels = channels;
    this.#highs = widened(this.#highs, wider);
    this.#lows = widened(this.#lows, wider);
    this.#offsets = widened(this.#offsets, wider);
  }
  #room(more: number): void {
    if (this.used + more <= this.bytes.length) return;
    const wider = new Uint8Array(Math.max(this.bytes.length * 2, this.used + more));
    wider.set(this.bytes.subarray(0, this.used));
    this.bytes = wider;
    this.view = new DataView(wider.buffer);
  }
  /** The uncompressed chunk with its head set before it; head and records are one piece. */
  sealed(crc: number): Uint8Array {
    const start = HEAD_ROOM_BYTES - CHUNK_HEAD_BYTES - RECORD_HEAD_BYTES;
    this.#writeHead(start, crc);
    return this.bytes.subarray(start, this.used);
  }
  #writeHead(start: number, crc: number): void {
    const size = this.recordBytes;
    const { view } = this;
    view.setUint8(start, OP.chunk);
    setU64(view, start + 1, CHUNK_HEAD_BYTES + size);
    view.setUint32(start + 9, this.startLow, true);
    view.setUint32(start + 13, this.startHigh, true);
    view.setUint32(start + 17, this.endLow, true);
    view.setUint32(start + 21, this.endHigh, true);
    setU64(view, start + 25, size);
    view.setUint32(start + 33, crc, true);
    view.setUint32(start + 37, 0, true);
    setU64(view, start + 41, size);
  }
  /** Message index records, one per channel in order of appearance. */
  index(into: RecordBuilder): [channel: number, offset: number, count: number][] {
    const counts = new Map<number, number>();
    for (let i = 0; i < this.count; i++)
      counts.set(this.#channels[i]!, (counts.get(this.#channels[i]!) ?? 0) + 1);
    const places: [number, number, number][] = [];
    for (const [channel, count] of counts) {
      places.push([channel, into.length, count]);
      into
        .begin(OP.messageIndex)
        .u16(channel)
        .u32(count * 16);
      for (let i = 0; i < this.count; i++)
        if (this.#channels[i] === channel) into.words(this.#highs[i]!, this.#lows[i]!).u64(this.#offsets[i]!);
      into.end();
    }
    return places;
  }
}
export const isBefore = (high: number, low: number, otherHigh: number, otherLow: number): boolean =>
  high < otherHigh || (high === otherHigh && low < otherLow);

function setU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % TWO_32, true);
  view.setUint32(at + 4, Math.floor(value / TWO_32), true);
}

function widened(row: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const wider = new Uint32Array(length);
  wider.set(row);
  return wider;
}
