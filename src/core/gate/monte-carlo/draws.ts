import { normalQuantile, PI } from "../../base/math.ts";
import type { Prng } from "../../base/prng.ts";

/** One variation of action, state and person. Made from a row of even and normal numbers. */
export interface Draw {
  latencyS: number;
  speed: number;
  /** share of the duration by which the middle of the action comes early or late */
  warp: number;
  payload: number;
  distance: number;
  personMPerS: number;
  /** 0 = straight towards the arm */
  headingRad: number;
  sensed: number;
  /** added to every joint angle, radian */
  readonly offsets: Float64Array;
}
/** Numbers that one draw takes besides one normal per joint: six normal ones and two even ones. */
const NORMALS = 6;
const EVENS = 2;
export const drawSize = (joints: number): number => NORMALS + EVENS + joints;
export const emptyDraw = (joints: number): Draw => ({
  latencyS: 0,
  speed: 1,
  warp: 0,
  payload: 1,
  distance: 1,
  personMPerS: 0,
  headingRad: 0,
  sensed: 1,
  offsets: new Float64Array(joints),
});

/** Where a draw's numbers lie: even ones first, then normal ones. */
export interface Numbers {
  /** person's speed and heading, in [0, 1) */
  readonly even: Float64Array;
  /** latency, speed, warp, payload, distance, sensing, then one per joint */
  readonly normal: Float64Array;
}
export const emptyNumbers = (joints: number): Numbers => ({
  even: new Float64Array(EVENS),
  normal: new Float64Array(NORMALS + joints),
});
/** Independent numbers from a stream. */
export function fillNumbers(numbers: Numbers, stream: Prng): void {
  for (let d = 0; d < EVENS; d++) numbers.even[d] = stream.nextFloat();
  for (let d = 0; d < numbers.normal.length; d++) numbers.normal[d] = stream.nextGaussian();
}
/** Numbers from one point of the unit cube: what low-discrepancy draws need. */
export function spreadNumbers(numbers: Numbers, point: ArrayLike<number>): void {
  for (let d = 0; d < EVENS; d++) numbers.even[d] = point[d]!;
  for (let d = 0; d < numbers.normal.length; d++)
    numbers.normal[d] = normalQuantile(Math.min(1 - EDGE, Math.max(EDGE, point[EVENS + d]!)));
}

/** How much a relative noise of 1 turns a joint angle, radian. */
const OFFSET_RAD = 0.1;
const EDGE = 1e-12;
const factor = (g: number, noise: number): number => Math.min(2, Math.max(0.25, 1 + noise * g));

export interface DrawSetting {
  readonly noise: number;
  readonly reactionS: number;
  readonly personMPerS: number;
}

export function fillDraw(numbers: Numbers, setting: DrawSetting, draw: Draw): void {
  const { noise } = setting;
  const g = numbers.normal;
  draw.personMPerS = setting.personMPerS * numbers.even[0]!;
  draw.headingRad = PI * (2 * numbers.even[1]! - 1);
  draw.latencyS = setting.reactionS * Math.abs(g[0]!);
  draw.speed = factor(g[1]!, noise);
  draw.warp = Math.min(0.12, Math.max(-0.12, 0.25 * noise * g[2]!));
  draw.payload = factor(g[3]!, noise);
  draw.distance = factor(g[4]!, noise);
  draw.sensed = factor(g[5]!, noise);
  for (let j = 0; j < draw.offsets.length; j++) draw.offsets[j] = noise * OFFSET_RAD * g[NORMALS + j]!;
}

/** Share of the dangerous half in the mixture that importance draws come from. */
const DANGEROUS = 0.5;
/** The dangerous part: a person in the upper half of speeds, within this share of all headings. */
const TOWARDS = 0.25;
const FAST = 0.5;
const DENSITY = 1 / (TOWARDS * (1 - FAST));

/**
 * Turns numbers into a draw from half the usual law, half people who walk fast towards the arm, and gives
 * its weight: usual density over drawn density. Weights never exceed WEIGHT_MAX.
 */
export function tilt(numbers: Numbers, pick: number): number {
  const { even } = numbers;
  if (pick < DANGEROUS) {
    even[0] = FAST + (1 - FAST) * even[0]!;
    even[1] = 0.5 + TOWARDS * (even[1]! - 0.5);
  }
  const inside = even[0]! >= FAST && Math.abs(even[1]! - 0.5) <= TOWARDS / 2;
  return 1 / (1 - DANGEROUS + (inside ? DANGEROUS * DENSITY : 0));
}
export const WEIGHT_MAX = 1 / (1 - DANGEROUS);
