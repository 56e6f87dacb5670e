import { existsSync, readFileSync } from "node:fs";
import { checkpointFile, listShards, shardFile } from "./layout.ts";
import { ledgerBytes, shardBytes } from "./retention.ts";
import { type EntryRow, openShardForReading, type ShardTables, shardTables } from "./shard-file.ts";

/** A stored receipt as commands and pages read it. */
export interface StoredReceipt {
  readonly shard: number;
  readonly index: number;
  readonly id: string;
  readonly type: string;
  readonly at: number;
  /** canonical text; null after retention dropped it */
  readonly text: string | null;
}
export interface BrowseFilter {
  readonly type?: string;
  /** microseconds since 1970 */
  readonly since?: number;
  readonly until?: number;
}

const PAGE_ROWS = 500;

function withShard<T>(dir: string, shard: number, use: (tables: ShardTables) => T): T {
  const db = openShardForReading(shardFile(dir, shard));
  try {
    return use(shardTables(db));
  } finally {
    db.close();
  }
}

const storedOf = (shard: number, row: EntryRow): StoredReceipt => ({
  shard,
  index: row.idx,
  id: row.id,
  type: row.type,
  at: row.at,
  text: row.body === null ? null : row.body.toString("utf8"),
});

const matches = (row: EntryRow, filter: BrowseFilter): boolean =>
  (filter.type === undefined || row.type === filter.type) &&
  row.at >= (filter.since ?? 0) &&
  row.at <= (filter.until ?? Number.MAX_SAFE_INTEGER);

/** All receipts in order, page by page, so that a running node is never held up by a reader. */
export function* readReceipts(dir: string, filter: BrowseFilter = {}): Generator<StoredReceipt> {
  for (const shard of listShards(dir)) {
    for (let from = 0; ; ) {
      const rows = withShard(dir, shard, (tables) => tables.entriesFrom(from, PAGE_ROWS));
      for (const row of rows) if (matches(row, filter)) yield storedOf(shard, row);
      const last = rows.at(-1);
      if (last === undefined) break;
      from = last.idx + 1;
    }
  }
}

/**
 * Receipts that no step of the cell wrote, in order: promotions, rollbacks, a fleet's orders. Their ids stand apart in
 * the index, so that a million decisions between them cost nothing.
 */
export function receiptsApart(
  dir: string,
  types: readonly string[],
  damaged: "throws" | "left out" = "throws",
): StoredReceipt[] {
  return listShards(dir).flatMap((shard) => {
    try {
      return withShard(dir, shard, (tables) => types.flatMap((type) => tables.entriesApart(type)))
        .sort((a, b) => a.idx - b.idx)
        .map((row) => storedOf(shard, row));
    } catch (cause) {
      if (damaged === "throws") throw cause;
      return [];
    }
  });
}

/** rows that one query of a search looks at: a fraction of a second, so that a running node is not held up */
const SEARCH_ROWS = 50_000;

/**
 * Canonical keys stand in order, so a receipt names its action before anything long. Looking no farther takes half of
 * the time; a test holds it for every type.
 */
const ACTION_WITHIN_BYTES = 160;

/**
 * Receipts that name an action, in order. The database looks through the bodies itself: quick enough for a
 * million receipts, and appending pays nothing for it.
 */
export function* receiptsNaming(
  dir: string,
  actionId: string,
  filter: BrowseFilter = {},
): Generator<StoredReceipt> {
  const mark = `"action_id":${JSON.stringify(actionId)}`;
  for (const shard of listShards(dir)) {
    const size = withShard(dir, shard, (tables) => tables.size());
    for (let from = 0; from < size; from += SEARCH_ROWS) {
      const rows = withShard(dir, shard, (tables) =>
        tables.entriesWith(mark, ACTION_WITHIN_BYTES, from, from + SEARCH_ROWS),
      );
      for (const row of rows) if (matches(row, filter)) yield storedOf(shard, row);
    }
  }
}

/** The newest receipts that match, newest first. */
export function newestReceipts(dir: string, count: number, filter: BrowseFilter = {}): StoredReceipt[] {
  const found: StoredReceipt[] = [];
  for (const shard of listShards(dir).reverse()) {
    const size = withShard(dir, shard, (tables) => tables.size());
    for (let end = size; end > 0 && found.length < count; end -= PAGE_ROWS) {
      const from = Math.max(0, end - PAGE_ROWS);
      const rows = withShard(dir, shard, (tables) => tables.entriesFrom(from, end - from));
      for (const row of rows.reverse())
        if (found.length < count && matches(row, filter)) found.push(storedOf(shard, row));
    }
    if (found.length >= count) break;
  }
  return found;
}

export interface LedgerOverview {
  readonly shards: readonly {
    readonly shard: number;
    readonly rows: number;
    readonly bytes: number;
    readonly signedSize: number;
    readonly droppedBodies: boolean;
    readonly types: Readonly<Record<string, number>>;
    readonly anchors: readonly { readonly sink: string; readonly size: number }[];
  }[];
  readonly bytes: number;
  /** newest signed checkpoint, verbatim */
  readonly checkpoint: string;
}

export function ledgerOverview(dir: string): LedgerOverview {
  const shards = listShards(dir).map((shard) =>
    withShard(dir, shard, (tables) => ({
      shard,
      rows: tables.size(),
      bytes: shardBytes(dir, shard),
      signedSize: tables.newestSigned()?.size ?? 0,
      droppedBodies: tables.mark("bodies") === "dropped",
      types: Object.fromEntries(tables.types().map(({ type, n }) => [type, n])),
      anchors: tables.anchors().map(({ sink, size }) => ({ sink, size })),
    })),
  );
  const path = checkpointFile(dir);
  return { shards, bytes: ledgerBytes(dir), checkpoint: existsSync(path) ? readFileSync(path, "utf8") : "" };
}

export const hasLedger = (dir: string): boolean => listShards(dir).length > 0;
