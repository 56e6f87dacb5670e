/** So many per second; what was not used is saved up to `atOnce`. */
export class Bucket {
  readonly #perSecond: number;
  readonly #atOnce: number;
  #left: number;
  #at = 0;

  constructor(perSecond: number, atOnce = perSecond) {
    this.#perSecond = perSecond;
    this.#atOnce = atOnce;
    this.#left = atOnce;
  }
  /** false: nothing left */
  take(nowMs: number): boolean {
    this.#left = Math.min(this.#atOnce, this.#left + ((nowMs - this.#at) * this.#perSecond) / 1_000);
    this.#at = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

/** Questions that read the ledger cost time on the page's thread: all browsers together have this much. */
export const questionBucket = (): Bucket => new Bucket(40, 80);

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
