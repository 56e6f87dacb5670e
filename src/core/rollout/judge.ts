import { log } from "../base/math.ts";
import type { Code } from "../domain/index.ts";
import { logExceedanceEvidence, rankTest, shareLowerBound, shareUpperBound } from "../stats/index.ts";
import type { JudgeSetting } from "./plan.ts";

/** What a group of cells has shown. Sums only: a report of a thousand cells costs as much as one. */
export interface Tally {
  decisions: number;
  failures: number;
  /** cells that answered, and of them the ones that could not change or fell ill afterwards */
  cells: number;
  cellFailures: number;
  /** cells that answered with decisions, and of them those whose own failure share lies above the margin */
  measured: number;
  bad: number;
}
export const emptyTally = (): Tally => ({
  decisions: 0,
  failures: 0,
  cells: 0,
  cellFailures: 0,
  measured: 0,
  bad: 0,
});

export interface StageFacts {
  /** cells that the stage told to change */
  readonly told: number;
  /** all cells of the stage were told, so nothing more will be learnt about cells that fail to change */
  readonly complete: boolean;
  /** cells of the stage that answered */
  readonly reached: number;
  /** decisions of the stage's own cells, none of them counted for much more than its share */
  readonly decisions: number;
  /** decisions of the baseline cells since the stage began */
  readonly keptDecisions: number;
  /** cells told in all stages, and of them those that have not fallen silent after they changed */
  readonly toldInAll: number;
  readonly present: number;
  readonly sinceUs: number;
  readonly stages: number;
}
export interface Judgement {
  readonly verdict: "advance" | "hold" | "abort";
  readonly code: Code;
  readonly terms: Readonly<Record<string, number>>;
}

/** ln evidence that the rate lies above the margin; may be looked at after every report. */
export const excess = (hits: number, of: number, margin: number): number =>
  logExceedanceEvidence(of - hits, hits, 1 - margin);
/** ln evidence that the rate lies below the margin. */
export const proof = (hits: number, of: number, margin: number): number =>
  logExceedanceEvidence(hits, of - hits, margin);

/** ten cells bound a rate only at 26 %: cells prove something once there are enough of them */
const CELLS_THAT_PROVE = 100;
const CELL_UPPER_MAX = 0.1;

/**
 * Is there enough to go on? Three answers, because "no data" is neither good nor bad. Everything here is
 * always-valid: the engine asks after each report and at each tick. Aborting needs certainty that something
 * is wrong, advancing needs certainty that nothing is.
 */
export function judgeStage(changed: Tally, kept: Tally, facts: StageFacts, setting: JudgeSetting): Judgement {
  const { decisionFailureMax: d, cellFailureMax: c, alpha } = setting;
  const bar = log(3 / alpha);
  const terms = {
    decisions: changed.decisions,
    failures: changed.failures,
    decisionExcess: excess(changed.failures, changed.decisions, d),
    decisionProof: proof(changed.failures, changed.decisions, d),
    cellExcess: excess(changed.cellFailures, changed.cells, c),
    cellUpper: changed.cells === 0 ? 1 : shareUpperBound(changed.cellFailures, changed.cells, 1 - alpha),
    badExcess: excess(changed.bad, changed.measured, c),
    baselineDecisions: facts.keptDecisions,
    present: facts.present,
    toldInAll: facts.toldInAll,
    reached: facts.reached,
    told: facts.told,
    stageDecisions: facts.decisions,
    lastedS: Math.floor(facts.sinceUs / 1_000_000),
  };
  const say = (verdict: Judgement["verdict"], code: Code): Judgement => ({ verdict, code, terms });
  if (terms.decisionExcess >= bar || terms.cellExcess >= bar || terms.badExcess >= bar)
    return say("abort", "ROLLOUT_ABORT_FAILURES");
  const worse = worseThanKept(changed, kept, alpha);
  if (worse !== null && worse >= bar) return say("abort", "ROLLOUT_ABORT_WORSE");
  if (facts.complete && facts.reached >= facts.told && cellsFailTooOften(changed, facts, setting))
    return say("abort", "ROLLOUT_ABORT_FAILURES");
  if (facts.reached < Math.ceil(setting.minReached * facts.told)) return say("hold", "ROLLOUT_INSUFFICIENT");
  if (facts.present < Math.ceil(setting.minReached * facts.toldInAll)) return say("hold", "ROLLOUT_SILENT");
  if (facts.sinceUs < setting.dwellUs || facts.decisions < setting.minDecisions)
    return say("hold", "ROLLOUT_INSUFFICIENT");
  if (facts.stages > 1 && facts.keptDecisions < setting.minDecisions)
    return say("hold", "ROLLOUT_NO_BASELINE");
  if (terms.decisionProof < log(1 / alpha)) return say("hold", "ROLLOUT_INSUFFICIENT");
  if (changed.cells >= CELLS_THAT_PROVE && terms.cellUpper > CELL_UPPER_MAX)
    return say("hold", "ROLLOUT_INSUFFICIENT");
  return say("advance", "ROLLOUT_ADVANCED");
}

/**
 * Items on one machine: nothing keeps an old state beside them and each is looked at once, whole. A stage
 * passes when all of it is done, no more failed than the plan allows, and an item costs no more than before.
 */
export function judgeItems(
  done: Tally,
  facts: StageFacts,
  { cellFailureMax, growthMax }: JudgeSetting,
  loads: { readonly before: readonly [number, number]; readonly stage: readonly [number, number] },
): Judgement {
  const mean = ([sum, n]: readonly [number, number]): number => (n === 0 ? 0 : sum / n);
  const growth = loads.before[1] === 0 ? 1 : mean(loads.stage) / Math.max(mean(loads.before), 1e-9);
  const terms = {
    items: done.cells,
    failures: done.cellFailures,
    growth,
    reached: facts.reached,
    told: facts.told,
  };
  const say = (verdict: Judgement["verdict"], code: Code): Judgement => ({ verdict, code, terms });
  if (done.cellFailures > Math.floor(cellFailureMax * done.cells) && facts.reached >= facts.told)
    return say("abort", "ROLLOUT_ABORT_FAILURES");
  if (!facts.complete || facts.reached < facts.told) return say("hold", "ROLLOUT_INSUFFICIENT");
  if (growth > growthMax) return say("abort", "ROLLOUT_ABORT_GROWTH");
  return say("advance", "ROLLOUT_ADVANCED");
}

/** One exact look per stage, its error split over the stages. */
const cellsFailTooOften = (
  t: Tally,
  { stages }: StageFacts,
  { alpha, cellFailureMax }: JudgeSetting,
): boolean => t.cells > 0 && shareLowerBound(t.cellFailures, t.cells, 1 - alpha / stages) > cellFailureMax;

/** ln evidence that the changed cells fail more often than the kept ones: the kept rate is taken at its upper bound. */
function worseThanKept(changed: Tally, kept: Tally, alpha: number): number | null {
  if (kept.decisions < 59 || changed.decisions === 0) return null;
  const rate = shareUpperBound(kept.failures, kept.decisions, 1 - alpha / 10);
  return rate >= 1 ? null : excess(changed.failures, changed.decisions, rate);
}

export interface ValueJudgement {
  readonly verdict: "pass" | "insufficient" | "worse";
  /** one-sided p-values: larger values, and values beyond everything the baseline has shown */
  readonly pLarger: number;
  readonly pBeyond: number;
  readonly superiority: number;
  readonly shift: number;
}
const VALUES_FOR_PASS = 59;

/**
 * A metric where larger is worse (latency, time to stop, V_s), old cells against new ones, looked at once at
 * the end of a stage. A median that stays the same is no pass: values beyond the baseline's largest count,
 * and a pass needs enough values to prove the 95th percentile.
 */
export function judgeValues(
  keptValues: readonly number[],
  changedValues: readonly number[],
  tolerance: number,
  alpha = 0.05,
): ValueJudgement {
  const kept = keptValues.filter((v) => v === v);
  // what cannot be read is as bad as it can be on the new side, and proves nothing on the old one
  const changed = changedValues.map((v) => (v === v ? v : Number.MAX_VALUE));
  const { pValue: pLarger, superiority, shift } = rankTest(kept, changed);
  const most = kept.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const least = kept.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const beyond = changed.filter((v) => !(v <= most + tolerance)).length;
  const below = changed.filter((v) => !(v >= least - tolerance)).length;
  const outside = Math.max(beyond, below);
  const pBeyond = kept.length === 0 ? 1 : allAbove(outside, changed.length, kept.length);
  const worse = Math.min(pLarger, pBeyond) <= alpha / 2 && (beyond > 0 || shift > tolerance);
  const enough = kept.length >= VALUES_FOR_PASS && changed.length >= VALUES_FOR_PASS;
  // at most 5 % of new values may lie beyond the old ones' largest, with confidence
  const verdict = worse
    ? "worse"
    : enough && shareUpperBound(beyond, changed.length, 1 - alpha) <= 0.05
      ? "pass"
      : "insufficient";
  return { verdict, pLarger, pBeyond, superiority, shift };
}

/** Chance that the k largest of n + m exchangeable values all are among the n new ones. */
function allAbove(k: number, n: number, m: number): number {
  let p = 1;
  for (let i = 0; i < k; i++) p *= (n - i) / (n + m - i);
  return p;
}
