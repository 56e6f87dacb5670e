import { cut } from "../../core/base/text.ts";
import { canonicalText } from "../../core/base/canonical.ts";
import { hexOf } from "../../core/base/hash.ts";
import {
  MAX_PENDING_RECEIPTS,
  type Receipt,
  type ReceiptBody,
  soundBody,
  versionsOf,
} from "../../core/domain/index.ts";
import { ActiveShard } from "./active-shard.ts";
import { AnchorKeeper, type KeeperHost } from "./anchors/keeper.ts";
import { createSinks } from "./anchors/registry.ts";
import { AnchorConflict } from "./anchors/sink.ts";
import { CommitQueue } from "./commit-queue.ts";
import { createLedgerCrypto, type LedgerCrypto } from "./crypto.ts";
import { makeFolder } from "../files/index.ts";
import { HealthBoard, wordsOf } from "./health-board.ts";
import { ledgerFolder } from "./layout.ts";
import type { Recovered } from "./ledger.ts";
import type { AppendItem, FromWorker, ToWorker, WorkerData, WorkerStats } from "./messages.ts";
import { checkKept, type RecoveredStore, recover } from "./recover.ts";
import { problemOf, rehearseReceipts } from "./receipt-check.ts";
import { ledgerBytes, Retention } from "./retention.ts";
import { isBusy } from "./shard-file.ts";
import { watchSpace } from "./space-watch.ts";
import type { Incoming } from "./store.ts";
import { takeWriterLock } from "./writer-lock.ts";

const PUBLISH_MS = 5_000;
const HOUSEKEEPING_MS = 1_000;
const ANCHOR_TICK_MS = 250;
/** a start waits this long for sinks that remember a checkpoint */
const ANCHOR_START_WAIT_MS = 2_000;

/** The ledger thread's work: commits, signing, anchors, retention. Synchronous but for the sinks. */
export class LedgerService {
  readonly #data: WorkerData;
  readonly #send: (message: FromWorker) => void;
  readonly #crypto: LedgerCrypto;
  readonly #unlock: () => void;
  readonly #boot: number;
  readonly #active: ActiveShard;
  readonly #queue: CommitQueue;
  readonly #health: HealthBoard;
  readonly #retention: Retention;
  readonly #keeper: AnchorKeeper;
  readonly #timers: NodeJS.Timeout[] = [];
  #ownCount = 0;
  #bytes: number;
  #lastWall = 0;
  #closed = false;

  /** null: refused, and the reason was sent */
  static async open(data: WorkerData, send: (message: FromWorker) => void): Promise<LedgerService | null> {
    const crypto = await createLedgerCrypto();
    rehearseReceipts(crypto);
    makeFolder(ledgerFolder(data.dir), 0o700);
    const unlock = takeWriterLock(data.dir);
    if (unlock === null) {
      send({ kind: "refused", reason: "another node writes to this data folder" });
      return null;
    }
    try {
      const anchored = await rememberedNotes(data, crypto);
      const recovered = recover(crypto, { dir: data.dir, cell: data.cell, at: wallMicros(), anchored });
      return new LedgerService(data, send, crypto, unlock, recovered);
    } catch (error) {
      unlock();
      send({ kind: "refused", reason: wordsOf(error) });
      return null;
    }
  }

  private constructor(
    data: WorkerData,
    send: (message: FromWorker) => void,
    crypto: LedgerCrypto,
    unlock: () => void,
    recovered: RecoveredStore,
  ) {
    const { dir, cell, settings } = data;
    this.#data = data;
    this.#send = send;
    this.#crypto = crypto;
    this.#unlock = unlock;
    this.#boot = recovered.boot;
    this.#active = new ActiveShard({ dir, cell, settings, crypto, wall: () => this.#wall() }, recovered);
    this.#health = new HealthBoard((code, active, detail) => send({ kind: "health", code, active, detail }));
    this.#queue = this.#createQueue();
    this.#retention = new Retention(dir, settings);
    this.#keeper = this.#createKeeper();
    this.#bytes = ledgerBytes(dir);
    send({
      kind: "opened",
      recovered: recoveredOf(recovered),
      stats: this.stats(),
    });
    this.#every(PUBLISH_MS, () => this.#publish());
    this.#every(HOUSEKEEPING_MS, () => this.#housekeeping());
    if (settings.anchors.length > 0) this.#every(ANCHOR_TICK_MS, () => void this.#keeper.tick());
    this.#housekeeping();
  }

  receive(message: ToWorker): void {
    switch (message.kind) {
      case "append":
        for (const item of message.items) this.#accept(item);
        return this.#queue.schedule();
      case "flush":
        this.#flush();
        this.#publish();
        return this.#done(message.token);
      case "anchor":
        this.#flush();
        void this.#keeper.tick(true).then(() => {
          this.#flush();
          this.#done(message.token);
        });
        return;
      case "ping":
        return this.#done(message.token);
      case "close":
        return this.close();
    }
  }

  /** Everything that can still be written is; then the files are closed. */
  close(): void {
    if (this.#closed) return;
    this.#queue.flush();
    this.#publish();
    this.#attempt(() => this.#active.store.emptyLog());
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#queue.stop();
    this.#retention.close();
    this.#active.store.close();
    this.#unlock();
    this.#send({ kind: "closed", stats: this.stats() });
  }

  stats(): WorkerStats {
    const { store, shard } = this.#active;
    return {
      treeSize: store.size,
      root: hexOf(store.root),
      publishedSize: store.published?.size ?? 0,
      shard,
      commits: this.#queue.commits,
      commitMsMax: this.#queue.commitMsMax,
      bytes: this.#bytes,
      held: this.#queue.held,
      anchors: this.#keeper.status(),
    };
  }

  #every(ms: number, act: () => void): void {
    this.#timers.push(setInterval(act, ms));
  }

  #done(token: number): void {
    this.#send({ kind: "done", token, stats: this.stats() });
  }

  #flush(): void {
    if (this.#queue.flush()) this.#queue.schedule();
  }

  #createQueue(): CommitQueue {
    return new CommitQueue(
      {
        room: () => this.#active.room,
        commit: (batch) => this.#active.commit(batch),
        refused: (error) => this.#health.set("LEDGER_WRITE_FAILED", true, wordsOf(error)),
        settled: (count, failed, batch) => {
          if (count > 0 || batch.length > 0)
            this.#send({ kind: "stored", count, failed, stats: this.stats() });
          if (batch.length > 0) this.#afterCommit(batch, failed);
        },
      },
      this.#data.settings.groupCommitMs,
    );
  }

  #afterCommit(
    batch: readonly { readonly id: string; readonly isInvalid: boolean }[],
    failed: readonly string[],
  ): void {
    const conflict = batch.find((receipt) => !receipt.isInvalid && failed.includes(receipt.id));
    if (conflict !== undefined)
      this.#health.set("LEDGER_CONFLICT", true, `receipt ${conflict.id} is stored with other content`);
    this.#health.set("LEDGER_WRITE_FAILED", false, "");
    this.#attempt(() => {
      this.#active.store.tidyLog(this.#queue.length === 0);
      this.#active.sealIfDue(false);
    });
  }

  /** A receipt that its schema refuses is a bug of ours: it is not stored, and that is receipted and told. */
  #accept([id, type, at, text]: AppendItem): void {
    const receipt: Incoming = { id, type, at, body: Buffer.from(text) };
    const problem = problemOf(receipt);
    this.#queue.push({ ...receipt, own: false, isInvalid: problem !== null });
    if (problem === null) return;
    const detail = cut(`receipt ${id}: ${problem}`, 2_000);
    this.#health.set("LEDGER_RECEIPT_INVALID", true, detail);
    this.#own({
      receipt_type: "fault",
      code: "LEDGER_RECEIPT_INVALID",
      source: "ledger",
      detail,
      active: true,
    });
  }

  /** A receipt of the ledger's own doing. */
  #own(body: ReceiptBody): void {
    if (this.#closed || this.#queue.length >= MAX_PENDING_RECEIPTS) return;
    const id = `a${this.#boot}.${this.#ownCount++}`;
    const at = this.#wall();
    const receipt: Receipt = {
      receipt_id: id,
      at,
      cell: this.#data.cell,
      config_hash: this.#data.configHash,
      ...versionsOf(this.#data.program),
      body: soundBody(body).body,
    };
    this.#queue.push({
      id,
      type: body.receipt_type,
      at,
      body: Buffer.from(canonicalText(receipt)),
      own: true,
      isInvalid: false,
    });
    this.#queue.schedule();
  }

  #wall(): number {
    this.#lastWall = Math.max(this.#lastWall, wallMicros());
    return this.#lastWall;
  }

  /** Runs something beside the commits that the disk may refuse; the refusal is told, never swallowed. */
  #attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#health.set("LEDGER_WRITE_FAILED", true, wordsOf(error));
    }
  }

  #publish(): void {
    if (!this.#closed) this.#attempt(() => this.#active.publish());
  }

  #housekeeping(): void {
    if (this.#closed) return;
    const { dir, settings } = this.#data;
    this.#attempt(() => {
      this.#bytes = watchSpace(
        dir,
        settings,
        this.#health,
        (bytes) =>
          this.#retention.working || this.#retention.due(this.#active.shard, bytes, this.#wall()) !== null,
      );
      if (this.#queue.length > 0) return;
      if (this.#health.has("LEDGER_WRITE_FAILED")) this.#recheck();
      this.#active.sealIfDue(true);
      this.#retain();
    });
    this.#send({ kind: "stats", stats: this.stats() });
  }

  /** After a refusal beside the commits the code ends once the same kind of work succeeds. */
  #recheck(): void {
    this.#active.settle();
    this.#active.publish();
    this.#active.store.emptyLog();
    this.#health.set("LEDGER_WRITE_FAILED", false, "");
  }

  /** Works in slices while nothing else waits; goes on until nothing is due. */
  #retain(): void {
    if (this.#closed || this.#queue.length > 0) return;
    try {
      if (!this.#retention.working && !this.#beginDrop()) return;
      if (this.#retention.step()) this.#bytes = ledgerBytes(this.#data.dir);
      setImmediate(() => this.#retain());
    } catch (error) {
      // a reader is at work; the next round goes on where this one stopped
      if (isBusy(error)) return;
      this.#retention.close();
      this.#health.set("LEDGER_WRITE_FAILED", true, `dropping bodies: ${wordsOf(error)}`);
    }
  }

  #beginDrop(): boolean {
    const drop = this.#retention.due(this.#active.shard, this.#bytes, this.#wall());
    if (drop === null) return false;
    this.#retention.begin(drop);
    const details = { shard: drop.shard };
    this.#own({
      receipt_type: "config_change",
      what: "ledger_bodies_dropped",
      before_hash: "",
      after_hash: "",
      by: "ledger",
      reason: drop.reason,
      details,
    });
    return true;
  }

  #createKeeper(): AnchorKeeper {
    const { anchorEverySeconds } = this.#data.settings;
    const { store } = this.#active;
    const taken = new Map(
      store.tables.anchors().map(({ sink, size }) => [sink, { origin: store.origin, size }]),
    );
    const host: KeeperHost = {
      next: (size, origin) => (this.#closed ? null : this.#active.nextAnchor(size, origin)),
      check: (note) => this.#checkRemembered(note),
      taken: (sink, origin, size, note) =>
        this.#attempt(() => this.#active.anchorTaken(sink, origin, size, note)),
      receipt: (sink, size, root, outcome, detail) =>
        this.#own({
          receipt_type: "anchor",
          sink: cut(sink, 128),
          tree_size: size,
          root,
          outcome,
          detail: cut(detail, 2_000),
        }),
      late: (active, detail) => this.#health.set("LEDGER_ANCHOR_LATE", active, detail),
      conflict: (detail) => this.#health.happened("LEDGER_ANCHOR_CONFLICT", detail),
      now: () => performance.now(),
    };
    return new AnchorKeeper(
      host,
      createSinks(this.#data.settings.anchors, this.#crypto),
      anchorEverySeconds * 1_000,
      taken,
    );
  }

  #checkRemembered(note: string): string | null {
    try {
      return checkKept(this.#crypto, this.#data.dir, note);
    } catch (error) {
      throw new AnchorConflict(wordsOf(error));
    }
  }
}

const recoveredOf = ({ boot, latched, fault, stage, lastAt, ledger }: RecoveredStore): Recovered => ({
  boot,
  latched,
  fault,
  stage,
  lastAt,
  instance: `${ledger}#${boot}`,
});

async function rememberedNotes(data: WorkerData, crypto: LedgerCrypto): Promise<string[]> {
  if (data.settings.anchors.length === 0) return [];
  const wait = new Promise<string[]>((resolve) =>
    setTimeout(() => resolve([]), ANCHOR_START_WAIT_MS).unref(),
  );
  const asked = createSinks(data.settings.anchors, crypto).map((sink) =>
    Promise.race([sink.last().catch(() => []), wait]),
  );
  return (await Promise.all(asked)).flat();
}

const wallMicros = (): number => Math.round((performance.timeOrigin + performance.now()) * 1_000);
