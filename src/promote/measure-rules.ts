import {
  createKit,
  createSim,
  drawScenario,
  familyNamed,
  type Kit,
  ROBOT_FACTORY,
  simWorldOf,
} from "../../sim/index.ts";
import { createPipeline } from "../cell/pipeline/index.ts";
import type { Deployment } from "../domain/index.ts";
import { createNode, driveVirtual, VirtualClock, VirtualScheduler } from "../node/index.ts";
import type { Measurement, Side } from "../promotion/index.ts";
import { createInlineTrials } from "../workers/index.ts";
import type { Task } from "./task.ts";
import { hindsightEnergy } from "./yardstick.ts";

const STATES = ["free", "slow", "hold", "stop"] as const;
let kit: Kit | null = null;

/** The whole cell with one set of rules, in the loop with the arm: what really happens under it. */
async function runSide(task: Task, deployment: Deployment): Promise<Side> {
  kit ??= createKit(ROBOT_FACTORY);
  const scenario = drawScenario(kit, familyNamed(task.family)!, task.class, task.seed);
  const sim = createSim({ scenario });
  const world = simWorldOf(sim, true);
  const clock = new VirtualClock();
  const scheduler = new VirtualScheduler(() => clock.now());
  const stop = new AbortController();
  const node = createNode({
    deployment,
    configHash: "shadow",
    clock,
    scheduler,
    actuators: Object.keys(deployment.actuators).map((name) => world.actuator(name)),
    receipts: { append: () => true, whenStored: async () => true, persistLatched: () => true },
    trials: createInlineTrials(),
    createPipeline,
    record: () => {},
    observe: () => {},
  });
  world.attach(node.door, node.channels, clock.epoch);
  node.start({ boot: 1, latched: [], ledgerFault: null, seed: task.seed });
  const decisions = [0, 0, 0, 0];
  let energy = 0;
  let firstStopUs = -1;
  const step = (): void => {
    void world.step(); // the embedded engine never waits
    if (sim.arm().armedAtUs < 0) return;
    energy = Math.max(energy, hindsightEnergy(sim.truth()));
    const at = stateIndex(node.cell.state);
    decisions[at]!++;
    if (at >= 2 && firstStopUs < 0) firstStopUs = sim.now;
    if (sim.finished) stop.abort();
  };
  await driveVirtual({
    clock,
    scheduler,
    door: node.door,
    world: { stepUs: world.stepUs, step },
    endUs: scenario.durationUs + 10_000_000,
    speed: Number.POSITIVE_INFINITY,
    signal: stop.signal,
  });
  const { contactAtUs, overLimit, zone } = sim.truth();
  return {
    energy,
    score: null,
    stopped: firstStopUs >= 0,
    inTime: !overLimit && (contactAtUs < 0 || (firstStopUs >= 0 && firstStopUs <= contactAtUs)),
    decisions,
    violations: {
      ...(contactAtUs >= 0 && { contact: 1 }),
      ...(overLimit && { "force over limit": 1 }),
      ...(zone !== null && { "forbidden zone": 1 }),
    },
  };
}
function stateIndex(state: string): number {
  if (state === "RUNNING") return 0;
  if (state === "SLOW") return 1;
  return state === "STOPPED" ? 3 : 2;
}
export const DECISION_NAMES: readonly string[] = STATES;

export async function measureRules(
  task: Task,
  baseline: Deployment,
  candidate: Deployment,
): Promise<Measurement> {
  const [a, b] = [await runSide(task, baseline), await runSide(task, candidate)];
  return {
    scenario: task.name,
    family: task.family,
    set: task.set,
    sampled: task.sampled,
    hard: task.class === "collide" && a.inTime,
    risky: task.class !== "miss",
    baseline: a,
    candidate: b,
  };
}
