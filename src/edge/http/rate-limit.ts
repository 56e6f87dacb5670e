/** So many per second, with a burst of one second's worth. */
export class Bucket {
  readonly #perSecond: number;
  #left: number;
  #at = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
  }
  /** false: nothing left */
  take(nowMs: number): boolean {
    this.#left = Math.min(this.#perSecond, this.#left + ((nowMs - this.#at) * this.#perSecond) / 1_000);
    this.#at = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

/** Counts events of the last minute in a ring of that many; true while the ring is full of them. */
export class PerMinute {
  readonly #times: Float64Array;
  #next = 0;

  constructor(limit: number) {
    this.#times = new Float64Array(limit).fill(Number.NEGATIVE_INFINITY);
  }
  add(nowMs: number): void {
    this.#times[this.#next] = nowMs;
    this.#next = (this.#next + 1) % this.#times.length;
  }
  exceeded(nowMs: number): boolean {
    return nowMs - this.#times[this.#next]! < 60_000;
  }
}
