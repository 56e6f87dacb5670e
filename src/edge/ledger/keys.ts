import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type NoteKey, type NoteSigner, noteKey } from "../../core/receipts/index.ts";
import { type LedgerCrypto, rawPublicKey } from "./crypto.ts";
import { makeFolder, replaceFile } from "../files/index.ts";
import { keyFolder } from "./layout.ts";

/** One Ed25519 key of the ledger; number 0 is the first, a rotation adds the next. Old ones stay. */
export interface LedgerKey {
  readonly number: number;
  readonly privateKey: KeyObject;
  readonly publicKey: Uint8Array;
}

const KEY_NAME = /^ed25519-(\d{3})\.pem$/;
const KEY_MODE = 0o600;
const keyPath = (dir: string, number: number): string =>
  join(keyFolder(dir), `ed25519-${String(number).padStart(3, "0")}.pem`);

export const listKeys = (dir: string): number[] =>
  existsSync(keyFolder(dir))
    ? readdirSync(keyFolder(dir))
        .flatMap((name) => (KEY_NAME.test(name) ? [Number(KEY_NAME.exec(name)![1])] : []))
        .sort((a, b) => a - b)
    : [];

export function readKey(dir: string, number: number): LedgerKey {
  const path = keyPath(dir, number);
  const mode = statSync(path).mode & 0o077;
  if (mode !== 0)
    throw new Error(`${path} may be read by others: chmod 600 it, then change the key (ledger rotate-key)`);
  const privateKey = createPrivateKey(readFileSync(path));
  return { number, privateKey, publicKey: rawPublicKey(createPublicKey(privateKey)) };
}

/** Makes the next key; it signs from the next shard on. */
export function makeKey(dir: string): LedgerKey {
  makeFolder(keyFolder(dir), 0o700);
  const number = (listKeys(dir).at(-1) ?? -1) + 1;
  const { privateKey } = generateKeyPairSync("ed25519");
  replaceFile(keyPath(dir, number), privateKey.export({ type: "pkcs8", format: "pem" }), KEY_MODE);
  return readKey(dir, number);
}

export const newestKey = (dir: string): LedgerKey => {
  const number = listKeys(dir).at(-1);
  return number === undefined ? makeKey(dir) : readKey(dir, number);
};

/** A key under the name of one shard; C2SP wants the key's name to be the origin of the log. */
export function signerOf(crypto: LedgerCrypto, origin: string, key: LedgerKey): NoteSigner {
  return {
    key: noteKey(crypto, origin, key.publicKey),
    sign: (message) => sign(null, message, key.privateKey),
  };
}

/** The key that a vkey names, when its private half is here. */
export function keyFor(dir: string, key: NoteKey): LedgerKey | null {
  const wanted = Buffer.from(key.publicKey);
  for (const number of listKeys(dir)) {
    const candidate = readKey(dir, number);
    if (wanted.equals(candidate.publicKey)) return candidate;
  }
  return null;
}

/** Makes the key that signs from the next shard on; returns its number. The node seals its shard when it sees it. */
export const rotateKey = (dir: string): number => makeKey(dir).number;
