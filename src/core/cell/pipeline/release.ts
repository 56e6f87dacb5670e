import {
  type Code,
  type Micros,
  msToMicros,
  type ReceiptBodyOf,
  type StoredEvent,
} from "../../domain/index.ts";
import { createRetreatGuard } from "../../gate/index.ts";
import { createMotionFollower, createWatcher, type WatchLimits } from "../../gate/watch/index.ts";
import { blockReceipt } from "./conclude.ts";
import type { Desk } from "./desk.ts";
import { badEnergy, badOccupation, judgeHard, takesItsPlace, withinOf } from "./judge.ts";
import { lookAfresh } from "./look-desk.ts";
import type { OpenAction } from "./open-action.ts";
import { watchRest } from "./rest-desk.ts";
import { requestTerms } from "./terms.ts";

/** The receipt is durable, or it is not: only then does anything leave. */
export function onStored(event: StoredEvent, desk: Desk): void {
  const action = desk.awaited.get(event.receiptId);
  if (action === undefined) return;
  desk.awaited.delete(event.receiptId);
  if (action.state !== "storing") return;
  if (!event.ok) return withhold(action, "RECEIPT_NOT_STORED", event.receiptId, desk);
  if (action.approved) return recheckApproved(action, desk);
  release(action, desk);
}

/** After a person's yes, everything is checked again before the trials are. */
function recheckApproved(action: OpenAction, desk: Desk): void {
  const judged = judgeHard(action.proposal, false, desk, withinOf(action));
  if (!judged.ok) return withhold(action, judged.error.code, judged.error.detail, desk);
  lookAfresh(action, judged.value);
  desk.flow.askTrials(action, "rechecking");
}

/** The last look: latch, energy, occupation, age of the readings, and the undisturbed run on fresh ones. */
export function release(action: OpenAction, desk: Desk): void {
  if (!desk.stage.features.FEATURE_GATE_ENABLED)
    return withhold(action, "STAGE_SWITCHED", "the gate went back to shadow", desk);
  const ageMs = (desk.now() - action.judged.sight.t) / 1_000;
  if (ageMs > desk.gate.snapshotMaxAgeMs && action.again)
    return withhold(action, "SNAPSHOT_AGED", `${ageMs} ms, twice`, desk);
  const fresh = judgeHard(action.proposal, false, desk, withinOf(action));
  const bad = fresh.ok
    ? (badEnergy(fresh.value.sight, desk, fresh.value.action.retreat) ??
      badOccupation(fresh.value.action, action.id, desk, action.step?.plan))
    : fresh.error;
  if (bad !== null) return withhold(action, bad.code, bad.detail, desk);
  if (!fresh.ok || ageMs <= desk.gate.snapshotMaxAgeMs)
    return isPlan(action) ? desk.flow.beginPlan(action) : permit(action, desk);
  action.again = true;
  lookAfresh(action, fresh.value);
  permitReceipt(action, "withheld", "SNAPSHOT_AGED", `${ageMs} ms old, judged again`, desk);
  desk.flow.askTrials(action, action.approved ? "rechecking" : "trials");
}

/** Nothing of a plan is permitted as a whole: each of its steps has a permit of its own. */
const isPlan = ({ judged, step }: OpenAction): boolean => judged.action.steps.length > 0 && step === null;

/** The only place where leave to move is made. In shadow the stage does not let any action get here. */
function permit(action: OpenAction, desk: Desk): void {
  const { gate, host } = desk;
  const { action: checked, actuator } = action.judged;
  for (const other of [...desk.actions.values()])
    if (other.state === "running" && takesItsPlace(checked, action.id, other, desk))
      desk.flow.replaced(other, action);
  const watched = action.watched || action.approved;
  action.state = "running";
  action.accepted = false;
  action.permitExpires = (desk.now() + msToMicros(gate.permitMs)) as Micros;
  action.deadline = (action.permitExpires + msToMicros(checked.horizonMs + gate.watcher.graceMs)) as Micros;
  if (watched)
    action.watcher = createWatcher(
      action.id,
      desk.now(),
      gate.permitMs + checked.horizonMs + gate.watcher.graceMs,
      watchLimits(action, desk),
    );
  followEnd(action, desk);
  action.rest = watchRest(action, desk);
  permitReceipt(action, "released", "PERMIT_RELEASED", watched ? "watched" : "", desk);
  desk.count("permits");
  if (checked.retreat) beginRetreat(action, desk);
  host.emit({
    kind: "permit",
    actionId: action.id,
    actuator,
    proposalHash: action.argsHash,
    expires: action.permitExpires,
    action: checkedAction(action),
    watched,
    retreat: checked.retreat,
  });
}

/** Where the actuator does not tell begin and end, something else has to. */
function followEnd(action: OpenAction, desk: Desk): void {
  const { deployment } = desk.host;
  const { action: checked, actuator, sight } = action.judged;
  const { reports, gripper } = Object.values(deployment.actuators)[actuator] ?? {};
  // nothing measures the hand of an arm whose controller is told by topic: it has its time
  const byTime = checked.verb === "gripper" && gripper !== undefined;
  if (reports === "motion" && !byTime)
    action.follower = createMotionFollower(checked.path, sight.position, {
      pathToleranceRad: desk.gate.limits.pathToleranceRad,
      goalToleranceRad: desk.gate.limits.goalToleranceRad,
      standstillRadPerS: deployment.robot.standstillRadPerS,
    });
  if (reports !== "duration" && !byTime) return;
  action.accepted = true;
  action.endsAt = (desk.now() + msToMicros(checked.horizonMs)) as Micros;
}

/** The guard begins before the arm may, on the readings of this moment. */
function beginRetreat(action: OpenAction, desk: Desk): void {
  action.guard = createRetreatGuard(desk.host.snapshot(), desk.host);
  desk.host.retreat.begin(action.id);
}

/** What the actuator is handed: the proposal as it was judged, with its full target and without the evidence. */
function checkedAction({ proposal, judged }: OpenAction): unknown {
  const { schema, action_id, proposer, verb, args } = proposal;
  const retreat = judged.action.retreat && { retreat: true };
  return { schema, action_id, proposer, target: judged.action.target, verb, args, ...retreat };
}

function watchLimits(action: OpenAction, desk: Desk): WatchLimits {
  const { limits, watcher } = desk.gate;
  const energy = action.judged.problem.energyLimit;
  // the guard of a retreat knows better: somebody is too near from the start
  if (action.judged.action.retreat)
    return { energy, forceN: limits.maxForceN * watcher.tighten, separationM: 0 };
  return {
    energy: energy === null ? null : energy * watcher.tighten,
    forceN: limits.maxForceN * watcher.tighten,
    separationM: limits.minSeparationM / watcher.tighten,
  };
}

/** A verdict that would have let the action run does not lead to motion. */
export function withhold(action: OpenAction, code: Code, detail: string, desk: Desk): void {
  desk.close(action);
  desk.count("withheld");
  permitReceipt(action, "withheld", code, detail, desk);
  action.decision = { verdict: "RED", code, reason: detail, hard: true };
  desk.receipt(blockReceipt(action, false, { ...requestTerms(action, desk), hard: true }, desk));
  desk.answer(action.id, action.via, "RED", code, "not released");
}

export function permitReceipt(
  action: OpenAction,
  outcome: ReceiptBodyOf<"permit_used">["outcome"],
  code: Code,
  detail: string,
  desk: Desk,
): void {
  desk.receipt({
    receipt_type: "permit_used",
    action_id: action.id,
    outcome,
    code,
    proposal_hash: action.argsHash,
    detail,
  });
}
