import { HASH_BYTES } from "../../core/base/hash.ts";
import { Frontier, type NoteKey, openCheckpoint, rangeHash, sameHash } from "../../core/receipts/index.ts";
import type { LedgerCrypto } from "./crypto.ts";
import { type ReadOpening, readOpening } from "./opening.ts";
import { openShardForReading, type ShardTables, shardTables, storedNodes } from "./shard-file.ts";

/** Rows that are hashed again at every start. The whole ledger is checked by `ledger verify`. */
export const TAIL_CHECK_ROWS = 2_000;

/** What the check at start found out about one shard. */
export interface TailState extends ReadOpening {
  readonly size: number;
  readonly lastAt: number;
  /** newest signed checkpoint, "" without one */
  readonly note: string;
  readonly lastIds: readonly string[];
}

/** Checks one shard as far as a start can afford. Throws with the reason when it cannot be trusted. */
export function checkTail(crypto: LedgerCrypto, path: string, shard: number): TailState {
  const db = openShardForReading(path);
  try {
    const tables = shardTables(db);
    const opened = readOpening(crypto, tables, shard);
    const size = tables.size();
    const rows = checkRows(crypto, tables, size);
    const nodes = storedNodes(tables, crypto.tree);
    const root = Frontier.restore(crypto.tree, size, nodes).root();
    const head = tables.newestCheckpoint();
    if (head === undefined || head.size !== size)
      throw new Error(`${size} rows are there, the newest checkpoint covers ${head?.size ?? 0}`);
    if (!sameHash(head.root, root))
      throw new Error(`the root of ${size} rows is not that of the newest checkpoint`);
    const signed = tables.newestSigned();
    if (signed !== undefined) checkNote(crypto, tables, opened.key, signed.note ?? "");
    return {
      ...opened,
      size,
      lastAt: rows.at(-1)?.at ?? 0,
      note: signed?.note ?? "",
      lastIds: rows.map((row) => row.id),
    };
  } finally {
    db.close();
  }
}

function checkRows(crypto: LedgerCrypto, tables: ShardTables, size: number) {
  const from = Math.max(1, size - TAIL_CHECK_ROWS);
  const rows = tables.entriesFrom(from, TAIL_CHECK_ROWS);
  if (rows.length !== size - from) throw new Error(`rows are missing among the last ${size - from}`);
  let previous = tables.leafAt(from - 1);
  for (const [i, row] of rows.entries()) {
    if (row.idx !== from + i || previous === undefined) throw new Error(`row ${from + i} is missing`);
    if (row.body !== null && !crypto.seal(row.body, previous).hashes.equals(row.hashes))
      throw new Error(`row ${row.idx} does not match its hashes`);
    previous = row.hashes.subarray(0, HASH_BYTES);
  }
  return rows;
}

/**
 * Compares a signed checkpoint, wherever it was kept, with the rows of a shard. Throws when the rows
 * contradict it. Returns its size.
 */
export function checkNote(crypto: LedgerCrypto, tables: ShardTables, key: NoteKey, note: string): number {
  const opened = openCheckpoint(crypto, note, [key]);
  if (!opened.ok) throw new UnreadableNote(opened.error);
  const { origin, size, root } = opened.value;
  if (origin !== key.name) throw new UnreadableNote(`the checkpoint is of ${origin}`);
  const rows = BigInt(tables.size());
  if (size > rows)
    throw new Error(
      `a checkpoint covers ${size} rows, only ${rows} are there: the newest rows are missing or an older copy was put back`,
    );
  if (size < 1n) throw new UnreadableNote("the checkpoint covers no row");
  const nodes = storedNodes(tables, crypto.tree);
  if (!sameHash(rangeHash(crypto.tree, nodes, 0, Number(size)), root))
    throw new Error(`the first ${size} rows are not those that were signed`);
  return Number(size);
}

/** A note that says nothing about the rows: altered, foreign or not a checkpoint at all. */
export class UnreadableNote extends Error {
  override readonly name = "UnreadableNote";
}
