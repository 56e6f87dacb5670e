import { setTimeout as pause } from "node:timers/promises";
import { Worker } from "node:worker_threads";

/** One file that is small and has to survive: where its newest content goes. */
export type StateWrite =
  /** into a file that is there, at this place: works on a full disk */
  | { readonly how: "at"; readonly path: string; readonly offset: number; readonly content: Uint8Array }
  /** the whole file, with its folder */
  | { readonly how: "whole"; readonly path: string; readonly content: Uint8Array };
export interface ToStateWriter {
  readonly name: string;
  readonly write: StateWrite;
}
export interface FromStateWriter {
  readonly name: string;
  /** null: it is on the disk */
  readonly failed: string | null;
}

interface Given {
  readonly token: number;
  readonly write: StateWrite;
}
interface Lane {
  /** given and not yet on its way: a newer one takes its place, so that no queue can grow */
  waiting: Given | null;
  underWay: Given | null;
  /** the newest that was given, and the newest that is on the disk */
  given: number;
  kept: number;
  failing: boolean;
  readonly failed: (detail: string | null) => void;
}

const RETRY_MS = 250;
/** a disk that hangs keeps no node from ending */
const CLOSE_WITHIN_MS = 3_000;

/**
 * Writes small files of state on a thread of its own: the thread that stops the robot hands bytes over and goes on,
 * however slow the disk is. Each name has one write under way and one that waits; what the disk refuses is tried again
 * until it takes it or something newer came.
 */
export class StateWriter {
  readonly #worker: Worker;
  readonly #lanes = new Map<string, Lane>();
  readonly #retries = new Set<NodeJS.Timeout>();
  #waiters: { readonly lane: Lane; readonly token: number; resolve(kept: boolean): void }[] = [];
  #token = 0;
  #state: "open" | "closing" | "closed" = "open";

  constructor(
    program = new URL(
      import.meta.url.endsWith(".ts") ? "./state-worker.ts" : "./state-worker.js",
      import.meta.url,
    ),
  ) {
    this.#worker = new Worker(program, { name: "state", execArgv: [] });
    this.#worker.on("message", (message: FromStateWriter) => this.#answered(message));
    const lost = (why: string) => (): void => this.#lost(why);
    this.#worker.on("error", lost("its thread failed"));
    this.#worker.on("exit", lost("its thread ended"));
    this.#worker.unref();
  }

  /** Opens a name; `failed` is told words when the disk refuses, and null when it takes again. */
  lane(name: string, failed: (detail: string | null) => void): void {
    this.#lanes.set(name, { waiting: null, underWay: null, given: 0, kept: 0, failing: false, failed });
  }

  /** false: nobody writes any more */
  put(name: string, write: StateWrite): boolean {
    const lane = this.#lanes.get(name);
    if (lane === undefined || this.#state !== "open") return false;
    lane.given = ++this.#token;
    lane.waiting = { token: lane.given, write };
    this.#pump(name, lane);
    return true;
  }

  /** settles when what was given last under the name is on the disk; false: the disk refused it, or nobody writes */
  whenKept(name: string): Promise<boolean> {
    const lane = this.#lanes.get(name);
    if (lane === undefined) return Promise.resolve(false);
    if (lane.kept === lane.given) return Promise.resolve(true);
    if (this.#state === "closed" || lane.failing) return Promise.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiters.push({ lane, token: lane.given, resolve });
    return promise;
  }

  /** the same, and true for a name that nobody opened */
  whenIdle(name: string): Promise<boolean> {
    return this.#lanes.has(name) ? this.whenKept(name) : Promise.resolve(true);
  }

  /** What the disk takes within a bound is still written, then the thread ends. */
  async close(): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "closing";
    for (const retry of this.#retries) clearTimeout(retry);
    this.#worker.ref();
    for (const [name, lane] of this.#lanes) this.#pump(name, lane);
    const written = Promise.all([...this.#lanes.keys()].map((name) => this.whenKept(name)));
    await Promise.race([written, pause(CLOSE_WITHIN_MS, null, { ref: false })]);
    this.#state = "closed";
    await this.#worker.terminate();
  }

  #pump(name: string, lane: Lane): void {
    if (lane.underWay !== null || lane.waiting === null) return;
    lane.underWay = lane.waiting;
    lane.waiting = null;
    this.#worker.postMessage({ name, write: lane.underWay.write } satisfies ToStateWriter);
  }

  #answered({ name, failed }: FromStateWriter): void {
    const lane = this.#lanes.get(name);
    const sent = lane?.underWay;
    if (lane === undefined || sent === undefined || sent === null) return;
    lane.underWay = null;
    const told = lane.failing;
    lane.failing = failed !== null;
    if (failed !== null) {
      if (!told) lane.failed(failed);
      lane.waiting ??= sent;
      const ends = this.#state !== "open";
      this.#settle((w) => w.lane === lane && (ends || w.token <= sent.token), false);
      return ends ? undefined : this.#tryAgain(name, lane);
    }
    lane.kept = sent.token;
    if (told) lane.failed(null);
    this.#settle((w) => w.lane === lane && w.token <= sent.token, true);
    this.#pump(name, lane);
  }
  #tryAgain(name: string, lane: Lane): void {
    const retry = setTimeout(() => {
      this.#retries.delete(retry);
      this.#pump(name, lane);
    }, RETRY_MS);
    retry.unref();
    this.#retries.add(retry);
  }
  #settle(due: (waiter: { readonly lane: Lane; readonly token: number }) => boolean, kept: boolean): void {
    const settled = this.#waiters.filter(due);
    this.#waiters = this.#waiters.filter((waiter) => !settled.includes(waiter));
    for (const waiter of settled) waiter.resolve(kept);
  }
  #lost(why: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    for (const lane of this.#lanes.values()) if (!lane.failing) lane.failed(why);
    this.#settle(() => true, false);
  }
}
