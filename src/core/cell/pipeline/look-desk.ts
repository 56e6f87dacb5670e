import { type Micros, msToMicros } from "../../domain/index.ts";
import { worthLooking } from "../../gate/index.ts";
import type { Desk } from "./desk.ts";
import { judgeHard, withinOf } from "./judge.ts";
import type { Judged, OpenAction, TrialReport } from "./open-action.ts";

/** While an action waits for a reading: judge it again on the first new one, or decide without. */
export function followLook(action: OpenAction, desk: Desk): void {
  const channel = action.looked?.channel;
  const seen = desk.host.snapshot().channels.find((c) => c.name === channel);
  if (seen !== undefined && action.lookedAt !== null && seen.t > action.lookedAt)
    return judgeAgain(action, desk);
  if (desk.now() >= action.deadline) desk.flow.goOn(action);
}

/** The same proposal on a fresh snapshot. What is asked of the proposer's history is not asked twice. */
function judgeAgain(action: OpenAction, desk: Desk): void {
  const judged = judgeHard(action.proposal, false, desk, withinOf(action));
  if (!judged.ok) return desk.flow.concludeHard(action, judged.error);
  lookAfresh(action, judged.value);
  desk.flow.askTrials(action, "trials");
}

/** A fresh snapshot takes the place of the old one; how strange the action is was asked once. */
export function lookAfresh(action: OpenAction, fresh: Judged): void {
  fresh.strangeness = action.judged.strangeness;
  action.judged = fresh;
}

/** Looks once more when that is worth more than the wait: the action stays where it is until a new reading came. */
export function mayLook(action: OpenAction, report: TrialReport, desk: Desk): boolean {
  if (action.looked !== null || action.again || report.ceiling !== null || report.summary === null)
    return false;
  const look = worthLooking(report.summary, action.judged.sight, desk.host.deployment.channels, desk.gate);
  action.looked = look;
  if (!look.worth || look.channel === null) return false;
  action.state = "looking";
  action.lookedAt = desk.now();
  action.deadline = (desk.now() + msToMicros(desk.gate.look.waitMs)) as Micros;
  desk.count("looks");
  desk.answer(action.id, action.via, "LOOK", "VERDICT_YELLOW", `reads "${look.channel}" once more`, {
    channel: look.channel,
    slower: 0.5,
  });
  return true;
}
