import {
  type CellDescription,
  createKit,
  createSim,
  robotConfigOf,
  ROBOT_FACTORY,
  type Scenario,
  scenarioNamed,
} from "../../sim/index.ts";
import { cos, PI, sin } from "../base/math.ts";
import { createPrng } from "../base/prng.ts";
import {
  type ArmChain,
  armChainOf,
  type HelperFinding,
  type SandboxFinding,
  type SandboxTask,
  type TrialProblem,
} from "../gate/index.ts";
import { createKinematics } from "../robot/index.ts";

/** Geometry of two arms is the same when no number differs by more. */
const SAME = 1e-6;
/** Far enough that no part of the arm reaches it. */
const AWAY_M = 8;
const HAND_HEIGHT_M = 1;
const CLOCK_EVERY_STEPS = 200;
const SETTLE_S = 0.5;

/**
 * Runs the whole action in the embedded simulator: servo, payload and contact instead of pure kinematics.
 * Half of the runs see nobody, half see somebody standing where the sensors said; loads and friction differ.
 */
export async function runSandbox(task: SandboxTask, timed: boolean): Promise<SandboxFinding | HelperFinding> {
  const cell = ROBOT_FACTORY;
  if (!sameArm(task.problem.chain, armChainOf(createKinematics(robotConfigOf(cell)))))
    return { kind: "failed", noModel: true, detail: `only ${cell.name} is modelled` };
  const deadline = timed ? performance.now() + task.budgetMs : Number.POSITIVE_INFINITY;
  let nearestM = Number.MAX_SAFE_INTEGER;
  let peakForceN = 0;
  for (let run = 0; run < task.runs; run++) {
    const outcome = oneRun(cell, scenarioFor(cell, task, run), deadline);
    if (outcome === null)
      return { kind: "failed", detail: `over its budget of ${task.budgetMs} ms in run ${run + 1}` };
    nearestM = Math.min(nearestM, outcome.nearestM);
    peakForceN = Math.max(peakForceN, outcome.peakForceN);
    if (outcome.broke !== null)
      return { kind: "sandbox", safe: false, runs: run + 1, nearestM, peakForceN, detail: outcome.broke };
    // other messages may be answered between two runs
    await new Promise((next) => setImmediate(next));
  }
  return {
    kind: "sandbox",
    safe: true,
    runs: task.runs,
    nearestM,
    peakForceN,
    detail: `${task.runs} runs without contact`,
  };
}

interface RunOutcome {
  readonly nearestM: number;
  readonly peakForceN: number;
  readonly broke: string | null;
}

function oneRun(cell: CellDescription, scenario: Scenario, deadline: number): RunOutcome | null {
  const sim = createSim({ cell, scenario, obeys: false });
  for (let step = 0; sim.now < scenario.durationUs; step++) {
    sim.step();
    if (step % CLOCK_EVERY_STEPS === 0 && performance.now() > deadline) return null;
  }
  const { nearestM, peakForceN, contactAtUs, zone } = sim.truth();
  const broke =
    contactAtUs >= 0
      ? `contact with ${Math.round(peakForceN)} N`
      : zone !== null
        ? `entered zone ${zone}`
        : null;
  return { nearestM, peakForceN, broke };
}

function scenarioFor(cell: CellDescription, task: SandboxTask, run: number): Scenario {
  const prng = createPrng(task.seed).split("sandbox").split(run);
  const base = scenarioNamed(createKit(cell), "idle", task.seed)!;
  const { problem } = task;
  const place = run % 2 === 0 ? far(run) : (sensedPlace(problem, run) ?? far(run));
  const { nominalKg } = base.payload;
  return {
    ...base,
    name: `sandbox-${run}`,
    durationUs: Math.round((problem.dtS * (problem.steps - 1) + SETTLE_S) * 1e6),
    arm: { ...planOf(problem), repeats: false },
    person: { body: still(place, 0), hand: still(place, HAND_HEIGHT_M) },
    payload: { ...base.payload, actualKg: Math.max(0, nominalKg * (0.8 + 0.4 * prng.nextFloat())) },
    frictionFactor: 0.5 + 1.5 * prng.nextFloat(),
  };
}
type Place = readonly [number, number];
const still = ([x, y]: Place, z: number) => ({ start: [x, y, z] as const, moves: [], repeatUs: 0 });
const far = (run: number): Place => [AWAY_M * cos(run), AWAY_M * sin(run)];

/** Where the nearest sensed person stands; one of unknown direction stands elsewhere in each run. */
function sensedPlace({ persons, chain }: TrialProblem, run: number): Place | null {
  if (persons.length === 0) return null;
  if (persons[0] === 1) return [persons[1]!, persons[2]!];
  const angle = (2 * PI * run) / 8;
  return [chain.origin[0]! + persons[1]! * cos(angle), chain.origin[1]! + persons[1]! * sin(angle)];
}

/** Rest-to-rest moves between the places where a joint turns round; what the simulated controller runs. */
function planOf(problem: TrialProblem): {
  from: readonly number[];
  stretches: { to: readonly number[]; moveS: number; pauseS: number }[];
} {
  const n = problem.chain.joints;
  const row = (k: number): number[] => problem.q.slice(k * n, (k + 1) * n);
  const stretches: { to: readonly number[]; moveS: number; pauseS: number }[] = [];
  let begun = 0;
  for (let k = 1; k < problem.steps; k++) {
    if (k < problem.steps - 1 && !turnsAt(problem, k)) continue;
    stretches.push({ to: row(k), moveS: (k - begun) * problem.dtS, pauseS: 0 });
    begun = k;
  }
  return { from: row(0), stretches };
}
function turnsAt({ q, chain }: TrialProblem, k: number): boolean {
  const n = chain.joints;
  for (let j = 0; j < n; j++) {
    const before = q[k * n + j]! - q[(k - 1) * n + j]!;
    const after = q[(k + 1) * n + j]! - q[k * n + j]!;
    if (before * after < 0 || (before === 0) !== (after === 0)) return true;
  }
  return false;
}

const sameRow = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((v, i) => Math.abs(v - b[i]!) < SAME);
const sameArm = (a: ArmChain, b: ArmChain): boolean =>
  sameRow(a.order, b.order) &&
  sameRow(a.origin, b.origin) &&
  sameRow(a.root, b.root) &&
  sameRow(a.tilts, b.tilts) &&
  sameRow(a.phases, b.phases) &&
  sameRow(a.levers, b.levers);
