/** Counts what comes within one whole period of a clock: enough to tell a flood, and two numbers are all it keeps. */
export class PerPeriod {
  readonly #length: number;
  #period = Number.NaN;
  #count = 0;

  constructor(length: number) {
    this.#length = length;
  }
  /** the how-manieth this one is of its period */
  count(now: number): number {
    const period = Math.floor(now / this.#length);
    this.#count = period === this.#period ? this.#count + 1 : 1;
    this.#period = period;
    return this.#count;
  }
}
