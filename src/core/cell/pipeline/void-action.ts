import type { Code } from "../../domain/index.ts";
import { voidRequest } from "./approval-desk.ts";
import { blockReceipt } from "./conclude.ts";
import type { Desk } from "./desk.ts";
import type { OpenAction } from "./open-action.ts";
import { withhold } from "./release.ts";
import { takeBack } from "./running.ts";
import { requestTerms } from "./terms.ts";

/** The cell stopped: whatever was proposed before is void, with one receipt of the kind that its state owes. */
export function voidAction(action: OpenAction, code: Code, desk: Desk): void {
  switch (action.state) {
    case "running":
      return takeBack(action, "revoked", code, "the cell stopped", "aborted", desk);
    case "waiting":
      return voidRequest(action, code, desk);
    case "storing":
    case "rechecking":
      return withhold(action, "ACTION_VOID", code, desk);
    case "trials":
    case "looking":
    case "sandbox":
      return voidUnjudged(action, "ACTION_VOID", code, desk);
  }
}

function voidUnjudged(action: OpenAction, code: Code, reason: string, desk: Desk): void {
  desk.close(action);
  desk.count("void");
  action.decision = { verdict: "RED", code, reason, hard: true };
  desk.receipt(blockReceipt(action, false, { ...requestTerms(action, desk), hard: true }, desk));
  desk.answer(action.id, action.via, "RED", code, reason);
}

/**
 * The gate is full and somebody with nothing open asks: the caller with the most open actions loses its
 * newest one that does not run yet. false: there is none to lose.
 */
export function giveWay(desk: Desk): boolean {
  let victim: OpenAction | null = null;
  for (const action of desk.actions.values()) {
    const isUnreleased =
      action.state === "trials" ||
      action.state === "looking" ||
      action.state === "sandbox" ||
      action.state === "waiting";
    if (isUnreleased && action.lane.open > 1 && (victim === null || action.lane.open >= victim.lane.open))
      victim = action;
  }
  if (victim === null) return false;
  if (victim.state === "waiting") voidRequest(victim, "GATE_FULL", desk);
  else voidUnjudged(victim, "GATE_FULL", "gave way to another caller", desk);
  return true;
}
