import { statSync } from "node:fs";
import type { Deployment } from "../../core/domain/index.ts";
import { listShards, shardFile } from "./layout.ts";
import {
  type Connection,
  isBusy,
  openShardForReading,
  openShardForWriting,
  shardTables,
} from "./shard-file.ts";

/** What came into use, and who decided it, is asked for as long as it is in use. */
const KEPT_TYPES = "('promotion', 'rollback', 'config_change')";
/** Rows whose bodies are dropped in one go, between two commits. */
const SLICE_ROWS = 500;
const SLICE_PAGES = 500;
const US_PER_DAY = 86_400_000_000;

export interface Drop {
  readonly shard: number;
  readonly reason: string;
}

export const shardBytes = (dir: string, shard: number): number =>
  ["", "-wal"].reduce(
    (sum, suffix) => sum + (statSync(shardFile(dir, shard) + suffix, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
export const ledgerBytes = (dir: string): number =>
  listShards(dir).reduce((sum, shard) => sum + shardBytes(dir, shard), 0);

/**
 * Drops the bodies of sealed shards, oldest first, by age or when the ledger outgrows its limit. Leaf hashes,
 * dual hashes, tree and checkpoints stay, so that every proof still verifies, and so do the few bodies that say what
 * came into use. Works in slices, because it
 * shares the thread with the writer.
 */
export class Retention {
  readonly #dir: string;
  readonly #settings: Deployment["ledger"];
  #open: { db: Connection; shard: number; after: number } | null = null;
  readonly #empty = new Set<number>();
  readonly #ages = new Map<number, number>();

  constructor(dir: string, settings: Deployment["ledger"]) {
    this.#dir = dir;
    this.#settings = settings;
  }

  get working(): boolean {
    return this.#open !== null;
  }

  /** the next shard to drop bodies from, or null */
  due(activeShard: number, totalBytes: number, nowUs: number): Drop | null {
    for (const shard of listShards(this.#dir)) {
      if (shard >= activeShard) return null;
      if (this.#isEmpty(shard)) continue;
      if (totalBytes > this.#settings.maxBytes)
        return {
          shard,
          reason: `the ledger takes ${totalBytes} bytes, its limit is ${this.#settings.maxBytes}`,
        };
      if (nowUs - this.#newestAt(shard) > this.#settings.keepBodiesDays * US_PER_DAY)
        return { shard, reason: `older than ${this.#settings.keepBodiesDays} days` };
    }
    return null;
  }

  begin(drop: Drop): void {
    this.#open = { db: openShardForWriting(shardFile(this.#dir, drop.shard)), shard: drop.shard, after: 0 };
  }

  /** one slice; true when the shard is done */
  step(): boolean {
    const open = this.#open;
    if (open === null) return true;
    const last = open.db
      .prepare<[number, number], { last: number | null }>(
        "SELECT max(idx) AS last FROM (SELECT idx FROM entry WHERE idx > ? ORDER BY idx LIMIT ?)",
      )
      .get(open.after, SLICE_ROWS)?.last;
    if (last !== null && last !== undefined) {
      open.db
        .prepare(
          `UPDATE entry SET body = NULL WHERE idx > ? AND idx <= ? AND body IS NOT NULL AND type NOT IN ${KEPT_TYPES}`,
        )
        .run(open.after, last);
      open.after = last;
      return false;
    }
    if ((open.db.pragma("freelist_count", { simple: true }) as number) > 0) {
      open.db.pragma(`incremental_vacuum(${SLICE_PAGES})`);
      return false;
    }
    shardTables(open.db).setMark("bodies", "dropped");
    this.close();
    this.#empty.add(open.shard);
    return true;
  }

  close(): void {
    this.#open?.db.close();
    this.#open = null;
  }

  #isEmpty(shard: number): boolean {
    if (!this.#empty.has(shard) && this.#read(shard, (db) => shardTables(db).mark("bodies")) === "dropped")
      this.#empty.add(shard);
    return this.#empty.has(shard);
  }

  #newestAt(shard: number): number {
    let at = this.#ages.get(shard);
    if (at === undefined) {
      at =
        this.#read(
          shard,
          (db) => db.prepare<[], { at: number }>("SELECT at FROM entry ORDER BY idx DESC LIMIT 1").get()?.at,
        ) ?? 0;
      this.#ages.set(shard, at);
    }
    return at;
  }

  #read<T>(shard: number, use: (db: Connection) => T): T | undefined {
    try {
      const db = openShardForReading(shardFile(this.#dir, shard));
      try {
        return use(db);
      } finally {
        db.close();
      }
    } catch (error) {
      if (isBusy(error)) throw error;
      // a damaged shard is evidence and stays untouched
      this.#empty.add(shard);
      return undefined;
    }
  }
}
