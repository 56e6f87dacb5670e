import { assert } from "./assert.ts";

/**
 * UTF-8 written out by hand: the core is compiled without TextEncoder. Only well-formed text is accepted,
 * because a replacement character would give two texts the same bytes.
 */
export function utf8Bytes(text: string): Uint8Array {
  const size = utf8Length(text);
  const bytes = new Uint8Array(size);
  if (size === text.length) {
    for (let i = 0; i < size; i++) bytes[i] = text.charCodeAt(i);
    return bytes;
  }
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i)!;
    if (point > 0xffff) i++;
    at = writePoint(bytes, at, point);
  }
  return bytes;
}

/** Bytes that the text takes; throws on half of a surrogate pair. */
export function utf8Length(text: string): number {
  let size = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) size += 1;
    else if (unit < 0xd800 || unit > 0xdfff) size += 2;
    else {
      assert(isPair(unit, text.charCodeAt(i + 1)), `text expected well-formed, got half of a pair at ${i}`);
      size += 2;
      i++;
    }
  }
  return size;
}

/** The text of bytes; null: they are not well-formed UTF-8. */
export function textOfUtf8(bytes: Uint8Array): string | null {
  const parts: string[] = [];
  for (const byte of bytes)
    parts.push(
      byte < 0x80 && byte !== 0x25 ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, "0")}`,
    );
  try {
    // the language's own decoder refuses what is not well-formed
    return decodeURIComponent(parts.join(""));
  } catch {
    return null;
  }
}

/** true: every high surrogate is followed by a low one and no low one stands alone */
export function isWellFormed(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xd800 || unit > 0xdfff) continue;
    if (!isPair(unit, text.charCodeAt(i + 1))) return false;
    i++;
  }
  return true;
}

const isPair = (high: number, low: number): boolean => high < 0xdc00 && low >= 0xdc00 && low <= 0xdfff;

function writePoint(bytes: Uint8Array, at: number, point: number): number {
  if (point < 0x80) {
    bytes[at] = point;
    return at + 1;
  }
  if (point < 0x800) {
    bytes[at] = 0xc0 | (point >> 6);
    bytes[at + 1] = 0x80 | (point & 0x3f);
    return at + 2;
  }
  if (point < 0x10000) {
    bytes[at] = 0xe0 | (point >> 12);
    bytes[at + 1] = 0x80 | ((point >> 6) & 0x3f);
    bytes[at + 2] = 0x80 | (point & 0x3f);
    return at + 3;
  }
  bytes[at] = 0xf0 | (point >> 18);
  bytes[at + 1] = 0x80 | ((point >> 12) & 0x3f);
  bytes[at + 2] = 0x80 | ((point >> 6) & 0x3f);
  bytes[at + 3] = 0x80 | (point & 0x3f);
  return at + 4;
}
