import {
  actionIdOf,
  type Code,
  type Micros,
  MONTE_CARLO_LATENCY_BUDGET_MS,
  msToMicros,
  PROPOSAL_SCHEMA,
  type Proposal,
  type ReceiptBodyOf,
  TICK_PERIOD_US,
} from "../../domain/index.ts";
import type { PlanStep, Refusal } from "../../gate/index.ts";
import type { Desk } from "./desk.ts";
import { judgeHard, withinOf } from "./judge.ts";
import { type OpenAction, openAction, type PlanRun, type StepOf } from "./open-action.ts";
import { refusalReceipt } from "./refuse.ts";
import { permitReceipt } from "./release.ts";
import { crossedAfter, endedWell } from "./running.ts";
import { planTerms } from "./terms.ts";

type Outcome = ReceiptBodyOf<"permit_used">["outcome"];

/**
 * A plan that was let through runs step by step. Each step is an action of its own, named after the plan: judged on
 * fresh readings, tried out, written down, permitted and watched like any other, and never asked about: what nobody
 * expected ends the plan. Between two steps the plan keeps its target and the locks that it has taken.
 */
export function beginPlan(action: OpenAction, desk: Desk): void {
  const { steps } = action.judged.action;
  action.state = "stepping";
  action.plan = { place: 0, held: new Set(), current: null, standsUntil: null };
  action.deadline = (desk.now() + msToMicros(longestMs(action, desk))) as Micros;
  permitReceipt(
    action,
    "released",
    "PLAN_BEGUN",
    `${steps.length} steps, each with a permit of its own`,
    desk,
  );
  beginStep(action, action.plan, desk);
}

/** What the steps state, and for each of them what judging, writing and beginning may take. */
function longestMs({ judged }: OpenAction, { gate }: Desk): number {
  const { permitMs, storeTimeoutMs, watcher, look, helpers } = gate;
  const perStep =
    permitMs +
    2 * (storeTimeoutMs + MONTE_CARLO_LATENCY_BUDGET_MS) +
    watcher.graceMs +
    look.waitMs +
    helpers.budgetMs;
  return judged.action.steps.reduce((sum, { durationMs }) => sum + durationMs + perStep, 0);
}

/** At every tick: a step that has ended is followed by the next one, or by the end of the plan. */
export function followPlan(action: OpenAction, desk: Desk): void {
  const run = action.plan!;
  // at reduced speed the same way takes longer
  action.deadline = (action.deadline + TICK_PERIOD_US * (1 - desk.host.pace())) as Micros;
  if (desk.now() > action.deadline)
    return endPlan(action, "expired", "ACTION_OVERRAN", "longer than its steps may take", desk);
  const { current } = run;
  if (current !== null) {
    if (desk.actions.get(current.id) === current) return;
    const fate = current.fate ?? { completed: false, ...ended(current) };
    if (!fate.completed) return endPlan(action, "aborted", fate.code, fate.detail, desk);
  } else if (run.standsUntil !== null && desk.now() < run.standsUntil) return;
  endStep(action, run, desk);
}
const ended = ({ decision }: OpenAction): Pick<Refusal, "code" | "detail"> => ({
  code: decision.code,
  detail: decision.reason,
});

function endStep(action: OpenAction, run: PlanRun, desk: Desk): void {
  for (const lock of action.judged.action.steps[run.place]!.releases) run.held.delete(lock);
  run.current = null;
  run.standsUntil = null;
  run.place++;
  if (run.place < action.judged.action.steps.length) return beginStep(action, run, desk);
  run.place--;
  endedWell(action, desk, crossedAfter(desk));
  endPlan(action, "completed", "ACTION_COMPLETED", "", desk);
}

function beginStep(action: OpenAction, run: PlanRun, desk: Desk): void {
  const { steps } = action.judged.action;
  const step = steps[run.place]!;
  // what is still to come, from where the arm stands now: a later step that cannot be run any more is found here
  const rest = judgeHard(action.proposal, false, desk, { plan: action, from: run.place });
  if (!rest.ok) return endPlan(action, "aborted", rest.error.code, rest.error.detail, desk);
  for (const lock of step.acquires) run.held.add(lock);
  if (step.command === null) {
    run.standsUntil = (desk.now() + msToMicros(step.durationMs)) as Micros;
    return;
  }
  const refused = openStep(action, run, step, step.command, desk);
  if (refused !== null) endPlan(action, "aborted", refused.code, refused.detail, desk);
}

/** The step as an action; what refuses it is written in its name. */
function openStep(
  plan: OpenAction,
  run: PlanRun,
  step: PlanStep,
  command: NonNullable<PlanStep["command"]>,
  desk: Desk,
): Refusal | null {
  const of: StepOf = {
    plan,
    number: run.place + 1,
    of: plan.judged.action.steps.length,
    name: step.name,
    skill: step.skill,
    locks: step.acquires,
    // a hand is a target of its own, and has to allow the verb itself
    askedAs: command.target === null ? plan.proposal.verb : undefined,
  };
  // no proposal can be called like this: "~" is no letter of an id
  const id = actionIdOf(`${plan.id}~${of.number}`);
  const { target, ...does } = command;
  const { proposer, evidence } = plan.proposal;
  const proposal = {
    schema: PROPOSAL_SCHEMA,
    action_id: id,
    proposer,
    target: target ?? plan.judged.action.target,
    ...does,
    ...(evidence !== undefined && { evidence }),
  } as Proposal;
  const judged = judgeHard(proposal, false, desk, withinOf({ step: of }));
  if (!judged.ok) {
    desk.count("red");
    desk.receipt(refusalReceipt(id, judged.error, desk, { plan: planTerms(of), verb: does.verb }));
    return judged.error;
  }
  const action = openAction({
    id,
    via: plan.via,
    lane: plan.lane,
    proposal,
    questions: [],
    generation: plan.generation,
    begunAt: desk.now(),
    seq: plan.seq,
    judged: judged.value,
    step: of,
  });
  takeOver(action, plan);
  run.current = action;
  desk.actions.set(id, action);
  plan.lane.open++;
  desk.flow.askTrials(action, plan.approved ? "rechecking" : "trials");
  return null;
}

/** What was asked once about the plan holds for its steps: history, loop, helpers, and a person's yes. */
function takeOver(step: OpenAction, plan: OpenAction): void {
  step.judged.strangeness = plan.judged.strangeness;
  step.loop = plan.loop;
  step.helping = plan.helping;
  step.approved = plan.approved;
  step.approval = plan.approval;
  step.watched = plan.watched;
}

/** The plan is over; the step that runs is taken back with it, and no lock stays held. */
export function endPlan(action: OpenAction, outcome: Outcome, code: Code, detail: string, desk: Desk): void {
  const { place, current, held } = action.plan!;
  const { steps } = action.judged.action;
  desk.close(action);
  if (current !== null && desk.actions.get(current.id) === current) desk.flow.voidAction(current, code);
  held.clear();
  const where = `step ${place + 1} of ${steps.length} "${steps[place]!.name}"`;
  const words = outcome === "completed" ? `${steps.length} steps` : `${where}: ${detail}`;
  desk.count(`ended_${outcome}`);
  permitReceipt(action, outcome, code, words, desk);
  desk.answer(action.id, action.via, outcome.toUpperCase(), code, words);
}
