import type { Code } from "../../domain/index.ts";
import { followRequest, onApprovalSilence, voidRequest } from "./approval-desk.ts";
import type { Desk } from "./desk.ts";
import { followLook } from "./look-desk.ts";
import type { ActionState, OpenAction } from "./open-action.ts";
import { endPlan, followPlan } from "./plan-desk.ts";
import { withhold } from "./release.ts";
import { followRunning, takeBack } from "./running.ts";
import { onSandboxSilence } from "./sandbox-desk.ts";
import { closeSpawn, onHelperSilence } from "./spawn-desk.ts";
import { onTrialSilence } from "./trials-desk.ts";
import { voidUnjudged } from "./void-action.ts";

type Step = (action: OpenAction, desk: Desk) => void;

/** One row of the life of an action. */
interface StateRow {
  /** what is waited for */
  readonly waitsFor: string;
  /** where it goes when that comes */
  readonly goesTo: readonly (ActionState | "end")[];
  /** runs at every tick, before the time limit is looked at */
  readonly atTick?: Step;
  /** what the end of its time limit does */
  readonly whenLate: Step;
  /** the receipt that a stop of the cell owes it */
  readonly whenStopped: (action: OpenAction, code: Code, desk: Desk) => void;
  /** nothing was released: the gate may take its place for a caller that has none */
  readonly givesWay: boolean;
}

const voided: StateRow["whenStopped"] = (action, code, desk) =>
  voidUnjudged(action, "ACTION_VOID", code, desk);
const held: StateRow["whenStopped"] = (action, code, desk) => withhold(action, "ACTION_VOID", code, desk);

/**
 * The life of an action, whole. Monte Carlo → variance → convergence → loop → helpers → confidence → decision
 * happen between `trials` and `storing` (after-trials.ts); a hard rule ends an action in any of these states.
 */
export const ACTION_STATES: Readonly<Record<ActionState, StateRow>> = {
  trials: {
    waitsFor: "one batch of Monte Carlo trials",
    goesTo: ["looking", "helping", "sandbox", "storing", "waiting", "end"],
    whenLate: onTrialSilence,
    whenStopped: voided,
    givesWay: true,
  },
  looking: {
    waitsFor: "the next reading of the channel that says most",
    goesTo: ["trials", "helping", "sandbox", "storing", "waiting", "end"],
    atTick: followLook,
    whenLate: followLook,
    whenStopped: voided,
    givesWay: true,
  },
  helping: {
    waitsFor: "the findings of helpers",
    goesTo: ["sandbox", "storing", "waiting", "end"],
    whenLate: onHelperSilence,
    whenStopped: (action, code, desk) => {
      closeSpawn(action, desk);
      voided(action, code, desk);
    },
    givesWay: false,
  },
  sandbox: {
    waitsFor: "the whole action in the embedded simulator",
    goesTo: ["storing", "waiting", "end"],
    whenLate: onSandboxSilence,
    whenStopped: voided,
    givesWay: true,
  },
  storing: {
    waitsFor: "the receipt of the verdict, or of the approval, on the disk",
    goesTo: ["running", "stepping", "trials", "rechecking", "end"],
    whenLate: (action, desk) =>
      withhold(action, "RECEIPT_NOT_STORED", "no answer of the ledger in time", desk),
    whenStopped: held,
    givesWay: false,
  },
  waiting: {
    waitsFor: "a person's answer to a RED",
    goesTo: ["storing", "end"],
    atTick: followRequest,
    whenLate: onApprovalSilence,
    whenStopped: voidRequest,
    givesWay: true,
  },
  rechecking: {
    waitsFor: "trials after a person's yes",
    goesTo: ["running", "stepping", "end"],
    whenLate: onTrialSilence,
    whenStopped: held,
    givesWay: false,
  },
  stepping: {
    waitsFor: "the steps of a plan, one after the other",
    goesTo: ["end"],
    atTick: followPlan,
    whenLate: followPlan,
    whenStopped: (action, code, desk) => endPlan(action, "revoked", code, "the cell stopped", desk),
    givesWay: false,
  },
  running: {
    waitsFor: "the actuator's report of the end",
    goesTo: ["end"],
    atTick: followRunning,
    whenLate: followRunning,
    whenStopped: (action, code, desk) =>
      takeBack(action, "revoked", code, "the cell stopped", "aborted", desk),
    givesWay: false,
  },
};

/** What time alone does to an action. */
export function follow(action: OpenAction, desk: Desk): void {
  const row = ACTION_STATES[action.state];
  if (row.atTick !== undefined) return row.atTick(action, desk);
  if (desk.now() >= action.deadline) row.whenLate(action, desk);
}

/** The cell stopped: whatever was proposed before is void, with one receipt of the kind that its state owes. */
export const voidAction = (action: OpenAction, code: Code, desk: Desk): void =>
  ACTION_STATES[action.state].whenStopped(action, code, desk);

/**
 * The gate is full and somebody with nothing open asks: the caller with the most open actions loses its
 * newest one that does not run yet. false: there is none to lose.
 */
export function giveWay(desk: Desk): boolean {
  let victim: OpenAction | null = null;
  for (const action of desk.actions.values())
    if (
      ACTION_STATES[action.state].givesWay &&
      action.lane.open > 1 &&
      (victim === null || action.lane.open >= victim.lane.open)
    )
      victim = action;
  if (victim === null) return false;
  if (victim.state === "waiting") voidRequest(victim, "GATE_FULL", desk);
  else voidUnjudged(victim, "GATE_FULL", "gave way to another caller", desk);
  return true;
}
