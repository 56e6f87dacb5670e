import { assert } from "../../core/base/assert.ts";
import { CdrWriter } from "./cdr-writer.ts";
import type { RosMessage, RosValue } from "./decode-any.ts";
import type { Field, FieldType, MessageLayout, Primitive } from "./layout.ts";

const WRITE: Readonly<Record<Exclude<Primitive, "wideText">, (w: CdrWriter, value: RosValue) => void>> = {
  bool: (w, value) => void w.bool(value === true),
  u8: (w, value) => void w.u8(Number(value)),
  i8: (w, value) => void w.i8(Number(value)),
  u16: (w, value) => void w.u16(Number(value)),
  i16: (w, value) => void w.i16(Number(value)),
  u32: (w, value) => void w.u32(Number(value)),
  i32: (w, value) => void w.i32(Number(value)),
  u64: (w, value) => void w.u64(BigInt(value as number | bigint)),
  i64: (w, value) => void w.i64(BigInt(value as number | bigint)),
  f32: (w, value) => void w.f32(Number(value)),
  f64: (w, value) => void w.f64(Number(value)),
  text: (w, value) => void w.text(String(value)),
};

/**
 * Encodes any message whose layout is known: the counterpart of AnyDecoder. What a message leaves out is zero,
 * false, or empty. The bytes are valid until the next call on the same encoder.
 */
export class AnyEncoder {
  readonly #layout: MessageLayout;
  readonly #out = new CdrWriter();

  constructor(layout: MessageLayout) {
    this.#layout = layout;
  }
  encode(message: RosMessage): Uint8Array {
    this.#out.begin();
    this.#message(this.#layout.name, message);
    return this.#out.end();
  }
  #message(name: string, message: RosMessage): void {
    const fields = this.#layout.types.get(name);
    assert(fields !== undefined, `type ${name} is missing in ${this.#layout.name}`);
    if (fields.length === 0) this.#out.u8(0);
    for (const field of fields) this.#field(field, message[field.name]);
  }
  #field({ array, type }: Field, value: RosValue | undefined): void {
    if (array.kind === "one") return this.#value(type, value);
    const list = (value ?? []) as ArrayLike<RosValue>;
    const count = array.kind === "fixed" ? array.count : list.length;
    if (array.kind === "sequence") {
      assert(count <= array.max, "a list fits its bound");
      this.#out.u32(count);
    }
    for (let i = 0; i < count; i++) this.#value(type, list[i]);
  }
  #value(type: FieldType, value: RosValue | undefined): void {
    if (type.kind === "message") return this.#message(type.name, (value ?? {}) as RosMessage);
    assert(type.primitive !== "wideText", "wide text is not written");
    WRITE[type.primitive](this.#out, value ?? (type.primitive === "text" ? "" : 0));
  }
}
