import type { CellState, Code, Severity } from "../domain/index.ts";

/** what a state is called when no cause explains it */
export const STATE_CODES: Partial<Record<CellState, Code>> = {
  STARTING: "CELL_STARTING",
  READY_BLOCKED: "CELL_READY",
  RETREATING: "CELL_RETREATING",
};
export const isBlocked = (state: CellState): boolean => state !== "RUNNING" && state !== "SLOW";

/**
 * Where the cell goes for the worst cause it knows. Reset and resume are acts of people and are not in
 * here: without them nothing leaves STOPPED or READY_BLOCKED towards motion.
 */
export function nextState(
  state: CellState,
  worst: Severity,
  anyLatched: boolean,
  starting: boolean,
): CellState {
  if (anyLatched || state === "STOPPED" || state === "RETREATING") return "STOPPED";
  if (state === "STARTING")
    return starting || worst === "stop" || worst === "hold" ? "STARTING" : "READY_BLOCKED";
  if (worst === "stop") return "STOPPED";
  if (state === "READY_BLOCKED") return "READY_BLOCKED";
  if (worst === "hold") return "HOLD";
  if (worst === "slow") return "SLOW";
  return "RUNNING";
}
