import type { AnchorStatus } from "../ledger.ts";
import { AnchorConflict, type Outgoing, type Sink } from "./sink.ts";

/** What the keeper needs of the ledger. */
export interface KeeperHost {
  /** newest signed checkpoint that covers every row worth anchoring, or null when the sink has it already */
  next(takenSize: number, takenOrigin: string): Outgoing | null;
  /** rejects when the note contradicts the rows; resolves with words when it says nothing about them */
  check(note: string): string | null;
  taken(sink: string, origin: string, size: number, note: string): void;
  /** one receipt per change of outcome */
  receipt(sink: string, size: number, root: string, outcome: "sent" | "failed", detail: string): void;
  late(active: boolean, detail: string): void;
  conflict(detail: string): void;
  now(): number;
}

const RETRY_MS_MIN = 1_000;
const LATE_PERIODS = 3;

interface SinkState {
  readonly sink: Sink;
  origin: string;
  size: number;
  failures: number;
  detail: string;
  nextAt: number;
  /** when the sink first failed to take what it should have, -1 while it keeps up */
  behindSince: number;
  /** the visit that is under way */
  visit: Promise<void> | null;
  compared: boolean;
}

/**
 * Carries checkpoints to every sink. Only the newest one counts, so the backlog is one checkpoint per sink
 * however long it is away; retries back off up to the anchor period.
 */
export class AnchorKeeper {
  readonly #host: KeeperHost;
  readonly #periodMs: number;
  readonly #states: SinkState[];

  constructor(
    host: KeeperHost,
    sinks: readonly Sink[],
    periodMs: number,
    taken: ReadonlyMap<string, { origin: string; size: number }>,
  ) {
    this.#host = host;
    this.#periodMs = periodMs;
    this.#states = sinks.map((sink) => ({
      sink,
      origin: taken.get(sink.name)?.origin ?? "",
      size: taken.get(sink.name)?.size ?? 0,
      failures: 0,
      detail: "",
      nextAt: 0,
      behindSince: -1,
      visit: null,
      compared: false,
    }));
  }

  status(): AnchorStatus[] {
    return this.#states.map(({ sink, size, failures, detail }) => ({
      sink: sink.name,
      size,
      failures,
      detail,
    }));
  }

  /** called a few times a second, and with `force` when a person asks */
  async tick(force = false): Promise<void> {
    await Promise.all(this.#states.map((state) => this.#visit(state, force)));
  }

  async #visit(state: SinkState, force: boolean): Promise<void> {
    if (!force && (state.visit !== null || this.#host.now() < state.nextAt)) return;
    // who asks wants the newest rows to be there: what is under way ends first, since it may be older
    while (state.visit !== null) await state.visit;
    state.visit = this.#carry(state).finally(() => {
      state.visit = null;
    });
    await state.visit;
  }

  async #carry(state: SinkState): Promise<void> {
    try {
      if (!state.compared) await this.#compare(state);
      const outgoing = this.#host.next(state.size, state.origin);
      if (outgoing !== null) await this.#send(state, outgoing);
      state.behindSince = -1;
      state.nextAt = this.#host.now() + this.#periodMs;
    } catch (error) {
      this.#failed(state, error);
    } finally {
      this.#reportLate();
    }
  }

  /** On first contact: what the sink remembers must fit the rows. */
  async #compare(state: SinkState): Promise<void> {
    for (const note of await state.sink.last()) {
      const unreadable = this.#host.check(note);
      if (unreadable !== null) state.detail = unreadable;
    }
    state.compared = true;
  }

  async #send(state: SinkState, outgoing: Outgoing): Promise<void> {
    const note = await state.sink.send(outgoing);
    state.origin = outgoing.origin;
    state.size = outgoing.size;
    state.failures = 0;
    state.detail = "";
    this.#host.taken(state.sink.name, outgoing.origin, outgoing.size, note);
    this.#host.receipt(state.sink.name, outgoing.size, rootOf(outgoing.note), "sent", "");
  }

  #failed(state: SinkState, error: unknown): void {
    const detail = error instanceof Error ? error.message : String(error);
    const isNews = state.failures === 0;
    state.failures++;
    state.detail = detail;
    const now = this.#host.now();
    if (state.behindSince < 0) state.behindSince = now;
    state.nextAt = now + Math.min(this.#periodMs, RETRY_MS_MIN * 2 ** Math.min(state.failures - 1, 10));
    if (error instanceof AnchorConflict) this.#host.conflict(`${state.sink.name}: ${detail}`);
    if (isNews) this.#host.receipt(state.sink.name, state.size, "", "failed", detail);
  }

  #reportLate(): void {
    const now = this.#host.now();
    const late = this.#states.filter(
      (s) => s.behindSince >= 0 && now - s.behindSince > LATE_PERIODS * this.#periodMs,
    );
    this.#host.late(late.length > 0, late.map((s) => `${s.sink.name}: ${s.detail}`).join("; "));
  }
}

const rootOf = (note: string): string => note.split("\n")[2] ?? "";
