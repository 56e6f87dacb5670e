import type { HelperFinding } from "../../core/gate/index.ts";
import type { FromWorker } from "./messages.ts";
import { startThread, type TrialThread } from "./trial-thread.ts";

const MAX_QUEUED_HELPERS = 64;
/** No helper may take longer, sandbox included. */
const HELPER_TIMEOUT_MS = 60_000;

interface Job {
  readonly id: number;
  readonly task: unknown;
  readonly answer: (finding: unknown) => void;
}
const failed = (detail: string): HelperFinding => ({ kind: "failed", detail });

/** One thread for long work, started when the first of it comes. */
export class HelperBench {
  readonly #file: URL;
  readonly #queue: Job[] = [];
  #thread: TrialThread | null = null;
  #job: Job | null = null;
  #timer: NodeJS.Timeout | null = null;
  #nextJob = 1;
  #closed = false;

  constructor(file: URL) {
    this.#file = file;
  }

  help(task: unknown): Promise<unknown> {
    if (this.#closed) return Promise.resolve(failed("the pool is closed"));
    if (this.#queue.length >= MAX_QUEUED_HELPERS) return Promise.resolve(failed("too many helpers wait"));
    return new Promise((answer) => {
      this.#queue.push({ id: this.#nextJob++, task, answer });
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const job of this.#queue.splice(0)) job.answer(failed("the pool was closed"));
    this.#end(failed("the pool was closed"));
    await this.#thread?.kill();
  }

  #next(): void {
    if (this.#job !== null || this.#closed) return;
    const job = this.#queue.shift();
    if (job === undefined) return;
    this.#job = job;
    this.#thread ??= this.#start();
    this.#timer = setTimeout(() => this.#drop(failed("the helper took too long")), HELPER_TIMEOUT_MS);
    this.#thread.send({ kind: "help", job: job.id, task: job.task });
  }

  #start(): TrialThread {
    return startThread(this.#file, {
      message: (message) => this.#heard(message),
      ended: (end, detail) => this.#drop(failed(`${end}: ${detail}`)),
    });
  }

  #heard(message: FromWorker): void {
    if (message.kind !== "finding" || message.job !== this.#job?.id) return;
    this.#end(message.finding);
    this.#next();
  }

  /** The thread is lost; the next helper gets a new one. */
  #drop(finding: HelperFinding): void {
    void this.#thread?.kill();
    this.#thread = null;
    this.#end(finding);
    this.#next();
  }

  #end(finding: unknown): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const job = this.#job;
    this.#job = null;
    job?.answer(finding);
  }
}
