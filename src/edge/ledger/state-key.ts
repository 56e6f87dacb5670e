import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { existsSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, replaceFile } from "../files/index.ts";
import { keyFolder } from "./layout.ts";

const KEY_BYTES = 32;
const SEAL_CHARS = 64;
const keyFile = (dir: string): string => join(keyFolder(dir), "kept-state.key");

/**
 * The key of the small files that a start believes: latched stops, the stage of the gate, requests that were made. Whoever
 * may write such a file, and not read this one, can neither empty a latch nor raise a stage. It is made once; files that
 * were sealed with a key that is gone count as damaged.
 */
export function stateKey(dir: string): Buffer {
  const path = keyFile(dir);
  if (existsSync(path)) {
    const key = readFileSync(path);
    if (key.length === KEY_BYTES && (statSync(path).mode & 0o077) === 0) return key;
    renameSync(path, `${path}.set-aside`);
  }
  const key = randomBytes(KEY_BYTES);
  makeFolder(keyFolder(dir), 0o700);
  replaceFile(path, key, 0o600);
  return key;
}

/** One line: the seal, a blank, the text. */
export const sealed = (key: Uint8Array, text: string): string => `${sealOf(key, text)} ${text}\n`;

/** `keyed: false`: whole, but sealed without a key, as anybody could; null: no such line, or changed. */
export function unsealed(
  key: Uint8Array,
  line: string,
): { readonly text: string; readonly keyed: boolean } | null {
  const seal = line.slice(0, SEAL_CHARS);
  const text = line.slice(SEAL_CHARS + 1);
  if (line[SEAL_CHARS] !== " ") return null;
  if (equal(seal, sealOf(key, text))) return { text, keyed: true };
  return equal(seal, createHash("sha256").update(text).digest("hex")) ? { text, keyed: false } : null;
}

const sealOf = (key: Uint8Array, text: string): string =>
  createHmac("sha256", key).update(text).digest("hex");
const equal = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};
