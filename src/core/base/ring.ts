import { assert } from "./assert.ts";

/** The last `capacity` numbers of a stream, with their sum and sum of squares. Never grows. */
export interface Ring {
  readonly capacity: number;
  readonly length: number;
  readonly sum: number;
  readonly sumOfSquares: number;
  readonly mean: number;
  /** population variance of what is held, 0 when empty */
  readonly variance: number;
  /** adds a number; the oldest falls out when the ring is full */
  push(value: number): void;
  /** age 0 is the newest; NaN beyond what is held */
  at(age: number): number;
  newest(): number;
  oldest(): number;
  min(): number;
  max(): number;
  clear(): void;
}

export function createRing(capacity: number): Ring {
  return new TypedRing(capacity);
}

class TypedRing implements Ring {
  readonly capacity: number;
  readonly #values: Float64Array;
  #next = 0;
  #length = 0;
  #sum = 0;
  #squares = 0;

  constructor(capacity: number) {
    assert(
      Number.isInteger(capacity) && capacity > 0,
      `a ring needs a whole capacity above 0, got ${capacity}`,
    );
    this.capacity = capacity;
    this.#values = new Float64Array(capacity);
  }
  get length(): number {
    return this.#length;
  }
  get sum(): number {
    return this.#sum;
  }
  get sumOfSquares(): number {
    return this.#squares;
  }
  get mean(): number {
    return this.#length === 0 ? 0 : this.#sum / this.#length;
  }
  get variance(): number {
    if (this.#length === 0) return 0;
    const mean = this.#sum / this.#length;
    return Math.max(0, this.#squares / this.#length - mean * mean);
  }

  push(value: number): void {
    const old = this.#values[this.#next] as number;
    this.#values[this.#next] = value;
    this.#next = this.#next + 1 === this.capacity ? 0 : this.#next + 1;
    if (this.#length < this.capacity) {
      this.#length++;
      this.#sum += value;
      this.#squares += value * value;
    } else if (this.#next === 0) this.#recount();
    else {
      this.#sum += value - old;
      this.#squares += value * value - old * old;
    }
  }
  /** Once per turn the sums are made anew, so that rounding cannot pile up. */
  #recount(): void {
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < this.capacity; i++) {
      const value = this.#values[i] as number;
      sum += value;
      squares += value * value;
    }
    this.#sum = sum;
    this.#squares = squares;
  }

  at(age: number): number {
    if (age < 0 || age >= this.#length) return Number.NaN;
    const place = this.#next - 1 - age;
    return this.#values[place < 0 ? place + this.capacity : place] as number;
  }
  newest(): number {
    return this.at(0);
  }
  oldest(): number {
    return this.at(this.#length - 1);
  }
  min(): number {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#length; i++) least = Math.min(least, this.#values[i] as number);
    return least;
  }
  max(): number {
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < this.#length; i++) most = Math.max(most, this.#values[i] as number);
    return most;
  }
  clear(): void {
    this.#values.fill(0);
    this.#next = 0;
    this.#length = 0;
    this.#sum = 0;
    this.#squares = 0;
  }
}
