import { createPrng } from "../../base/prng.ts";
import { armChainOf, createContextMemory } from "../../gate/index.ts";
import { createHelperBudget } from "../../gate/watch/index.ts";
import type { PipelineHost } from "../host.ts";
import type { Desk, Flow } from "./desk.ts";
import { locksOf, occupies } from "./judge.ts";
import { createLanes } from "./lanes.ts";
import type { OpenAction } from "./open-action.ts";
import { createStageDesk } from "./stage-desk.ts";
import { createStopRules } from "./stop-rules.ts";

/** The tables of one pipeline, empty. */
export function createDesk(host: PipelineHost, flow: Flow, observe: (action: OpenAction) => void): Desk {
  const { gate } = host.deployment;
  const body = new Float64Array(3 * host.kinematics.bodyPoints);
  const desk: Desk = {
    host,
    gate,
    chain: armChainOf(host.kinematics),
    // the run's seed is known only after its first event
    lanes: createLanes(gate, () => createPrng(host.seed).split("lanes")),
    contexts: createContextMemory(),
    stage: createStageDesk(host, gate),
    stopRules: createStopRules(host),
    helpers: createHelperBudget(),
    actions: new Map(),
    awaited: new Map(),
    offered: new Map(),
    seen: new Map(),
    findings: new Map(),
    counts: {},
    flow,
    nextRequest: 1,
    nextHelper: 1,
    now: () => host.now(),
    heldLocks: () => [...new Set([...desk.actions.values()].filter(occupies).flatMap(locksOf))].sort(),
    count(name) {
      desk.counts[name] = (desk.counts[name] ?? 0) + 1;
    },
    receipt: (receipt) => host.receipt(receipt, false),
    answer(actionId, via, verdict, code, reason, more = {}) {
      const context = desk.contexts.newest()?.hash ?? null;
      host.emit({
        kind: "answer",
        actionId,
        via,
        answer: {
          action_id: actionId,
          verdict,
          code,
          reason,
          stage: desk.stage.stage,
          context_hash: context,
          ...more,
        },
      });
    },
    close(action) {
      if (desk.actions.get(action.id) !== action) return;
      desk.actions.delete(action.id);
      action.lane.open--;
      if (action.state === "waiting") action.lane.waiting--;
      if (action.receiptId !== null) desk.awaited.delete(action.receiptId);
    },
    observe,
    distanceTo(xM, yM, position) {
      host.kinematics.body(position, body);
      let least = Number.MAX_SAFE_INTEGER;
      for (let i = 0; i < body.length; i += 3) {
        const dx = body[i]! - xM;
        const dy = body[i + 1]! - yM;
        least = Math.min(least, Math.sqrt(dx * dx + dy * dy));
      }
      return least;
    },
  };
  return desk;
}
