import { type ActionId, CONVERGENCE_HALT_REPEATS, CONVERGENCE_LOOP_THRESHOLD } from "../../domain/index.ts";
import type { LoopFinding } from "../../gate/watch/index.ts";
import { holdCaller } from "./caller-holds.ts";
import type { Desk } from "./desk.ts";
import type { Lane } from "./lanes.ts";

/**
 * Counts the questions of an action once the judgement has an answer to them. A loop is written down each time
 * it is met; the stoprule trips when it reaches its halt.
 */
export function askLoop(
  actionId: ActionId,
  lane: Lane,
  questions: readonly string[],
  desk: Desk,
): LoopFinding {
  const wasHalted = lane.loops.isHalted(questions);
  const loop = lane.loops.ask(questions, desk.now());
  if (loop.repeats < CONVERGENCE_LOOP_THRESHOLD && !loop.halted) return loop;
  desk.count("loops");
  desk.receipt({
    receipt_type: "convergence",
    question_hash: loop.question,
    repeats: loop.repeats,
    convergence_proof: loop.proof,
    halted: loop.halted,
    action_id: actionId,
  });
  if (!loop.halted || wasHalted) return loop;
  desk.stopRules.check("convergence_repeats", loop.repeats, CONVERGENCE_HALT_REPEATS, actionId);
  holdCaller("LOOP_HALT", lane, `asked the same ${loop.repeats} times, last as "${actionId}"`, desk);
  return loop;
}
