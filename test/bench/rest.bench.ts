import { armChainOf, RestOfWay, straightProblem, type TrialProblem } from "../../src/core/gate/index.ts";
import { createKinematics } from "../../src/core/robot/index.ts";
import { gateDeployment, HOME } from "../core/cell/pipeline/fake-host.ts";
import type { Bench, Figure } from "./bench.ts";

const ROUNDS = 2_000;
const STEPS = 50;
const arm = createKinematics(gateDeployment().deployment.robot);

/** two seconds of six joints with two people and a forbidden box */
function motion(): TrialProblem {
  const q: number[] = [];
  for (let k = 0; k < STEPS; k++) q.push(...HOME.map((v, j) => (j < 3 ? v + (0.5 * k) / (STEPS - 1) : v)));
  return straightProblem({
    form: "cellgate.trial/2",
    linkRadiiM: HOME.map(() => 0.05),
    chain: armChainOf(arm),
    steps: STEPS,
    dtS: 2 / (STEPS - 1),
    q,
    persons: [],
    minRad: HOME.map(() => -6.2),
    maxRad: HOME.map(() => 6.2),
    maxRadPerS: HOME.map(() => 3.1),
    forbidden: [1, 1, 0, 2, 2, 2],
    toolMPerS: 1.5,
    minSeparationM: 0.2,
    uncertaintyM: 0.1,
    reactionS: 0.02,
    stopS: 0.3,
    maxForceN: 140,
    payloadKg: 3,
    standingForceN: 10,
    contactNsPerM: 500,
    personMPerS: 1.6,
    personHorizonS: 2,
    energyLimit: null,
    energy: { rest: 0, separation: 0, force: 0, speed: 0 },
  });
}

/** The worst look at a running motion: all of it is left, full speed is refused, slow is asked as well. */
async function run(): Promise<readonly Figure[]> {
  const way = new RestOfWay(motion());
  const look = (i: number): void => {
    way.at(HOME);
    const persons = [1, 0.9 + (i % 10) * 1e-3, 0.2, 0, 2 + (i % 7) * 1e-3, 0];
    way.against(persons, 1);
    way.against(persons, 0.25);
  };
  for (let i = 0; i < 300; i++) look(i);
  const from = process.threadCpuUsage();
  const began = performance.now();
  for (let i = 0; i < ROUNDS; i++) look(i);
  const wallMs = (performance.now() - began) / ROUNDS;
  const spent = process.threadCpuUsage(from);
  const ms = (spent.user + spent.system) / 1_000 / ROUNDS;
  return [
    {
      name: "rest of a motion judged again, processor time, mean",
      value: ms,
      unit: "ms",
      target: "≥ 20 Hz on one core: ≤ 50 ms",
      note: `2 s, 6 joints, ${STEPS} steps, at two speeds; ${wallMs.toFixed(3)} ms on the wall, ${Math.round(1_000 / ms)} Hz`,
    },
  ];
}
export const benches: Bench[] = [{ name: "rest", run }];
