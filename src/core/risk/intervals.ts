import { createPrng } from "../base/prng.ts";
import { betaQuantile, binomialCdf, shareLowerBound, shareUpperBound } from "../stats/index.ts";
import { auroc } from "./metrics.ts";

/** 95 % of the draws of such data give a range that holds the true figure. */
export type Interval = readonly [low: number, high: number];

const DRAWS = 200;
const TAIL = 0.025;
/** so many chances that a binomial count of rare events is a Poisson count to all digits that anybody reads */
const CHANCES = 1e9;

/** Clopper-Pearson, both sides. null: nothing was counted. */
export const shareInterval = (k: number, n: number): Interval | null =>
  n === 0 ? null : [shareLowerBound(k, n, 1 - TAIL), shareUpperBound(k, n, 1 - TAIL)];

/** Events per hour from a count over some hours, as exact as a Poisson count is. null: no time was seen. */
export function rateInterval(count: number, hours: number): Interval | null {
  if (!(hours > 0)) return null;
  const chances = Math.max(CHANCES, 10 * count);
  return [
    (chances * shareLowerBound(count, chances, 1 - TAIL)) / hours,
    (chances * shareUpperBound(count, chances, 1 - TAIL)) / hours,
  ];
}

/** The middle value of a sample between two of its own order statistics; null: too few for 95 %. */
export function medianInterval(values: readonly number[]): Interval | null {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  let rank = 0;
  while (rank < n / 2 && binomialCdf(rank, n, 0.5) <= TAIL) rank++;
  return rank === 0 ? null : [sorted[rank - 1] as number, sorted[n - rank] as number];
}

export interface Labelled {
  readonly scores: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
  /** rows of one group are drawn together: they are no separate evidence */
  readonly groups: ArrayLike<number>;
}
/** A figure of rows that count with these weights; NaN where they cannot give it. */
export type WeightedFigure = (weights: Float64Array) => number;

/** Draws whole groups with replacement. null: fewer than two groups say nothing about a third. */
export function groupInterval(
  groups: ArrayLike<number>,
  seed: number,
  figure: WeightedFigure,
): Interval | null {
  const place = new Map<number, number>();
  for (let row = 0; row < groups.length; row++)
    if (!place.has(groups[row] as number)) place.set(groups[row] as number, place.size);
  const n = place.size;
  if (n < 2) return null;
  const of = Int32Array.from(
    { length: groups.length },
    (_, row) => place.get(groups[row] as number) as number,
  );
  const prng = createPrng(seed).split("intervals");
  const weights = new Float64Array(groups.length);
  const drawn: number[] = [];
  for (let draw = 0; draw < DRAWS; draw++) {
    const times = new Float64Array(n);
    for (let i = 0; i < n; i++) times[Math.min(n - 1, Math.floor(prng.nextFloat() * n))]!++;
    for (let row = 0; row < weights.length; row++) weights[row] = times[of[row] as number] as number;
    const value = figure(weights);
    if (value === value) drawn.push(value);
  }
  if (drawn.length < DRAWS / 2) return null;
  drawn.sort((a, b) => a - b);
  const at = (share: number): number => drawn[Math.round(share * (drawn.length - 1))] as number;
  return [at(TAIL), at(1 - TAIL)];
}

/**
 * Area under the ROC curve over groups. Draws among groups that are all told apart never show a miss, so the
 * range is widened to what a count over so many groups can show: five perfect groups do not prove 1.
 */
export function aurocInterval(data: Labelled, seed: number): Interval | null {
  const drawn = groupInterval(data.groups, seed, weightedAuroc(data));
  const area = auroc(data.scores, data.labels);
  if (drawn === null || area !== area) return null;
  const n = pairsOfGroups(data);
  const low = area <= 0 ? 0 : betaQuantile(TAIL, area * n, n * (1 - area) + 1);
  const high = area >= 1 ? 1 : betaQuantile(1 - TAIL, area * n + 1, n * (1 - area));
  return [Math.min(drawn[0], low), Math.max(drawn[1], high)];
}
/** How many groups there are of the side that has fewer. */
function pairsOfGroups({ labels, groups }: Labelled): number {
  const sides = [new Set<number>(), new Set<number>()] as const;
  for (let row = 0; row < labels.length; row++) sides[labels[row] === 1 ? 1 : 0].add(groups[row] as number);
  return Math.min(sides[0].size, sides[1].size);
}
function rising(scores: ArrayLike<number>): Int32Array {
  const order = Int32Array.from({ length: scores.length }, (_, i) => i);
  return order.sort((a, b) => (scores[a] as number) - (scores[b] as number) || a - b);
}
function weightedAuroc({ scores, labels }: Labelled): WeightedFigure {
  const order = rising(scores);
  return (weights) => {
    let below = 0;
    let risky = 0;
    let area = 0;
    for (let i = 0; i < order.length; ) {
      const score = scores[order[i] as number];
      let tiedHarmless = 0;
      let tiedRisky = 0;
      for (; i < order.length && scores[order[i] as number] === score; i++) {
        const row = order[i] as number;
        if (labels[row] === 1) tiedRisky += weights[row] as number;
        else tiedHarmless += weights[row] as number;
      }
      area += tiedRisky * (below + tiedHarmless / 2);
      below += tiedHarmless;
      risky += tiedRisky;
    }
    return risky === 0 || below === 0 ? Number.NaN : area / (risky * below);
  };
}
/** Mean precision over the risky rows, as `averagePrecision` has it. */
export function weightedPrecision({ scores, labels }: Labelled): WeightedFigure {
  const order = rising(scores).reverse();
  return (weights) => {
    let seen = 0;
    let risky = 0;
    let sum = 0;
    for (let i = 0; i < order.length; ) {
      const score = scores[order[i] as number];
      let here = 0;
      for (; i < order.length && scores[order[i] as number] === score; i++) {
        const row = order[i] as number;
        seen += weights[row] as number;
        if (labels[row] === 1) here += weights[row] as number;
      }
      risky += here;
      if (seen > 0) sum += here * (risky / seen);
    }
    return risky === 0 ? Number.NaN : sum / risky;
  };
}
export const weightedBrier =
  ({ scores, labels }: Labelled): WeightedFigure =>
  (weights) => {
    let sum = 0;
    let total = 0;
    for (let i = 0; i < scores.length; i++) {
      const d = (scores[i] as number) - (labels[i] as number);
      sum += (weights[i] as number) * d * d;
      total += weights[i] as number;
    }
    return sum / total;
  };
/** As `calibrationError` has it, over equal-width bins. */
export function weightedCalibration({ scores, labels }: Labelled, bins = 15): WeightedFigure {
  const bin = Uint8Array.from({ length: scores.length }, (_, i) =>
    Math.min(bins - 1, Math.max(0, Math.floor((scores[i] as number) * bins))),
  );
  return (weights) => {
    const gap = new Float64Array(bins);
    let total = 0;
    for (let i = 0; i < scores.length; i++) {
      const at = bin[i] as number;
      const weight = weights[i] as number;
      gap[at] = (gap[at] as number) + weight * ((scores[i] as number) - (labels[i] as number));
      total += weight;
    }
    return gap.reduce((sum, g) => sum + Math.abs(g), 0) / total;
  };
}
