import { CONTEXT_PERIOD_US, type Micros } from "../../domain/index.ts";
import { contextOf } from "../../gate/index.ts";
import type { Pipeline, PipelineHost } from "../host.ts";
import { admit } from "./admission.ts";
import { onApproval, onApprovalSilence, voidRequest } from "./approval-desk.ts";
import { conclude, concludeHard } from "./conclude.ts";
import { createDesk } from "./create-desk.ts";
import type { Desk } from "./desk.ts";
import { followLook } from "./look-desk.ts";
import { createObserved } from "./observed.ts";
import type { OpenAction } from "./open-action.ts";
import { reportFloods } from "./refuse.ts";
import { onStored, release, withhold } from "./release.ts";
import { followRetreat, followRunning, onActuator } from "./running.ts";
import { askSandbox, onSandbox, onSandboxSilence } from "./sandbox-desk.ts";
import { noteWounds, onFinding } from "./spawn-desk.ts";
import { askTrials, onTrials, onTrialSilence } from "./trials-desk.ts";
import { viewOf } from "./view.ts";
import { giveWay, voidAction } from "./void-action.ts";

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
      askSandbox: (action) => askSandbox(action, desk),
      conclude: (action) => conclude(action, desk),
      concludeHard: (action, why) => concludeHard(action, why, desk),
      release: (action) => release(action, desk),
      withhold: (action, code, detail) => withhold(action, code, detail, desk),
      giveWay: () => giveWay(desk),
      noteWounds: (action, score) => noteWounds(action, score, desk),
    },
    (action) => observed.add(action, desk.now()),
  );
  let contextDue = 0;

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
      if (t >= contextDue) {
        contextDue = t + CONTEXT_PERIOD_US;
        const sight = host.snapshot();
        desk.contexts.add(
          contextOf(sight, host.deployment.channels, desk.heldLocks(), host.configHash, host.wall(t)),
        );
      }
      for (const action of [...desk.actions.values()]) follow(action, t, desk);
      observed.tick(t);
      reportFloods(desk);
    },
    backingAway() {
      for (const action of [...desk.actions.values()]) if (action.guard !== null) followRetreat(action, desk);
    },
    stopped(code) {
      for (const action of [...desk.actions.values()]) voidAction(action, code, desk);
      observed.stopped();
    },
    view: () => viewOf(desk),
  };
}

/** What time alone does to an action. */
function follow(action: OpenAction, t: Micros, desk: Desk): void {
  if (action.state === "running") return followRunning(action, desk);
  if (action.state === "looking") return followLook(action, desk);
  if (t < action.deadline) return;
  switch (action.state) {
    case "trials":
    case "rechecking":
      return onTrialSilence(action, desk);
    case "sandbox":
      return onSandboxSilence(action, desk);
    case "storing":
      return withhold(action, "RECEIPT_NOT_STORED", "no answer of the ledger in time", desk);
    case "waiting":
      return onApprovalSilence(action, desk);
  }
}
