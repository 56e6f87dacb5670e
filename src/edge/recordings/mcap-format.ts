/** The MCAP container, version 0, as its specification numbers it. Everything is little-endian. */
export const MAGIC = Uint8Array.of(0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a);
export const OP = {
  header: 0x01,
  footer: 0x02,
  schema: 0x03,
  channel: 0x04,
  message: 0x05,
  chunk: 0x06,
  messageIndex: 0x07,
  chunkIndex: 0x08,
  attachment: 0x09,
  attachmentIndex: 0x0a,
  statistics: 0x0b,
  metadata: 0x0c,
  metadataIndex: 0x0d,
  summaryOffset: 0x0e,
  dataEnd: 0x0f,
} as const;
/** opcode and length */
export const RECORD_HEAD_BYTES = 9;
/** channel, sequence, log time, publish time */
export const MESSAGE_HEAD_BYTES = 22;
/** start, end, uncompressed size, CRC, and the two lengths around the name of the compression */
export const CHUNK_HEAD_BYTES = 8 + 8 + 8 + 4 + 4 + 8;
export const FOOTER_BYTES = 20;
export const TWO_32 = 4_294_967_296;

/** High word of the nanoseconds of a time in microseconds; exact for every integer below 2^53. */
export const nanosHigh = (micros: number): number =>
  Math.floor(micros / TWO_32) * 1_000 + Math.floor((lowWord(micros) * 1_000) / TWO_32);
export const nanosLow = (micros: number): number => (lowWord(micros) * 1_000) % TWO_32;
const lowWord = (value: number): number => value - Math.floor(value / TWO_32) * TWO_32;
/** Microseconds of a time whose nanoseconds stand in two words, rounded down. */
export function microsOfWords(high: number, low: number): number {
  const upper = Math.floor(high / 1_000);
  return upper * TWO_32 + Math.floor(((high - upper * 1_000) * TWO_32 + low) / 1_000);
}

const utf8 = new TextEncoder();

/** Builds records; lengths are filled in when a record ends. */
export class RecordBuilder {
  bytes: Uint8Array;
  length = 0;
  #view: DataView;
  #lengthAt = 0;

  constructor(capacityBytes = 4_096) {
    this.bytes = new Uint8Array(capacityBytes);
    this.#view = new DataView(this.bytes.buffer);
  }
  begin(op: number): this {
    this.u8(op);
    this.#lengthAt = this.length;
    return this.u64(0);
  }
  end(): this {
    const size = this.length - this.#lengthAt - 8;
    this.#view.setUint32(this.#lengthAt, size % TWO_32, true);
    this.#view.setUint32(this.#lengthAt + 4, Math.floor(size / TWO_32), true);
    return this;
  }
  u8(value: number): this {
    this.#room(1);
    this.#view.setUint8(this.length++, value);
    return this;
  }
  u16(value: number): this {
    this.#room(2);
    this.#view.setUint16(this.length, value, true);
    this.length += 2;
    return this;
  }
  u32(value: number): this {
    this.#room(4);
    this.#view.setUint32(this.length, value, true);
    this.length += 4;
    return this;
  }
  u64(value: number): this {
    return this.words(Math.floor(value / TWO_32), value % TWO_32);
  }
  words(high: number, low: number): this {
    return this.u32(low).u32(high);
  }
  text(value: string): this {
    return this.blob(utf8.encode(value));
  }
  blob(value: Uint8Array): this {
    return this.u32(value.length).raw(value);
  }
  raw(value: Uint8Array): this {
    this.#room(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
    return this;
  }
  map(entries: Readonly<Record<string, string>>): this {
    const sizeAt = this.length;
    this.u32(0);
    for (const [key, value] of Object.entries(entries)) this.text(key).text(value);
    this.#view.setUint32(sizeAt, this.length - sizeAt - 4, true);
    return this;
  }
  /** What was built so far; the builder starts anew. The bytes are valid until its next use. */
  take(): Uint8Array {
    const taken = this.bytes.subarray(0, this.length);
    this.length = 0;
    return taken;
  }
  #room(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const wider = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    wider.set(this.bytes.subarray(0, this.length));
    this.bytes = wider;
    this.#view = new DataView(wider.buffer);
  }
}
