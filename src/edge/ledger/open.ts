import { Worker } from "node:worker_threads";
import { canonicalText } from "../../core/base/canonical.ts";
import {
  MAX_PENDING_RECEIPTS,
  MAX_RECEIPT_CHARS,
  type Receipt,
  type ReceiptId,
  soundBody,
  versionsOf,
} from "../../core/domain/index.ts";
import { makeFolder } from "../files/index.ts";
import { Latches } from "./latches.ts";
import { STAGE_LANE } from "./stage-file.ts";
import { ledgerFolder } from "./layout.ts";
import type { AnchorStatus, Ledger, LedgerOptions, LedgerStats, Recovered } from "./ledger.ts";
import type { AppendItem, FromWorker, ToWorker, WorkerData, WorkerStats } from "./messages.ts";

/** Opens the ledger of a data folder in a thread of its own. Rejects when it cannot be opened at all. */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  makeFolder(ledgerFolder(options.dir), 0o700);
  const { dir, cell, configHash, program, settings } = options;
  const data: WorkerData = { dir, cell, configHash, program, settings };
  const worker = new Worker(
    new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url),
    {
      workerData: data,
      name: "ledger",
      // flags of the process are about its own start and may forbid a thread
      execArgv: [],
    },
  );
  const { recovered, stats } = await firstAnswer(worker);
  return new ThreadLedger(options, worker, recovered, stats);
}

function firstAnswer(worker: Worker): Promise<{ recovered: Recovered; stats: WorkerStats }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ recovered: Recovered; stats: WorkerStats }>();
  const ended = (): void => reject(new Error("the ledger thread ended before it was open"));
  const answered = (message: FromWorker): void => {
    if (message.kind === "opened") resolve(message);
    else reject(new Error(message.kind === "refused" ? message.reason : `unexpected ${message.kind}`));
  };
  const listen = (act: "on" | "off"): unknown =>
    worker[act]("error", reject)[act]("exit", ended)[act]("message", answered);
  listen("on");
  return promise.finally(() => listen("off"));
}

/** The main thread's end: hands over, counts and tells; never touches the database. */
class ThreadLedger implements Ledger {
  readonly recovered: Recovered;
  readonly #options: LedgerOptions;
  readonly #worker: Worker;
  readonly #latches: Latches;
  readonly #pending: ReceiptId[] = [];
  readonly #waiting = new Map<ReceiptId, PromiseWithResolvers<boolean> | null>();
  readonly #tokens = new Map<number, () => void>();
  #outbox: AppendItem[] = [];
  #stats: WorkerStats;
  #nextToken = 0;
  /** the newest receipt of a change of settings or stage */
  #changed: ReceiptId | null = null;
  #appended = 0;
  #stored = 0;
  #refused = 0;
  #isFull = false;
  #state: "open" | "closing" | "closed" | "lost" = "open";

  constructor(options: LedgerOptions, worker: Worker, recovered: Recovered, stats: WorkerStats) {
    this.#options = options;
    this.#worker = worker;
    this.recovered = recovered;
    this.#stats = stats;
    this.#latches = new Latches(options, recovered.boot);
    worker.on("message", (message: FromWorker) => this.#receive(message));
    worker.on("error", (error) => this.#lost(error instanceof Error ? error.message : String(error)));
    worker.on("exit", () => this.#lost("the thread ended"));
  }

  append(receipt: Receipt, text?: string): boolean {
    return text === undefined ? this.#appendSound(receipt) : this.#append(receipt, text);
  }
  /** What was not made sound yet; false for one that a substitute stands for: it is not stored itself. */
  #appendSound(receipt: Receipt): boolean {
    const { body, isSubstitute } = soundBody(receipt.body);
    const written = { ...versionsOf(this.#options.program), ...receipt, body };
    return this.#append(written, canonicalText(written)) && !isSubstitute;
  }
  #append(receipt: Receipt, text: string): boolean {
    const waiting = this.#pending.length + this.#stats.held;
    if (this.#state !== "open" || waiting >= MAX_PENDING_RECEIPTS || text.length > MAX_RECEIPT_CHARS)
      return this.#refuse(waiting);
    const id = receipt.receipt_id as ReceiptId;
    this.#appended++;
    if (receipt.body.receipt_type === "config_change") this.#changed = id;
    this.#pending.push(id);
    this.#waiting.set(id, null);
    // what one turn of the event loop appends goes over as one message, after the turn's stops have left
    if (this.#outbox.length === 0) queueMicrotask(() => this.#post());
    this.#outbox.push([id, receipt.body.receipt_type, receipt.at, text]);
    return true;
  }

  persistLatched(latched: Recovered["latched"]): boolean {
    return this.#state !== "closed" && this.#latches.write(latched);
  }
  /** Also the stage that a person chose: its file and its receipt have to say the same after a kill. */
  async whenLatched(): Promise<boolean> {
    const kept = await Promise.all([
      this.#latches.whenKept(),
      this.#options.stateWriter?.whenIdle(STAGE_LANE) ?? true,
      this.#changed === null ? true : this.whenStored(this.#changed),
    ]);
    return kept.every(Boolean);
  }

  whenStored(id: ReceiptId): Promise<boolean> {
    const entry = this.#waiting.get(id);
    if (entry === undefined)
      return Promise.resolve(this.#failedLately.has(id) ? false : this.#state !== "lost");
    if (entry !== null) return entry.promise;
    const waiter = Promise.withResolvers<boolean>();
    this.#waiting.set(id, waiter);
    return waiter.promise;
  }

  flush(): Promise<void> {
    return this.#ask("flush");
  }
  ping(): Promise<void> {
    return this.#ask("ping");
  }
  async anchorNow(): Promise<readonly AnchorStatus[]> {
    await this.#ask("anchor");
    return this.#stats.anchors;
  }

  async close(): Promise<void> {
    if (this.#state !== "open") return;
    this.#post();
    this.#state = "closing";
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#worker.once("exit", () => resolve());
    this.#worker.postMessage({ kind: "close" } satisfies ToWorker);
    await promise;
    await this.#latches.close();
    this.#state = "closed";
  }

  stats(): LedgerStats {
    const { held, ...stats } = this.#stats;
    return {
      ...stats,
      appended: this.#appended,
      stored: this.#stored,
      pending: this.#pending.length + held,
      refused: this.#refused,
    };
  }

  /** the newest ids that were reported as not stored, for those who ask late */
  readonly #failedLately = new Set<ReceiptId>();

  #refuse(waiting: number): boolean {
    this.#refused++;
    if (this.#state === "open" && !this.#isFull) {
      this.#isFull = true;
      this.#options.onHealth("LEDGER_QUEUE_FULL", true, `${waiting} receipts wait for the disk`);
    }
    return false;
  }

  #post(): void {
    if (this.#outbox.length === 0) return;
    const items = this.#outbox;
    this.#outbox = [];
    this.#tell({ kind: "append", items });
  }

  #tell(message: ToWorker): void {
    if (this.#state === "open" || this.#state === "closing") this.#worker.postMessage(message);
  }

  #ask(kind: "flush" | "ping" | "anchor"): Promise<void> {
    if (this.#state !== "open") return Promise.resolve();
    this.#post();
    const token = this.#nextToken++;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#tokens.set(token, resolve);
    this.#tell({ kind, token });
    return promise;
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case "stored":
        this.#stats = message.stats;
        return this.#settle(this.#pending.splice(0, message.count), message.failed);
      case "health":
        return this.#options.onHealth(message.code, message.active, message.detail);
      case "done":
        this.#stats = message.stats;
        this.#tokens.get(message.token)?.();
        this.#tokens.delete(message.token);
        return;
      case "stats":
      case "closed":
        this.#stats = message.stats;
        return;
      case "opened":
      case "refused":
        return;
    }
  }

  #settle(ids: readonly ReceiptId[], failedIds: readonly string[]): void {
    const failed = failedIds.length === 0 ? [] : ids.filter((id) => failedIds.includes(id));
    const stored = failed.length === 0 ? ids : ids.filter((id) => !failedIds.includes(id));
    this.#stored += stored.length;
    if (this.#isFull && this.#pending.length + this.#stats.held < MAX_PENDING_RECEIPTS / 2) {
      this.#isFull = false;
      this.#options.onHealth("LEDGER_QUEUE_FULL", false, "");
    }
    this.#report(stored, true);
    this.#report(failed, false);
  }

  #report(ids: readonly ReceiptId[], isStored: boolean): void {
    if (ids.length === 0) return;
    for (const id of ids) {
      if (!isStored) {
        if (this.#failedLately.size >= MAX_PENDING_RECEIPTS) this.#failedLately.clear();
        this.#failedLately.add(id);
      }
      this.#waiting.get(id)?.resolve(isStored);
      this.#waiting.delete(id);
    }
    this.#options.onStored(ids, isStored);
  }

  #lost(reason: string): void {
    if (this.#state === "lost" || this.#state === "closed") return;
    const isExpected = this.#state === "closing";
    this.#state = isExpected ? this.#state : "lost";
    this.#report(this.#pending.splice(0), false);
    for (const resolve of this.#tokens.values()) resolve();
    this.#tokens.clear();
    if (!isExpected) this.#options.onHealth("LEDGER_WORKER_LOST", true, reason);
  }
}
