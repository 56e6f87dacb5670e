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
