/** A signal over a whole recording, kept as the smallest and largest value of each of a fixed number of slots. */
export class Series {
  readonly min: Float64Array;
  readonly max: Float64Array;
  count = 0;
  smallest = Infinity;
  smallestAt = -1;
  largest = -Infinity;
  largestAt = -1;
  readonly name: string;
  readonly unit: string;
  readonly #slots: number;
  readonly #slotUs: number;

  constructor(name: string, unit: string, spanUs: number, slots: number) {
    this.name = name;
    this.unit = unit;
    this.#slots = slots;
    this.#slotUs = Math.max(1, Math.ceil((spanUs + 1) / slots));
    this.min = new Float64Array(slots).fill(NaN);
    this.max = new Float64Array(slots).fill(NaN);
  }
  add(t: number, value: number): void {
    if (!Number.isFinite(value)) return;
    this.count++;
    if (value < this.smallest) {
      this.smallest = value;
      this.smallestAt = t;
    }
    if (value > this.largest) {
      this.largest = value;
      this.largestAt = t;
    }
    const slot = Math.min(this.#slots - 1, Math.floor(t / this.#slotUs));
    if (!(value >= this.min[slot]!)) this.min[slot] = value;
    if (!(value <= this.max[slot]!)) this.max[slot] = value;
  }
  /** For reports and other threads: plain rows without empty slots. */
  plain(): PlainSeries {
    const timesS: number[] = [];
    const min: number[] = [];
    const max: number[] = [];
    for (let slot = 0; slot < this.#slots; slot++) {
      if (Number.isNaN(this.min[slot]!)) continue;
      timesS.push((slot * this.#slotUs) / 1e6);
      min.push(this.min[slot]!);
      max.push(this.max[slot]!);
    }
    return { name: this.name, unit: this.unit, timesS, min, max };
  }
}
export interface PlainSeries {
  readonly name: string;
  readonly unit: string;
  readonly timesS: readonly number[];
  readonly min: readonly number[];
  readonly max: readonly number[];
}
