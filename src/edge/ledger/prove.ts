import { assert } from "../../core/base/assert.ts";
import { dualHash } from "../../core/base/hash.ts";
import type { Result } from "../../core/base/result.ts";
import { err, ok } from "../../core/base/result.ts";
import {
  formatTlogProof,
  inclusionPath,
  leafText,
  NO_PREVIOUS,
  type NoteKey,
  noteKey,
  openCheckpoint,
  parseLeaf,
  parseTlogProof,
  parseVkey,
  shardOpening,
  verifyInclusion,
} from "../../core/receipts/index.ts";
import { createLedgerCrypto, dualOf, type LedgerCrypto } from "./crypto.ts";
import { listShards, shardFile } from "./layout.ts";
import { readOpening } from "./opening.ts";
import { openShardForReading, shardTables, storedNodes } from "./shard-file.ts";

export interface Proof {
  /** the .tlog-proof file */
  readonly text: string;
  readonly shard: number;
  readonly index: number;
  readonly size: number;
  readonly key: string;
}

/** Writes down everything that shows one receipt to be in the signed ledger. */
export async function proveReceipt(dir: string, id: string): Promise<Result<Proof, string>> {
  const crypto = await createLedgerCrypto();
  for (const shard of listShards(dir).reverse()) {
    const db = openShardForReading(shardFile(dir, shard));
    try {
      const tables = shardTables(db);
      const row = tables.entryById(id);
      if (row === undefined) continue;
      if (row.body === null)
        return err(
          `the body of ${id} was dropped by retention; only its leaf hash is left. Prove it with the exported receipt`,
        );
      const signed = tables.newestSigned();
      if (signed === undefined || signed.note === null || signed.size <= row.idx)
        return err(`${id} is stored but not yet published: a signed checkpoint will cover it within seconds`);
      const previous = row.idx === 0 ? NO_PREVIOUS : tables.leafAt(row.idx - 1)?.toString("hex");
      assert(previous !== undefined, "the leaf before is stored");
      const leaf = Buffer.from(leafText(row.body.toString("utf8"), dualOf(row.hashes), previous));
      const path = inclusionPath(crypto.tree, storedNodes(tables, crypto.tree), row.idx, signed.size);
      const text = formatTlogProof({ index: BigInt(row.idx), path, checkpoint: signed.note, extra: leaf });
      return ok({
        text,
        shard,
        index: row.idx,
        size: signed.size,
        key: readOpening(crypto, tables, shard).opening.key,
      });
    } finally {
      db.close();
    }
  }
  return err(`no receipt ${id} in this ledger`);
}

export interface CheckedProof {
  readonly receipt: unknown;
  readonly receiptText: string;
  readonly origin: string;
  readonly index: bigint;
  readonly size: bigint;
  readonly signedBy: string;
}

/**
 * Checks a proof file with nothing but the file and a key: no database, no network. Our own files carry the
 * leaf; for others the leaf's bytes are handed in.
 */
export async function checkProof(
  text: string,
  vkey: string,
  leaf?: Uint8Array,
): Promise<Result<CheckedProof, string>> {
  const crypto = await createLedgerCrypto();
  const key = parseVkey(crypto, vkey);
  if (!key.ok) return err(`key: ${key.error}`);
  const proof = parseTlogProof(text);
  if (!proof.ok) return proof;
  const { index, path, checkpoint, extra } = proof.value;
  const opened = openCheckpoint(crypto, checkpoint, keysOf(key.value, crypto, checkpoint));
  if (!opened.ok) return err(`checkpoint: ${opened.error}`);
  const data = leaf ?? extra;
  if (data === null) return err("the file carries no leaf, and none was given");
  const shown = verifyInclusion(
    crypto.tree,
    index,
    opened.value.size,
    crypto.tree.leaf(data),
    path,
    opened.value.root,
  );
  if (!shown.ok) return shown;
  const parsed = parseLeaf(Buffer.from(data).toString("utf8"));
  if (parsed === null) return err("the leaf is proven but holds no receipt of this node");
  if (parsed.dual !== dualOfText(crypto, parsed.receiptText))
    return err("the leaf is proven but the receipt in it does not match its dual hash");
  return ok({
    receipt: JSON.parse(parsed.receiptText),
    receiptText: parsed.receiptText,
    origin: opened.value.origin,
    index,
    size: opened.value.size,
    signedBy: opened.value.signedBy.map((k) => k.name).join(", "),
  });
}

/** The name in a key is that of one shard; the same public key signs the next shards under their names. */
function keysOf(key: NoteKey, crypto: LedgerCrypto, checkpoint: string): NoteKey[] {
  const [origin = ""] = checkpoint.split("\n", 1);
  const ledger = key.name.replace(/\/\d+$/, "");
  if (origin === key.name || !key.name.startsWith("cellgate/") || origin.replace(/\/\d+$/, "") !== ledger)
    return [key];
  return [key, noteKey(crypto, origin, key.publicKey)];
}

const dualOfText = (crypto: LedgerCrypto, text: string): string => dualHash(Buffer.from(text), crypto);

/** The key that signs the newest shard, as it is handed to people who verify. */
export function ledgerKeyText(dir: string): string {
  const shard = listShards(dir).at(-1);
  assert(shard !== undefined, "there is a ledger");
  const db = openShardForReading(shardFile(dir, shard));
  try {
    const row = shardTables(db).entriesFrom(0, 1)[0];
    return shardOpening.parse(JSON.parse(row?.body?.toString("utf8") ?? "{}")).key;
  } finally {
    db.close();
  }
}
