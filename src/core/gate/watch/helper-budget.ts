import {
  CONVERGENCE_PROOF_THRESHOLD,
  MAX_GENERATIONS,
  MAX_ITEMS_PER_RUN,
  MAX_TOTAL_BEFORE_ABORT,
} from "../../domain/index.ts";

/** `floor(wounds / 2) + 1`, half as many again (rounded up) when a loop was detected and is proven. */
export function helpersFor(
  wounds: number,
  loop: { readonly looping: boolean; readonly proof: number },
): number {
  const helpers = Math.floor(wounds / 2) + 1;
  return loop.looping && loop.proof >= CONVERGENCE_PROOF_THRESHOLD ? Math.ceil(helpers * 1.5) : helpers;
}

/** What may still be started. Its caps are constants: nothing that runs can raise them. */
export interface HelperBudget {
  /** how many of `wanted` may start; `generation` 0 is the gate itself */
  take(wanted: number, generation: number): number;
  /** the same for looks that are useful and not urgent: they leave room for the others and never close the valve */
  takeSpare(wanted: number, generation: number): number;
  readonly total: number;
  /** the safety valve has closed for the rest of the run */
  readonly aborted: boolean;
}
const SPARE_MAX = MAX_TOTAL_BEFORE_ABORT / 2;

export function createHelperBudget(): HelperBudget {
  let total = 0;
  let aborted = false;
  return {
    take(wanted, generation) {
      if (aborted || generation >= MAX_GENERATIONS) return 0;
      const granted = Math.min(wanted, MAX_ITEMS_PER_RUN);
      if (total + granted > MAX_TOTAL_BEFORE_ABORT) {
        aborted = true;
        return 0;
      }
      total += granted;
      return granted;
    },
    takeSpare(wanted, generation) {
      if (aborted || generation >= MAX_GENERATIONS) return 0;
      const granted = Math.max(0, Math.min(wanted, MAX_ITEMS_PER_RUN, SPARE_MAX - total));
      total += granted;
      return granted;
    },
    get total() {
      return total;
    },
    get aborted() {
      return aborted;
    },
  };
}
