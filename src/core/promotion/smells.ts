import { type Code, PROMOTION_ALPHA, PROMOTION_FALSE_STOP_GROWTH_MAX } from "../domain/index.ts";
import { binomialCdf, sampleQuantile } from "../stats/index.ts";
import type { Trouble } from "./candidate.ts";
import { deltaReport } from "./delta.ts";
import type { Evidence, Measurement } from "./evidence.ts";
import { separationOf } from "./separation.ts";

/** spread of V_s over scenarios below this share of its mean is no spread */
const CONSTANT_SPREAD = 1e-3;
/** scores that fall by more than this on risky scenarios, in the very order of the baseline's, were scaled */
const SCALED_RATIO = 0.9;
const SAME_ORDER = 0.98;
const BETTER_ORDER = 0.01;
const WORSE_ORDER = 0.05;
const CHANCE_ORDER = 0.55;
/** on a recording a higher reading by less than this share of its limit is not higher */
const FIELD_MARGIN = 0.05;

/** What a crafted or collapsed candidate looks like. Each smell has its own code. */
export function smellsOf(evidence: Evidence): Trouble[] {
  const battery = evidence.measurements.filter((m) => m.set !== "field");
  const scored = battery.filter(
    (m): m is ScoredMeasurement => m.candidate.score !== null && m.baseline.score !== null,
  );
  return [
    unreadable(evidence),
    constant(battery),
    scaled(scored),
    order(scored),
    memorised(battery),
    worseInField(evidence.measurements),
    falseStops(battery),
  ].filter((t) => t !== null);
}

type ScoredMeasurement = Measurement & {
  readonly baseline: { readonly score: number };
  readonly candidate: { readonly score: number };
};

const isEnergy = (v: number): boolean => v >= 0 && v < Number.POSITIVE_INFINITY;

function unreadable({ kind, measurements, probes }: Evidence): Trouble | null {
  const probe = probes.find((p) => p.trouble !== null);
  if (probe !== undefined) return { code: "PROMOTION_UNREADABLE", detail: `${probe.name}: ${probe.trouble}` };
  const mustScore = kind === "head" || kind === "calibration";
  const bad = measurements.find(
    ({ candidate: { score, energy }, field }) =>
      (field?.trouble ?? null) === null &&
      (!isEnergy(energy) || (score === null ? mustScore : !isEnergy(score))),
  );
  return bad === undefined
    ? null
    : { code: "PROMOTION_UNREADABLE", detail: `${bad.scenario}: V_s ${String(bad.candidate.score)}` };
}

function constant(measurements: readonly Measurement[]): Trouble | null {
  const scores = measurements.flatMap((m) => (m.candidate.score === null ? [] : [m.candidate.score]));
  if (scores.length < 2) return null;
  const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
  const spread = sampleQuantile(scores, 0.95) - sampleQuantile(scores, 0.05);
  return spread <= CONSTANT_SPREAD * Math.max(1e-9, Math.abs(mean))
    ? { code: "PROMOTION_CONSTANT", detail: `V_s spreads by ${spread} around ${mean}` }
    : null;
}

/** The baseline's numbers, only smaller: scenarios stand in the same order. Another order is another head. */
function scaled(all: readonly ScoredMeasurement[]): Trouble | null {
  const ratios = all
    .filter((m) => m.risky && m.baseline.score > 0)
    .map((m) => m.candidate.score / m.baseline.score);
  if (ratios.length === 0) return null;
  const ratio = sampleQuantile(ratios, 0.5);
  if (!(ratio < SCALED_RATIO)) return null;
  const { before, after } = orderOf(all);
  if (after === after && after > before + BETTER_ORDER) return null;
  const same = rankCorrelation(
    all.map((m) => m.baseline.score),
    all.map((m) => m.candidate.score),
  );
  return same < SAME_ORDER
    ? null
    : {
        code: "PROMOTION_SCALED",
        detail: `on risky scenarios V_s is ${ratio.toFixed(3)} of the baseline's, in the same order of scenarios (rank correlation ${same.toFixed(3)})`,
      };
}

/** Spearman's; equal values share the mean of their ranks. 1 where there is no order to differ in. */
function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [ranks(a), ranks(b)];
  const mean = (a.length - 1) / 2;
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < a.length; i++) {
    xy += (x[i]! - mean) * (y[i]! - mean);
    xx += (x[i]! - mean) * (x[i]! - mean);
    yy += (y[i]! - mean) * (y[i]! - mean);
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 1;
}
function ranks(values: readonly number[]): Float64Array {
  const order = values.map((_, i) => i).sort((i, j) => values[i]! - values[j]! || i - j);
  const found = new Float64Array(values.length);
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let k = from; k < to; k++) found[order[k]!] = (from + to - 1) / 2;
  }
  return found;
}

function orderOf(all: readonly ScoredMeasurement[]): { before: number; after: number } {
  const risky = all.map((m) => m.risky);
  return {
    before: separationOf(
      all.map((m) => m.baseline.score),
      risky,
    ),
    after: separationOf(
      all.map((m) => m.candidate.score),
      risky,
    ),
  };
}

function order(all: readonly ScoredMeasurement[]): Trouble | null {
  const { before, after } = orderOf(all);
  if (after !== after || (after >= CHANCE_ORDER && !(after < before - WORSE_ORDER))) return null;
  return {
    code: "PROMOTION_MISCALIBRATED",
    detail: `risky above harmless in ${after.toFixed(3)} of pairs, baseline ${before.toFixed(3)}`,
  };
}

/** P(X ≥ k) that the untouched set shows k or more failures if both sets had the same rate: Fisher's test. */
export function fisherUpper(failsA: number, nA: number, failsB: number, nB: number): number {
  const fails = failsA + failsB;
  let p = 0;
  for (let k = failsB; k <= Math.min(nB, fails); k++) p += hypergeometric(k, nA, nB, fails);
  return Math.min(1, p);
}
function hypergeometric(k: number, nA: number, nB: number, fails: number): number {
  if (fails - k > nA || fails - k < 0) return 0;
  let value = 1;
  // C(nB, k) · C(nA, fails − k) / C(nA + nB, fails), factor by factor so that nothing overflows
  for (let i = 0; i < k; i++) value *= ((nB - i) / (i + 1)) * ((fails - i) / (nA + nB - i));
  for (let i = 0; i < fails - k; i++) value *= (nA - i) / (nA + nB - k - i);
  return value;
}

const failsIn = (m: Measurement): boolean =>
  !(m.candidate.energy <= m.baseline.energy) || (m.risky && !m.candidate.inTime && m.baseline.inTime);

function memorised(all: readonly Measurement[]): Trouble | null {
  const fresh = all.filter((m) => m.set === "untouched" && m.sampled);
  return overfit(all, fresh, failsIn, "PROMOTION_MEMORISED", "unseen scenarios");
}
/**
 * A hazard of the field that the baseline answers and the candidate does not is enough by itself; letting more
 * happen on recordings has to be more than the battery shows.
 */
function worseInField(all: readonly Measurement[]): Trouble | null {
  const recorded = all.filter((m) => m.set === "field" && (m.field?.trouble ?? null) === null);
  const lost = recorded.filter((m) => !m.candidate.inTime && m.baseline.inTime);
  if (lost.length > 0)
    return {
      code: "PROMOTION_FIELD_WORSE",
      detail: `no answer to a hazard that the baseline answers, in ${lost.length} of ${recorded.length} recordings, first ${lost[0]!.scenario}`,
    };
  return overfit(all, recorded, letsMore, "PROMOTION_FIELD_WORSE", "recordings of the field");
}
const letsMore = (m: Measurement): boolean => !(m.candidate.energy <= m.baseline.energy + FIELD_MARGIN);

type Overfit = Extract<Code, "PROMOTION_MEMORISED" | "PROMOTION_FIELD_WORSE">;
function overfit(
  all: readonly Measurement[],
  others: readonly Measurement[],
  fails: (m: Measurement) => boolean,
  code: Overfit,
  where: string,
): Trouble | null {
  const shown = all.filter((m) => m.set === "shown" && m.sampled);
  if (shown.length === 0 || others.length === 0) return null;
  const failed = others.filter(fails);
  const [a, b] = [shown.filter(failsIn).length, failed.length];
  const p = fisherUpper(a, shown.length, b, others.length);
  if (p > PROMOTION_ALPHA) return null;
  const words = `worse in ${a} of ${shown.length} known, ${b} of ${others.length} ${where} (p ${p.toExponential(1)}), first ${failed[0]!.scenario}`;
  // a candidate that is bad everywhere is bad, not a cheat
  const { worse, allowed } = deltaReport(shown);
  return worse <= Math.max(0, allowed) ? { code, detail: words } : null;
}

/** Harmless scenarios that only one side stopped; McNemar's exact test. */
function falseStops(all: readonly Measurement[]): Trouble | null {
  const harmless = all.filter((m) => !m.risky);
  const more = harmless.filter((m) => m.candidate.stopped && !m.baseline.stopped).length;
  const fewer = harmless.filter((m) => !m.candidate.stopped && m.baseline.stopped).length;
  const growth = harmless.length === 0 ? 0 : (more - fewer) / harmless.length;
  if (growth <= PROMOTION_FALSE_STOP_GROWTH_MAX) return null;
  const p = 1 - binomialCdf(more - 1, more + fewer, 0.5);
  return p > PROMOTION_ALPHA
    ? null
    : {
        code: "PROMOTION_FALSE_STOPS",
        detail: `${more} of ${harmless.length} harmless scenarios are stopped anew, ${fewer} no longer`,
      };
}
