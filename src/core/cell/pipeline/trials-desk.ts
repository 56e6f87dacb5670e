import { createPrng } from "../../base/prng.ts";
import {
  APPROVAL_TOLERANCE,
  type Code,
  type Micros,
  MIN_FINISHED_TRIALS,
  MONTE_CARLO_LATENCY_BUDGET_MS,
  msToMicros,
  type TrialOutcome,
  type TrialsEvent,
} from "../../domain/index.ts";
import { type Ceiling, hardCeiling, refusal, safeShareCap, softCeiling } from "../../gate/index.ts";
import { afterTrials } from "./after-trials.ts";
import type { Desk } from "./desk.ts";
import type { OpenAction, TrialReport } from "./open-action.ts";
import { monteCarloReceipt } from "./terms.ts";

/** The pool tells lateness itself; this is for a pool that tells nothing any more. */
const SILENCE_MARGIN_MS = 300;

/** Asks for one batch on the snapshot that was just frozen. */
export function askTrials(action: OpenAction, state: "trials" | "rechecking", desk: Desk): void {
  const { sims, noise, budgetMs } = desk.gate.monteCarlo;
  action.state = state;
  action.requestId = desk.nextRequest++;
  action.requestedAt = desk.now();
  action.deadline = (desk.now() + msToMicros(budgetMs + SILENCE_MARGIN_MS)) as Micros;
  action.trialSeed = createPrng(desk.host.seed)
    .split("trials")
    .split(action.seq)
    .split(action.requestId)
    .nextUint32();
  desk.host.emit({
    kind: "trials",
    request: {
      requestId: action.requestId,
      actionId: action.id,
      seed: action.trialSeed,
      sims,
      noise,
      budgetMs,
      problem: action.judged.problem,
    },
  });
}

export function onTrials(event: TrialsEvent, desk: Desk): void {
  const action = desk.actions.get(event.actionId);
  if (action === undefined || action.requestId !== event.requestId) return desk.count("trials_unexpected");
  if (action.state !== "trials" && action.state !== "rechecking") return desk.count("trials_unexpected");
  takeOutcome(action, event.outcome, desk, event.tookMs);
}

/** The pool did not even say that it was late. */
export const onTrialSilence = (action: OpenAction, desk: Desk): void =>
  takeOutcome(action, { kind: "late", summary: null }, desk);

function takeOutcome(action: OpenAction, outcome: TrialOutcome, desk: Desk, tookMs?: number): void {
  const onTapeMs = (desk.now() - action.requestedAt) / 1_000;
  const latencyMs = tookMs ?? onTapeMs;
  action.untapedMs += latencyMs - onTapeMs;
  const report = reportOf(outcome, latencyMs, desk);
  action.trials = report;
  desk.receipt(monteCarloReceipt(action, report, desk));
  desk.stopRules.check("monte_carlo_latency_ms", latencyMs, MONTE_CARLO_LATENCY_BUDGET_MS, action.id);
  if (action.state === "rechecking") return recheck(action, report, desk);
  afterTrials(action, report, desk);
}

function reportOf(outcome: TrialOutcome, latencyMs: number, desk: Desk): TrialReport {
  switch (outcome.kind) {
    case "done":
      return {
        summary: finite(outcome.summary),
        ceiling:
          finite(outcome.summary) === null
            ? hardCeiling(refusal("TRIALS_REFUSED", "numbers are not finite"))
            : null,
        latencyMs,
      };
    case "late": {
      const finished = outcome.summary?.n ?? 0;
      const atMost = finished < MIN_FINISHED_TRIALS ? "RED" : "YELLOW";
      return {
        summary: outcome.summary,
        ceiling: softCeiling(
          atMost,
          "TRIALS_LATE",
          `${finished} of ${desk.gate.monteCarlo.sims} ended in time`,
        ),
        latencyMs,
      };
    }
    case "failed":
      return { summary: null, ceiling: failure(outcome.reason, outcome.detail), latencyMs };
  }
}
const FAILURES: Readonly<Record<Extract<TrialOutcome, { kind: "failed" }>["reason"], Code>> = {
  crash: "TRIALS_CRASHED",
  overflow: "TRIALS_OVERFLOW",
  memory: "TRIALS_MEMORY",
  refused: "TRIALS_REFUSED",
};
const failure = (reason: keyof typeof FAILURES, detail: string): Ceiling =>
  softCeiling("RED", FAILURES[reason], detail);

/** A summary with a number that is none is no summary. */
function finite(summary: NonNullable<TrialReport["summary"]>): TrialReport["summary"] {
  const numbers = [
    summary.meanOutcome,
    summary.variance,
    summary.minSeparationM,
    summary.maxForceN,
    summary.maxEnergy,
  ];
  const counts =
    Number.isInteger(summary.n) &&
    Number.isInteger(summary.safe) &&
    summary.safe >= 0 &&
    summary.safe <= summary.n;
  return counts && numbers.every(Number.isFinite) ? summary : null;
}

/** After a person's yes the hard rules were checked again; the trials must have run and not be clearly worse. */
function recheck(action: OpenAction, report: TrialReport, desk: Desk): void {
  if (report.ceiling !== null && report.ceiling.atMost === "RED")
    return desk.flow.withhold(action, report.ceiling.code, report.ceiling.detail);
  const cap = safeShareCap(report.summary);
  const asked = action.approval?.cap ?? 1;
  if (cap < asked - APPROVAL_TOLERANCE)
    return desk.flow.withhold(action, "APPROVAL_WORSE", `bound ${cap}, was ${asked}`);
  desk.flow.release(action);
}
