/** Quantiles of a latency without keeping every value: 1/8-octave buckets of microseconds, bounded for ever. */
const BUCKETS_PER_OCTAVE = 8;
const OCTAVES = 26;

export class LatencyMeter {
  readonly #counts = new Float64Array(BUCKETS_PER_OCTAVE * OCTAVES);
  #total = 0;
  #max = 0;

  /** all values of several meters together */
  static sum(meters: readonly LatencyMeter[]): LatencyMeter {
    const all = new LatencyMeter();
    for (const meter of meters) {
      for (let i = 0; i < all.#counts.length; i++) all.#counts[i]! += meter.#counts[i]!;
      all.#total += meter.#total;
      all.#max = Math.max(all.#max, meter.#max);
    }
    return all;
  }
  add(microseconds: number): void {
    const octaves = Math.log2(Math.max(1 / 16, microseconds)) + 4;
    const bucket = Math.min(this.#counts.length - 1, Math.max(0, Math.floor(octaves * BUCKETS_PER_OCTAVE)));
    this.#counts[bucket]!++;
    this.#total++;
    if (microseconds > this.#max) this.#max = microseconds;
  }
  get count(): number {
    return this.#total;
  }
  get max(): number {
    return this.#max;
  }
  /** upper edge of the bucket that holds the quantile; 0 without values */
  quantile(q: number): number {
    if (this.#total === 0) return 0;
    let seen = 0;
    for (let i = 0; i < this.#counts.length; i++) {
      seen += this.#counts[i]!;
      if (seen >= q * this.#total) return 2 ** ((i + 1) / BUCKETS_PER_OCTAVE - 4);
    }
    return this.#max;
  }
}
