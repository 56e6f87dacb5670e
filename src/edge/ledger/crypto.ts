import { createPublicKey, hash, type KeyObject, verify } from "node:crypto";
import { createBLAKE3 } from "hash-wasm";
import { HASH_BYTES } from "../../core/base/hash.ts";
import { type Crypto, type Hash, leafText, type Sealer, type TreeHasher } from "../../core/receipts/index.ts";

/** What one receipt becomes: leaf hash, SHA-256 and BLAKE3 one after another. */
export interface Sealed {
  readonly hashes: Buffer;
  readonly leafHash: Buffer;
}
/** The platform's fast hash functions. Checked against the pure ones by a differential test. */
export interface LedgerCrypto extends Crypto {
  readonly tree: TreeHasher;
  /** the same hashes from text to hexadecimal, which is quicker where rows are read by the hundred thousand */
  readonly sealer: Sealer;
  /** `body` is the receipt's canonical text in UTF-8 */
  seal(body: Uint8Array, previous: Uint8Array): Sealed;
}

/** node:crypto returns text several times faster than buffers. */
const sha256 = (bytes: Uint8Array): Buffer => Buffer.from(hash("sha256", bytes, "binary"), "binary");

const LEAF_TEXT = leafText("", `${"0".repeat(64)}:${"0".repeat(64)}`, "0".repeat(64)).slice(0, -1);
const SHA_AT = 1 + LEAF_TEXT.indexOf("0");
const BLAKE_AT = SHA_AT + 65;
const PREVIOUS_AT = 1 + LEAF_TEXT.lastIndexOf("0") - 63;
const RECEIPT_AT = 1 + LEAF_TEXT.length;
const CLOSING_BRACE = 0x7d;

const HEX = Buffer.from("0123456789abcdef");
/** One hash in hexadecimal, without the way through a text. */
function writeHex(target: Uint8Array, at: number, source: Uint8Array, from: number): void {
  for (let i = 0; i < HASH_BYTES; i++) {
    const byte = source[from + i]!;
    target[at + 2 * i] = HEX[byte >> 4]!;
    target[at + 2 * i + 1] = HEX[byte & 15]!;
  }
}

/** One engine serves a whole thread: every hash is begun and ended in one call. */
let engine: ReturnType<typeof createBLAKE3> | null = null;

export async function createLedgerCrypto(): Promise<LedgerCrypto> {
  const wasm = await (engine ??= createBLAKE3());
  const blake3 = (bytes: Uint8Array): Uint8Array => wasm.init().update(bytes).digest("binary");
  const node = Buffer.alloc(1 + 2 * HASH_BYTES, 1);
  let leaf = Buffer.alloc(4_096);
  leaf.write(LEAF_TEXT, 1, "latin1");
  const room = (size: number): Buffer => {
    if (leaf.length < size) {
      leaf = Buffer.alloc(2 * size);
      leaf.write(LEAF_TEXT, 1, "latin1");
    }
    return leaf;
  };
  const sealer: Sealer = {
    seal(receiptText, previous) {
      // a character takes at most three bytes
      const bytes = room(RECEIPT_AT + 3 * receiptText.length + 1);
      const end = RECEIPT_AT + bytes.write(receiptText, RECEIPT_AT, "utf8");
      const body = bytes.subarray(RECEIPT_AT, end);
      const sha = hash("sha256", body, "hex");
      bytes.write(sha, SHA_AT, "latin1");
      writeHex(bytes, BLAKE_AT, wasm.init().update(body).digest("binary"), 0);
      const blake = bytes.toString("latin1", BLAKE_AT, BLAKE_AT + 2 * HASH_BYTES);
      bytes.write(previous, PREVIOUS_AT, "latin1");
      bytes[end] = CLOSING_BRACE;
      return hash("sha256", bytes.subarray(0, end + 1), "hex") + sha + blake;
    },
    bytesOf: (hex) => Buffer.from(hex, "hex"),
  };
  return {
    sealer,
    sha256,
    blake3,
    verify: verifyEd25519,
    tree: {
      leaf: (data) => sha256(Buffer.concat([Buffer.of(0), data])),
      node(left, right) {
        node.set(left, 1);
        node.set(right, 1 + HASH_BYTES);
        return sha256(node);
      },
      empty: () => sha256(Buffer.alloc(0)),
    },
    seal(body, previous) {
      const size = RECEIPT_AT + body.length + 1;
      const bytes = room(size);
      const hashes = Buffer.allocUnsafe(3 * HASH_BYTES);
      hashes.write(hash("sha256", body, "binary"), HASH_BYTES, "binary");
      hashes.set(wasm.init().update(body).digest("binary"), 2 * HASH_BYTES);
      writeHex(bytes, SHA_AT, hashes, HASH_BYTES);
      writeHex(bytes, BLAKE_AT, hashes, 2 * HASH_BYTES);
      writeHex(bytes, PREVIOUS_AT, previous, 0);
      bytes.set(body, RECEIPT_AT);
      bytes[size - 1] = CLOSING_BRACE;
      hashes.write(hash("sha256", bytes.subarray(0, size), "binary"), 0, HASH_BYTES, "binary");
      return { hashes, leafHash: hashes.subarray(0, HASH_BYTES) };
    },
  };
}

export const dualOf = (hashes: Buffer): string =>
  `${hashes.toString("hex", HASH_BYTES, 2 * HASH_BYTES)}:${hashes.toString("hex", 2 * HASH_BYTES, 3 * HASH_BYTES)}`;

/** DER of an Ed25519 public key up to its 32 bytes (RFC 8410). */
const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");
const KEYS_KEPT = 64;
const keys = new Map<string, KeyObject>();

function keyOf(publicKey: Uint8Array): KeyObject {
  const name = Buffer.from(publicKey).toString("hex");
  let key = keys.get(name);
  if (key === undefined) {
    if (keys.size >= KEYS_KEPT) keys.clear();
    key = createPublicKey({ key: Buffer.concat([SPKI_HEAD, publicKey]), format: "der", type: "spki" });
    keys.set(name, key);
  }
  return key;
}

function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  return verify(null, message, keyOf(publicKey), signature);
}

/** Raw 32 bytes of a public key. */
export const rawPublicKey = (key: KeyObject): Hash =>
  new Uint8Array(key.export({ format: "der", type: "spki" }).subarray(SPKI_HEAD.length));
