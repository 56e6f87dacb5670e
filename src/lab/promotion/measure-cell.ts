import {
  createKit,
  createSim,
  drawScenario,
  familyNamed,
  type Kit,
  ROBOT_FACTORY,
  type Scenario,
  simWorldOf,
  type SyncSim,
  type Truth,
} from "../../../sim/index.ts";
import { createPipeline } from "../../core/cell/pipeline/index.ts";
import type { DeploymentParts } from "../../node/deployment/index.ts";
import type { Deployment, ReceiptBody } from "../../core/domain/index.ts";
import { createNode, driveVirtual, VirtualClock, VirtualScheduler } from "../../node/index.ts";
import {
  adaptProposal,
  type Measurement,
  type PolicyAdapter,
  type Side,
} from "../../core/promotion/index.ts";
import { createInlineTrials } from "../../node/threads/index.ts";
import { inSimulatedNames } from "./battery-cell.ts";
import { createProposer } from "./proposer.ts";
import type { Task } from "./task.ts";
import { hindsightEnergy } from "./yardstick.ts";

/** One side of a comparison: a whole cell. */
export interface CellSide {
  readonly deployment: Deployment;
  readonly parts: DeploymentParts;
  readonly adapter: PolicyAdapter | null;
  /** true: somebody proposes actions all along, and the gate enforces what it says */
  readonly proposes: boolean;
}
/** The stage at which every part of the gate decides. */
const MEASURED_STAGE = 3;
const VERDICTS = ["GREEN", "YELLOW", "RED"] as const;
const MAX_TAIL_US = 10_000_000;
/** A latched stop ends by nobody in the battery: once the arm has stood this long, the rest is known. */
const STANDING_MS = 300;
const STANDING_M_PER_S = 1e-3;
let kit: Kit | null = null;
let drawn: { readonly name: string; readonly scenario: Scenario } | null = null;
/** Both sides run the same one; drawing it is work. */
function scenarioOf(task: Task): Scenario {
  kit ??= createKit(ROBOT_FACTORY);
  if (drawn?.name !== task.name)
    drawn = {
      name: task.name,
      scenario: drawScenario(kit, familyNamed(task.family)!, task.class, task.seed),
    };
  return drawn.scenario;
}

/** Both sides in the same scenario, with the same draws: what really happens under each of them. */
export async function measureCells(task: Task, before: CellSide, after: CellSide): Promise<Measurement> {
  const [baseline, candidate] = [await runSide(task, before), await runSide(task, after)];
  return {
    scenario: task.name,
    family: task.family,
    set: task.set,
    sampled: task.sampled,
    hard: task.class === "collide" && baseline.inTime,
    risky: task.class !== "miss",
    baseline,
    candidate,
  };
}

async function runSide(task: Task, side: CellSide): Promise<Side> {
  const { deployment } = side;
  const scenario = scenarioOf(task);
  const sim = createSim({ scenario });
  const world = simWorldOf(sim, true);
  const clock = new VirtualClock();
  const scheduler = new VirtualScheduler(() => clock.now());
  const stop = new AbortController();
  let stoodMs = 0;
  const seen = { energy: 0, firstStopUs: -1, states: [0, 0, 0, 0], verdicts: [0, 0, 0] };
  const names = deployment.robot.joints.map((joint) => joint.name);
  const node = createNode({
    deployment: side.proposes ? enforcing(deployment) : deployment,
    configHash: "battery",
    ...side.parts,
    clock,
    scheduler,
    actuators: Object.keys(deployment.actuators).map((name) => inSimulatedNames(world.actuator(name), names)),
    receipts: {
      append: () => true,
      whenStored: async () => true,
      persistLatched: () => true,
      whenLatched: async () => true,
    },
    trials: createInlineTrials(),
    createPipeline,
    record: () => {},
    observe: (effect) => {
      if (effect.kind === "receipt") countVerdict(effect.receipt.body, seen.verdicts);
    },
  });
  world.attach(node.door, node.channels, clock.epoch);
  node.start({ boot: 1, latched: [], ledgerFault: null, seed: task.seed });
  const proposer = side.proposes ? createProposer(deployment, task.seed) : null;
  const step = (): void => {
    void world.step(); // the embedded engine never waits
    if (sim.arm().armedAtUs < 0) return;
    const proposal = proposer?.due(sim.now - sim.arm().armedAtUs, node.cell.reflex.motion.position);
    if (proposal !== undefined) propose(node.door, side.adapter, proposal);
    const truth = sim.truth();
    seen.energy = Math.max(seen.energy, hindsightEnergy(truth));
    const at = stateIndex(node.cell.state);
    seen.states[at]!++;
    if (at >= 2 && seen.firstStopUs < 0) seen.firstStopUs = sim.now;
    stoodMs = at === 3 && truth.toolMPerS < STANDING_M_PER_S ? stoodMs + 1 : 0;
    if (stoodMs === STANDING_MS) seen.states[3]! += remainingMs(sim);
    if (sim.finished || stoodMs === STANDING_MS) stop.abort();
  };
  await driveVirtual({
    clock,
    scheduler,
    door: node.door,
    world: { stepUs: world.stepUs, step },
    endUs: scenario.durationUs + MAX_TAIL_US,
    speed: Number.POSITIVE_INFINITY,
    signal: stop.signal,
  });
  return sideOf(seen, sim.truth(), side.proposes);
}

const remainingMs = (sim: SyncSim): number =>
  Math.max(0, Math.round((sim.scenario.durationUs - (sim.now - sim.arm().armedAtUs)) / 1_000));

type Seen = { energy: number; firstStopUs: number; states: number[]; verdicts: number[] };
function sideOf(seen: Seen, truth: Truth, proposes: boolean): Side {
  const { contactAtUs, overLimit } = truth;
  const { energy, firstStopUs, states, verdicts } = seen;
  return {
    energy,
    score: null,
    stopped: firstStopUs >= 0,
    inTime: !overLimit && (contactAtUs < 0 || (firstStopUs >= 0 && firstStopUs <= contactAtUs)),
    decisions: proposes ? verdicts : states,
    violations: violationsOf(truth),
  };
}
export const violationsOf = ({ contactAtUs, overLimit, zone }: Truth): Record<string, number> => ({
  ...(contactAtUs >= 0 && { contact: 1 }),
  ...(overLimit && { "force over limit": 1 }),
  ...(zone !== null && { "forbidden zone": 1 }),
});

/** A gate that only watches lets nothing through, good or bad; here it decides, as it would when it is needed. */
export const enforcing = (d: Deployment): Deployment => ({
  ...d,
  gate: { ...d.gate, stage: MEASURED_STAGE },
});

function propose(
  door: {
    proposal(raw: unknown, via: Via): void;
    refusedProposal(code: "POLICY_ADAPTER_FAILED", via: Via): void;
  },
  adapter: PolicyAdapter | null,
  { raw, via }: { raw: unknown; via: Via },
): void {
  const adapted = adaptProposal(adapter, raw);
  if (adapted.ok) door.proposal(adapted.value, via);
  else door.refusedProposal("POLICY_ADAPTER_FAILED", via);
}
type Via = { readonly transport: string; readonly caller: string };

function countVerdict(body: ReceiptBody, verdicts: number[]): void {
  if (body.receipt_type === "gate_decision") verdicts[VERDICTS.indexOf(body.decision)]!++;
  else if (body.receipt_type === "block") verdicts[2]!++;
}
function stateIndex(state: string): number {
  if (state === "RUNNING") return 0;
  if (state === "SLOW") return 1;
  return state === "STOPPED" ? 3 : 2;
}
