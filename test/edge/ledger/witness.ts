import { generateKeyPairSync, sign } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { pureHasher } from "../../../src/core/base/hash.ts";
import { createLedgerCrypto, rawPublicKey } from "../../../src/edge/ledger/crypto.ts";
import {
  bytesOfBase64,
  cosignatureMessage,
  formatSignature,
  type Hash,
  KEY_COSIGNATURE,
  type NoteKey,
  noteKey,
  openCheckpoint,
  treeHasherOf,
  verifyConsistency,
  vkeyOf,
} from "../../../src/core/receipts/index.ts";

/** A witness after c2sp.org/tlog-witness, with a hash implementation of its own. Knows logs by origin prefix and key. */
export interface Witness {
  readonly url: string;
  readonly key: string;
  readonly seen: Map<string, { size: bigint; root: Hash }>;
  readonly answers: number[];
  trust(publicKey: Uint8Array): void;
  close(): Promise<void>;
}

export async function startWitness(): Promise<Witness> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const key = noteKey(pureHasher, "witness.example", rawPublicKey(publicKey), KEY_COSIGNATURE);
  const crypto = await createLedgerCrypto();
  const tree = treeHasherOf(pureHasher);
  const seen: Witness["seen"] = new Map();
  const answers: number[] = [];
  let trusted: Uint8Array | null = null;

  const judge = (body: string): { status: number; text: string } => {
    const split = body.indexOf("\n\n");
    const [first = "", ...proof] = body.slice(0, split).split("\n");
    const note = body.slice(split + 2);
    const [origin = ""] = note.split("\n", 1);
    const keys: NoteKey[] = trusted === null ? [] : [noteKey(pureHasher, origin, trusted)];
    const opened = openCheckpoint(crypto, note, keys);
    if (!opened.ok) return { status: 403, text: opened.error };
    const { size, root } = opened.value;
    const oldSize = BigInt(/^old (\d+)$/.exec(first)?.[1] ?? "-1");
    const before = seen.get(origin) ?? { size: 0n, root: tree.empty() };
    if (oldSize > size || oldSize < 0n) return { status: 400, text: "" };
    if (oldSize !== before.size) return { status: 409, text: `${before.size}\n` };
    const path = proof.map((line) => bytesOfBase64(line)!);
    const holds =
      oldSize === 0n ? path.length === 0 : verifyConsistency(tree, oldSize, size, path, before.root, root).ok;
    if (!holds) return { status: 422, text: "" };
    seen.set(origin, { size, root });
    const seconds = BigInt(Math.floor(Date.now() / 1_000));
    const signature = Buffer.alloc(72);
    signature.writeBigUInt64BE(seconds);
    sign(null, cosignatureMessage(opened.value.note.text, seconds), privateKey).copy(signature, 8);
    return { status: 200, text: formatSignature({ name: key.name, keyId: key.keyId, signature }) };
  };

  const server: Server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString("utf8")));
    request.on("end", () => {
      const { status, text } = request.url === "/add-checkpoint" ? judge(body) : { status: 404, text: "" };
      answers.push(status);
      response.writeHead(status, status === 409 ? { "content-type": "text/x.tlog.size" } : {}).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key: vkeyOf(key),
    seen,
    answers,
    trust: (bytes) => void (trusted = bytes),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
