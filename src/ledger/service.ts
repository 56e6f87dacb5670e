import { statfsSync } from "node:fs";
import { canonicalText } from "../base/canonical.ts";
import { hexOf } from "../base/hash.ts";
import {
  type Code,
  MAX_PENDING_RECEIPTS,
  type Receipt,
  type ReceiptBody,
  receiptEnvelope,
} from "../domain/index.ts";
import { AnchorKeeper, type KeeperHost } from "./anchors/keeper.ts";
import { createSinks } from "./anchors/registry.ts";
import { AnchorConflict, type Outgoing } from "./anchors/sink.ts";
import { createLedgerCrypto, type LedgerCrypto } from "./crypto.ts";
import { makeFolder, replaceDurably, syncFile } from "./durable-file.ts";
import { newestKey, signerOf } from "./keys.ts";
import { checkpointFile, latchedFile, ledgerFolder, shardFile } from "./layout.ts";
import type { AppendItem, FromWorker, ToWorker, WorkerData, WorkerStats } from "./messages.ts";
import { originOf, shardExists, startShard } from "./opening.ts";
import { checkKept, type RecoveredStore, recover } from "./recover.ts";
import { ledgerBytes, Retention, shardBytes } from "./retention.ts";
import { type Incoming, Store } from "./store.ts";
import { takeWriterLock } from "./writer-lock.ts";

/** receipts in one transaction at most */
const BATCH_MAX = 1_000;
/** between attempts while the disk refuses */
const RETRY_MS = 250;
const PUBLISH_MS = 5_000;
const HOUSEKEEPING_MS = 1_000;
const ANCHOR_TICK_MS = 250;
/** a start waits this long for sinks that remember a checkpoint */
const ANCHOR_START_WAIT_MS = 2_000;
/** a code that was raised for space ends only when this share more is free, or less is used */
const SPACE_HYSTERESIS = 0.05;
/** the shard that is written may take this share of the limit before it is sealed early */
const ACTIVE_SHARE_MAX = 0.25;
const US_PER_DAY = 86_400_000_000;

interface Queued extends Incoming {
  /** made by the ledger itself: nobody waits for it */
  readonly own: boolean;
  /** its schema refused it: it is reported and not stored */
  readonly isInvalid: boolean;
}

/** The ledger thread's work: commits, signing, anchors, retention. Single-threaded and synchronous but for the sinks. */
export class LedgerService {
  readonly #data: WorkerData;
  readonly #send: (message: FromWorker) => void;
  readonly #crypto: LedgerCrypto;
  readonly #unlock: () => void;
  readonly #boot: number;
  readonly #ledger: string;
  readonly #retention: Retention;
  readonly #keeper: AnchorKeeper;
  readonly #health = new Map<Code, string>();
  readonly #timers: NodeJS.Timeout[] = [];
  #key: RecoveredStore["key"];
  #store: Store;
  #shard: number;
  #openedAt: number;
  #queue: Queued[] = [];
  /** receipts at the head of the queue that were already reported as not stored */
  #nacked = 0;
  #ownCount = 0;
  #lastForeign: number;
  #running: "idle" | "soon" | "retry" = "idle";
  #timer: NodeJS.Timeout | NodeJS.Immediate | null = null;
  #latchedTimer: NodeJS.Immediate | null = null;
  #lastBatch = 0;
  #lastCommitMs = 0;
  #commits = 0;
  #commitMsMax = 0;
  #bytes = 0;
  #lastWall = 0;
  /** a shard that exists and waits to be opened */
  #switchTo: number | null = null;
  #sealRetryMs = 0;
  #closed = false;

  static async open(data: WorkerData, send: (message: FromWorker) => void): Promise<LedgerService | null> {
    const crypto = await createLedgerCrypto();
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
    this.#data = data;
    this.#send = send;
    this.#crypto = crypto;
    this.#unlock = unlock;
    this.#boot = recovered.boot;
    this.#ledger = recovered.ledger;
    this.#key = recovered.key;
    this.#store = recovered.store;
    this.#shard = recovered.shard;
    this.#openedAt = this.#store.tables.entriesFrom(0, 1)[0]?.at ?? 0;
    this.#lastForeign = this.#store.size - 1;
    this.#store.tables.setMark("boot", String(this.#boot));
    this.#retention = new Retention(data.dir, data.settings);
    this.#keeper = this.#createKeeper();
    this.#bytes = ledgerBytes(data.dir);
    send({
      kind: "opened",
      recovered: { boot: recovered.boot, latched: recovered.latched, fault: recovered.fault },
      stats: this.stats(),
    });
    this.#every(PUBLISH_MS, () => this.#publish());
    this.#every(HOUSEKEEPING_MS, () => this.#housekeeping());
    if (data.settings.anchors.length > 0) this.#every(ANCHOR_TICK_MS, () => void this.#keeper.tick());
    this.#housekeeping();
  }

  receive(message: ToWorker): void {
    switch (message.kind) {
      case "append":
        for (const item of message.items) this.#accept(item);
        return this.#schedule();
      case "latched":
        return this.#syncLatched();
      case "flush":
        this.#flushQueue();
        this.#publish();
        return this.#send({ kind: "done", token: message.token, stats: this.stats() });
      case "anchor":
        this.#flushQueue();
        void this.#keeper.tick(true).then(() => {
          this.#flushQueue();
          this.#send({ kind: "done", token: message.token, stats: this.stats() });
        });
        return;
      case "ping":
        return this.#send({ kind: "done", token: message.token, stats: this.stats() });
      case "close":
        return this.close();
    }
  }

  /** Everything that can still be written is; then the files are closed. */
  close(): void {
    if (this.#closed) return;
    this.#flushQueue();
    this.#publish();
    this.#attempt("LEDGER_WRITE_FAILED", () => this.#store.tidyLog(true));
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#cancel();
    this.#retention.close();
    this.#store.close();
    this.#unlock();
    this.#send({ kind: "closed", stats: this.stats() });
  }

  stats(): WorkerStats {
    return {
      treeSize: this.#store.size,
      root: hexOf(this.#store.root),
      publishedSize: this.#store.published?.size ?? 0,
      shard: this.#shard,
      commits: this.#commits,
      commitMsMax: this.#commitMsMax,
      bytes: this.#bytes,
      held: this.#nacked,
      anchors: this.#keeper.status(),
    };
  }

  #every(ms: number, act: () => void): void {
    this.#timers.push(setInterval(act, ms));
  }

  /**
   * An idle disk is used at once; under load receipts gather for at most groupCommitMs, so that one sync
   * serves many of them.
   */
  #schedule(): void {
    if (this.#running !== "idle" || this.#queue.length === 0 || this.#closed) return;
    this.#running = "soon";
    const wait =
      this.#lastBatch > 1 ? this.#lastCommitMs + this.#data.settings.groupCommitMs - performance.now() : 0;
    this.#timer =
      wait >= 1 && this.#queue.length < BATCH_MAX
        ? setTimeout(() => this.#run(), wait)
        : setImmediate(() => this.#run());
  }

  #cancel(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer as NodeJS.Timeout);
    clearImmediate(this.#timer as NodeJS.Immediate);
    this.#timer = null;
    this.#running = "idle";
  }

  #flushQueue(): void {
    this.#cancel();
    while (this.#queue.length > 0 && this.#commitOnce()) continue;
    this.#schedule();
  }

  #run(): void {
    this.#timer = null;
    this.#running = "idle";
    if (this.#commitOnce()) this.#schedule();
  }

  /** false: the disk refused; another attempt is due later */
  #commitOnce(): boolean {
    const batch = this.#queue.slice(0, BATCH_MAX);
    if (batch.length === 0) return true;
    const invalid = batch.filter((receipt) => receipt.isInvalid).map((receipt) => receipt.id);
    const valid = invalid.length === 0 ? batch : batch.filter((receipt) => !receipt.isInvalid);
    const started = performance.now();
    let conflicts: readonly string[];
    try {
      conflicts = this.#commitOrReread(valid);
    } catch (error) {
      this.#storeFailed(error);
      return false;
    }
    this.#lastCommitMs = performance.now();
    this.#commitMsMax = Math.max(this.#commitMsMax, this.#lastCommitMs - started);
    this.#lastBatch = batch.length;
    this.#commits++;
    this.#settle(batch, [...invalid, ...conflicts]);
    if (conflicts.length > 0)
      this.#tell("LEDGER_CONFLICT", true, `receipt ${conflicts[0]} is stored with other content`);
    this.#tell("LEDGER_WRITE_FAILED", false, "");
    if (this.#queue.length === 0) this.#attempt("LEDGER_WRITE_FAILED", () => this.#store.tidyLog());
    this.#sealIfDue();
    return true;
  }

  /** One error is followed by a look at what is on disk and one more attempt at once. */
  #commitOrReread(batch: readonly Queued[]): readonly string[] {
    for (let attempt = 0; ; attempt++) {
      try {
        if (this.#switchTo !== null) this.#openShard(this.#switchTo);
        if (this.#store.unsure) this.#store.reread();
        return this.#store.commit(batch).conflicts;
      } catch (error) {
        if (attempt > 0) throw error;
      }
    }
  }

  #settle(batch: readonly Queued[], failed: readonly string[]): void {
    this.#queue.splice(0, batch.length);
    if (batch.some((receipt) => receipt.type !== "anchor")) this.#lastForeign = this.#store.size - 1;
    const already = Math.min(this.#nacked, batch.length);
    this.#nacked -= already;
    const count = batch.slice(already).filter((receipt) => !receipt.own).length;
    if (count > 0 || already > 0) this.#send({ kind: "stored", count, failed, stats: this.stats() });
  }

  /** Nothing may be permitted on these receipts; they are kept and written as soon as the disk takes them. */
  #storeFailed(error: unknown): void {
    this.#tell("LEDGER_WRITE_FAILED", true, wordsOf(error));
    const waiting = this.#queue.slice(this.#nacked).filter((receipt) => !receipt.own);
    this.#nacked = this.#queue.length;
    if (waiting.length > 0)
      this.#send({
        kind: "stored",
        count: waiting.length,
        failed: waiting.map((receipt) => receipt.id),
        stats: this.stats(),
      });
    this.#cancel();
    this.#running = "retry";
    this.#timer = setTimeout(() => this.#run(), RETRY_MS);
  }

  /** A receipt that its schema refuses is a bug of ours: it is not stored, and that is receipted and told. */
  #accept([id, type, at, text]: AppendItem): void {
    const receipt: Incoming = { id, type, at, body: Buffer.from(text) };
    const problem = problemOf(receipt);
    this.#queue.push({ ...receipt, own: false, isInvalid: problem !== null });
    if (problem === null) return;
    const detail = `receipt ${id}: ${problem}`.slice(0, 4_000);
    this.#tell("LEDGER_RECEIPT_INVALID", true, detail);
    this.#own({
      receipt_type: "fault",
      code: "LEDGER_RECEIPT_INVALID",
      source: "ledger",
      detail,
      active: true,
    });
  }

  #own(body: ReceiptBody): void {
    if (this.#queue.length >= MAX_PENDING_RECEIPTS) return;
    const id = `a${this.#boot}.${this.#ownCount++}`;
    const at = this.#wall();
    const receipt: Receipt = {
      receipt_id: id,
      at,
      cell: this.#data.cell,
      config_hash: this.#data.configHash,
      body,
    };
    this.#queue.push({
      id,
      type: body.receipt_type,
      at,
      body: Buffer.from(canonicalText(receipt)),
      own: true,
      isInvalid: false,
    });
    this.#schedule();
  }

  #wall(): number {
    this.#lastWall = Math.max(this.#lastWall, wallMicros());
    return this.#lastWall;
  }

  #publish(): void {
    if (this.#store.unsure || this.#switchTo !== null) return;
    if (this.#store.published?.size === this.#store.size) return;
    this.#attempt("LEDGER_WRITE_FAILED", () => {
      const { note } = this.#store.publish(performance.now());
      replaceDurably(checkpointFile(this.#data.dir), note);
    });
  }

  /** Runs something that the disk may refuse; the refusal is told, never swallowed. */
  #attempt(code: Code, act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      this.#tell(code, true, wordsOf(error));
      this.#cancel();
      this.#running = "retry";
      this.#timer = setTimeout(() => this.#recheck(), RETRY_MS);
      return false;
    }
  }

  /** After a failed side task: the tail is read again, and the code ends when that works. */
  #recheck(): void {
    this.#timer = null;
    this.#running = "idle";
    if (this.#queue.length > 0) return this.#run();
    try {
      if (this.#store.unsure) this.#store.reread();
      this.#store.tidyLog(true);
      this.#tell("LEDGER_WRITE_FAILED", false, "");
    } catch (error) {
      this.#storeFailed(error);
    }
  }

  /** one sync serves all changes that came in the meantime */
  #syncLatched(): void {
    if (this.#latchedTimer !== null) return;
    this.#latchedTimer = setImmediate(() => {
      this.#latchedTimer = null;
      this.#syncLatchedNow();
    });
  }

  #syncLatchedNow(): void {
    try {
      syncFile(latchedFile(this.#data.dir));
      this.#tell("LEDGER_STATE_WRITE_FAILED", false, "");
    } catch (error) {
      this.#tell("LEDGER_STATE_WRITE_FAILED", true, wordsOf(error));
    }
  }

  /** A code is told when it begins, when its words change and when it ends. */
  #tell(code: Code, active: boolean, detail: string): void {
    const before = this.#health.get(code);
    if (active ? before === detail : before === undefined) return;
    if (active) this.#health.set(code, detail);
    else this.#health.delete(code);
    this.#send({ kind: "health", code, active, detail });
  }

  #sealIfDue(): void {
    const { shardMaxReceipts, shardMaxDays, maxBytes } = this.#data.settings;
    const now = performance.now();
    if (now < this.#sealRetryMs || this.#store.size < 2) return;
    const isFull = this.#store.size >= shardMaxReceipts;
    const isOld = this.#wall() - this.#openedAt > shardMaxDays * US_PER_DAY;
    const isLarge =
      this.#commits % 100 === 0 && shardBytes(this.#data.dir, this.#shard) > maxBytes * ACTIVE_SHARE_MAX;
    if (!isFull && !isOld && !isLarge) return;
    this.#sealRetryMs = now + 10_000;
    if (this.#attempt("LEDGER_WRITE_FAILED", () => this.#seal())) this.#sealRetryMs = 0;
  }

  #seal(): void {
    const { note } = this.#store.publish(performance.now());
    replaceDurably(checkpointFile(this.#data.dir), note);
    this.#store.tidyLog(true);
    const { dir, cell } = this.#data;
    const shard = this.#shard + 1;
    const key = newestKey(dir);
    const oldKey = key.number === this.#key.number ? null : this.#key;
    startShard(this.#crypto, {
      dir,
      cell,
      ledger: this.#ledger,
      shard,
      at: this.#wall(),
      key,
      oldKey,
      previous: { checkpoint: note, fault: null },
    });
    // from here on the old shard is sealed: nothing is written to it even when the new one does not open
    this.#switchTo = shard;
    this.#openShard(shard);
  }

  #openShard(shard: number): void {
    if (!shardExists(this.#data.dir, shard)) throw new Error(`shard ${shard} is missing`);
    const key = newestKey(this.#data.dir);
    const origin = originOf(this.#ledger, shard);
    const store = new Store(
      shardFile(this.#data.dir, shard),
      origin,
      this.#crypto,
      signerOf(this.#crypto, origin, key),
    );
    this.#store.close();
    this.#store = store;
    this.#key = key;
    this.#shard = shard;
    this.#switchTo = null;
    this.#openedAt = store.tables.entriesFrom(0, 1)[0]?.at ?? 0;
    this.#lastForeign = store.size - 1;
    store.tables.setMark("boot", String(this.#boot));
  }

  #housekeeping(): void {
    this.#watchSpace();
    if (this.#queue.length === 0 && this.#switchTo === null && !this.#store.unsure) this.#sealIfDue();
    if (this.#queue.length === 0) this.#retain();
  }

  #watchSpace(): void {
    const { diskLowBytes, diskStopBytes, maxBytes } = this.#data.settings;
    const disk = statfsSync(this.#data.dir);
    const free = disk.bavail * disk.bsize;
    const below = (code: Code, limit: number): void => {
      const end = this.#health.has(code) ? limit * (1 + SPACE_HYSTERESIS) : limit;
      this.#tell(code, free < end, free < end ? `less than ${limit} bytes are free` : "");
    };
    below("LEDGER_DISK_LOW", diskLowBytes);
    below("LEDGER_DISK_STOP", diskStopBytes);
    this.#bytes = ledgerBytes(this.#data.dir);
    const limit = this.#health.has("LEDGER_SIZE_STOP") ? maxBytes * (1 - SPACE_HYSTERESIS) : maxBytes;
    const nothingToDrop =
      !this.#retention.working && this.#retention.due(this.#shard, this.#bytes, this.#wall()) === null;
    const isOver = this.#bytes > limit && nothingToDrop;
    this.#tell("LEDGER_SIZE_STOP", isOver, isOver ? `the limit of ${maxBytes} bytes is reached` : "");
  }

  #retain(): void {
    if (this.#closed) return;
    try {
      if (!this.#retention.working) {
        const drop = this.#retention.due(this.#shard, this.#bytes, this.#wall());
        if (drop === null) return;
        this.#retention.begin(drop);
        this.#own({
          receipt_type: "config_change",
          what: "ledger_bodies_dropped",
          before_hash: "",
          after_hash: "",
          by: "ledger",
          reason: drop.reason,
          details: { shard: drop.shard },
        });
        return void setImmediate(() => this.#retain());
      }
      const isDone = this.#retention.step();
      if (!isDone && this.#queue.length === 0) setImmediate(() => this.#retain());
    } catch (error) {
      this.#retention.close();
      this.#tell("LEDGER_WRITE_FAILED", true, `dropping bodies: ${wordsOf(error)}`);
    }
  }

  #createKeeper(): AnchorKeeper {
    const { anchors, anchorEverySeconds } = this.#data.settings;
    const taken = new Map(
      this.#store.tables.anchors().map(({ sink, size }) => [sink, { origin: this.#store.origin, size }]),
    );
    const host: KeeperHost = {
      next: (size, origin) => this.#nextAnchor(size, origin),
      check: (note) => this.#checkRemembered(note),
      taken: (sink, origin, size, note) => {
        if (origin === this.#store.origin && !this.#store.unsure)
          this.#attempt("LEDGER_WRITE_FAILED", () => this.#store.tables.setAnchor(sink, size, note));
      },
      receipt: (sink, size, root, outcome, detail) =>
        this.#own({
          receipt_type: "anchor",
          sink: sink.slice(0, 256),
          tree_size: size,
          root,
          outcome,
          detail: detail.slice(0, 4_000),
        }),
      late: (active, detail) => this.#tell("LEDGER_ANCHOR_LATE", active, detail),
      conflict: (detail) => this.#tell("LEDGER_ANCHOR_CONFLICT", true, detail),
      now: () => performance.now(),
    };
    const sinks = anchors.length === 0 ? [] : createSinks(this.#data.settings, this.#crypto);
    return new AnchorKeeper(host, sinks, anchorEverySeconds * 1_000, taken);
  }

  /** Receipts of anchoring alone are not worth an anchor: an idle node stays quiet. */
  #nextAnchor(takenSize: number, takenOrigin: string): Outgoing | null {
    if (this.#closed || this.#store.unsure || this.#switchTo !== null) return null;
    const isSame = takenOrigin === this.#store.origin;
    if (isSame && this.#lastForeign < takenSize) return null;
    this.#publish();
    const published = this.#store.published;
    if (published === null) return null;
    const store = this.#store;
    return {
      origin: store.origin,
      size: published.size,
      note: published.note,
      takenSize: isSame ? takenSize : 0,
      proofFrom: (oldSize) => store.proofFrom(oldSize, published.size),
    };
  }

  #checkRemembered(note: string): string | null {
    try {
      checkKept(this.#crypto, this.#data.dir, note);
      return null;
    } catch (error) {
      throw new AnchorConflict(wordsOf(error));
    }
  }
}

async function rememberedNotes(data: WorkerData, crypto: LedgerCrypto): Promise<string[]> {
  if (data.settings.anchors.length === 0) return [];
  const wait = new Promise<string[]>((resolve) =>
    setTimeout(() => resolve([]), ANCHOR_START_WAIT_MS).unref(),
  );
  const asked = createSinks(data.settings, crypto).map((sink) =>
    Promise.race([sink.last().catch(() => []), wait]),
  );
  return (await Promise.all(asked)).flat();
}

function problemOf(receipt: Incoming): string | null {
  try {
    const parsed = receiptEnvelope.safeParse(JSON.parse(receipt.body.toString("utf8")));
    if (!parsed.success)
      return parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
    const { receipt_id, at, body } = parsed.data;
    return receipt_id === receipt.id && at === receipt.at && body.receipt_type === receipt.type
      ? null
      : "id, time or type differ from the text";
  } catch (error) {
    return wordsOf(error);
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const wallMicros = (): number => Math.round((performance.timeOrigin + performance.now()) * 1_000);
