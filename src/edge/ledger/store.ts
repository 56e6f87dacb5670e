import { statSync } from "node:fs";
import { assert } from "../../core/base/assert.ts";
import { HASH_BYTES } from "../../core/base/hash.ts";
import {
  checkpointText,
  consistencyPath,
  Frontier,
  type NoteSigner,
  rangeHash,
  sameHash,
  signNote,
  verifyConsistency,
} from "../../core/receipts/index.ts";
import type { LedgerCrypto } from "./crypto.ts";
import { keptMark } from "./kept-mark.ts";
import { idOrder, OTHERS } from "./id-order.ts";
import {
  type Connection,
  copyLog,
  emptyLog,
  NODE_LEVEL_MIN,
  openShardForWriting,
  type ShardTables,
  shardTables,
  storedNodes,
} from "./shard-file.ts";

/** A receipt on its way into the store. */
export interface Incoming {
  readonly id: string;
  readonly type: string;
  readonly at: number;
  /** canonical text in UTF-8 */
  readonly body: Buffer;
}
export interface CommitResult {
  /** ids that are taken by a receipt with other content; everything else is stored */
  readonly conflicts: readonly string[];
}
/** A checkpoint that may never be contradicted. */
export interface Published {
  readonly size: number;
  readonly root: Buffer;
  readonly note: string;
}

/** pages in the write-ahead log before they are copied into the database: in a quiet moment, and at the latest */
const LOG_PAGES = 2_000;
const LOG_PAGES_MAX = 8_000;
/** a log that readers have let grow beyond this is emptied when they are gone */
const LOG_BYTES_MAX = 64_000_000;
/** pages that a transaction writes besides those for its rows */
const PAGES_PER_COMMIT = 4;
const PAGE_BYTES = 4_096;

/** signed checkpoints closer together than this are thinned out: the newer one covers the older */
const CHECKPOINT_SPACING_MS = 60_000;

/**
 * The shard that is being written. One transaction per batch holds the rows, the tree nodes that they
 * complete and the checkpoint that covers them; signing follows after the commit.
 */
export class Store {
  readonly origin: string;
  readonly #path: string;
  readonly #crypto: LedgerCrypto;
  readonly #signer: NoteSigner;
  #db: Connection;
  #tables: ShardTables;
  #frontier: Frontier;
  #previous: Buffer;
  #published: Published | null;
  /** true after a failed transaction: what is on disk is unknown until the tail was read again */
  #unsure = false;
  #newest = { cell: -1, others: -1 };
  /** estimate of what the log holds since it was copied last */
  #logPages = 0;
  #keptMs = Number.NEGATIVE_INFINITY;

  constructor(path: string, origin: string, crypto: LedgerCrypto, signer: NoteSigner) {
    this.#path = path;
    this.origin = origin;
    this.#crypto = crypto;
    this.#signer = signer;
    this.#db = openShardForWriting(path);
    this.#tables = shardTables(this.#db);
    this.#frontier = new Frontier(crypto.tree);
    this.#previous = Buffer.alloc(HASH_BYTES);
    this.#published = null;
    this.#load();
  }

  get size(): number {
    return this.#frontier.size;
  }
  get root(): Uint8Array {
    return this.#frontier.root();
  }
  get published(): Published | null {
    return this.#published;
  }
  get unsure(): boolean {
    return this.#unsure;
  }
  get tables(): ShardTables {
    return this.#tables;
  }

  /** Throws when the disk does: then the outcome is unknown and `reread` must come before anything else. */
  commit(batch: readonly Incoming[]): CommitResult {
    assert(!this.#unsure, "the tail is read again before the next commit");
    const before = this.#frontier.copy();
    const previous = this.#previous;
    try {
      this.#tables.begin();
      const conflicts: string[] = [];
      for (const receipt of batch) if (!this.#insert(receipt)) conflicts.push(receipt.id);
      if (this.size > before.size) this.#tables.setHead(this.size, this.#frontier.root());
      this.#tables.commit();
      this.#logPages +=
        PAGES_PER_COMMIT +
        Math.ceil((2 * batch.reduce((sum, receipt) => sum + receipt.body.length, 0)) / PAGE_BYTES);
      return { conflicts };
    } catch (error) {
      this.#frontier = before;
      this.#previous = previous;
      this.#unsure = true;
      throw error;
    }
  }

  /** false: the id belongs to another receipt */
  #insert(receipt: Incoming): boolean {
    const { id, type, at, body } = receipt;
    const ord = idOrder(id);
    const { hashes, leafHash } = this.#crypto.seal(body, this.#previous);
    if (!this.#isNews(ord)) {
      const stored = this.#tables.entryById(id);
      if (stored !== undefined) return hashes.subarray(HASH_BYTES).equals(stored.hashes.subarray(HASH_BYTES));
    }
    const mark = keptMark(type, body);
    if (mark !== null) this.#tables.setMark(mark, String(this.size));
    this.#tables.insertEntry({ idx: this.size, id, ord, type, at, hashes, body });
    this.#frontier.append(leafHash, (level, at, hash) => {
      if (level >= NODE_LEVEL_MIN) this.#tables.insertNode(level, at, hash);
    });
    this.#previous = leafHash;
    return true;
  }

  /** An id beyond all others of its kind cannot be stored already; any other is looked up. */
  #isNews(ord: number): boolean {
    const newest = this.#newest;
    if (ord < OTHERS) {
      if (ord <= newest.cell) return false;
      newest.cell = ord;
    } else {
      if (ord <= newest.others) return false;
      newest.others = ord;
    }
    return true;
  }

  /**
   * After an error a receipt may be stored or not. The connection is made anew and the log is copied into
   * the database and synced, because pages of a failed sync may look clean without being on disk; only then
   * what is found counts as stored.
   */
  reread(): void {
    try {
      this.#db.close();
    } catch {
      // a connection that failed may fail to close as well; the new one decides
    }
    this.#db = openShardForWriting(this.#path);
    if (emptyLog(this.#db) === "held") throw new Error("the write-ahead log is held by a reader");
    this.#tables = shardTables(this.#db);
    this.#load();
    this.#unsure = false;
  }

  #load(): void {
    const size = this.#tables.size();
    this.#frontier = Frontier.restore(this.#crypto.tree, size, storedNodes(this.#tables, this.#crypto.tree));
    this.#previous = size === 0 ? Buffer.alloc(HASH_BYTES) : this.#tables.leafAt(size - 1)!;
    this.#newest = this.#tables.newestOrds();
    const signed = this.#tables.newestSigned();
    this.#published =
      signed === undefined || signed.note === null
        ? null
        : { size: signed.size, root: signed.root, note: signed.note };
  }

  /**
   * Signs the newest checkpoint. Before that the tree read back from disk is shown to continue everything
   * signed earlier; when it does not, nothing is signed.
   */
  publish(nowMs: number): Published {
    const head = this.#tables.newestCheckpoint();
    assert(head !== undefined && head.size === this.size, "the newest checkpoint covers the newest row");
    const published = this.#published;
    if (published !== null && published.size === head.size) return published;
    const nodes = storedNodes(this.#tables, this.#crypto.tree);
    if (!sameHash(rangeHash(this.#crypto.tree, nodes, 0, head.size), head.root))
      throw new Error(`tree of ${head.size} leaves on disk has another root than its checkpoint`);
    if (published !== null) {
      const path = consistencyPath(this.#crypto.tree, nodes, published.size, head.size);
      const shown = verifyConsistency(
        this.#crypto.tree,
        BigInt(published.size),
        BigInt(head.size),
        path,
        published.root,
        head.root,
      );
      if (!shown.ok)
        throw new Error(
          `tree of ${head.size} leaves does not continue the signed one of ${published.size}: ${shown.error}`,
        );
    }
    const text = checkpointText({ origin: this.origin, size: BigInt(head.size), root: head.root });
    const note = signNote(text, [this.#signer]);
    this.#storeSigned(head.size, note, nowMs);
    this.#published = { size: head.size, root: head.root, note };
    return this.#published;
  }

  #storeSigned(size: number, note: string, nowMs: number): void {
    const thinned =
      this.#published !== null && nowMs - this.#keptMs < CHECKPOINT_SPACING_MS ? this.#published.size : null;
    try {
      this.#tables.begin();
      assert(this.#tables.signHead(size, note), "the newest checkpoint is there to be signed");
      if (thinned !== null) this.#tables.dropCheckpoint(thinned);
      this.#tables.commit();
    } catch (error) {
      this.#unsure = true;
      throw error;
    }
    if (thinned === null) this.#keptMs = nowMs;
  }

  /** Hashes that show a witness how the tree grew. */
  proofFrom(oldSize: number, size: number): Uint8Array[] {
    if (oldSize === 0 || oldSize === size) return [];
    return consistencyPath(this.#crypto.tree, storedNodes(this.#tables, this.#crypto.tree), oldSize, size);
  }

  /**
   * Copies the write-ahead log into the database when it has grown; a failure is reported, not swallowed.
   * Waits for a quiet moment, but not for ever.
   */
  tidyLog(isQuiet: boolean): void {
    if (this.#logPages < (isQuiet ? LOG_PAGES : LOG_PAGES_MAX)) return;
    // a reader may keep part of the log alive: the next attempt comes after as many pages again
    if (!copyLog(this.#db) && this.#logBytes() > LOG_BYTES_MAX) emptyLog(this.#db);
    this.#logPages = 0;
  }

  /** Copies and empties the log, for a seal or an end. */
  emptyLog(): void {
    emptyLog(this.#db);
    this.#logPages = 0;
  }

  #logBytes(): number {
    return statSync(`${this.#path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }

  close(): void {
    this.#db.close();
  }
}
