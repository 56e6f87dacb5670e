import type { WireFault } from "./fault.ts";

/** XCDR1 aligns to at most eight bytes. */
const MAX_ALIGN = 8;
/** Serializers pad the payload to its alignment; anything more is another type. */
const MAX_PADDING_BYTES = 7;
export const ENCAPSULATION_BYTES = 4;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** 1 little endian, 0 big endian, −1 not plain CDR. The two option bytes may hold anything. */
export function encapsulationOf(view: DataView, offset: number, length: number): 1 | 0 | -1 {
  if (length < ENCAPSULATION_BYTES || view.getUint8(offset) !== 0) return -1;
  const kind = view.getUint8(offset + 1);
  return kind === 1 ? 1 : kind === 0 ? 0 : -1;
}

/**
 * Reads one XCDR1 payload. The first fault sticks and every later read gives zero, so that a decoder reads
 * straight on and asks once at its end. A length is believed only after it was held against the bytes left.
 */
export class CdrReader {
  fault: WireFault | null = null;
  little = true;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #origin = 0;
  #pos = 0;
  #end = 0;

  /** Points at a payload, encapsulation header included. */
  open(view: DataView, offset: number, length: number): boolean {
    const kind = encapsulationOf(view, offset, length);
    this.#view = view;
    this.little = kind === 1;
    this.#origin = offset + ENCAPSULATION_BYTES;
    this.#pos = this.#origin;
    this.#end = offset + Math.max(length, ENCAPSULATION_BYTES);
    this.fault = kind === -1 ? "encapsulation" : null;
    return this.fault === null;
  }
  fail(fault: WireFault): void {
    this.fault ??= fault;
    this.#pos = this.#end;
  }
  get remaining(): number {
    return this.#end - this.#pos;
  }
  /** The message must have ended; padding may follow. */
  finish(): WireFault | null {
    if (this.fault === null && this.remaining > MAX_PADDING_BYTES) this.fault = "trailing";
    return this.fault;
  }
  /** `size` is a power of two. */
  align(size: number): void {
    const step = size > MAX_ALIGN ? MAX_ALIGN : size;
    this.#pos = this.#origin + ((this.#pos - this.#origin + step - 1) & -step);
  }
  /** Aligns, claims `bytes` and gives their place, or −1. */
  claim(bytes: number, alignment: number): number {
    this.align(alignment);
    const at = this.#pos;
    if (this.fault !== null || bytes > this.#end - at) {
      this.fail("short");
      return -1;
    }
    this.#pos = at + bytes;
    return at;
  }
  u8(): number {
    const at = this.claim(1, 1);
    return at < 0 ? 0 : this.#view.getUint8(at);
  }
  i8(): number {
    const at = this.claim(1, 1);
    return at < 0 ? 0 : this.#view.getInt8(at);
  }
  bool(): boolean {
    const value = this.u8();
    if (value > 1) this.fail("value");
    return value === 1;
  }
  u16(): number {
    const at = this.claim(2, 2);
    return at < 0 ? 0 : this.#view.getUint16(at, this.little);
  }
  i16(): number {
    const at = this.claim(2, 2);
    return at < 0 ? 0 : this.#view.getInt16(at, this.little);
  }
  u32(): number {
    const at = this.claim(4, 4);
    return at < 0 ? 0 : this.#view.getUint32(at, this.little);
  }
  i32(): number {
    const at = this.claim(4, 4);
    return at < 0 ? 0 : this.#view.getInt32(at, this.little);
  }
  u64(): bigint {
    const at = this.claim(8, 8);
    return at < 0 ? 0n : this.#view.getBigUint64(at, this.little);
  }
  i64(): bigint {
    const at = this.claim(8, 8);
    return at < 0 ? 0n : this.#view.getBigInt64(at, this.little);
  }
  f32(): number {
    const at = this.claim(4, 4);
    return at < 0 ? 0 : this.#view.getFloat32(at, this.little);
  }
  f64(): number {
    const at = this.claim(8, 8);
    return at < 0 ? 0 : this.#view.getFloat64(at, this.little);
  }
  /** Length of a sequence whose elements take at least `minElementBytes` each. */
  sequence(minElementBytes: number): number {
    const count = this.u32();
    if (count * minElementBytes <= this.#end - this.#pos) return count;
    this.fail("length");
    return 0;
  }
  /** A text with its closing zero; a length of zero is tolerated as the empty text. */
  text(): string {
    const length = this.sequence(1);
    if (length === 0) return "";
    const at = this.claim(length, 1);
    if (at < 0) return "";
    if (this.#view.getUint8(at + length - 1) !== 0) {
      this.fail("text");
      return "";
    }
    return this.#decodeText(at, length - 1);
  }
  /** Skips a text without looking into it. */
  skipText(): void {
    const length = this.sequence(1);
    if (length > 0) this.claim(length, 1);
  }
  #decodeText(at: number, length: number): string {
    const bytes = new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, length);
    try {
      return utf8.decode(bytes);
    } catch {
      this.fail("text");
      return "";
    }
  }
  /** Copies `count` doubles into `row` from `start`. */
  f64s(count: number, row: Float64Array, start: number): void {
    const at = this.claim(count * 8, count === 0 ? 1 : 8);
    if (at < 0) return;
    for (let i = 0; i < count; i++) row[start + i] = this.#view.getFloat64(at + i * 8, this.little);
  }
  /** Copies `count` single floats into `row` from `start`. */
  f32s(count: number, row: Float64Array, start: number): void {
    const at = this.claim(count * 4, count === 0 ? 1 : 4);
    if (at < 0) return;
    for (let i = 0; i < count; i++) row[start + i] = this.#view.getFloat32(at + i * 4, this.little);
  }
  /** Place of the next byte, relative to nothing but the view. */
  get position(): number {
    return this.#pos;
  }
  get source(): DataView {
    return this.#view;
  }
}
