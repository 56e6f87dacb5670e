import { ok, type Result } from "../../core/base/result.ts";
import type { Field, FieldType, MessageLayout, Primitive } from "./layout.ts";
import { parseDefinition } from "./parse-definition.ts";
import { rosTypeName } from "./type-name.ts";

const SIZE: Readonly<Record<Primitive, number>> = {
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
  text: 0,
  wideText: 0,
};
const NAME: Readonly<Record<Primitive, string>> = {
  bool: "bool",
  u8: "uint8",
  i8: "int8",
  u16: "uint16",
  i16: "int16",
  u32: "uint32",
  i32: "int32",
  u64: "uint64",
  i64: "int64",
  f32: "float32",
  f64: "float64",
  text: "string",
  wideText: "wstring",
};
const HEADER = "std_msgs/msg/Header";
const BUILT_IN = "builtin_interfaces/msg/";
/** messages without members take no byte, so their number cannot be held against what is left */
const MAX_EMPTY = 65_536;
const MAX_MESSAGE_BYTES = 256 * 1_048_576;
const RULE = "=".repeat(80);

/** Turns messages of one ROS 1 type into what ROS 2 would have sent. */
export interface Ros1Converter {
  /** ROS 2 name of the type */
  readonly type: string;
  /** its definition as a ROS 2 recording holds it */
  readonly definition: string;
  /** CDR with encapsulation, valid until the next call; null: the bytes do not fit the type */
  convert(bytes: Uint8Array): Uint8Array | null;
}

/** Headers of ROS 1 count messages; those of ROS 2 do not. */
const isDropped = (owner: string, field: Field): boolean => owner === HEADER && field.name === "seq";

export function ros1Converter(typeName: string, definition: string): Result<Ros1Converter, string> {
  const parsed = parseDefinition(typeName, "ros2msg", definition);
  if (!parsed.ok) return parsed;
  const layout = parsed.value;
  const writer = new Converting(layout);
  return ok({
    type: rosTypeName(typeName),
    definition: textOf(layout),
    convert: (bytes) => writer.convert(bytes),
  });
}

/** One message: read without alignment, written with it. */
class Converting {
  readonly #layout: MessageLayout;
  #in: DataView = new DataView(new ArrayBuffer(0));
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #out = new Uint8Array(4_096);
  #view = new DataView(this.#out.buffer);
  #used = 0;
  #bad = false;

  constructor(layout: MessageLayout) {
    this.#layout = layout;
  }
  convert(bytes: Uint8Array): Uint8Array | null {
    this.#bytes = bytes;
    this.#in = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = 0;
    this.#bad = false;
    this.#out.set([0, 1, 0, 0]);
    this.#used = 4;
    this.#message(this.#layout.name);
    return this.#bad || this.#at !== bytes.length ? null : this.#out.subarray(0, this.#used);
  }
  #message(name: string): void {
    const fields = this.#layout.types.get(name) as readonly Field[];
    if (fields.length === 0) this.#put(1, 1);
    for (const field of fields) {
      if (this.#bad) return;
      if (isDropped(name, field)) this.#take(4);
      else this.#field(field);
    }
  }
  #field({ type, array }: Field): void {
    if (array.kind === "one") return this.#values(type, 1);
    if (array.kind === "fixed") return this.#values(type, array.count);
    const count = this.#length();
    const at = this.#put(4, 4);
    if (this.#bad) return;
    this.#view.setUint32(at, count, true);
    this.#values(type, count);
  }
  #length(): number {
    const at = this.#take(4);
    return this.#bad ? 0 : this.#in.getUint32(at, true);
  }
  #values(type: FieldType, count: number): void {
    if (type.kind === "message") {
      if (count > Math.max(MAX_EMPTY, this.#bytes.length - this.#at)) this.#bad = true;
      for (let i = 0; i < count && !this.#bad; i++) this.#message(type.name);
      return;
    }
    const size = SIZE[type.primitive];
    if (size === 0) {
      for (let i = 0; i < count && !this.#bad; i++) this.#text();
      return;
    }
    if (count === 0) return;
    const from = this.#take(size * count);
    if (this.#bad) return;
    const to = this.#put(size * count, size);
    if (!this.#bad) this.#out.set(this.#bytes.subarray(from, from + size * count), to);
  }
  #text(): void {
    const length = this.#length();
    const from = this.#take(length);
    const at = this.#put(4 + length + 1, 4);
    if (this.#bad) return;
    this.#view.setUint32(at, length + 1, true);
    this.#out.set(this.#bytes.subarray(from, from + length), at + 4);
    this.#out[at + 4 + length] = 0;
  }
  #take(count: number): number {
    const at = this.#at;
    if (at + count > this.#bytes.length) {
      this.#bad = true;
      return at;
    }
    this.#at += count;
    return at;
  }
  /** Room for so many bytes at an aligned place behind the encapsulation. */
  #put(count: number, align: number): number {
    const at = 4 + Math.ceil((this.#used - 4) / align) * align;
    const end = at + count;
    if (end > MAX_MESSAGE_BYTES) {
      this.#bad = true;
      return this.#used;
    }
    if (end > this.#out.length) {
      const bigger = new Uint8Array(Math.max(this.#out.length * 2, end));
      bigger.set(this.#out.subarray(0, this.#used));
      this.#out = bigger;
      this.#view = new DataView(bigger.buffer);
    }
    this.#out.fill(0, this.#used, at + (align === 1 ? count : 0));
    this.#used = end;
    return at;
  }
}

/** The definition again, without what ROS 2 does not have. */
function textOf({ name, types }: MessageLayout): string {
  const parts = [fieldsOf(name, types)];
  const done = new Set([name]);
  const wanted = [name];
  for (let owner = wanted.pop(); owner !== undefined; owner = wanted.pop())
    for (const { type } of types.get(owner) as readonly Field[]) {
      if (type.kind !== "message" || done.has(type.name) || type.name.startsWith(BUILT_IN)) continue;
      done.add(type.name);
      wanted.push(type.name);
      const [pkg, , bare] = type.name.split("/");
      parts.push(`${RULE}\nMSG: ${pkg}/${bare}\n${fieldsOf(type.name, types)}`);
    }
  return `${parts.join("\n")}\n`;
}
function fieldsOf(name: string, types: MessageLayout["types"]): string {
  return (types.get(name) as readonly Field[])
    .filter((field) => !isDropped(name, field))
    .map((field) => {
      const { type, array } = field;
      const [pkg, , bare] = type.kind === "message" ? type.name.split("/") : [];
      const base = type.kind === "primitive" ? NAME[type.primitive] : `${pkg}/${bare}`;
      const list = array.kind === "one" ? "" : array.kind === "fixed" ? `[${array.count}]` : "[]";
      return `${base}${list} ${field.name}`;
    })
    .join("\n");
}
