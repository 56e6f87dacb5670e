import { MONTE_CARLO_VARIANCE_THRESHOLD } from "../../domain/index.ts";
import { askLoop } from "./convergence-desk.ts";
import type { Desk } from "./desk.ts";
import { judgeScore } from "./judge-score.ts";
import { mayLook } from "./look-desk.ts";
import type { Helping, OpenAction, TrialReport } from "./open-action.ts";
import { spawn } from "./spawn-desk.ts";
import { noteWounds } from "./wound-desk.ts";

/**
 * The way from the trials to the verdict, in the order of the specification: Monte Carlo → variance →
 * convergence → loop → helpers → confidence → decision. Each step either goes on or leaves the action in a
 * state that an event or its time limit ends.
 */
export function afterTrials(action: OpenAction, report: TrialReport, desk: Desk): void {
  if (!mayLook(action, report, desk)) goOn(action, desk);
}

/** What was waited for is here, or will not come. What was done before is not done twice. */
export function goOn(action: OpenAction, desk: Desk): void {
  askOnce(action, desk);
  if (action.loop?.halted === true)
    return desk.flow.concludeHard(action, {
      code: "LOOP_HALTED",
      detail: `asked ${action.loop.repeats} times`,
    });
  const reason = helpersWantedFor(action);
  if (reason !== null && spawn(action, reason, desk)) return;
  // a high-risk plan that is not RED by now runs in the simulator first
  if (needsSandbox(action, desk)) return desk.flow.askSandbox(action);
  desk.flow.conclude(action);
}

/** Questions and confidence of the proposer are its own: another look at the cell does not ask them again. */
function askOnce(action: OpenAction, desk: Desk): void {
  if (action.loop !== null) return;
  action.loop = askLoop(action.id, action.lane, action.questions, desk);
  noteWounds(action, action.proposal.evidence?.confidence_trajectory ?? [], desk);
}

/** null: the judgement stands on its own, or helpers were asked before. */
function helpersWantedFor(action: OpenAction): Helping["reason"] | null {
  if (action.helping !== null || action.again) return null;
  if (action.wounded) return "wounds";
  if (action.loop?.looping === true) return "loop";
  return (action.trials?.summary?.variance ?? 0) > MONTE_CARLO_VARIANCE_THRESHOLD ? "unstable" : null;
}

function needsSandbox(action: OpenAction, desk: Desk): boolean {
  if (!action.judged.action.highRisk || !desk.gate.sandbox.monitored || action.sandbox !== null) return false;
  return action.trials !== null && judgeScore(action, action.trials, desk).full.verdict !== "RED";
}
