import { log } from "./math.ts";

/**
 * Splittable pseudo-random numbers. A stream is named by its seed and the labels it was split with, never
 * by the order of calls, so that trial 17 draws the same numbers on any thread and in any order.
 */
export interface Prng {
  nextUint32(): number;
  /** uniform in [0, 1) with 53 bits */
  nextFloat(): number;
  /** standard normal */
  nextGaussian(): number;
  /** an independent stream; the same label gives the same stream */
  split(label: number | string): Prng;
}

/** Any finite number names a stream. */
export function createPrng(seed: number): Prng {
  return new Stream(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344).split(seed);
}

const BITS = new Float64Array(1);
const WORDS = new Uint32Array(BITS.buffer);
BITS[0] = 1;
/** which word holds sign and exponent: byte order must not change a stream */
const HIGH = WORDS[1] === 0 ? 0 : 1;
const NUMBER_TAG = 0x6e756d62;
const TEXT_TAG = 0x74657874;

/** Bijective mixer of 32 bits with full avalanche. */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** xoshiro128++ (Blackman and Vigna) whose first state is a hash of the stream's name. */
class Stream implements Prng {
  readonly #name: Uint32Array;
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  #spare = 0;
  #hasSpare = false;

  constructor(a: number, b: number, c: number, d: number) {
    this.#name = Uint32Array.of(a, b, c, d);
    this.#a = a | 0;
    this.#b = b | 0;
    this.#c = c | 0;
    // a state of zeros would stay there for ever
    this.#d = (a | b | c | d) === 0 ? 1 : d | 0;
  }

  nextUint32(): number {
    const sum = (this.#a + this.#d) | 0;
    const result = (((sum << 7) | (sum >>> 25)) + this.#a) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  nextFloat(): number {
    const high = this.nextUint32() >>> 5;
    const low = this.nextUint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** Marsaglia's polar method; the second number of each pair is kept for the next call. */
  nextGaussian(): number {
    if (this.#hasSpare) {
      this.#hasSpare = false;
      return this.#spare;
    }
    let u = 0;
    let v = 0;
    let s = 0;
    do {
      u = 2 * this.nextFloat() - 1;
      v = 2 * this.nextFloat() - 1;
      s = u * u + v * v;
    } while (s >= 1 || s === 0);
    const factor = Math.sqrt((-2 * log(s)) / s);
    this.#spare = v * factor;
    this.#hasSpare = true;
    return u * factor;
  }

  split(label: number | string): Prng {
    const state = Uint32Array.from(this.#name);
    if (typeof label === "number") {
      BITS[0] = label === 0 ? 0 : label;
      absorb(state, NUMBER_TAG);
      absorb(state, WORDS[HIGH] as number);
      absorb(state, WORDS[1 - HIGH] as number);
    } else {
      absorb(state, TEXT_TAG);
      absorb(state, label.length);
      for (let i = 0; i < label.length; i++) absorb(state, label.charCodeAt(i));
    }
    for (let i = 0; i < 4; i++) absorb(state, i);
    return new Stream(state[0] as number, state[1] as number, state[2] as number, state[3] as number);
  }
}

/** Folds one word into the four words of a name. */
function absorb(state: Uint32Array, word: number): void {
  let carry = word >>> 0;
  for (let i = 0; i < 4; i++) {
    carry = mix(((state[i] as number) + Math.imul(carry, 0x9e3779b1) + i) >>> 0);
    state[i] = carry;
  }
}
