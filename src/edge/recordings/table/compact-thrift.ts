/** Thrift's compact protocol, as far as the heads of Parquet files need it. */
const TYPES = { i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const;
export type Field =
  | readonly ["i32" | "i64", number]
  | readonly ["binary", Uint8Array | string]
  | readonly ["struct", Struct]
  | readonly ["list", keyof typeof TYPES, readonly (number | string | Struct)[]];
/** Fields by their numbers, in ascending order. */
export type Struct = readonly (readonly [id: number, field: Field])[];

const utf8 = new TextEncoder();

export function encodeStruct(struct: Struct): Uint8Array {
  const out: number[] = [];
  putStruct(out, struct);
  return Uint8Array.from(out);
}
function putVarint(out: number[], value: number): void {
  let rest = value;
  while (rest >= 128) {
    out.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  out.push(rest);
}
/** Numbers here are never negative, so their zigzag form is twice the number. */
const putNumber = (out: number[], value: number): void => putVarint(out, 2 * value);
function putBinary(out: number[], value: Uint8Array | string): void {
  const bytes = typeof value === "string" ? utf8.encode(value) : value;
  putVarint(out, bytes.length);
  for (const byte of bytes) out.push(byte);
}
function putStruct(out: number[], struct: Struct): void {
  let last = 0;
  for (const [id, field] of struct) {
    out.push(((id - last) << 4) | TYPES[field[0]]);
    last = id;
    putField(out, field);
  }
  out.push(0);
}
function putField(out: number[], field: Field): void {
  switch (field[0]) {
    case "i32":
    case "i64":
      return putNumber(out, field[1]);
    case "binary":
      return putBinary(out, field[1]);
    case "struct":
      return putStruct(out, field[1]);
    case "list": {
      const [, type, items] = field;
      if (items.length < 15) out.push((items.length << 4) | TYPES[type]);
      else {
        out.push(0xf0 | TYPES[type]);
        putVarint(out, items.length);
      }
      for (const item of items) {
        if (typeof item === "number") putNumber(out, item);
        else if (typeof item === "string") putBinary(out, item);
        else putStruct(out, item);
      }
    }
  }
}
