import { assert } from "../base/assert.ts";
import type { Prng } from "../base/prng.ts";

const BITS = 32;
const UNIT = 1 / 4294967296;

/**
 * Degree, coefficients and first direction numbers of the primitive polynomials of dimensions 2, 3, …
 * (Joe and Kuo 2008, table new-joe-kuo-6).
 */
const DIRECTIONS: readonly (readonly number[])[] = [
  [1, 0, 1],
  [2, 1, 1, 3],
  [3, 1, 1, 3, 1],
  [3, 2, 1, 1, 1],
  [4, 1, 1, 1, 3, 3],
  [4, 4, 1, 3, 5, 13],
  [5, 2, 1, 1, 5, 5, 17],
  [5, 4, 1, 1, 5, 5, 5],
  [5, 7, 1, 1, 7, 11, 19],
  [5, 11, 1, 1, 5, 1, 1],
  [5, 13, 1, 1, 1, 3, 11],
  [5, 14, 1, 3, 5, 5, 31],
  [6, 1, 1, 3, 3, 9, 7, 49],
  [6, 13, 1, 1, 1, 15, 21, 21],
  [6, 16, 1, 3, 1, 13, 27, 49],
  [6, 19, 1, 1, 1, 15, 7, 5],
  [6, 22, 1, 3, 1, 15, 13, 25],
  [6, 25, 1, 1, 5, 5, 19, 61],
  [7, 1, 1, 3, 7, 11, 23, 15, 103],
  [7, 4, 1, 3, 7, 13, 13, 15, 69],
  [7, 7, 1, 1, 3, 13, 7, 35, 63],
  [7, 8, 1, 3, 5, 9, 1, 25, 53],
  [7, 14, 1, 3, 1, 13, 9, 35, 107],
  [7, 19, 1, 3, 1, 5, 27, 61, 31],
  [7, 21, 1, 1, 5, 11, 19, 41, 61],
  [7, 28, 1, 3, 5, 3, 3, 13, 69],
  [7, 31, 1, 1, 7, 13, 1, 19, 1],
  [7, 32, 1, 3, 7, 5, 13, 19, 59],
  [7, 37, 1, 1, 3, 9, 25, 29, 41],
  [7, 41, 1, 3, 5, 13, 23, 1, 55],
  [7, 42, 1, 3, 7, 3, 13, 59, 17],
];
export const SOBOL_DIMENSIONS_MAX = DIRECTIONS.length + 1;

function directionNumbers(dimension: number): Uint32Array {
  const v = new Uint32Array(BITS);
  const row = DIRECTIONS[dimension - 1];
  if (row === undefined) {
    for (let i = 0; i < BITS; i++) v[i] = 1 << (BITS - 1 - i);
    return v;
  }
  const [degree, coefficients, ...first] = row as [number, number, ...number[]];
  for (let i = 0; i < BITS; i++) {
    if (i < degree) v[i] = (first[i] as number) << (BITS - 1 - i);
    else {
      const far = v[i - degree] as number;
      let value = far ^ (far >>> degree);
      for (let k = 1; k < degree; k++)
        if (((coefficients >>> (degree - 1 - k)) & 1) === 1) value ^= v[i - k] as number;
      v[i] = value;
    }
  }
  return v;
}

/** A low-discrepancy sequence: point i does not depend on which points were asked for before. */
export interface Sequence {
  readonly dimensions: number;
  /** writes point i, each number in [0, 1) */
  point(index: number, out: Float64Array): void;
}

/**
 * Sobol's sequence in Gray-code order; with a stream, scrambled by Owen's nested method, so that several
 * scrambles give independent estimates and with them an error bar.
 */
export function createSobol(dimensions: number, scramble?: Prng): Sequence {
  assert(
    dimensions >= 1 && dimensions <= SOBOL_DIMENSIONS_MAX,
    `Sobol has 1 to ${SOBOL_DIMENSIONS_MAX} dimensions here, got ${dimensions}`,
  );
  const tables = Array.from({ length: dimensions }, (_, d) => directionNumbers(d));
  const keys = tables.map((_, d) => scramble?.split("sobol").split(d).nextUint32());
  return {
    dimensions,
    point(index, out) {
      const gray = (index ^ (index >>> 1)) >>> 0;
      for (let d = 0; d < dimensions; d++) {
        const table = tables[d] as Uint32Array;
        let bits = 0;
        for (let i = 0; gray >>> i !== 0 && i < BITS; i++)
          if (((gray >>> i) & 1) === 1) bits ^= table[i] as number;
        const key = keys[d];
        out[d] = (key === undefined ? bits >>> 0 : nestedScramble(bits >>> 0, key)) * UNIT;
      }
    },
  };
}
/** Each bit is flipped by a hash of the bits above it: Owen's scrambling, without storing its tree. */
function nestedScramble(bits: number, key: number): number {
  let result = 0;
  for (let i = 0; i < BITS; i++) {
    const shift = BITS - 1 - i;
    const prefix = i === 0 ? 0 : bits >>> (shift + 1);
    const flip = hash((hash((key + i) >>> 0) ^ prefix) >>> 0) & 1;
    result = ((result << 1) | (((bits >>> shift) & 1) ^ flip)) >>> 0;
  }
  return result;
}
function hash(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return (h ^ (h >>> 15)) >>> 0;
}
