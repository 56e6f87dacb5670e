import { LatencyMeter } from "./latency.ts";

/** A window is made of so many slots; the oldest is thrown away when a new one begins. */
const SLOTS = 10;

/** A latency over the last stretch of time alone. */
class Window {
  readonly #slotMs: number;
  readonly #slots = Array.from({ length: SLOTS }, () => new LatencyMeter());
  #number = -1;

  constructor(spanMs: number) {
    this.#slotMs = spanMs / SLOTS;
  }
  add(microseconds: number, nowMs: number): void {
    this.#moveTo(nowMs);
    this.#slots[this.#number % SLOTS]!.add(microseconds);
  }
  meter(nowMs: number): LatencyMeter {
    this.#moveTo(nowMs);
    return LatencyMeter.sum(this.#slots);
  }
  #moveTo(nowMs: number): void {
    const number = Math.floor(nowMs / this.#slotMs);
    for (let i = Math.max(this.#number + 1, number - SLOTS + 1); i <= number; i++)
      this.#slots[i % SLOTS] = new LatencyMeter();
    this.#number = Math.max(this.#number, number);
  }
}

const SHORT_MS = 10_000;
const LONG_MS = 600_000;

/**
 * How late things are now: over the last seconds and over the last minutes. A count since the start of the node would forget
 * nothing, so that after a month a slow-down shows only days later. The worse of both windows counts: the short one sees a
 * slow-down at once, the long one keeps what comes only now and then.
 */
export class RecentLatency {
  readonly #short = new Window(SHORT_MS);
  readonly #long = new Window(LONG_MS);

  add(microseconds: number, nowMs: number): void {
    this.#short.add(microseconds, nowMs);
    this.#long.add(microseconds, nowMs);
  }
  /** of the long window */
  count(nowMs: number): number {
    return this.#long.meter(nowMs).count;
  }
  max(nowMs: number): number {
    return this.#long.meter(nowMs).max;
  }
  /** the worse of both windows; 0 without values */
  quantile(q: number, nowMs: number): number {
    return Math.max(this.#short.meter(nowMs).quantile(q), this.#long.meter(nowMs).quantile(q));
  }
}
