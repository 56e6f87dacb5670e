import { quantileUpperBound } from "../../core/stats/index.ts";

/** One repetition of a step, in milliseconds and metres; null: could not be measured. */
export interface Measured {
  /** what was raised, as code and source; null: nothing came */
  readonly cause: string | null;
  /** from the last reading that was still good to the cause */
  readonly reactionMs: number | null;
  readonly stopMs: number | null;
  readonly distanceM: number | null;
  /** of the tool when the stop came */
  readonly speedMPerS: number | null;
}
export interface StepResult {
  readonly id: string;
  readonly configHash: string;
  readonly at: number;
  readonly measured: readonly Measured[];
  /** the receipt that the step left */
  readonly receipt?: string;
}
/** fewer repetitions than this show nothing about a p99 */
export const REPEATS_MIN = 10;
/** The largest of n, the p99 as far as n readings show it, and a bound of it where n suffices. */
export interface Spread {
  readonly n: number;
  readonly median: number;
  readonly p99: number;
  /** with 95 % confidence not exceeded in 99 of 100; null: n is too small (299 are needed) */
  readonly bound: number | null;
}
const QUANTILE = 0.99;
export const CONFIDENCE = 0.95;

/** Order statistics: no shape of the distribution is assumed. */
export function spreadOf(values: readonly (number | null)[]): Spread | null {
  const sorted = values.filter((v): v is number => v !== null).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  return {
    n: sorted.length,
    median: sorted[Math.ceil(sorted.length / 2) - 1]!,
    p99: sorted[Math.ceil(QUANTILE * sorted.length) - 1]!,
    bound: quantileUpperBound(sorted, QUANTILE, 1 - CONFIDENCE),
  };
}
/** How sure n readings make it that their largest is at least the p99. */
export const confidenceOfLargest = (n: number): number => {
  let below = 1;
  for (let i = 0; i < n; i++) below *= QUANTILE;
  return 1 - below;
};

export interface Claims {
  readonly stopTimeMs: number;
  readonly stopDistanceM: number;
}
/** Why a step did not pass; empty: it did. */
export function faultsOf(result: StepResult, wanted: number, claims: Claims): string[] {
  const { measured } = result;
  const missed = measured.filter((m) => m.cause === null).length;
  const stop = spreadOf(measured.map((m) => m.stopMs));
  const distance = spreadOf(measured.map((m) => m.distanceM));
  const unseen = measured.filter((m) => m.cause !== null && m.stopMs === null).length;
  return [
    ...(measured.length < wanted ? [`only ${measured.length} of ${wanted} times`] : []),
    ...(missed > 0 ? [`${missed} of ${measured.length} times nothing came`] : []),
    // what a step about speeds is for
    ...(result.id.startsWith("speed ") && unseen > 0
      ? [`${unseen} of ${measured.length} times no standstill was seen`]
      : []),
    ...(stop !== null && stop.p99 > claims.stopTimeMs
      ? [`stopping took ${stop.p99.toFixed(0)} ms, the deployment claims ${claims.stopTimeMs} ms`]
      : []),
    ...(distance !== null && distance.p99 > claims.stopDistanceM
      ? [`stopping took ${distance.p99.toFixed(3)} m, the deployment claims ${claims.stopDistanceM} m`]
      : []),
  ];
}

const ROOM = 1.2;
/** Limits as measured, with room; what was not measured is left as it is. */
export function proposedLimits(
  results: readonly StepResult[],
): { readonly key: string; readonly value: number }[] {
  const all = results.flatMap((result) => result.measured);
  const stop = spreadOf(all.map((m) => m.stopMs));
  const distance = spreadOf(all.map((m) => m.distanceM));
  return [
    ...(stop === null ? [] : [{ key: "robot.stopTimeMs", value: Math.ceil((stop.p99 * ROOM) / 10) * 10 }]),
    ...(distance === null
      ? []
      : [
          {
            key: "robot.stopDistanceM",
            value: Math.max(0.001, Math.ceil(distance.p99 * ROOM * 1_000) / 1_000),
          },
        ]),
  ];
}
