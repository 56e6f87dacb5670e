import { runTrials, straightProblem } from "../../core/gate/index.ts";

/** Trials that let the compiler see its work before the first real batch, whose budget is short. */
const BATCHES = 6;

const JOINTS = 6;
const problem = straightProblem({
  form: "cellgate.trial/2",
  chain: {
    joints: JOINTS,
    order: [0, 1, 2, 3, 4, 5],
    origin: [0, 0, 0.1],
    root: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    tilts: Array.from({ length: JOINTS }, () => [0.6, 0.8]).flat(),
    phases: Array.from({ length: JOINTS }, () => 0.1),
    levers: Array.from({ length: JOINTS }, () => [0.2, 0.01, 0.05]).flat(),
  },
  steps: 50,
  dtS: 0.04,
  q: Array.from({ length: 50 * JOINTS }, (_, k) => k * 0.001),
  persons: [0, 3, 0, 1, 2.5, 1.5],
  minRad: Array.from({ length: JOINTS }, () => -6.3),
  maxRad: Array.from({ length: JOINTS }, () => 6.3),
  linkRadiiM: Array.from({ length: JOINTS }, () => 0.05),
  maxRadPerS: Array.from({ length: JOINTS }, () => 3.1),
  forbidden: [5.5, 5.5, 0, 6.5, 6.5, 2],
  toolMPerS: 1.5,
  minSeparationM: 0.2,
  uncertaintyM: 0.1,
  reactionS: 0.02,
  stopS: 0.3,
  maxForceN: 140,
  payloadKg: 3.5,
  standingForceN: 5.5,
  contactNsPerM: 500,
  personMPerS: 1.6,
  personHorizonS: 2,
  energyLimit: 1,
  energy: { rest: 0.1, separation: 0.1, force: 0.1, speed: 0.1 },
});

export function warmUp(): void {
  for (let i = 0; i < BATCHES; i++)
    runTrials({ requestId: 0, actionId: "" as never, seed: i, sims: 100, noise: 0.05, budgetMs: 0, problem });
}
