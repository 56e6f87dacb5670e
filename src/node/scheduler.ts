import type { Micros } from "../core/domain/index.ts";

/**
 * When the result of work on another thread enters the cell. Live: as soon as it is there. In simulated
 * time: at a due time that was fixed when the work was asked for, so that a run gives the same receipts at
 * any speed.
 */
export interface Scheduler {
  later<T>(work: Promise<T>, delayUs: number, then: (value: T) => void): void;
}

export const liveScheduler: Scheduler = {
  later(work, _delayUs, then) {
    // `work` never rejects: the parts that make it turn failures into values.
    void work.then(then);
  },
};

interface Due {
  readonly at: number;
  readonly order: number;
  readonly ready: Promise<() => void>;
}

/** Results in order of their due times, for a driver that owns the clock. */
export class VirtualScheduler implements Scheduler {
  #due: Due[] = [];
  #order = 0;
  readonly #now: () => Micros;

  constructor(now: () => Micros) {
    this.#now = now;
  }
  later<T>(work: Promise<T>, delayUs: number, then: (value: T) => void): void {
    const entry: Due = {
      at: this.#now() + delayUs,
      order: this.#order++,
      ready: work.then((value) => () => then(value)),
    };
    let i = this.#due.length;
    while (i > 0 && this.#due[i - 1]!.at > entry.at) i--;
    this.#due.splice(i, 0, entry);
  }
  /** due time of the next result, Infinity when nothing is under way */
  get nextAt(): number {
    return this.#due[0]?.at ?? Infinity;
  }
  /** waits for the next result and hands it over */
  async deliverNext(): Promise<void> {
    const next = this.#due.shift();
    if (next !== undefined) (await next.ready)();
  }
}
