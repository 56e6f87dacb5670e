import { CONTEXT_PERIOD_US } from "../../domain/index.ts";
import type { Pipeline, PipelineHost } from "../host.ts";
import { follow, giveWay, voidAction } from "./action-states.ts";
import { admit } from "./admission.ts";
import { goOn } from "./after-trials.ts";
import { onApproval, voidRequest } from "./approval-desk.ts";
import { liftHolds } from "./caller-holds.ts";
import { conclude, concludeHard } from "./conclude.ts";
import { createDesk } from "./create-desk.ts";
import type { Desk } from "./desk.ts";
import { contextNow } from "./judge.ts";
import { createObserved } from "./observed.ts";
import type { OpenAction } from "./open-action.ts";
import { beginPlan } from "./plan-desk.ts";
import { reportFloods } from "./refuse.ts";
import { onStored, release, withhold } from "./release.ts";
import { followRetreat, onActuator, replaced } from "./running.ts";
import { askSandbox, onSandbox } from "./sandbox-desk.ts";
import { onFinding } from "./spawn-desk.ts";
import { askTrials, onTrials } from "./trials-desk.ts";
import { viewOf } from "./view.ts";

/**
 * The life of a proposal, from the door to the end of its action. Pure and synchronous: everything it
 * learns is an event, everything it wants is an effect, and every table in it is bounded.
 */
export function createPipeline(host: PipelineHost): Pipeline {
  const observed = createObserved(() => desk);
  const desk: Desk = createDesk(
    host,
    {
      askTrials: (action, state) => askTrials(action, state, desk),
      goOn: (action) => goOn(action, desk),
      askSandbox: (action) => askSandbox(action, desk),
      conclude: (action) => conclude(action, desk),
      concludeHard: (action, why) => concludeHard(action, why, desk),
      release: (action) => release(action, desk),
      replaced: (action, by) => replaced(action, by, desk),
      beginPlan: (action) => beginPlan(action, desk),
      voidAction: (action, code) => voidAction(action, code, desk),
      withhold: (action, code, detail) => withhold(action, code, detail, desk),
      giveWay: () => giveWay(desk),
    },
    (action) => observed.add(action, desk.now()),
  );
  // the end of a plan ends the step that runs
  const isOpen = (action: OpenAction): boolean => desk.actions.get(action.id) === action;
  let contextDue = 0;
  let begun = false;

  return {
    start: (event) => desk.stage.recall(event.stage),
    proposal: (event) => admit(event, desk),
    trials: (event) => onTrials(event, desk),
    stored: (event) => onStored(event, desk),
    approval: (event) => onApproval(event, desk),
    actuator: (event) => onActuator(event, desk),
    helper(event) {
      const action = desk.actions.get(event.actionId);
      if (action?.state === "sandbox" && !desk.findings.has(event.helperId))
        return onSandbox(action, event, desk);
      onFinding(event, desk);
    },
    switchStage(event) {
      if (desk.stage.switch(event))
        for (const action of [...desk.actions.values()])
          if (action.state === "waiting") voidRequest(action, "STAGE_SWITCHED", desk);
    },
    tick(t) {
      // nobody could reason about a move while the cell was still starting: its contexts begin when it first may move
      begun ||= host.forbidden() === null;
      if (begun && t >= contextDue) {
        contextDue = t + CONTEXT_PERIOD_US;
        desk.contexts.add(contextNow(host.snapshot(), desk));
      }
      for (const action of [...desk.actions.values()]) if (isOpen(action)) follow(action, desk);
      observed.tick(t);
      reportFloods(desk);
    },
    acknowledged: (code, source, by, reason) => liftHolds(code, source, by, reason, desk),
    backingAway() {
      for (const action of [...desk.actions.values()]) if (action.guard !== null) followRetreat(action, desk);
    },
    stopped(code) {
      for (const action of [...desk.actions.values()]) if (isOpen(action)) voidAction(action, code, desk);
      observed.stopped();
    },
    view: () => viewOf(desk),
  };
}
