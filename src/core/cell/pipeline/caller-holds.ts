import { type Code, MAX_HELD_CALLERS } from "../../domain/index.ts";
import { plainText } from "../../gate/index.ts";
import type { Desk } from "./desk.ts";
import type { Lane } from "./lanes.ts";
import { plainTerms } from "./plain-terms.ts";

/** What the gate holds a caller back for until a person looked. */
export type HoldCode = Extract<Code, "LOOP_HALT" | "WOUNDS_MANY">;
/** Beyond so many held callers the rest share one row: callers must not fill the table of causes. */
const OTHER_CALLERS = "other callers";
const SHOWN_QUESTIONS = 32;
const TEXT_MAX = 1_000;

/** A caller is held back: status says so until a person lifts it. */
export function holdCaller(code: HoldCode, lane: Lane, detail: string, desk: Desk): void {
  lane.holds.set(code, lane.holds.get(code) ?? sourceFor(lane, desk));
  desk.host.raise(code, lane.holds.get(code)!, detail);
}
function sourceFor(lane: Lane, desk: Desk): string {
  let held = 0;
  for (const other of desk.lanes.all()) if (other.holds.size > 0) held++;
  return held >= MAX_HELD_CALLERS ? OTHER_CALLERS : lane.caller;
}

/** A person acknowledged: whoever was held back under this source may go on, with a receipt. */
export function liftHolds(code: Code, source: string, by: string, reason: string, desk: Desk): void {
  if (code !== "LOOP_HALT" && code !== "WOUNDS_MANY") return;
  const callers: string[] = [];
  const questions: string[] = [];
  for (const lane of desk.lanes.all()) {
    if (lane.holds.get(code) !== source) continue;
    lane.holds.delete(code);
    callers.push(lane.caller);
    if (code === "LOOP_HALT") questions.push(...lane.loops.lift());
    else endEscalation(lane);
  }
  desk.receipt({
    receipt_type: "lift",
    code,
    source: plainText(source, TEXT_MAX),
    by: plainText(by, TEXT_MAX),
    reason: plainText(reason, TEXT_MAX),
    terms: plainTerms({
      callers: callers.map((caller) => plainText(caller, TEXT_MAX)),
      halted_questions: questions.length,
      questions: questions.slice(0, SHOWN_QUESTIONS),
    }),
  });
}

/** A person approved an action of this caller: the escalation has had its look. */
export function healCaller(lane: Lane, desk: Desk): void {
  endEscalation(lane);
  const source = lane.holds.get("WOUNDS_MANY");
  if (source === undefined) return;
  lane.holds.delete("WOUNDS_MANY");
  if (![...desk.lanes.all()].some((other) => other.holds.get("WOUNDS_MANY") === source))
    desk.host.lower("WOUNDS_MANY", source);
}
function endEscalation(lane: Lane): void {
  lane.escalated = false;
  lane.wounds.heal();
}
