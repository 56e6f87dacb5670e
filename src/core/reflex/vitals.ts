import { MICROS_PER_S, type Micros, type Sample } from "../domain/index.ts";
import type { ChannelInfo, Vitals } from "./rule.ts";

const BUCKETS = 10;
/** a rate is judged over at least this long, and over at least two periods of the lowest healthy rate */
const WINDOW_US = MICROS_PER_S;

/** Counts what arrives, channel by channel. Allocates nothing after its making. */
export class VitalsBook implements Vitals {
  readonly lastAt: Float64Array;
  readonly lastStamp: Float64Array;
  readonly rateHz: Float64Array;
  readonly refused: Float64Array;
  readonly #counts: Float64Array;
  readonly #current: Float64Array;
  readonly #bucketUs: Float64Array;
  readonly #nextTurn: Float64Array;
  readonly #turns: Float64Array;

  constructor(channels: readonly ChannelInfo[]) {
    const n = channels.length;
    const filled = (value: number): Float64Array => new Float64Array(n).fill(value);
    this.lastAt = filled(-1);
    this.lastStamp = filled(-1);
    this.rateHz = filled(-1);
    this.refused = filled(0);
    this.#counts = new Float64Array(n * BUCKETS);
    this.#current = filled(0);
    this.#nextTurn = filled(Number.POSITIVE_INFINITY);
    this.#turns = filled(0);
    this.#bucketUs = Float64Array.from(channels, (c) =>
      Math.ceil(Math.max(WINDOW_US, (2 * MICROS_PER_S) / c.config.minRateHz) / BUCKETS),
    );
  }

  windowUs(channel: number): number {
    return this.#bucketUs[channel]! * BUCKETS;
  }

  trusted(sample: Sample): void {
    const i = sample.channel;
    if (this.lastAt[i]! < 0) this.#nextTurn[i] = sample.t + this.#bucketUs[i]!;
    else if (sample.t >= this.#nextTurn[i]!) this.#turn(i, sample.t);
    this.lastAt[i] = sample.t;
    this.lastStamp[i] = sample.stamp;
    this.#current[i] = this.#current[i]! + 1;
  }

  refuse(channel: number): void {
    this.refused[channel] = this.refused[channel]! + 1;
  }

  tick(t: Micros): void {
    for (let i = 0; i < this.#nextTurn.length; i++) if (t >= this.#nextTurn[i]!) this.#turn(i, t);
  }

  /** Closes every bucket whose time is over and counts the window anew. */
  #turn(i: number, t: number): void {
    const at = i * BUCKETS;
    while (t >= this.#nextTurn[i]!) {
      this.#counts[at + (this.#turns[i]! % BUCKETS)] = this.#current[i]!;
      this.#current[i] = 0;
      this.#turns[i] = this.#turns[i]! + 1;
      this.#nextTurn[i] = this.#nextTurn[i]! + this.#bucketUs[i]!;
    }
    if (this.#turns[i]! < BUCKETS) return;
    let sum = 0;
    for (let k = 0; k < BUCKETS; k++) sum += this.#counts[at + k]!;
    this.rateHz[i] = (sum * MICROS_PER_S) / this.windowUs(i);
  }
}
