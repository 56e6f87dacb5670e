import { CONVERGENCE_LOOP_THRESHOLD } from "../domain/index.ts";

/** 0 for a question asked once, 1 from the threshold on. */
export const loopPenalty = (repeats: number): number =>
  Math.min(1, Math.max(0, repeats - 1) / (CONVERGENCE_LOOP_THRESHOLD - 1));
