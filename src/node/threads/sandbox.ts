import {
  cellOfArm,
  type CellDescription,
  Rehearsal,
  robotConfigOf,
  ROBOT_FACTORY,
} from "../../../sim/index.ts";
import { createPrng } from "../../core/base/prng.ts";
import {
  armChainOf,
  type HelperFinding,
  isTrialProblem,
  type SandboxFinding,
  type SandboxTask,
} from "../../core/gate/index.ts";
import { type ArmChain, createKinematics } from "../../core/robot/index.ts";
import { standIn, Watch } from "./sandbox-watch.ts";

/** Geometry of two arms is the same when no number differs by more. */
const SAME = 1e-6;
const CLOCK_EVERY_STEPS = 200;
const RUNS_MAX = 64;
/** No plan lasts longer: the longest horizon that a deployment may allow. */
const LENGTH_MAX_S = 600;
/** A plan may leave the straight way between its rows by as much as its arm is known, at least this. */
const OFF_MIN_M = 0.02;

type Failed = Extract<HelperFinding, { kind: "failed" }>;
const failed = (detail: string): Failed => ({ kind: "failed", detail });

/**
 * Runs the whole action in the embedded simulator: masses, servos with limits, payload and contact instead of pure
 * kinematics. Load and friction differ from run to run; all sensed people stand where they were sensed in each.
 */
export async function runSandbox(task: SandboxTask, timed: boolean): Promise<SandboxFinding | HelperFinding> {
  const wrong = wrongTask(task);
  if (wrong !== null) return failed(wrong);
  const cell = cellOf(task);
  if ("kind" in cell) return cell;
  const deadline = timed ? performance.now() + task.budgetMs : Number.POSITIVE_INFINITY;
  let nearestM = Number.MAX_SAFE_INTEGER;
  for (let run = 0; run < task.runs; run++) {
    const watch = oneRun(cell, task, run, deadline);
    if (watch === null) return failed(`over its budget of ${task.budgetMs} ms in run ${run + 1}`);
    if (!Number.isFinite(watch.nearestM + watch.deviationM))
      return failed(`the simulated arm did not stay finite in run ${run + 1}`);
    nearestM = Math.min(nearestM, watch.nearestM);
    if (watch.broke !== null) return broken(cell, task, run, watch, deadline);
    // other messages may be answered between two runs
    await new Promise((next) => setImmediate(next));
  }
  return {
    kind: "sandbox",
    safe: true,
    runs: task.runs,
    nearestM,
    peakForceN: 0,
    detail: `${task.runs} runs without contact`,
  };
}

/** What cannot be run must not count as run. */
function wrongTask({ problem, runs }: SandboxTask): string | null {
  if (!isTrialProblem(problem)) return "not a plan that can be run";
  const { steps, dtS, q, chain, persons, forbidden, uncertaintyM, payloadKg } = problem;
  if (!Number.isInteger(runs) || runs < 1 || runs > RUNS_MAX)
    return `${runs} runs are not between 1 and ${RUNS_MAX}`;
  if (!Number.isInteger(steps) || steps < 2) return `a plan of ${steps} steps goes nowhere`;
  if (q.length !== steps * chain.joints)
    return `${q.length} angles for ${steps} steps of ${chain.joints} joints`;
  const lengthS = dtS * (steps - 1);
  if (!(lengthS > 0 && lengthS <= LENGTH_MAX_S)) return `a plan of ${lengthS} s, allowed ${LENGTH_MAX_S}`;
  const off = Math.max(...problem.sweep.offM);
  if (!problem.sweep.resolved || !(off <= Math.max(OFF_MIN_M, uncertaintyM)))
    return `the plan swings up to ${off.toFixed(3)} m between its ${steps} steps, more than a rehearsal shows`;
  if (persons.length % 3 !== 0 || forbidden.length % 6 !== 0) return "people or zones are not whole rows";
  const numbers = [...q, ...persons, ...forbidden, uncertaintyM, payloadKg];
  return numbers.every(Number.isFinite) ? null : "a number of the plan is none";
}

/** The demonstration arm is modelled by heart; any other one from what its deployment says. */
function cellOf({ problem, dynamics }: SandboxTask): CellDescription | Failed {
  if (!("missing" in dynamics)) {
    const cell = cellOfArm(problem.chain, dynamics);
    return cell ?? { ...failed("masses and geometry name the joints in different orders"), noModel: true };
  }
  return sameArm(problem.chain, armChainOf(createKinematics(robotConfigOf(ROBOT_FACTORY))))
    ? ROBOT_FACTORY
    : { ...failed(`missing: ${dynamics.missing}`), noModel: true };
}

/** null: out of time */
function oneRun(cell: CellDescription, task: SandboxTask, run: number, deadline: number): Watch | null {
  const rehearsal = rehearsalOf(cell, task, run, null);
  const watch = new Watch(cell, task.problem, rehearsal);
  for (let step = 1; !rehearsal.finished && watch.broke === null; step++) {
    rehearsal.step();
    watch.look(step);
    if (step % CLOCK_EVERY_STEPS === 0 && performance.now() > deadline) return null;
  }
  return watch;
}

function rehearsalOf(
  cell: CellDescription,
  { problem, seed }: SandboxTask,
  run: number,
  person: readonly [number, number] | null,
): Rehearsal {
  const prng = createPrng(seed).split("sandbox").split(run);
  const { chain, steps, dtS, payloadKg } = problem;
  const nominalKg = Math.max(0, payloadKg - cell.tool.massKg);
  const n = chain.joints;
  const phases = cell === ROBOT_FACTORY ? chain.phases.map(() => 0) : chain.phases;
  const q = new Float64Array(n * steps);
  for (let k = 0; k < steps; k++)
    for (let i = 0; i < n; i++) q[n * k + i] = problem.q[n * k + chain.order[i]!]! + phases[i]!;
  return new Rehearsal({
    cell,
    plan: { joints: n, steps, dtS, q },
    nominalKg,
    actualKg: nominalKg * (0.8 + 0.4 * prng.nextFloat()),
    frictionFactor: 0.5 + 1.5 * prng.nextFloat(),
    person,
  });
}

/** Says what broke; who was reached is put there once more, to feel with which force. */
function broken(
  cell: CellDescription,
  task: SandboxTask,
  run: number,
  { broke, nearestM, hit }: Watch,
  deadline: number,
): SandboxFinding {
  let peakForceN = 0;
  if (hit !== null) {
    const again = rehearsalOf(cell, task, run, standIn(cell, hit));
    for (let step = 1; !again.finished; step++) {
      again.step();
      peakForceN = Math.max(peakForceN, again.contactForceN);
      if (step % CLOCK_EVERY_STEPS === 0 && performance.now() > deadline) break;
    }
  }
  const force = peakForceN > 0 ? `, contact with ${Math.round(peakForceN)} N` : "";
  return { kind: "sandbox", safe: false, runs: run + 1, nearestM, peakForceN, detail: `${broke}${force}` };
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
