import { assert } from "../../core/base/assert.ts";
import type { Result } from "../../core/base/result.ts";
import { err, ok } from "../../core/base/result.ts";
import {
  type CheckedProof as ReceiptProof,
  checkProof as checkReceiptProof,
  formatTlogProof,
  inclusionPath,
  leafText,
  NO_PREVIOUS,
  shardOpening,
} from "../../core/receipts/index.ts";
import { createLedgerCrypto, dualOf } from "./crypto.ts";
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

export interface CheckedProof extends ReceiptProof {
  readonly receipt: unknown;
}

/** Which step a person is told of when several fail: the one that the others rest on. */
const TOLD = ["key", "proof", "signature", "path", "leaf", "sha256", "blake3"] as const;

/**
 * Checks a proof file with nothing but the file and a key: no database, no network. Our own files carry the
 * leaf; for others the leaf's bytes are handed in.
 */
export async function checkProof(
  text: string,
  vkey: string,
  leaf?: Uint8Array,
): Promise<Result<CheckedProof, string>> {
  const { steps, proven } = checkReceiptProof(await createLedgerCrypto(), text, vkey, { leaf });
  if (proven !== null) return ok({ ...proven, receipt: JSON.parse(proven.receiptText) });
  for (const kind of TOLD) {
    const error = steps.find((s) => s.kind === kind)?.error;
    if (typeof error === "string") return err(`${PREFIX[kind] ?? ""}${error}`);
  }
  return err("not proven");
}
const PREFIX: Readonly<Record<string, string>> = { key: "key: ", signature: "checkpoint: " };

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
