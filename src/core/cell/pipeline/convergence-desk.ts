import { type ActionId, CONVERGENCE_HALT_REPEATS, CONVERGENCE_LOOP_THRESHOLD } from "../../domain/index.ts";
import type { LoopFinding } from "../../gate/watch/index.ts";
import type { Desk } from "./desk.ts";

/** A loop is written down each time it is met; the stoprule trips when it reaches its halt. */
export function noteLoop(actionId: ActionId, loop: LoopFinding, desk: Desk): void {
  if (loop.repeats < CONVERGENCE_LOOP_THRESHOLD && !loop.halted) return;
  desk.count("loops");
  desk.receipt({
    receipt_type: "convergence",
    question_hash: loop.question,
    repeats: loop.repeats,
    convergence_proof: loop.proof,
    halted: loop.halted,
    action_id: actionId,
  });
  if (loop.repeats === CONVERGENCE_HALT_REPEATS)
    desk.stopRules.check("convergence_repeats", loop.repeats, CONVERGENCE_HALT_REPEATS - 1, actionId);
}
