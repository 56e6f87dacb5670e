import { assert } from "../base/assert.ts";
import type { FrameView } from "./feature-list.ts";

/** A piecewise straight line through (knots[k], values[k]), flat beyond both ends; never negative. */
export interface Shape {
  /** place of the feature in the head's list */
  readonly feature: number;
  readonly knots: readonly number[];
  readonly values: readonly number[];
  /** what a missing value counts: the mean over the training data */
  readonly missing: number;
}
/** What two features add together, on a grid; row a, column b. */
export interface PairShape {
  readonly a: number;
  readonly b: number;
  readonly knotsA: readonly number[];
  readonly knotsB: readonly number[];
  readonly values: readonly number[];
  readonly missing: number;
}
/** V_s = Σ shapes + Σ pairs: every part is ≥ 0 and keeps the declared directions, so their sum does. */
export interface AdditiveModel {
  readonly kind: "additive";
  readonly shapes: readonly Shape[];
  readonly pairs: readonly PairShape[];
}

/** A model laid out for speed. Allocates nothing per evaluation. */
export interface Evaluator {
  /** V_s ≥ 0; NaN when a present value is not finite */
  evaluate(frame: FrameView): number;
  /** share of each head feature in the last value; they sum to it */
  readonly contributions: Float64Array;
}

/** `places[i]` is where feature i of the head stands in a frame, -1 where the cell has none. */
export function createAdditiveEvaluator(
  model: AdditiveModel,
  features: number,
  places: Int32Array,
): Evaluator {
  const contributions = new Float64Array(features);
  const shapes = model.shapes.map((shape) => layShape(shape, places));
  const pairs = model.pairs.map((pair) => layPair(pair, places));
  return {
    contributions,
    evaluate(frame) {
      contributions.fill(0);
      for (let i = 0; i < shapes.length; i++) {
        const shape = shapes[i] as LaidShape;
        const value = shapeValue(shape, frame);
        if (value !== value) return Number.NaN;
        contributions[shape.feature] = (contributions[shape.feature] as number) + value;
      }
      for (let i = 0; i < pairs.length; i++) {
        const pair = pairs[i] as LaidPair;
        const half = pairValue(pair, frame) / 2;
        if (half !== half) return Number.NaN;
        contributions[pair.a] = (contributions[pair.a] as number) + half;
        contributions[pair.b] = (contributions[pair.b] as number) + half;
      }
      let sum = 0;
      for (let i = 0; i < features; i++) sum += contributions[i] as number;
      return sum;
    },
  };
}

interface LaidShape {
  readonly feature: number;
  readonly place: number;
  readonly knots: Float64Array;
  readonly values: Float64Array;
  readonly missing: number;
}
interface LaidPair {
  readonly a: number;
  readonly b: number;
  readonly placeA: number;
  readonly placeB: number;
  readonly knotsA: Float64Array;
  readonly knotsB: Float64Array;
  readonly values: Float64Array;
  readonly missing: number;
}
function layShape(shape: Shape, places: Int32Array): LaidShape {
  assert(
    shape.knots.length === shape.values.length && shape.knots.length > 0,
    "a shape needs one value per knot",
  );
  return {
    feature: shape.feature,
    place: places[shape.feature] as number,
    knots: Float64Array.from(shape.knots),
    values: Float64Array.from(shape.values),
    missing: shape.missing,
  };
}
function layPair(pair: PairShape, places: Int32Array): LaidPair {
  assert(
    pair.knotsA.length * pair.knotsB.length === pair.values.length,
    "a grid needs one value per crossing",
  );
  return {
    a: pair.a,
    b: pair.b,
    placeA: places[pair.a] as number,
    placeB: places[pair.b] as number,
    knotsA: Float64Array.from(pair.knotsA),
    knotsB: Float64Array.from(pair.knotsB),
    values: Float64Array.from(pair.values),
    missing: pair.missing,
  };
}

/** Index of the last knot at or below x, kept so that a next knot exists. */
export function cellOf(knots: Float64Array, x: number): number {
  let low = 0;
  let high = knots.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((knots[middle] as number) <= x) low = middle;
    else high = middle;
  }
  return low;
}
/** Way from knot k to the next, 0 … 1; clamped beyond the ends. */
export function fractionIn(knots: Float64Array, k: number, x: number): number {
  if (knots.length === 1) return 0;
  const from = knots[k] as number;
  const fraction = (x - from) / ((knots[k + 1] as number) - from);
  return fraction <= 0 ? 0 : fraction >= 1 ? 1 : fraction;
}

function shapeValue(shape: LaidShape, frame: FrameView): number {
  const { place, knots, values } = shape;
  if (place < 0 || frame.present[place] === 0) return shape.missing;
  const x = frame.values[place] as number;
  if (!(Math.abs(x) < Number.POSITIVE_INFINITY)) return Number.NaN;
  const k = cellOf(knots, x);
  const fraction = fractionIn(knots, k, x);
  const from = values[k] as number;
  return fraction === 0 ? from : from + fraction * ((values[k + 1] as number) - from);
}

function pairValue(pair: LaidPair, frame: FrameView): number {
  const { placeA, placeB, knotsA, knotsB, values } = pair;
  if (placeA < 0 || placeB < 0 || frame.present[placeA] === 0 || frame.present[placeB] === 0)
    return pair.missing;
  const x = frame.values[placeA] as number;
  const y = frame.values[placeB] as number;
  if (!(Math.abs(x) < Number.POSITIVE_INFINITY && Math.abs(y) < Number.POSITIVE_INFINITY)) return Number.NaN;
  const i = cellOf(knotsA, x);
  const j = cellOf(knotsB, y);
  const u = fractionIn(knotsA, i, x);
  const v = fractionIn(knotsB, j, y);
  const columns = knotsB.length;
  const right = columns > 1 ? 1 : 0;
  const down = knotsA.length > 1 ? columns : 0;
  const at = i * columns + j;
  const upper = (values[at] as number) * (1 - v) + (values[at + right] as number) * v;
  const lower = (values[at + down] as number) * (1 - v) + (values[at + down + right] as number) * v;
  return upper * (1 - u) + lower * u;
}
