import { cut } from "../../base/text.ts";
import {
  type ActuatorEvent,
  type Code,
  type Micros,
  msToMicros,
  type ReceiptBodyOf,
  TICK_PERIOD_US,
} from "../../domain/index.ts";
import { personsOf, poseTime, RestOfWay, sensedForceN } from "../../gate/index.ts";
import type { Watched } from "../../gate/watch/index.ts";
import type { Snapshot } from "../host.ts";
import { hasArrived } from "./arrival.ts";
import type { Desk } from "./desk.ts";
import { energyLimitOf } from "./judge.ts";
import { learnAction } from "./learn-action.ts";
import type { OpenAction } from "./open-action.ts";
import { plainTerms } from "./plain-terms.ts";
import { permitReceipt } from "./release.ts";
import { endRest, lookAtRest } from "./rest-desk.ts";

type Outcome = ReceiptBodyOf<"permit_used">["outcome"];
type WatchOutcome = ReceiptBodyOf<"watcher">["outcome"];

export function onActuator(event: ActuatorEvent, desk: Desk): void {
  const action = event.actionId === null ? undefined : desk.actions.get(event.actionId);
  if (action === undefined || action.state !== "running") return;
  // another actuator knows nothing of it, whoever says so in its name
  if (event.actuator !== action.judged.actuator) return;
  switch (event.report) {
    case "accepted":
      action.accepted = true;
      return;
    case "completed":
      action.accepted = true;
      action.claimedDone = true;
      if (hasArrived(action, desk)) endWell(action, desk);
      return;
    case "failed":
    case "aborted":
      // said by a wire: the arm is told as well, so that nothing runs on that nobody watches
      sendRevoke(action, "ACTION_ABORTED", desk);
      return end(action, "aborted", "ACTION_ABORTED", cut(event.detail, 1_000), "aborted", desk);
  }
}

/** Runs at every tick for every running action. */
export function followRunning(action: OpenAction, desk: Desk): void {
  // at reduced speed the same way takes longer
  action.deadline = (action.deadline + TICK_PERIOD_US * (1 - desk.host.pace())) as Micros;
  if (followMotion(action, desk)) return;
  if (action.claimedDone && hasArrived(action, desk)) return endWell(action, desk);
  if (!action.accepted && desk.now() > action.permitExpires)
    return takeBack(action, "expired", "PERMIT_EXPIRED", "the actuator did not begin", "aborted", desk);
  if (desk.now() > action.deadline)
    return takeBack(action, "expired", "ACTION_OVERRAN", "longer than stated", "timeout", desk);
  const against = lookAtRest(action, desk);
  if (against !== null) return takeBack(action, "revoked", "REST_OF_PATH_REFUSED", against, "breach", desk);
  if (followRetreat(action, desk) || action.watcher === null) return;
  const broke = action.watcher.check(measured(action, desk));
  if (broke === null) return;
  takeBack(action, "revoked", "WATCHER_BREACH", broke, "breach", desk);
  desk.host.raise("WATCHER_BREACH", action.id, broke);
}

/** Begin and end of an action whose actuator does not tell them. true: it ended. */
function followMotion(action: OpenAction, desk: Desk): boolean {
  if (action.endsAt !== null && desk.now() >= action.endsAt) {
    // a velocity goes on until it is taken back; a hand that has closed stays closed
    if (action.judged.action.verb !== "gripper") sendRevoke(action, "ACTION_COMPLETED", desk);
    endWell(action, desk);
    return true;
  }
  if (action.follower === null) return false;
  const sight = desk.host.snapshot();
  if (poseTime(sight, desk.host.deployment.channels) < 0) return false;
  const seen = action.follower.check(sight.position, desk.now());
  switch (seen.kind) {
    case "waiting":
      return false;
    case "moving":
      action.accepted = true;
      return false;
    case "arrived":
      endWell(action, desk);
      return true;
    case "left":
      takeBack(action, "aborted", "PATH_LEFT", seen.detail, "aborted", desk);
      desk.host.raise("PATH_LEFT", action.id, seen.detail);
      return true;
  }
}

/** With every reading and every tick while the arm backs away. true: it ended. */
export function followRetreat(action: OpenAction, desk: Desk): boolean {
  const broke = action.guard?.check(desk.host.snapshot()) ?? null;
  if (broke === null) return false;
  takeBack(action, "revoked", "RETREAT_BREACH", broke, "breach", desk);
  desk.host.raise("RETREAT_BREACH", action.id, broke);
  return true;
}

function measured(action: OpenAction, desk: Desk): Watched {
  const sight = desk.host.snapshot();
  const { channels } = desk.host.deployment;
  return {
    energy: energyLimitOf(sight, desk) === null ? null : energyNow(action, sight, desk),
    forceN: sensedForceN(sight, channels),
    separationM: separationNow(sight, desk),
  };
}

/** null: nobody is sensed by any channel that could */
function separationNow(sight: Snapshot, desk: Desk): number | null {
  let separationM: number | null = null;
  for (const person of personsOf(sight, desk.host.deployment)) {
    const distance =
      person.kind === "blind" ? person.distanceM : desk.distanceTo(person.xM, person.yM, sight.position);
    if (separationM === null || distance < separationM) separationM = distance;
  }
  return separationM;
}

/** The higher of V_s with and without the action that runs; null when either is not known. */
function energyNow(action: OpenAction, sight: Snapshot, desk: Desk): number | null {
  const withAction = desk.host.energyOf(action.proposal).value;
  return sight.energy === null || withAction === null ? null : Math.max(sight.energy, withAction);
}

function endWell(action: OpenAction, desk: Desk): void {
  const crossed = crossedAfter(desk);
  // a step is learnt with its plan
  if (action.step === null) endedWell(action, desk, crossed);
  if (crossed !== null) {
    desk.count("crossed_after_action");
    desk.host.emit({ kind: "alarm", code: "POST_ACTION_CROSSED", detail: `${action.id}: ${crossed}` });
  }
  desk.count("rechecked_after_action");
  end(action, "completed", "ACTION_COMPLETED", crossed ?? "", "completed", desk);
}

/** What an action that came to its end means for the next one like it. */
export function endedWell(action: OpenAction, desk: Desk, crossed: string | null): void {
  action.lane.loops.answered(action.questions);
  // what left the cell beyond a limit is no example of what is well
  if (crossed === null) learnAction(action, desk);
  desk.stage.ended(crossed !== null);
}

/** After each action the limits are looked at again: whatever it was for, it may have led to another crossing. */
export function crossedAfter(desk: Desk): string | null {
  const sight = desk.host.snapshot();
  const { limits } = desk.gate;
  const limit = energyLimitOf(sight, desk);
  if (limit !== null && !(sight.energy !== null && sight.energy <= limit))
    return `V_s ${sight.energy ?? "unknown"} above ${limit} after the action`;
  const force = sensedForceN(sight, desk.host.deployment.channels);
  if (!(force <= limits.maxForceN)) return `force ${force} N above ${limits.maxForceN} after the action`;
  const separation = separationNow(sight, desk);
  return separation !== null && !(separation >= limits.minSeparationM)
    ? `separation ${separation} m below ${limits.minSeparationM} after the action`
    : null;
}

/**
 * The next stretch of a stream takes the place of this one. What of it was run is known by the joints; nothing is
 * revoked, since the new permit ends it at the actuator.
 */
export function replaced(action: OpenAction, by: OpenAction, desk: Desk): void {
  const { problem } = action.judged;
  const row = new RestOfWay(problem, action.judged.action.horizonMs).at(desk.host.snapshot().position);
  const detail = `${Math.round(row * problem.dtS * 1_000)} of ${action.judged.action.horizonMs} ms were run; "${by.id}" follows`;
  action.lane.loops.answered(action.questions);
  desk.stage.ended(false);
  end(action, "completed", "CHUNK_REPLACED", detail, "completed", desk);
}

function sendRevoke(action: OpenAction, code: Code, desk: Desk): void {
  const sight = desk.host.snapshot();
  const at = poseTime(sight, desk.host.deployment.channels);
  const known = at >= 0 && sight.t - at <= msToMicros(desk.gate.limits.stateMaxAgeMs);
  const pose = known ? sight.position : [];
  desk.host.emit({ kind: "revoke", actionId: action.id, actuator: action.judged.actuator, code, pose });
}

/** Leave to move is taken back; the actuator breaks the action off. */
export function takeBack(
  action: OpenAction,
  outcome: Outcome,
  code: Code,
  detail: string,
  watch: WatchOutcome,
  desk: Desk,
): void {
  sendRevoke(action, code, desk);
  if (code !== "PERMIT_EXPIRED") desk.stage.ended(true);
  end(action, outcome, code, detail, watch, desk);
}

function end(
  action: OpenAction,
  outcome: Outcome,
  code: Code,
  detail: string,
  watch: WatchOutcome,
  desk: Desk,
): void {
  desk.close(action);
  endRest(action, desk);
  action.fate = { completed: outcome === "completed", code, detail };
  // blocked again before anything else is written about it
  if (action.guard !== null)
    desk.host.retreat.end(code === "ACTION_COMPLETED" ? "RETREAT_ENDED" : code, detail);
  desk.count(`ended_${outcome}`);
  permitReceipt(action, outcome, code, detail, desk);
  if (action.watcher !== null) {
    const { limits, worst } = action.watcher;
    desk.receipt({
      receipt_type: "watcher",
      action_id: action.id,
      outcome: watch,
      code,
      terms: plainTerms({ limits, worst, detail }),
    });
  }
  desk.answer(action.id, action.via, outcome.toUpperCase(), code, detail);
}
