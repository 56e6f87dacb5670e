import type { Hasher } from "../base/hash.ts";
import { bytesOfHex, hexOf } from "../base/hash.ts";
import type { Result } from "../base/result.ts";
import { err, ok } from "../base/result.ts";
import { isWellFormed, utf8Bytes } from "../base/utf8.ts";
import { base64Of, bytesOfBase64 } from "./base64.ts";

/**
 * Signed notes of C2SP (c2sp.org/signed-note): a text, an empty line and lines of signatures. The signature
 * arithmetic is lent by the caller, so that this file stays free of any platform.
 */
export interface Ed25519 {
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}
export interface NoteSigner {
  readonly key: NoteKey;
  sign(message: Uint8Array): Uint8Array;
}

/** Kinds of signature that this node understands, by the type byte of the specification. */
export const KEY_ED25519 = 0x01;
export const KEY_COSIGNATURE = 0x04;

/** A public key that signs notes under a name. */
export interface NoteKey {
  readonly name: string;
  readonly keyId: string;
  readonly type: number;
  readonly publicKey: Uint8Array;
}
export interface NoteSignature {
  readonly name: string;
  readonly keyId: string;
  readonly signature: Uint8Array;
}
export interface Note {
  /** ends with a newline */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

const SIGNATURE_START = "— ";
export const NOTE_BYTES_MAX = 1_000_000;
export const NOTE_SIGNATURES_MAX = 100;
const KEY_NAME = /^[^\s+]+$/u;

export function noteKey(hasher: Hasher, name: string, publicKey: Uint8Array, type = KEY_ED25519): NoteKey {
  const head = utf8Bytes(`${name}\n`);
  const bytes = new Uint8Array(head.length + 1 + publicKey.length);
  bytes.set(head);
  bytes[head.length] = type;
  bytes.set(publicKey, head.length + 1);
  return { name, type, publicKey, keyId: hexOf(hasher.sha256(bytes).subarray(0, 4)) };
}

/** `name+keyid+base64(type, key)`: how a key is written down and handed over. */
export function vkeyOf(key: NoteKey): string {
  const bytes = new Uint8Array(key.publicKey.length + 1);
  bytes[0] = key.type;
  bytes.set(key.publicKey, 1);
  return `${key.name}+${key.keyId}+${base64Of(bytes)}`;
}

export function parseVkey(hasher: Hasher, text: string): Result<NoteKey, string> {
  const first = text.indexOf("+");
  const second = text.indexOf("+", first + 1);
  if (first <= 0 || second < 0) return err("a key is written name+keyid+base64");
  const name = text.slice(0, first);
  const bytes = bytesOfBase64(text.slice(second + 1));
  if (bytes === null || bytes.length !== 33) return err("a key holds one type byte and 32 bytes in base 64");
  if (bytes[0] !== KEY_ED25519 && bytes[0] !== KEY_COSIGNATURE)
    return err(`key type ${bytes[0]} is not supported`);
  if (!KEY_NAME.test(name)) return err("a key's name has no spaces and no plus");
  const key = noteKey(hasher, name, bytes.subarray(1), bytes[0]);
  return key.keyId === text.slice(first + 1, second)
    ? ok(key)
    : err("the key's identifier does not match the key");
}

export function formatSignature(signature: NoteSignature): string {
  const id = bytesOfHex(signature.keyId)!;
  const bytes = new Uint8Array(4 + signature.signature.length);
  bytes.set(id);
  bytes.set(signature.signature, 4);
  return `${SIGNATURE_START}${signature.name} ${base64Of(bytes)}\n`;
}

export function signNote(text: string, signers: readonly NoteSigner[]): string {
  const message = utf8Bytes(text);
  const lines = signers.map((signer) =>
    formatSignature({ name: signer.key.name, keyId: signer.key.keyId, signature: signer.sign(message) }),
  );
  return `${text}\n${lines.join("")}`;
}

export function parseNote(note: string): Result<Note, string> {
  if (note.length > NOTE_BYTES_MAX) return err(`a note has at most ${NOTE_BYTES_MAX} bytes`);
  if (!isWellFormed(note)) return err("a note is well-formed text");
  for (let i = 0; i < note.length; i++)
    if (note.charCodeAt(i) < 0x20 && note[i] !== "\n") return err("a note has no control characters");
  const split = note.lastIndexOf("\n\n");
  if (split < 0) return err("a note has an empty line before its signatures");
  if (!note.endsWith("\n")) return err("a note ends with a newline");
  const lines = note.slice(split + 2, -1).split("\n");
  if (lines.length > NOTE_SIGNATURES_MAX) return err(`a note has at most ${NOTE_SIGNATURES_MAX} signatures`);
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = parseSignature(line);
    if (signature === null) return err("a signature line is not readable");
    signatures.push(signature);
  }
  return ok({ text: note.slice(0, split + 1), signatures });
}

function parseSignature(line: string): NoteSignature | null {
  if (!line.startsWith(SIGNATURE_START)) return null;
  const [name, encoded, rest] = line.slice(SIGNATURE_START.length).split(" ");
  if (name === undefined || encoded === undefined || rest !== undefined || !KEY_NAME.test(name)) return null;
  const bytes = bytesOfBase64(encoded);
  if (bytes === null || bytes.length < 5) return null;
  return { name, keyId: hexOf(bytes.subarray(0, 4)), signature: bytes.subarray(4) };
}

/**
 * Keys among `known` that signed the note. Unknown keys are passed over; a known key whose signature is
 * wrong spoils the whole note.
 */
export function verifyNote(
  ed25519: Ed25519,
  note: Note,
  known: readonly NoteKey[],
): Result<NoteKey[], string> {
  const signed: NoteKey[] = [];
  for (const signature of note.signatures) {
    const key = known.find((k) => k.name === signature.name && k.keyId === signature.keyId);
    if (key === undefined) continue;
    if (!signatureHolds(ed25519, note.text, key, signature.signature))
      return err(`the signature of ${key.name} is wrong`);
    if (!signed.includes(key)) signed.push(key);
  }
  return signed.length > 0 ? ok(signed) : err("no signature of a known key");
}

function signatureHolds(ed25519: Ed25519, text: string, key: NoteKey, signature: Uint8Array): boolean {
  if (key.type === KEY_ED25519) {
    return signature.length === 64 && ed25519.verify(key.publicKey, utf8Bytes(text), signature);
  }
  if (signature.length !== 72) return false;
  let seconds = 0n;
  for (const byte of signature.subarray(0, 8)) seconds = (seconds << 8n) | BigInt(byte);
  if (seconds >= 1n << 63n) return false;
  return ed25519.verify(key.publicKey, cosignatureMessage(text, seconds), signature.subarray(8));
}

/** What a witness signs (c2sp.org/tlog-cosignature): its time and the whole checkpoint text. */
export const cosignatureMessage = (text: string, seconds: bigint): Uint8Array =>
  utf8Bytes(`cosignature/v1\ntime ${seconds}\n${text}`);
