import type { TrialOutcome, TrialRequest } from "../domain/index.ts";
import { SLOT_SIZE, summarize } from "../gate/index.ts";
import { CONTROL, CONTROL_BYTES, type FromWorker } from "./messages.ts";
import { startThread, type ThreadEnd, type TrialThread } from "./trial-thread.ts";

/** A cancelled batch ends after its running trial; a thread that does not is in a loop and is killed. */
const CANCEL_GRACE_MS = 50;
const PING_TIMEOUT_MS = 1_000;
/** A thread that dies before it is ready would do so again at once. */
const RESTART_PAUSE_MS = 1_000;
const SLOTS_AT_FIRST = 1_024;

interface Job {
  readonly id: number;
  readonly request: TrialRequest;
  readonly answer: (outcome: TrialOutcome) => void;
  budget: NodeJS.Timeout;
  grace: NodeJS.Timeout | null;
  /** set once the outcome is told: what the thread still does no longer matters */
  told: boolean;
}

/** One thread and its memory, which lives as long as the bench and is shared with the thread. */
export class TrialBench {
  restarts = 0;
  readonly #file: URL;
  /** told whenever the bench can take another batch, which after a late one is later than its outcome */
  readonly #onFree: () => void;
  readonly #control = new SharedArrayBuffer(CONTROL_BYTES);
  readonly #flags = new Int32Array(this.#control);
  #slots = new SharedArrayBuffer(SLOTS_AT_FIRST * SLOT_SIZE * Float64Array.BYTES_PER_ELEMENT);
  #thread: TrialThread;
  #job: Job | null = null;
  #nextJob = 1;
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

  /** `at`: when the request came, since waiting counts against its budget */
  run(request: TrialRequest, at: number): Promise<TrialOutcome> {
    return new Promise((answer) => {
      const left = Math.max(0, request.budgetMs - (performance.now() - at));
      const id = this.#nextJob++;
      this.#reserve(request.sims);
      this.#flags.fill(0);
      this.#job = {
        id,
        request,
        answer,
        told: false,
        grace: null,
        budget: setTimeout(() => this.#late(), left),
      };
      this.#thread.send({ kind: "trials", job: id, request, slots: this.#slots, control: this.#control });
    });
  }

  ping(): Promise<boolean> {
    return new Promise((answer) => {
      const id = this.#nextJob++;
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
    this.#tell({ kind: "failed", reason: "refused", detail: "the pool was closed" });
    this.#finish();
    await this.#thread.kill();
  }

  #reserve(sims: number): void {
    const bytes = sims * SLOT_SIZE * Float64Array.BYTES_PER_ELEMENT;
    if (bytes > this.#slots.byteLength) this.#slots = new SharedArrayBuffer(bytes);
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
    if ((message.kind !== "done" && message.kind !== "refused") || this.#job?.id !== message.job) return;
    if (message.kind === "refused") this.#tell({ kind: "failed", reason: "refused", detail: message.detail });
    else
      this.#tell(
        this.#finished() === this.#job.request.sims
          ? { kind: "done", summary: this.#summary() }
          : { kind: "late", summary: this.#summary() },
      );
    this.#finish();
  }

  /** The budget is over: what has ended counts, and the thread is told to stop. */
  #late(): void {
    this.#tell({ kind: "late", summary: this.#summary() });
    Atomics.store(this.#flags, CONTROL.cancelled, 1);
    if (this.#job !== null) this.#job.grace = setTimeout(() => this.#replace(), CANCEL_GRACE_MS);
  }

  #died(end: ThreadEnd, detail: string): void {
    this.#tell({ kind: "failed", reason: end, detail });
    this.#replace();
  }

  /** A thread that hangs or died is never used again. */
  #replace(): void {
    const wasReady = this.#thread.ready;
    void this.#thread.kill();
    if (this.#closed) return;
    this.restarts++;
    if (wasReady) this.#thread = this.#start();
    else this.#restart = setTimeout(() => (this.#thread = this.#start()), RESTART_PAUSE_MS);
    this.#finish();
  }

  #finished(): number {
    return Atomics.load(this.#flags, CONTROL.finished);
  }
  #summary() {
    return summarize(new Float64Array(this.#slots), this.#finished());
  }

  #tell(outcome: TrialOutcome): void {
    const job = this.#job;
    if (job === null || job.told) return;
    job.told = true;
    clearTimeout(job.budget);
    job.answer(outcome);
  }
  #finish(): void {
    if (this.#job?.grace != null) clearTimeout(this.#job.grace);
    this.#job = null;
    if (!this.#closed) this.#onFree();
  }
}
