import type { Hasher } from "../base/hash.ts";
import { HASH_BYTES } from "../base/hash.ts";
import type { Result } from "../base/result.ts";
import { err, ok } from "../base/result.ts";
import { base64Of, bytesOfBase64 } from "./base64.ts";
import type { Hash } from "./merkle.ts";
import { type Ed25519, type Note, type NoteKey, parseNote, verifyNote } from "./note.ts";

/** Size and root of a tree under its name (c2sp.org/tlog-checkpoint). */
export interface Checkpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Hash;
}

const SIZE = /^(0|[1-9][0-9]{0,18})$/;

/** The text that is signed; no extension lines, because nobody audits them. */
export const checkpointText = (checkpoint: Checkpoint): string =>
  `${checkpoint.origin}\n${checkpoint.size}\n${base64Of(checkpoint.root)}\n`;

export function parseCheckpoint(text: string): Result<Checkpoint, string> {
  if (!text.endsWith("\n")) return err("a checkpoint ends with a newline");
  const lines = text.slice(0, -1).split("\n");
  const [origin, size, root] = lines;
  if (lines.some((line) => line === "")) return err("a checkpoint has no empty line");
  if (origin === undefined || size === undefined || root === undefined)
    return err("a checkpoint has three lines");
  const parsedSize = parseSize(size);
  if (parsedSize === null)
    return err(`a tree size is a decimal number below 2^63, got "${size.slice(0, 40)}"`);
  const bytes = bytesOfBase64(root);
  if (bytes === null || bytes.length !== HASH_BYTES) return err("a root is 32 bytes in base 64");
  return ok({ origin, size: parsedSize, root: bytes });
}

/** null: not a decimal number below 2^63 without leading zeros */
export function parseSize(text: string): bigint | null {
  if (!SIZE.test(text)) return null;
  const size = BigInt(text);
  return size < 1n << 63n ? size : null;
}

/** A checkpoint whose signature by one of the known keys holds. */
export interface SignedCheckpoint extends Checkpoint {
  readonly note: Note;
  readonly signedBy: readonly NoteKey[];
}

export function openCheckpoint(
  ed25519: Ed25519,
  text: string,
  keys: readonly NoteKey[],
): Result<SignedCheckpoint, string> {
  const note = parseNote(text);
  if (!note.ok) return note;
  const checkpoint = parseCheckpoint(note.value.text);
  if (!checkpoint.ok) return checkpoint;
  const signed = verifyNote(ed25519, note.value, keys);
  if (!signed.ok) return signed;
  return ok({ ...checkpoint.value, note: note.value, signedBy: signed.value });
}

/** What the receipts need of the platform; lent by the caller. */
export interface Crypto extends Hasher, Ed25519 {}
