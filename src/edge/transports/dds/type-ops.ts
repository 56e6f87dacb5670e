import { table } from "../../../core/base/table.ts";
import { assert } from "../../../core/base/assert.ts";
import type { Field, FieldType, MessageLayout } from "../../wire/index.ts";

/**
 * Cyclone checks and byte-swaps CDR by a small program per type. Its words also hold the offset of each
 * field in a C struct; no C struct is ever built or read here, so every offset is zero and one block of
 * zeros of `structBytes` is a valid struct of any type.
 */
export interface TypeProgram {
  readonly ops: Uint32Array;
  readonly structBytes: number;
}

const RTS = 0;
const ADR = 0x01 << 24;
const VALUE = {
  one: 0x01,
  two: 0x02,
  four: 0x03,
  eight: 0x04,
  text: 0x05,
  seq: 0x07,
  arr: 0x08,
  stu: 0x0a,
  bsq: 0x0b,
  bool: 0x0e,
};
const SIGNED = 1 << 2;
const FLOATING = 1 << 1;
const ELEMENT_BYTES = 64;
const WORD_MAX = 0xffff;
const MIN_STRUCT_BYTES = 64;

type Scalar = readonly [value: number, flags: number, bytes: number];
const SCALARS: Readonly<Record<string, Scalar>> = table({
  bool: [VALUE.bool, 0, 1],
  u8: [VALUE.one, 0, 1],
  i8: [VALUE.one, SIGNED, 1],
  u16: [VALUE.two, 0, 2],
  i16: [VALUE.two, SIGNED, 2],
  u32: [VALUE.four, 0, 4],
  i32: [VALUE.four, SIGNED, 4],
  u64: [VALUE.eight, 0, 8],
  i64: [VALUE.eight, SIGNED, 8],
  f32: [VALUE.four, FLOATING, 4],
  f64: [VALUE.eight, FLOATING, 8],
  text: [VALUE.text, 0, 8],
});

export function compileType(layout: MessageLayout): TypeProgram {
  const size = { bytes: MIN_STRUCT_BYTES };
  const ops = [...fieldsOps(layout, layout.name, size), RTS];
  return { ops: Uint32Array.from(ops), structBytes: size.bytes };
}

/** XCDR1 does not align structs, so the fields of a nested message stand where the message stood. */
function fieldsOps(layout: MessageLayout, name: string, size: { bytes: number }): number[] {
  const fields = layout.types.get(name);
  assert(fields !== undefined, `type ${name} is missing in ${layout.name}`);
  // a struct without members is one byte on the wire
  if (fields.length === 0) return [ADR | (VALUE.one << 16), 0];
  return fields.flatMap((field) => fieldOps(layout, field, size));
}
function fieldOps(layout: MessageLayout, field: Field, size: { bytes: number }): number[] {
  const { array, type } = field;
  if (array.kind === "one") {
    if (type.kind === "message") return fieldsOps(layout, type.name, size);
    const [value, flags] = scalarOf(type);
    return [ADR | (value << 16) | flags, 0];
  }
  if (array.kind === "fixed") return fixedOps(layout, type, array.count, size);
  const bounded = Number.isFinite(array.max);
  const head = ADR | ((bounded ? VALUE.bsq : VALUE.seq) << 16);
  const bound = bounded ? [array.max] : [];
  if (type.kind === "primitive") {
    const [value, flags] = scalarOf(type);
    return [head | (value << 8) | flags, 0, ...bound];
  }
  const element = [...fieldsOps(layout, type.name, size), RTS];
  const at = 4 + bound.length;
  return [head | (VALUE.stu << 8), 0, ...bound, ELEMENT_BYTES, jump(at + element.length, at), ...element];
}
function fixedOps(layout: MessageLayout, type: FieldType, count: number, size: { bytes: number }): number[] {
  if (type.kind === "message")
    return Array.from({ length: count }, () => fieldsOps(layout, type.name, size)).flat();
  const [value, flags, bytes] = scalarOf(type);
  size.bytes = Math.max(size.bytes, count * bytes);
  return [ADR | (VALUE.arr << 16) | (value << 8) | flags, 0, count];
}
/** Where the next field's word stands and where the element's first word stands, counted from this one. */
function jump(next: number, element: number): number {
  assert(next <= WORD_MAX, "type program too long for a jump");
  return ((next << 16) | element) >>> 0;
}
function scalarOf(type: FieldType): Scalar {
  const scalar = type.kind === "primitive" ? SCALARS[type.primitive] : undefined;
  assert(scalar !== undefined, "wide text cannot be carried over DDS");
  return scalar;
}
