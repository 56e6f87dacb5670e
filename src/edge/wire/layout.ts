/** One field of a message, as its definition says. */
export interface Field {
  readonly name: string;
  readonly type: FieldType;
  /** one value, exactly n of them, or a sequence of at most `max` (Infinity: no bound) */
  readonly array:
    | { readonly kind: "one" }
    | { readonly kind: "fixed"; readonly count: number }
    | { readonly kind: "sequence"; readonly max: number };
}
export type FieldType =
  | { readonly kind: "primitive"; readonly primitive: Primitive }
  | { readonly kind: "message"; readonly name: string };
export const PRIMITIVES = [
  "bool",
  "u8",
  "i8",
  "u16",
  "i16",
  "u32",
  "i32",
  "u64",
  "i64",
  "f32",
  "f64",
  "text",
  "wideText",
] as const;
export type Primitive = (typeof PRIMITIVES)[number];

/** A type with everything it is made of. */
export interface MessageLayout {
  readonly name: string;
  readonly types: ReadonlyMap<string, readonly Field[]>;
}
export const ONE = { kind: "one" } as const;

/** Bounds of a definition: no real one comes near. */
export const MAX_DEFINITION_BYTES = 1_000_000;
export const MAX_TYPES = 2_000;
export const MAX_FIELDS = 5_000;
export const MAX_DEPTH = 32;
export const MAX_FIXED_COUNT = 1_000_000;
