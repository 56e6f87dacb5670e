import type { Incoming } from "./store.ts";

/** A receipt that waits for its transaction. */
export interface Queued extends Incoming {
  /** made by the ledger itself: nobody waits for it */
  readonly own: boolean;
  /** its schema refused it: it is reported and not stored */
  readonly isInvalid: boolean;
}
export interface CommitQueueHost {
  /** receipts that still fit the shard, at least 1 */
  room(): number;
  /** ids whose name is taken by another receipt; throws when the disk refuses, the outcome then being unknown */
  commit(batch: readonly Queued[]): readonly string[];
  /** the next `count` receipts of the cell are settled; the failed ones are not stored */
  settled(count: number, failed: readonly string[], batch: readonly Queued[]): void;
  refused(error: unknown): void;
}

/** receipts in one transaction at most */
const BATCH_MAX = 1_000;
/** between attempts while the disk refuses */
const RETRY_MS = 250;

/**
 * Group commit. An idle disk is used at once; under load receipts gather for at most `groupCommitMs`, so
 * that one sync serves many. When the disk refuses, everything waiting is reported as not stored once, kept,
 * and tried again until it is.
 */
export class CommitQueue {
  readonly #host: CommitQueueHost;
  readonly #groupCommitMs: number;
  #queue: Queued[] = [];
  /** receipts at the head that were already reported as not stored */
  #nacked = 0;
  #timer: { cancel(): void } | null = null;
  #lastBatch = 0;
  #lastCommitMs = 0;
  commits = 0;
  commitMsMax = 0;

  constructor(host: CommitQueueHost, groupCommitMs: number) {
    this.#host = host;
    this.#groupCommitMs = groupCommitMs;
  }

  get length(): number {
    return this.#queue.length;
  }
  get held(): number {
    return this.#nacked;
  }

  push(receipt: Queued): void {
    this.#queue.push(receipt);
  }

  schedule(): void {
    if (this.#timer !== null || this.#queue.length === 0) return;
    const wait = this.#lastBatch > 1 ? this.#lastCommitMs + this.#groupCommitMs - performance.now() : 0;
    if (wait >= 1 && this.#queue.length < BATCH_MAX) return this.#later(wait);
    const immediate = setImmediate(() => this.#run());
    this.#timer = { cancel: () => clearImmediate(immediate) };
  }

  /** commits all that waits, now; false: the disk refused */
  flush(): boolean {
    this.stop();
    while (this.#queue.length > 0) if (!this.#commitOnce()) return false;
    return true;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #later(ms: number): void {
    const timer = setTimeout(() => this.#run(), ms);
    this.#timer = { cancel: () => clearTimeout(timer) };
  }

  #run(): void {
    this.#timer = null;
    if (this.#commitOnce()) this.schedule();
  }

  #commitOnce(): boolean {
    const batch = this.#queue.slice(0, Math.min(BATCH_MAX, this.#host.room()));
    const invalid = batch.filter((receipt) => receipt.isInvalid).map((receipt) => receipt.id);
    const valid = invalid.length === 0 ? batch : batch.filter((receipt) => !receipt.isInvalid);
    const started = performance.now();
    try {
      const conflicts = this.#host.commit(valid);
      this.#lastCommitMs = performance.now();
      this.commitMsMax = Math.max(this.commitMsMax, this.#lastCommitMs - started);
      this.#lastBatch = batch.length;
      this.commits++;
      this.#settle(batch, [...invalid, ...conflicts]);
      return true;
    } catch (error) {
      this.#refuse(error);
      return false;
    }
  }

  #settle(batch: readonly Queued[], failed: readonly string[]): void {
    this.#queue.splice(0, batch.length);
    const already = Math.min(this.#nacked, batch.length);
    this.#nacked -= already;
    const count = batch.slice(already).filter((receipt) => !receipt.own).length;
    this.#host.settled(count, failed, batch);
  }

  #refuse(error: unknown): void {
    const waiting = this.#queue.slice(this.#nacked).filter((receipt) => !receipt.own);
    this.#nacked = this.#queue.length;
    this.#host.refused(error);
    this.#host.settled(
      waiting.length,
      waiting.map((receipt) => receipt.id),
      [],
    );
    this.#later(RETRY_MS);
  }
}
