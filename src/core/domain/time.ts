/**
 * Two clocks, never mixed:
 * `Micros` counts from the start of the run on the monotonic clock and orders everything;
 * `EpochMicros` is wall time (microseconds since 1970), which only dates receipts and source stamps.
 * Both are integers below 2^53.
 */
declare const clock: unique symbol;
export type Micros = number & { readonly [clock]: "monotonic" };
export type EpochMicros = number & { readonly [clock]: "epoch" };

export const microsOf = (value: number): Micros => value as Micros;
export const epochMicrosOf = (value: number): EpochMicros => value as EpochMicros;
export const MICROS_PER_MS = 1_000;
export const MICROS_PER_S = 1_000_000;
export const msToMicros = (ms: number): number => Math.round(ms * MICROS_PER_MS);
