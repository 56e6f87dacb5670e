import type { Desk } from "./desk.ts";
import { judgeHard } from "./judge.ts";
import type { Judged, OpenAction } from "./open-action.ts";

/** While an action waits for a reading: judge it again on the first new one, or decide without. */
export function followLook(action: OpenAction, desk: Desk): void {
  const channel = action.looked?.channel;
  const seen = desk.host.snapshot().channels.find((c) => c.name === channel);
  if (seen !== undefined && action.lookedAt !== null && seen.t > action.lookedAt)
    return judgeAgain(action, desk);
  if (desk.now() >= action.deadline) desk.flow.conclude(action);
}

/** The same proposal on a fresh snapshot. What is asked of the proposer's history is not asked twice. */
function judgeAgain(action: OpenAction, desk: Desk): void {
  const judged = judgeHard(action.proposal, action.judged.loop, desk);
  if (!judged.ok) return desk.flow.concludeHard(action, judged.error);
  lookAfresh(action, judged.value);
  desk.flow.askTrials(action, "trials");
}

/** A fresh snapshot takes the place of the old one; how strange the action is was asked once. */
export function lookAfresh(action: OpenAction, fresh: Judged): void {
  fresh.strangeness = action.judged.strangeness;
  action.judged = fresh;
}
