import { createPrng } from "../../base/prng.ts";
import { assert } from "../../base/assert.ts";
import type { TrialRequest, TrialSummary } from "../../domain/index.ts";
import { type DrawSetting, emptyDraw, emptyNumbers, fillDraw, fillNumbers } from "./draws.ts";
import type { TrialProblem } from "./problem.ts";
import { CAUSES, Rollout } from "./rollout.ts";

/** Numbers that a trial leaves in its slot; a batch is a row of slots. */
export const SLOT = { outcome: 0, cause: 1, separation: 2, force: 3, energy: 4 } as const;
export const SLOT_SIZE = 5;

export const isTrialProblem = (value: unknown): value is TrialProblem =>
  typeof value === "object" && value !== null && (value as { form?: unknown }).form === "cellgate.trial/2";

/** Everything that one batch keeps between its trials. */
export interface TrialBatch {
  /** runs trial i and writes slot i; trials may run in any order and on any thread */
  run(i: number, slots: Float64Array): void;
}

export function createTrialBatch(request: Pick<TrialRequest, "problem" | "seed" | "noise">): TrialBatch {
  const problem = request.problem;
  assert(isTrialProblem(problem), "a trial request carries a trial problem");
  const rollout = new Rollout(problem);
  const joints = problem.chain.joints;
  const draw = emptyDraw(joints);
  const numbers = emptyNumbers(joints);
  const setting = drawSetting(problem, request.noise);
  const root = createPrng(request.seed);
  return {
    run(i, slots) {
      fillNumbers(numbers, root.split(i));
      fillDraw(numbers, setting, draw);
      rollout.run(draw);
      writeSlot(rollout, i, slots);
    },
  };
}

export const drawSetting = (problem: TrialProblem, noise: number): DrawSetting => ({
  noise,
  reactionS: problem.reactionS,
  personMPerS: problem.personMPerS,
});

export function writeSlot(rollout: Rollout, i: number, slots: Float64Array): void {
  const at = i * SLOT_SIZE;
  slots[at + SLOT.outcome] = rollout.outcome;
  slots[at + SLOT.cause] = CAUSES.indexOf(rollout.cause);
  slots[at + SLOT.separation] = rollout.minSeparationM;
  slots[at + SLOT.force] = rollout.maxForceN;
  slots[at + SLOT.energy] = rollout.maxEnergy;
}

/** Adds up slots 0 … n−1 in this order, whoever filled them. */
export function summarize(slots: Float64Array, n: number): TrialSummary {
  const outcomes: number[] = [];
  let safe = 0,
    sum = 0,
    squares = 0,
    worst = 0;
  let minSeparationM = Number.MAX_VALUE,
    maxForceN = 0,
    maxEnergy = 0;
  for (let i = 0; i < n; i++) {
    const at = i * SLOT_SIZE;
    const outcome = slots[at + SLOT.outcome]!;
    outcomes.push(outcome);
    if (slots[at + SLOT.cause] === 0) safe++;
    sum += outcome;
    squares += outcome * outcome;
    if (outcome < outcomes[worst]!) worst = i;
    minSeparationM = Math.min(minSeparationM, slots[at + SLOT.separation]!);
    maxForceN = Math.max(maxForceN, slots[at + SLOT.force]!);
    maxEnergy = Math.max(maxEnergy, slots[at + SLOT.energy]!);
  }
  const mean = n === 0 ? 0 : sum / n;
  return {
    n,
    safe,
    meanOutcome: mean,
    variance: n === 0 ? 0 : Math.max(0, squares / n - mean * mean),
    minSeparationM: n === 0 ? 0 : minSeparationM,
    maxForceN,
    maxEnergy,
    worstTrial: worst,
    worstCause: CAUSES[slots[worst * SLOT_SIZE + SLOT.cause] ?? 0]!,
    outcomes,
  };
}

/** The whole batch on the calling thread. */
export function runTrials(request: TrialRequest): TrialSummary {
  const slots = new Float64Array(request.sims * SLOT_SIZE);
  const batch = createTrialBatch(request);
  for (let i = 0; i < request.sims; i++) batch.run(i, slots);
  return summarize(slots, request.sims);
}
