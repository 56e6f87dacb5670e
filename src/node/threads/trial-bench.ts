import type { FromWorker } from "./messages.ts";
import type { Hand, TrialJob } from "./trial-job.ts";
import { startThread, type ThreadEnd, type TrialThread } from "./trial-thread.ts";

const PING_TIMEOUT_MS = 1_000;
/** A thread that dies before it is ready would do so again at once. */
const RESTART_PAUSE_MS = 1_000;

/** One thread, started anew whenever it is lost. */
export class TrialBench implements Hand {
  restarts = 0;
  readonly #file: URL;
  /** told whenever the bench can take another batch, which after a late one is later than its outcome */
  readonly #onFree: () => void;
  #thread: TrialThread;
  #job: TrialJob | null = null;
  #nextPing = 1;
  #closed = false;
  #restart: NodeJS.Timeout | null = null;
  readonly #pings = new Map<number, () => void>();

  constructor(file: URL, onFree: () => void) {
    this.#file = file;
    this.#onFree = onFree;
    this.#thread = this.#start();
  }
  get free(): boolean {
    return this.#job === null && !this.#closed;
  }
  get started(): boolean {
    return this.#thread.ready;
  }

  work(job: TrialJob): void {
    this.#job = job;
    const { id, request, batch } = job;
    this.#thread.send({ kind: "trials", job: id, request, slots: batch.slots, control: batch.control });
  }

  ping(): Promise<boolean> {
    return new Promise((answer) => {
      const id = this.#nextPing++;
      const timer = setTimeout(() => {
        this.#pings.delete(id);
        answer(false);
      }, PING_TIMEOUT_MS);
      this.#pings.set(id, () => {
        clearTimeout(timer);
        answer(true);
      });
      this.#thread.send({ kind: "ping", job: id });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    this.#job?.loses(this);
    this.#job?.tell({ kind: "failed", reason: "refused", detail: "the pool was closed" });
    this.#job = null;
    await this.#thread.kill();
  }

  /** A thread that hangs or died is never used again. */
  replace(): void {
    const wasReady = this.#thread.ready;
    void this.#thread.kill();
    if (this.#closed) return;
    this.restarts++;
    if (wasReady) this.#thread = this.#start();
    else this.#restart = setTimeout(() => (this.#thread = this.#start()), RESTART_PAUSE_MS);
    this.#job?.loses(this);
    this.#job = null;
    this.#onFree();
  }

  #start(): TrialThread {
    return startThread(this.#file, {
      message: (message) => this.#heard(message),
      ended: (end, detail) => this.#died(end, detail),
    });
  }

  #heard(message: FromWorker): void {
    if (message.kind === "pong") {
      this.#pings.get(message.job)?.();
      this.#pings.delete(message.job);
      return;
    }
    const job = this.#job;
    if ((message.kind !== "done" && message.kind !== "refused") || job?.id !== message.job) return;
    if (message.kind === "refused") job.tell({ kind: "failed", reason: "refused", detail: message.detail });
    this.#job = null;
    job.leaves(this);
    this.#onFree();
  }

  #died(end: ThreadEnd, detail: string): void {
    this.#job?.tell({ kind: "failed", reason: end, detail });
    this.replace();
  }
}
