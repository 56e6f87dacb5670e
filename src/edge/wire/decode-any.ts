import { err, ok, type Result } from "../../core/base/result.ts";
import { CdrReader } from "./cdr-reader.ts";
import type { WireFault } from "./fault.ts";
import type { Field, FieldType, MessageLayout, Primitive } from "./layout.ts";

/** A decoded message: numbers, bigints for 64-bit integers, texts, typed arrays for lists of numbers. */
export type RosValue =
  | number
  | bigint
  | boolean
  | string
  | RosMessage
  | readonly RosValue[]
  | Float64Array
  | Uint8Array;
export interface RosMessage {
  readonly [field: string]: RosValue;
}

const MIN_BYTES: Readonly<Record<Primitive, number>> = {
  bool: 1,
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  u64: 8,
  i64: 8,
  f32: 4,
  f64: 8,
  text: 4,
  wideText: 4,
};
const READ: Readonly<Record<Primitive, (r: CdrReader) => RosValue>> = {
  bool: (r) => r.bool(),
  u8: (r) => r.u8(),
  i8: (r) => r.i8(),
  u16: (r) => r.u16(),
  i16: (r) => r.i16(),
  u32: (r) => r.u32(),
  i32: (r) => r.i32(),
  u64: (r) => r.u64(),
  i64: (r) => r.i64(),
  f32: (r) => r.f32(),
  f64: (r) => r.f64(),
  text: (r) => r.text(),
  wideText,
};
/** Values that one message may hold: a hostile one cannot make more objects than this. */
const MAX_VALUES = 4_000_000;

/** Decodes any message whose layout is known. */
export class AnyDecoder {
  readonly #layout: MessageLayout;
  readonly #reader = new CdrReader();
  readonly #minBytes = new Map<string, number>();
  #budget = MAX_VALUES;

  constructor(layout: MessageLayout) {
    this.#layout = layout;
  }
  decode(view: DataView, offset: number, length: number): Result<RosMessage, WireFault> {
    this.#budget = MAX_VALUES;
    this.#reader.open(view, offset, length);
    const message = this.#message(this.#layout.name);
    const fault = this.#reader.finish();
    return fault === null ? ok(message) : err(fault);
  }
  #message(name: string): RosMessage {
    const fields = this.#layout.types.get(name)!;
    const result: Record<string, RosValue> = {};
    /** a struct without members is one byte on the wire */
    if (fields.length === 0) this.#reader.u8();
    for (const field of fields) {
      if (this.#reader.fault !== null) break;
      result[field.name] = this.#field(field);
    }
    return result;
  }
  #field(field: Field): RosValue {
    if (field.array.kind === "one") return this.#value(field.type);
    if (field.array.kind === "fixed") return this.#list(field.type, field.array.count);
    const count = this.#reader.sequence(this.#leastBytes(field.type));
    if (count > field.array.max) this.#reader.fail("length");
    return this.#list(field.type, this.#reader.fault === null ? count : 0);
  }
  #value(type: FieldType): RosValue {
    if (--this.#budget < 0) {
      this.#reader.fail("wide");
      return 0;
    }
    return type.kind === "primitive" ? READ[type.primitive](this.#reader) : this.#message(type.name);
  }
  #list(type: FieldType, count: number): RosValue {
    if (count * this.#leastBytes(type) > this.#reader.remaining) {
      this.#reader.fail("short");
      return [];
    }
    if (type.kind === "primitive" && (type.primitive === "f64" || type.primitive === "f32"))
      return this.#floats(type.primitive, count);
    if (type.kind === "primitive" && type.primitive === "u8") return this.#bytes(count);
    const values: RosValue[] = [];
    for (let i = 0; i < count && this.#reader.fault === null; i++) values.push(this.#value(type));
    return values;
  }
  #floats(primitive: "f32" | "f64", count: number): Float64Array {
    const row = new Float64Array(count);
    if (primitive === "f64") this.#reader.f64s(count, row, 0);
    else this.#reader.f32s(count, row, 0);
    return row;
  }
  #bytes(count: number): Uint8Array {
    const at = this.#reader.claim(count, 1);
    const source = this.#reader.source;
    return at < 0 ? new Uint8Array(0) : new Uint8Array(source.buffer, source.byteOffset + at, count).slice();
  }
  /** Fewest bytes that one value of a type can take: what a claimed length is held against. */
  #leastBytes(type: FieldType): number {
    if (type.kind === "primitive") return MIN_BYTES[type.primitive];
    const known = this.#minBytes.get(type.name);
    if (known !== undefined) return known;
    let sum = 0;
    for (const field of this.#layout.types.get(type.name)!) sum += this.#leastOfField(field);
    const bytes = Math.max(1, sum);
    this.#minBytes.set(type.name, bytes);
    return bytes;
  }
  #leastOfField(field: Field): number {
    if (field.array.kind === "sequence") return 4;
    return this.#leastBytes(field.type) * (field.array.kind === "fixed" ? field.array.count : 1);
  }
}
/** Length in units, then UTF-16 units of two bytes, without a closing zero. */
function wideText(reader: CdrReader): string {
  const count = reader.sequence(2);
  const units: number[] = [];
  for (let i = 0; i < count && reader.fault === null; i++) units.push(reader.u16());
  let text = "";
  for (let i = 0; i < units.length; i += 4_096) text += String.fromCharCode(...units.slice(i, i + 4_096));
  return text;
}

/** The number at a path such as `wrench.force.x` or `data[3]`, or NaN when there is none. */
export function numberAt(message: RosMessage, path: string): number {
  let value: RosValue | undefined = message;
  for (const step of path.split(/[.[\]]+/)) {
    if (step === "") continue;
    if (typeof value !== "object" || !Object.hasOwn(value, step)) return NaN;
    value = (value as Readonly<Record<string, RosValue>>)[step];
  }
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "number" ? value : typeof value === "bigint" ? Number(value) : NaN;
}
