import { blake3 } from "@noble/hashes/blake3.js";
import { sha256 } from "@noble/hashes/sha2.js";

/** Two hash functions behind one face, so that the edge can lend faster ones than the pure core has. */
export interface Hasher {
  sha256(bytes: Uint8Array): Uint8Array;
  blake3(bytes: Uint8Array): Uint8Array;
}

/** Plain JavaScript, the same on every machine: the reference that faster ones are compared with. */
export const pureHasher: Hasher = { sha256: (bytes) => sha256(bytes), blake3: (bytes) => blake3(bytes) };

export const HASH_BYTES = 32;

/** Lower-case hexadecimal SHA-256. */
export const sha256Hex = (bytes: Uint8Array, hasher: Hasher = pureHasher): string =>
  hexOf(hasher.sha256(bytes));

/** `sha256:blake3`, both lower-case hexadecimal: a forger has to break both functions at once. */
export const dualHash = (bytes: Uint8Array, hasher: Hasher = pureHasher): string =>
  `${hexOf(hasher.sha256(bytes))}:${hexOf(hasher.blake3(bytes))}`;

const HEX: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));

export function hexOf(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i]!]!;
  return text;
}

/** null: not an even number of lower-case hexadecimal digits */
export function bytesOfHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) return null;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
