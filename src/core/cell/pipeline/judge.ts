import { err, ok, type Result } from "../../base/result.ts";
import {
  type ActionId,
  type ActuatorIndex,
  actuatorIndexOf,
  type Proposal,
  RETREAT_ENERGY_ROOM,
} from "../../domain/index.ts";
import {
  type Action,
  actionFeatures,
  badRetreat,
  compileAction,
  contextDrift,
  contextOf,
  decisionEntropy,
  nominalRun,
  type PartOfPlan,
  reasoningInstability,
  type Refusal,
  refusal,
  trialProblem,
} from "../../gate/index.ts";
import type { ActionEnergy } from "../energy.ts";
import type { Snapshot } from "../host.ts";
import type { Desk } from "./desk.ts";
import type { Judged, OpenAction } from "./open-action.ts";

/** Why a hard rule says no. */
export interface HardRefusal extends Refusal {
  /**
   * true: the moment was refused, not the question: the cell is blocked or starting, the target busy, a reading
   * missing. Asking again later is no loop.
   */
  readonly circumstance: boolean;
}
const circumstance = (why: Refusal | null): HardRefusal | null =>
  why === null ? null : { ...why, circumstance: true };
const answered = (why: Refusal): HardRefusal => ({
  ...why,
  circumstance: why.code === "GATE_STATE_UNKNOWN",
});

/**
 * The hard part of a judgement: everything that no score may outvote. One fresh snapshot is frozen and
 * every rule is held against it. `halted`: a question of this proposal is halted.
 */
export function judgeHard(
  proposal: Proposal,
  halted: boolean,
  desk: Desk,
  within: WithinPlan | null = null,
): Result<Judged, HardRefusal> {
  const { host, gate } = desk;
  const sight = host.snapshot();
  const compiled = compileAction(proposal, sight, host, within ?? {});
  if (!compiled.ok) return err(answered(compiled.error));
  const action = { ...compiled.value, locks: within?.locks ?? compiled.value.locks };
  const energy = host.energyOf(proposal);
  const bad =
    circumstance(badState(action, desk) ?? badEnergy(sight, desk, action.retreat)) ??
    badAnswer(badEnergyOf(energy, sight, desk, action.retreat)) ??
    badAnswer(halted ? refusal("LOOP_HALTED", "until a person acknowledges LOOP_HALT") : null) ??
    circumstance(badOccupation(action, proposal.action_id, desk, within?.plan)) ??
    badAnswer(action.retreat ? badRetreat(action, sight, host) : null);
  if (bad !== null) return err(bad);
  const context = contextNow(sight, desk);
  const entropy = decisionEntropy(proposal.evidence);
  const stability = reasoningInstability(proposal.evidence);
  const problem = trialProblem(
    action,
    { ...sight, energy: energy.value, energyContributions: energy.contributions },
    {
      deployment: host.deployment,
      chain: desk.chain,
      linkRadiiM: host.kinematics.linkRadiiM,
      energyLimit: energyRoomOf(sight, desk, action.retreat),
    },
  );
  const nominal = nominalRun(problem);
  if (nominal.refusal !== null) return err(answered(nominal.refusal));
  // the reasoning is that of the plan, and was weighed with it
  const drift =
    within?.plan.judged.drift ??
    contextDrift(proposal.evidence, context, {
      gate,
      memory: desk.contexts,
      problem,
      energyLimit: problem.energyLimit,
    });
  const evidence = badEvidence(proposal, [drift.value, entropy, stability], desk);
  if (evidence !== null) return err(answered(evidence));
  return ok({
    sight,
    energy,
    action,
    actuator: actuatorOf(action, desk),
    problem,
    nominal,
    context,
    drift,
    entropy,
    stability,
    features: actionFeatures(action, nominal, energy.value ?? 0, gate),
    strangeness: null,
  });
}

/** A step of a plan that runs, or what of the plan is still to come. */
export interface WithinPlan extends PartOfPlan {
  readonly plan: OpenAction;
  /** what the step takes; absent: what the rest of the plan takes */
  readonly locks?: readonly string[];
}
/** How an action is judged again: a step as the part of its plan that it is. */
export const withinOf = ({ step }: Pick<OpenAction, "step">): WithinPlan | null =>
  step === null ? null : { plan: step.plan, askedAs: step.askedAs, locks: step.locks };

const badAnswer = (why: Refusal | null): HardRefusal | null => (why === null ? null : answered(why));

export const contextNow = (sight: Snapshot, { host, heldLocks }: Desk) =>
  contextOf(
    sight,
    {
      deployment: host.deployment,
      blocked: host.forbidden() !== null,
      causes: host.causes(),
      locks: heldLocks(),
      configHash: host.configHash,
    },
    host.wall(sight.t),
  );

function actuatorOf(action: Action, desk: Desk): ActuatorIndex {
  const names = Object.keys(desk.host.deployment.actuators);
  return actuatorIndexOf(action.actuator === null ? 0 : names.indexOf(action.actuator));
}

function badState(action: Action, desk: Desk): Refusal | null {
  if (action.retreat) return desk.host.retreat.forbidden();
  const forbidden = desk.host.forbidden();
  if (action.whileBlocked)
    return forbidden === null ? refusal("PARAMETER_NEEDS_BLOCK", action.summary) : null;
  return forbidden === null ? null : refusal("GATE_CELL_BLOCKED", forbidden);
}

/** null: the deployment does without V_s, and says why. */
export function energyLimitOf(sight: Snapshot, desk: Desk): number | null {
  const { monitored, limit } = desk.gate.energy;
  if (!monitored) return null;
  return limit ?? sight.energyThreshold ?? 0;
}

/** Somebody is near, so V_s may lie above its limit already: then the arm may not raise it by more than moving does. */
export function energyRoomOf(sight: Snapshot, desk: Desk, retreat: boolean): number | null {
  const limit = energyLimitOf(sight, desk);
  return limit === null || !retreat ? limit : Math.max(limit, (sight.energy ?? 0) * RETREAT_ENERGY_ROOM);
}

/** V_s of the state may be well and that of the action not: unknown or above the limit, it is refused as well. */
function badEnergyOf(energy: ActionEnergy, sight: Snapshot, desk: Desk, retreat: boolean): Refusal | null {
  const limit = energyRoomOf(sight, desk, retreat);
  if (limit === null) return null;
  if (energy.value === null || !(energy.value >= 0))
    return refusal("ENERGY_UNTRUSTED", `V_s with this action is ${energy.value ?? "missing"}`);
  return energy.value <= limit
    ? null
    : refusal("ENERGY_ABOVE_LIMIT", `V_s with this action ${energy.value} above ${limit}`);
}

export function badEnergy(sight: Snapshot, desk: Desk, retreat: boolean): Refusal | null {
  const limit = energyLimitOf(sight, desk);
  if (limit === null) return null;
  const energy = sight.energy;
  // NaN fails both comparisons
  if (energy === null || !(energy >= 0) || !(limit > 0))
    return refusal("ENERGY_UNTRUSTED", `V_s is ${energy ?? "missing"}, limit ${limit}`);
  return energy <= limit || retreat ? null : refusal("ENERGY_ABOVE_LIMIT", `V_s ${energy} above ${limit}`);
}

/** What runs has its target and its locks for itself; a plan also between two of its steps. */
export const occupies = ({ state }: OpenAction): boolean => state === "running" || state === "stepping";
/** A plan holds what its steps have taken and not yet given back. */
export const locksOf = ({ plan, judged }: OpenAction): readonly string[] =>
  plan === null ? judged.action.locks : [...plan.held];

/** One action at a time on a target; a lock belongs to one action. */
export function badOccupation(
  action: Action,
  ownId: string,
  desk: Desk,
  ownPlan: OpenAction | null = null,
): Refusal | null {
  for (const other of desk.actions.values()) {
    if (other.id === ownId || other === ownPlan || !occupies(other)) continue;
    if (takesItsPlace(action, ownId, other, desk)) continue;
    if (other.judged.action.target === action.target)
      return refusal("TARGET_BUSY", `"${other.id}" runs on ${action.target}`);
    const theirs = locksOf(other);
    const lock = action.locks.find((name) => theirs.includes(name));
    if (lock !== undefined) return refusal("LOCK_HELD", `"${lock}" by "${other.id}"`);
  }
  return null;
}

/** The next stretch of the same stream, in the order in which they came; an older one is not asked for any more. */
export function takesItsPlace(action: Action, ownId: string, other: OpenAction, desk: Desk): boolean {
  const theirs = other.judged.action;
  if (!action.chunk || !theirs.chunk || action.target !== theirs.target) return false;
  const own = desk.actions.get(ownId as ActionId);
  // not open yet: it has only just come
  return own === undefined || (own.lane === other.lane && own.seq > other.seq);
}

function badEvidence(
  proposal: Proposal,
  found: readonly { kind: string; why?: string }[],
  desk: Desk,
): Refusal | null {
  const invalid = found.find((one) => one.kind === "invalid");
  if (invalid !== undefined) return refusal("EVIDENCE_INVALID", invalid.why ?? "");
  const missing = found.some((one) => one.kind === "missing");
  return missing && desk.gate.reasoning.required
    ? refusal("EVIDENCE_MISSING", proposal.evidence === undefined ? "none" : "incomplete")
    : null;
}
