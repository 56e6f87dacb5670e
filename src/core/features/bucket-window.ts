import { assert } from "../base/assert.ts";

/**
 * Least, greatest, mean and spread of the last moments of a signal of any rate, in fixed memory: time is cut
 * into buckets, so that the window's far edge is exact to one bucket.
 */
export class BucketWindow {
  readonly #bucketUs: number;
  readonly #buckets: number;
  readonly #stamp: Float64Array;
  readonly #least: Float64Array;
  readonly #greatest: Float64Array;
  readonly #sum: Float64Array;
  readonly #squares: Float64Array;
  readonly #count: Float64Array;
  /** valid after gather() */
  count = 0;
  min = 0;
  max = 0;
  mean = 0;
  std = 0;

  constructor(windowMs: number, buckets = 16) {
    assert(windowMs > 0 && buckets > 1, `a window needs a length and buckets, got ${windowMs}, ${buckets}`);
    this.#bucketUs = (windowMs * 1_000) / (buckets - 1);
    this.#buckets = buckets;
    this.#stamp = new Float64Array(buckets).fill(-1);
    this.#least = new Float64Array(buckets);
    this.#greatest = new Float64Array(buckets);
    this.#sum = new Float64Array(buckets);
    this.#squares = new Float64Array(buckets);
    this.#count = new Float64Array(buckets);
  }

  add(t: number, value: number): void {
    const stamp = Math.floor(t / this.#bucketUs);
    const at = stamp % this.#buckets;
    if (this.#stamp[at] !== stamp) {
      this.#stamp[at] = stamp;
      this.#least[at] = value;
      this.#greatest[at] = value;
      this.#sum[at] = value;
      this.#squares[at] = value * value;
      this.#count[at] = 1;
      return;
    }
    if (value < (this.#least[at] as number)) this.#least[at] = value;
    if (value > (this.#greatest[at] as number)) this.#greatest[at] = value;
    this.#sum[at] = (this.#sum[at] as number) + value;
    this.#squares[at] = (this.#squares[at] as number) + value * value;
    this.#count[at] = (this.#count[at] as number) + 1;
  }

  /** Sums up what lies in the window that ends at t; false: nothing. */
  gather(t: number): boolean {
    const newest = Math.floor(t / this.#bucketUs);
    let count = 0;
    let sum = 0;
    let squares = 0;
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < this.#buckets; i++) {
      const stamp = this.#stamp[i] as number;
      if (stamp < 0 || stamp <= newest - this.#buckets || stamp > newest) continue;
      count += this.#count[i] as number;
      sum += this.#sum[i] as number;
      squares += this.#squares[i] as number;
      if ((this.#least[i] as number) < min) min = this.#least[i] as number;
      if ((this.#greatest[i] as number) > max) max = this.#greatest[i] as number;
    }
    this.count = count;
    if (count === 0) return false;
    this.min = min;
    this.max = max;
    this.mean = sum / count;
    this.std = Math.sqrt(Math.max(0, squares / count - this.mean * this.mean));
    return true;
  }
}
