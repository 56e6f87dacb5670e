import { isWellFormed, utf8Bytes } from "./utf8.ts";

/** A value has no canonical text: our own mistake, found before its bytes are hashed. */
export class CanonicalError extends Error {
  override readonly name = "CanonicalError";
}

/** Deeper values are refused instead of ending in a stack overflow. */
export const CANONICAL_DEPTH_MAX = 64;

/**
 * The one text of a value (RFC 8785): members sorted by UTF-16 code units, no white space, numbers as
 * ECMAScript prints them. Stricter than the RFC where a value has two spellings or none: −0, NaN, ±∞,
 * undefined, half surrogate pairs, holes and anything that is not a plain object or array are refused.
 */
export const canonicalText = (value: unknown): string => write(value, 0);

/** UTF-8 bytes of the canonical text: what is hashed and signed. */
export const canonicalBytes = (value: unknown): Uint8Array => utf8Bytes(write(value, 0));

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return writeString(value);
    case "number":
      return writeNumber(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (depth >= CANONICAL_DEPTH_MAX)
        throw new CanonicalError(`expected at most ${CANONICAL_DEPTH_MAX} levels`);
      return Array.isArray(value) ? writeArray(value, depth) : writeObject(value, depth);
    case "undefined":
    case "bigint":
    case "symbol":
    case "function":
      throw new CanonicalError(`expected a JSON value, got ${typeof value}`);
  }
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new CanonicalError(`expected a finite number, got ${value}`);
  if (value === 0 && 1 / value < 0) throw new CanonicalError("expected a number other than −0");
  return String(value);
}

/** Printable ASCII without quote and backslash needs no escape. */
const PLAIN_TEXT = /^[ !#-[\]-~]*$/;

function writeString(value: string): string {
  if (PLAIN_TEXT.test(value)) return `"${value}"`;
  if (!isWellFormed(value))
    throw new CanonicalError("expected well-formed text, got half of a surrogate pair");
  return JSON.stringify(value);
}

function writeArray(value: readonly unknown[], depth: number): string {
  let text = "[";
  for (let i = 0; i < value.length; i++)
    text += i === 0 ? write(value[i], depth + 1) : `,${write(value[i], depth + 1)}`;
  return `${text}]`;
}

function writeObject(value: object, depth: number): string {
  const proto: unknown = Object.getPrototypeOf(value);
  if (proto !== Object.prototype && proto !== null)
    throw new CanonicalError("expected a plain object or array");
  const members = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(members).sort();
  let text = "{";
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (i > 0) text += ",";
    text += `${writeString(key)}:${write(members[key], depth + 1)}`;
  }
  return `${text}}`;
}
