/**
 * Standard base 64 (RFC 4648, section 4), strict: padding is required and unused bits are zero, so that one
 * sequence of bytes has one spelling and a signed text cannot be respelled.
 */
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUE: Readonly<Record<string, number>> = Object.fromEntries([...DIGITS].map((digit, i) => [digit, i]));

export function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += DIGITS[(word >> 18) & 63]! + DIGITS[(word >> 12) & 63]!;
    text += left > 1 ? DIGITS[(word >> 6) & 63]! : "=";
    text += left > 2 ? DIGITS[word & 63]! : "=";
  }
  return text;
}

/** null: not the one spelling of any bytes */
export function bytesOfBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0) return null;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let i = 0, at = 0; i < text.length; i += 4, at += 3) {
    let word = 0;
    for (let k = 0; k < 4; k++) {
      const isPadding = i + k >= text.length - padding;
      const value = isPadding ? 0 : VALUE[text[i + k]!];
      if (value === undefined) return null;
      word = (word << 6) | value;
    }
    for (let k = 0; k < 3; k++) {
      const byte = (word >> (16 - 8 * k)) & 0xff;
      if (at + k < bytes.length) bytes[at + k] = byte;
      else if (byte !== 0) return null;
    }
  }
  return bytes;
}
