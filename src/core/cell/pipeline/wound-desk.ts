import { type ReceiptBodyOf, WOUND_ESCALATE_COUNT, WOUND_SPAWN_THRESHOLD } from "../../domain/index.ts";
import { holdCaller } from "./caller-holds.ts";
import type { Desk } from "./desk.ts";
import type { OpenAction } from "./open-action.ts";

/**
 * Writes the drops within one course of an action's confidence: what the proposer states, or what the gate said
 * before and after another look. Enough of them want helpers; twice as many hold the caller back.
 */
export function noteWounds(action: OpenAction, course: readonly number[], desk: Desk): void {
  const { lane } = action;
  const before = lane.wounds.count(desk.now());
  const wounds = lane.wounds.note(course, desk.now());
  if (wounds.length === 0) return;
  const written = wounds.map((w) => {
    const body: ReceiptBodyOf<"wound"> = {
      receipt_type: "wound",
      wound_index: w.index,
      confidence_before: w.before,
      confidence_after: w.after,
      drop_magnitude: w.drop,
      action_id: action.id,
    };
    desk.count("wounds");
    return { id: desk.receipt(body), body };
  });
  action.wounds = [...action.wounds, ...written];
  const count = lane.wounds.count(desk.now());
  action.wounded ||= Math.floor(count / WOUND_SPAWN_THRESHOLD) > Math.floor(before / WOUND_SPAWN_THRESHOLD);
  if (before >= WOUND_ESCALATE_COUNT) return;
  if (!desk.stopRules.check("wounds", count, WOUND_ESCALATE_COUNT, action.id)) return;
  lane.escalated = true;
  holdCaller("WOUNDS_MANY", lane, `${count} drops of confidence, last in "${action.id}"`, desk);
}
