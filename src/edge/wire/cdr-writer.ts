import { assert } from "../../core/base/assert.ts";

const utf8 = new TextEncoder();
const ENCAPSULATION_BYTES = 4;

/** Writes one XCDR1 payload into a buffer that grows and is reused from message to message. */
export class CdrWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;
  #little = true;

  constructor(capacityBytes = 1_024) {
    this.#bytes = new Uint8Array(capacityBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }
  /** Begins a message: the encapsulation header. */
  begin(little = true): this {
    this.#little = little;
    this.#length = 0;
    this.#room(ENCAPSULATION_BYTES);
    this.#bytes.set([0, little ? 1 : 0, 0, 0], 0);
    this.#length = ENCAPSULATION_BYTES;
    return this;
  }
  /** The message, valid until the next begin. Padded to four bytes as the wire wants it. */
  end(): Uint8Array {
    this.#pad(4);
    return this.#bytes.subarray(0, this.#length);
  }
  u8(value: number): this {
    this.#view.setUint8(this.#take(1), value);
    return this;
  }
  i8(value: number): this {
    this.#view.setInt8(this.#take(1), value);
    return this;
  }
  bool(value: boolean): this {
    return this.u8(value ? 1 : 0);
  }
  u16(value: number): this {
    this.#view.setUint16(this.#take(2), value, this.#little);
    return this;
  }
  i16(value: number): this {
    this.#view.setInt16(this.#take(2), value, this.#little);
    return this;
  }
  u32(value: number): this {
    this.#view.setUint32(this.#take(4), value, this.#little);
    return this;
  }
  i32(value: number): this {
    this.#view.setInt32(this.#take(4), value, this.#little);
    return this;
  }
  u64(value: bigint): this {
    this.#view.setBigUint64(this.#take(8), value, this.#little);
    return this;
  }
  i64(value: bigint): this {
    this.#view.setBigInt64(this.#take(8), value, this.#little);
    return this;
  }
  f32(value: number): this {
    this.#view.setFloat32(this.#take(4), value, this.#little);
    return this;
  }
  f64(value: number): this {
    this.#view.setFloat64(this.#take(8), value, this.#little);
    return this;
  }
  text(value: string): this {
    const room = value.length * 3 + 1;
    this.u32(0);
    const at = this.#length;
    this.#room(room);
    const { written } = utf8.encodeInto(value, this.#bytes.subarray(at, at + room - 1));
    this.#bytes[at + written] = 0;
    this.#length = at + written + 1;
    this.#view.setUint32(at - 4, written + 1, this.#little);
    return this;
  }
  f64s(values: ArrayLike<number>): this {
    this.u32(values.length);
    for (let i = 0; i < values.length; i++) this.f64(values[i]!);
    return this;
  }
  f32s(values: ArrayLike<number>): this {
    this.u32(values.length);
    for (let i = 0; i < values.length; i++) this.f32(values[i]!);
    return this;
  }
  texts(values: readonly string[]): this {
    this.u32(values.length);
    for (const value of values) this.text(value);
    return this;
  }
  #take(size: number): number {
    assert(this.#length >= ENCAPSULATION_BYTES, "begin() comes before the first value");
    this.#pad(size);
    this.#room(size);
    const at = this.#length;
    this.#length += size;
    return at;
  }
  #pad(size: number): void {
    const over = (this.#length - ENCAPSULATION_BYTES) % size;
    if (over === 0) return;
    this.#room(size - over);
    this.#bytes.fill(0, this.#length, this.#length + size - over);
    this.#length += size - over;
  }
  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const wider = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    wider.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = wider;
    this.#view = new DataView(wider.buffer);
  }
}
