/**
 * States of the cell. Motion is possible in RUNNING and SLOW only; every other state is blocked.
 * STOPPED is latched: it ends by reset, and reset leads to READY_BLOCKED, never to motion.
 * HOLD is a pause that ends by itself when its condition has ended.
 * RETREATING is blocked like them, except for one checked motion away from whoever is near; it always ends in
 * STOPPED, and only the gate leads into it.
 */
export const CELL_STATES = [
  "STARTING",
  "READY_BLOCKED",
  "RUNNING",
  "SLOW",
  "HOLD",
  "STOPPED",
  "RETREATING",
] as const;
export type CellState = (typeof CELL_STATES)[number];
