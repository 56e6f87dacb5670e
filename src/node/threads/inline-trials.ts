import type { HelperEffect, TrialOutcome, TrialRequest } from "../../core/domain/index.ts";
import { isTrialProblem, runTrials } from "../../core/gate/index.ts";
import { runHelp } from "./help.ts";
import type { TrialPool } from "./trial-pool.ts";

/** The same trials on the calling thread, without a clock: for replay, simulation and tests. */
export function trialsHere(request: TrialRequest): TrialOutcome {
  if (!isTrialProblem(request.problem))
    return { kind: "failed", reason: "refused", detail: "not a trial problem" };
  return { kind: "done", summary: runTrials(request) };
}

/** The face of a pool without threads: nothing in it can be late, so simulated time stays deterministic. */
export const createInlineTrials = (): TrialPool => ({
  ready: () => Promise.resolve(),
  run: (request) => Promise.resolve(trialsHere(request)),
  help: (effect: HelperEffect) => runHelp(effect.task, false),
  ping: () => Promise.resolve(true),
  close: () => Promise.resolve(),
  stats: () => ({ threads: 0, queued: 0, restarts: 0, late: 0 }),
});
