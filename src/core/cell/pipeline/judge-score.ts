import {
  CONVERGENCE_LOOP_THRESHOLD,
  GATE_GREEN_THRESHOLD,
  GATE_YELLOW_THRESHOLD,
  MIN_FINISHED_TRIALS,
  MONTE_CARLO_VARIANCE_THRESHOLD,
} from "../../domain/index.ts";
import {
  type Ceiling,
  type Confidence,
  confidenceOf,
  type Decision,
  decide,
  type HelperFinding,
  loopPenalty,
  softCeiling,
  type Strangeness,
} from "../../gate/index.ts";
import type { Desk } from "./desk.ts";
import type { OpenAction, TrialReport } from "./open-action.ts";
import type { Features } from "./stages.ts";

export interface Score {
  readonly confidence: Confidence;
  /** what the whole gate says, whatever the stage */
  readonly full: Decision;
  /** what counts at the present stage */
  readonly counted: Decision;
}

export function judgeScore(action: OpenAction, report: TrialReport, desk: Desk): Score {
  const { judged } = action;
  const confidence = confidenceOf(
    {
      drift: judged.drift.value,
      entropy: judged.entropy,
      stability: judged.stability,
      loop: loopPenalty(action.loop?.repeats ?? 0),
      trials: report.summary,
    },
    desk.gate,
  );
  const shared = sharedCeilings(action, desk);
  const trials = trialCeilings(report, desk.gate.monteCarlo.sims);
  const full = decide(confidence.score, [...shared, ...trials]);
  return { confidence, full, counted: countedAt(desk.stage.features, full, confidence, report, shared) };
}

/** What holds the verdict down besides the trials. */
function sharedCeilings(action: OpenAction, desk: Desk): Ceiling[] {
  const { strangeness } = action.judged;
  const { loop } = action;
  const ceilings: Ceiling[] = [];
  if (loop !== null && loop.repeats >= CONVERGENCE_LOOP_THRESHOLD)
    ceilings.push(softCeiling("RED", "LOOP_DETECTED", `asked ${loop.repeats} times`));
  if (action.lane.escalated && desk.stage.features.FEATURE_WOUND_DETECTION_ENABLED)
    ceilings.push(softCeiling("RED", "WOUNDS_ESCALATED", action.lane.caller));
  if (strangeness !== null) ceilings.push(...strangeCeilings(strangeness, action));
  ceilings.push(...helperCeilings(action));
  if (action.judged.action.retreat) ceilings.push(retreatCeiling(action, desk));
  if (action.sandbox !== null && !action.sandbox.ok)
    ceilings.push(softCeiling("RED", action.sandbox.code ?? "SANDBOX_FAILED", action.sandbox.detail));
  return ceilings;
}

/** Always watched; and asked about first, unless the deployment leaves it to the gate. */
const retreatCeiling = (action: OpenAction, { gate }: Desk): Ceiling =>
  gate.retreat?.approval === false
    ? softCeiling("YELLOW", "VERDICT_YELLOW", "a retreat is watched")
    : softCeiling("RED", "RETREAT_NEEDS_PERSON", action.judged.action.summary);

function strangeCeilings(strange: Strangeness, { judged }: OpenAction): Ceiling[] {
  const kind = `${judged.action.verb} at ${judged.action.target}`;
  if (strange.first) return [softCeiling("RED", "UNFAMILIAR", `the first ${kind} of this caller`)];
  if (!strange.calibrated)
    return [
      softCeiling("YELLOW", "FAMILIARITY_UNKNOWN", `${strange.known} of ${strange.needed} known for ${kind}`),
    ];
  if (strange.shifted)
    return [softCeiling("RED", "SHIFT_DETECTED", `evidence ${Math.round(strange.shift)} to 1`)];
  return strange.unfamiliar
    ? [softCeiling("RED", "UNFAMILIAR", `p = ${Math.round(strange.pValue * 1_000) / 1_000}`)]
    : [];
}

/** What helpers found can only lower the verdict; one that did not answer is no reassurance. */
function helperCeilings({ helping }: OpenAction): Ceiling[] {
  if (helping === null) return [];
  const ceilings: Ceiling[] = helping.findings.flatMap(findingCeilings);
  const silent = helping.started - helping.findings.length;
  if (silent > 0)
    ceilings.push(softCeiling("YELLOW", "HELPER_SILENT", `${silent} of ${helping.started} did not answer`));
  return ceilings;
}
function findingCeilings(finding: HelperFinding): Ceiling[] {
  const warning = warningOf(finding);
  if (warning !== null) return [softCeiling("RED", "HELPER_WARNED", warning)];
  if (finding.kind === "failed") return [softCeiling("YELLOW", "HELPER_SILENT", finding.detail)];
  return finding.kind === "deep" && !(finding.shareLower >= GATE_GREEN_THRESHOLD)
    ? [softCeiling("YELLOW", "HELPER_WARNED", `safe share at least ${finding.shareLower}`)]
    : [];
}
/** Reason for which an action must not run, as a helper found it; null: none. */
export function warningOf(finding: HelperFinding): string | null {
  if (finding.kind === "deep")
    return finding.shareLower >= GATE_YELLOW_THRESHOLD ? null : `safe share at least ${finding.shareLower}`;
  return finding.kind === "cross" && finding.conflicts.length > 0
    ? `${finding.conflicts.length} sensors disagree`
    : null;
}

/** Unfinished is never GREEN; hardly begun is RED; unstable is never GREEN. */
function trialCeilings(report: TrialReport, wanted: number): Ceiling[] {
  const ceilings: Ceiling[] = report.ceiling === null ? [] : [report.ceiling];
  const { summary } = report;
  if (summary === null) return ceilings;
  if (summary.n < MIN_FINISHED_TRIALS)
    ceilings.push(softCeiling("RED", "TRIALS_TOO_FEW", `${summary.n} of ${wanted}`));
  else if (summary.n < wanted)
    ceilings.push(softCeiling("YELLOW", "TRIALS_LATE", `${summary.n} of ${wanted}`));
  if (summary.variance > MONTE_CARLO_VARIANCE_THRESHOLD)
    ceilings.push(softCeiling("YELLOW", "TRIALS_UNSTABLE", `variance ${round(summary.variance)}`));
  return ceilings;
}

/**
 * Before the stage of Monte Carlo nothing may rest on trials: they can only lower a verdict, their absence
 * is no reason to refuse, and GREEN, which needs them, does not exist. In shadow the whole gate is judged.
 */
function countedAt(
  features: Features,
  full: Decision,
  confidence: Confidence,
  report: TrialReport,
  shared: readonly Ceiling[],
): Decision {
  if (!features.FEATURE_GATE_ENABLED) return full;
  const missing = report.summary === null || report.summary.n < MIN_FINISHED_TRIALS;
  const base =
    features.FEATURE_MONTE_CARLO_ENABLED || !missing ? full : decide(withoutTrials(confidence), shared);
  if (
    base.verdict !== "GREEN" ||
    (features.FEATURE_MONTE_CARLO_ENABLED && !features.FEATURE_GATE_YELLOW_ONLY)
  )
    return base;
  return { ...base, verdict: "YELLOW", code: "VERDICT_YELLOW", reason: "this stage has no GREEN" };
}

const round = (value: number): number => Math.round(value * 1_000) / 1_000;

function withoutTrials(confidence: Confidence): number {
  const { drift, entropy, stability, loop } = confidence.terms;
  return drift.factor * entropy.factor * stability.factor * loop.factor;
}
