import { assert } from "../base/assert.ts";
import type { AdditiveModel, PairShape, Shape } from "./additive.ts";
import { ADDITIVE_DEFAULTS, type AdditiveSetting, type TrainingProgress } from "./additive-setting.ts";
import { type Block, cumulate, meanValue, pairBlock, Places, shapeBlock } from "./blocks.ts";
import { Fit } from "./fit.ts";
import { groupFolds } from "./folds.ts";
import { choosePairs } from "./pair-choice.ts";
import { type FrameTable, positives, selectRows } from "./table.ts";

export interface Trained {
  readonly model: AdditiveModel;
  /** logit(p) ≈ V_s + bias on the training rows, before calibration */
  readonly bias: number;
  readonly epochs: number;
  /** mean share of each feature in V_s over the training rows; sums to 1 */
  readonly importance: Float64Array;
}
/** Fewer groups than this cannot spare any: they are fitted and watched at once. */
const GROUPS_MIN = 10;

/**
 * Logistic regression over ramps: each shape is a sum of steps up (or down) between its knots, and a step
 * that has a declared direction is never negative, nor is then any mean of such shapes. Pairs are found on
 * what the shapes leave unexplained. A generator, so that the caller can show progress or give up; same
 * table and seed, same bytes.
 */
export function* trainAdditive(
  table: FrameTable,
  setting: AdditiveSetting = ADDITIVE_DEFAULTS,
): Generator<TrainingProgress, Trained> {
  assert(positives(table) > 0 && positives(table) < table.rows, "training needs risky and harmless rows");
  const shapes = table.features
    .map((feature, i) => shapeBlock(table, i, feature.direction, setting.knots))
    .filter((b) => b !== null);
  const fits: Fit[] = [];
  for (const [bag, part] of bagsOf(table, setting).entries()) {
    const fit = new Fit(part.fit, part.heldOut, shapes, setting, bag);
    yield* fit.run("shapes");
    fits.push(fit);
  }
  const first = fits[0] as Fit;
  const features = shapes.map((b) => b.features[0] as number);
  const chosen =
    setting.pairs === 0
      ? []
      : choosePairs(first.table, first.residuals(), features, setting.pairs, setting.pairKnots);
  const pairs = chosen.map(([a, b]) => pairBlock(table, a, b, setting.pairKnots)).filter((b) => b !== null);
  if (pairs.length === 0) return meanOf(fits, table);
  const deeper: Fit[] = [];
  for (const fit of fits) {
    const next = new Fit(fit.table, fit.heldOut, [...shapes, ...pairs], setting, fit.bag, fit);
    yield* next.run("pairs");
    deeper.push(next);
  }
  const loss = (of: readonly Fit[]): number => of.reduce((sum, fit) => sum + fit.bestLoss, 0);
  return meanOf(loss(deeper) < loss(fits) ? deeper : fits, table);
}

/** Each bag holds out other groups to know when to stop. */
function bagsOf(table: FrameTable, setting: AdditiveSetting): { fit: FrameTable; heldOut: FrameTable }[] {
  const whole = [{ fit: table, heldOut: table }];
  if (new Set(table.groups).size < GROUPS_MIN) return whole;
  const splits = groupFolds(table, Math.max(4, setting.bags), setting.seed).slice(0, setting.bags);
  const parts = splits.map(({ train, test }) => ({
    fit: selectRows(table, train),
    heldOut: selectRows(table, test),
  }));
  const mixed = (t: FrameTable): boolean => positives(t) > 0 && positives(t) < t.rows;
  const usable = parts.filter(({ fit, heldOut }) => mixed(fit) && mixed(heldOut));
  return usable.length > 0 ? usable : whole;
}

/** The mean of all descents as shapes that are nowhere negative; what that moves goes to the bias. */
function meanOf(fits: readonly Fit[], table: FrameTable): Trained {
  const { blocks, offsets, steps } = fits[0] as Fit;
  const heights = new Float64Array(steps.length);
  for (const fit of fits)
    for (let i = 0; i < heights.length; i++)
      heights[i] = (heights[i] as number) + (fit.bestSteps[i] as number) / fits.length;
  let bias = fits.reduce((sum, fit) => sum + fit.bestBias, 0) / fits.length;
  const shapes: Shape[] = [];
  const pairs: PairShape[] = [];
  const means = new Float64Array(table.features.length);
  blocks.forEach((block, b) => {
    const offset = offsets[b] as number;
    cumulate(heights, offset, block, false);
    const raw = heights.subarray(offset, offset + block.size);
    const least = raw.reduce((a, x) => Math.min(a, x), Number.POSITIVE_INFINITY);
    const values = Array.from(raw, (x) => x - least);
    bias += least;
    if (values.every((x) => x < FLAT)) return;
    const missing = meanValue(new Places(table, block), block, values, table.rows);
    for (const feature of block.features)
      means[feature] = (means[feature] as number) + missing / block.features.length;
    keep(block, values, missing, shapes, pairs);
  });
  const total = means.reduce((a, x) => a + x, 0);
  const importance = means.map((x) => (total > 0 ? x / total : 0));
  const epochs = fits.reduce((most, fit) => Math.max(most, fit.epochs), 0);
  return { model: { kind: "additive", shapes, pairs }, bias, epochs, importance };
}
/** A shape that never rises above this says nothing. */
const FLAT = 1e-6;

function keep(block: Block, values: number[], missing: number, shapes: Shape[], pairs: PairShape[]): void {
  const [feature, second] = block.features as [number, number | undefined];
  const [knots, knotsB] = block.knots.map((k) => Array.from(k)) as [number[], number[] | undefined];
  if (second === undefined || knotsB === undefined) shapes.push({ feature, knots, values, missing });
  else pairs.push({ a: feature, b: second, knotsA: knots, knotsB, values, missing });
}
