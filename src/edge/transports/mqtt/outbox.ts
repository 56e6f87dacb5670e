import { Worker } from "node:worker_threads";
import type { OutboxChange, OutboxRow } from "./outbox-file.ts";
import type { FromOutbox, OutboxWorkerData, ToOutbox } from "./outbox-worker.ts";

export type { OutboxRow } from "./outbox-file.ts";

/** state replaces itself topic by topic and still finds room when receipts have filled the rest */
const STATE_RESERVE_ROWS = 64;
/** all payloads together, beside the number of rows */
const MAX_PAYLOAD_CHARS = 64 * 1_048_576;
/** a start does not wait longer for the file; messages are then kept in memory alone */
const OPEN_WAIT_MS = 5_000;
/** an end does not wait longer for what is not written yet */
const CLOSE_WAIT_MS = 1_000;
/** the disk may be this late before that is told */
const BEHIND_MS = 2_000;

export interface OutboxSetting {
  readonly path: string;
  readonly rows: number;
  readonly leastSession: number;
  /** the file cannot be written, or is late; null: it has caught up */
  readonly onBehind: (detail: string | null) => void;
  /** the thread that writes the file */
  readonly program?: URL;
}

/**
 * Messages that the broker has to get. They are kept in memory, where the thread that decides adds them, and in a file,
 * which a thread of its own writes: no call here waits for a disk, however slow, full or locked it is. One change is under way at
 * a time and the next one gathers meanwhile, so that what waits is never more than the rows themselves.
 *
 * A killed process loses what was not written yet, a power cut the newest rows. The ledger, not the outbox, is the record.
 */
export class Outbox {
  /** larger in every run: of envelopes and probes */
  readonly session: number;
  /** the file that could not be read was renamed to this; empty when all was well */
  readonly setAside: string;
  /** why messages are kept in memory alone; empty when they are not */
  readonly memoryOnly: string;
  readonly #setting: OutboxSetting;
  readonly #rows = new Map<number, OutboxRow>();
  /** the row of each topic whose newest message replaces the one before */
  readonly #state = new Map<string, number>();
  #worker: Worker | null;
  #chars = 0;
  #lastId: number;
  #added = new Map<number, OutboxRow>();
  #removed = new Set<number>();
  #posting = false;
  #writingSince = -1;
  #trouble: string | null = null;
  readonly #watch: NodeJS.Timeout;

  private constructor(setting: OutboxSetting, worker: Worker | null, opened: Opened) {
    this.#setting = setting;
    this.#worker = worker;
    this.session = opened.session;
    this.setAside = opened.setAside;
    this.memoryOnly = opened.reason;
    this.#lastId = opened.lastId;
    for (const row of opened.rows) this.#keep(row);
    worker?.on("message", (message: FromOutbox) => this.#heard(message));
    worker?.on("error", (error: Error) => this.#lost(error.message));
    worker?.on("exit", () => this.#lost("the thread ended"));
    this.#watch = setInterval(() => this.#reportDelay(), BEHIND_MS / 2).unref();
    if (worker === null) this.#tell(`kept in memory alone: ${opened.reason}`);
  }

  /** Never rejects: without its file an outbox keeps its messages in memory, and says so. */
  static async open(setting: OutboxSetting): Promise<Outbox> {
    const { path, rows, leastSession } = setting;
    const workerData: OutboxWorkerData = { path, rows: rows + STATE_RESERVE_ROWS, leastSession };
    try {
      const worker = new Worker(setting.program ?? programOf(), { workerData, name: "outbox", execArgv: [] });
      const opened = await firstWord(worker);
      if (opened.reason === "") return new Outbox(setting, worker, opened);
      void worker.terminate();
      return new Outbox(setting, null, { ...opened, session: leastSession });
    } catch (error) {
      return new Outbox(setting, null, { ...nothing((error as Error).message), session: leastSession });
    }
  }

  get isFull(): boolean {
    return this.#rows.size >= this.#setting.rows || this.#chars >= MAX_PAYLOAD_CHARS;
  }
  get size(): number {
    return this.#rows.size;
  }
  /** rows that a crash now would take along */
  get unwritten(): number {
    return this.#added.size;
  }
  /** false: full, nothing was taken. State replaces the older state of its topic. */
  add(topic: string, payload: string, retain: boolean): boolean {
    if (this.#rows.size >= this.#setting.rows + (retain ? STATE_RESERVE_ROWS : 0)) return false;
    if (this.#chars + payload.length > MAX_PAYLOAD_CHARS) return false;
    const row: OutboxRow = { id: ++this.#lastId, topic, payload, retain: retain ? 1 : 0 };
    const before = retain ? this.#state.get(topic) : undefined;
    if (before !== undefined) this.#drop(before);
    this.#keep(row);
    this.#added.set(row.id, row);
    this.#post();
    return true;
  }
  after(id: number, limit: number): readonly OutboxRow[] {
    const found: OutboxRow[] = [];
    for (const row of this.#rows.values()) {
      if (row.id <= id) continue;
      found.push(row);
      if (found.length >= limit) break;
    }
    return found;
  }
  /** What the broker has. Rows that the file still holds when a process ends are sent once more after the next start. */
  delete(ids: readonly number[]): void {
    for (const id of ids) this.#drop(id);
    this.#post();
  }
  async close(): Promise<void> {
    clearInterval(this.#watch);
    const worker = this.#worker;
    this.#worker = null;
    if (worker === null) return;
    const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    worker.postMessage({ kind: "write", change: this.#take() } satisfies ToOutbox);
    worker.postMessage({ kind: "close" } satisfies ToOutbox);
    const wait = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_WAIT_MS));
    await Promise.race([ended, wait]);
    await worker.terminate();
  }

  #keep(row: OutboxRow): void {
    this.#rows.set(row.id, row);
    this.#chars += row.payload.length;
    if (row.retain === 1) this.#state.set(row.topic, row.id);
  }
  #drop(id: number): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    this.#rows.delete(id);
    this.#chars -= row.payload.length;
    if (this.#state.get(row.topic) === id) this.#state.delete(row.topic);
    // one that came and went between two writes is never written
    if (!this.#added.delete(id)) this.#removed.add(id);
  }
  /** what one turn of the event loop changed goes over as one change */
  #post(): void {
    if (this.#worker === null || this.#posting || this.#writingSince >= 0) return;
    this.#posting = true;
    setImmediate(() => {
      this.#posting = false;
      if (this.#worker === null || this.#added.size + this.#removed.size === 0) return;
      this.#writingSince = performance.now();
      this.#worker.postMessage({ kind: "write", change: this.#take() } satisfies ToOutbox);
    });
  }
  #take(): OutboxChange {
    const change = { removed: [...this.#removed], added: [...this.#added.values()] };
    this.#removed = new Set();
    this.#added = new Map();
    return change;
  }
  #heard(message: FromOutbox): void {
    if (message.kind === "failed") return this.#tell(message.reason);
    if (message.kind !== "written") return;
    this.#writingSince = -1;
    this.#tell(null);
    if (this.#added.size + this.#removed.size > 0) this.#post();
  }
  #lost(reason: string): void {
    if (this.#worker === null) return;
    this.#worker = null;
    this.#added = new Map();
    this.#removed = new Set();
    this.#tell(`kept in memory alone: ${reason}`);
  }
  #reportDelay(): void {
    const late = this.#writingSince >= 0 ? performance.now() - this.#writingSince : 0;
    if (late > BEHIND_MS && this.#trouble === null) this.#tell(`a write takes longer than ${BEHIND_MS} ms`);
  }
  #tell(trouble: string | null): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#setting.onBehind(trouble);
  }
}

interface Opened {
  readonly rows: readonly OutboxRow[];
  readonly lastId: number;
  readonly session: number;
  readonly setAside: string;
  /** why there is no file; empty when there is one */
  readonly reason: string;
}
const nothing = (reason: string): Opened => ({ rows: [], lastId: 0, session: 0, setAside: "", reason });
const programOf = (): URL =>
  new URL(import.meta.url.endsWith(".ts") ? "./outbox-worker.ts" : "./outbox-worker.js", import.meta.url);

function firstWord(worker: Worker): Promise<Opened> {
  return new Promise((resolve) => {
    const late = setTimeout(
      () => resolve(nothing(`the file did not open within ${OPEN_WAIT_MS} ms`)),
      OPEN_WAIT_MS,
    );
    worker.once("error", (error: Error) => resolve(nothing(error.message)));
    worker.once("exit", () => resolve(nothing("the thread ended before it was open")));
    worker.once("message", (message: FromOutbox) => {
      clearTimeout(late);
      resolve(
        message.kind === "opened"
          ? { ...message, reason: "" }
          : nothing(message.kind === "refused" ? message.reason : "the thread said something else"),
      );
    });
  });
}
