import type { Prng } from "../src/core/base/prng.ts";

/** Cheap repeatable normal noise: a table of normal draws, visited in an order that does not repeat soon. */
export interface Noise {
  next(): number;
}
const TABLE_BITS = 13;

export function createNoise(prng: Prng): Noise {
  const table = new Float64Array(1 << TABLE_BITS);
  for (let i = 0; i < table.length; i++) table[i] = prng.nextGaussian();
  let state = prng.nextUint32() | 1;
  return {
    next() {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return table[state >>> (32 - TABLE_BITS)]!;
    },
  };
}
