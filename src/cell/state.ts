import type { Severity } from "../domain/index.ts";

/**
 * States of the cell. Motion is possible in RUNNING and SLOW only; every other state is blocked.
 * STOPPED is latched: it ends by reset, and reset leads to READY_BLOCKED, never to motion.
 * HOLD is a pause that ends by itself when its condition has ended.
 */
export const CELL_STATES = ["STARTING", "READY_BLOCKED", "RUNNING", "SLOW", "HOLD", "STOPPED"] as const;
export type CellState = (typeof CELL_STATES)[number];

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
  if (anyLatched) return "STOPPED";
  if (state === "STOPPED") return "STOPPED";
  if (state === "STARTING")
    return starting || worst === "stop" || worst === "hold" ? "STARTING" : "READY_BLOCKED";
  if (worst === "stop") return "STOPPED";
  if (state === "READY_BLOCKED") return "READY_BLOCKED";
  if (worst === "hold") return "HOLD";
  if (worst === "slow") return "SLOW";
  return "RUNNING";
}
