import {
  type Label,
  labelOf,
  type Scenario,
  type Sim,
  type SimEngine,
  simWorldOf,
} from "../../../sim/index.ts";
import { type GoodConfig, readDeploymentParts } from "../../node/deployment/index.ts";
import type { Effect, Micros } from "../../core/domain/index.ts";
import { UserError } from "../command.ts";
import { createNode, driveVirtual, VirtualClock, VirtualScheduler, withDigest } from "../../node/index.ts";

/** What a node made of one scenario. */
export interface Guarded {
  readonly label: Label;
  /** first block after the arm was let go, on the scenario's clock; -1: none */
  readonly blockAtUs: number;
  readonly blockCode: string | null;
  /** from the block to standstill, and how far the tool went meanwhile; -1: no block, or contact kept it moving */
  readonly stopTimeUs: number;
  readonly stopDistanceM: number;
  /** wall time that the node took for the step that gave the block */
  readonly nodeStepUs: number;
  /** largest contact force while the arm followed its job; a person can also push an arm that stands */
  readonly peakForceMovingN: number;
  readonly overLimitMoving: boolean;
  readonly slowed: boolean;
  /** when V_s first stood above its alarm threshold, on the scenario's clock; -1: never, or no head is named */
  readonly alarmAtUs: number;
  readonly receipts: number;
  readonly digest: string;
  readonly state: string;
}
/** Longest time that the node may take to let the arm go. */
const ARM_TIMEOUT_US = 5_000_000;
const STANDING_M_PER_S = 0.01;

/** Runs a scenario with a node between sensors and arm, in simulated time. */
export async function guardedRun(
  engine: SimEngine,
  scenario: Scenario,
  config: GoodConfig,
  limitN: number,
): Promise<Guarded> {
  const parts = readDeploymentParts(config, scenario.seed);
  if (!parts.ok) throw new UserError(parts.error.what, parts.error.remedy);
  const sim = await engine.begin(scenario, true);
  const watch = new StopWatch(sim, limitN);
  const clock = new VirtualClock();
  const scheduler = new VirtualScheduler(() => clock.now());
  const receipts = withDigest({
    append: () => true,
    whenStored: async () => true,
    persistLatched: () => true,
    whenLatched: async () => true,
  });
  const world = simWorldOf(sim, true);
  const node = createNode({
    deployment: config.deployment,
    configHash: config.hash,
    ...parts.value,
    clock,
    scheduler,
    actuators: Object.keys(config.deployment.actuators).map((name) => world.actuator(name)),
    receipts,
    trials: {
      run: async () => ({ kind: "failed", reason: "refused", detail: "no proposals in a scenario run" }),
      help: async () => null,
    },
    record: () => {},
    observe: (effect, t) => watch.effect(effect, t),
  });
  const ended = new AbortController();
  const step = async (): Promise<void> => {
    const before = performance.now();
    watch.begin();
    await world.step();
    watch.end((performance.now() - before) * 1_000);
    const { energy } = node.cell;
    if (energy.value !== null && energy.value >= energy.threshold) watch.alarm();
    if (sim.finished || (sim.arm().armedAtUs < 0 && sim.now > ARM_TIMEOUT_US)) ended.abort();
  };
  world.attach(node.door, node.channels, clock.epoch);
  node.start({ boot: 1, latched: [], ledgerFault: null, seed: scenario.seed });
  try {
    const endUs = ARM_TIMEOUT_US + scenario.durationUs + 1_000_000;
    await driveVirtual({
      clock,
      scheduler,
      door: node.door,
      world: { stepUs: world.stepUs, step },
      endUs,
      speed: Infinity,
      signal: ended.signal,
    });
    if (sim.arm().armedAtUs < 0)
      throw new Error(`${scenario.name}: the node never let the arm go; state ${node.cell.state}`);
    const label = labelOf(scenario, sim.truth(), { engine: engine.name, version: engine.version });
    return {
      label,
      ...watch.found(),
      receipts: receipts.count,
      digest: receipts.digest(),
      state: node.cell.state,
    };
  } finally {
    sim.close();
  }
}

/** Measures what a block does: when it came, until when and how far the arm still moved, what it hit meanwhile. */
class StopWatch {
  readonly #sim: Sim;
  readonly #limitN: number;
  #blockAtUs = -1;
  #blockNow = -1;
  #blockCode: string | null = null;
  #stopTimeUs = -1;
  #stopDistanceM = -1;
  #nodeStepUs = -1;
  #blockedThisStep = false;
  #peak = 0;
  #slowed = false;
  #alarmAtUs = -1;
  readonly #from = new Float64Array(3);

  constructor(sim: Sim, limitN: number) {
    this.#sim = sim;
    this.#limitN = limitN;
  }

  effect(effect: Effect, _t: Micros): void {
    const { armedAtUs } = this.#sim.arm();
    if (armedAtUs < 0) return;
    if (effect.kind === "slow" && effect.scale < 1) this.#slowed = true;
    if (effect.kind !== "block" || this.#blockAtUs >= 0) return;
    this.#blockAtUs = this.#sim.now - armedAtUs;
    this.#blockNow = this.#sim.now;
    this.#blockCode = effect.code;
    this.#blockedThisStep = true;
    this.#from.set(this.#sim.truth().tool);
  }

  alarm(): void {
    const { armedAtUs } = this.#sim.arm();
    if (this.#alarmAtUs < 0 && armedAtUs >= 0) this.#alarmAtUs = this.#sim.now - armedAtUs;
  }

  begin(): void {
    this.#blockedThisStep = false;
  }

  end(wallUs: number): void {
    if (this.#blockedThisStep) this.#nodeStepUs = wallUs;
    const truth = this.#sim.truth();
    const moving = this.#sim.arm().rate > 0;
    if (moving) this.#peak = Math.max(this.#peak, truth.contactForceN);
    if (this.#blockNow < 0 || this.#stopTimeUs >= 0 || moving || truth.toolMPerS > STANDING_M_PER_S) return;
    this.#stopTimeUs = this.#sim.now - this.#blockNow;
    this.#stopDistanceM = Math.hypot(...[0, 1, 2].map((k) => truth.tool[k]! - this.#from[k]!));
  }

  found() {
    return {
      blockAtUs: this.#blockAtUs,
      blockCode: this.#blockCode,
      stopTimeUs: this.#stopTimeUs,
      stopDistanceM: this.#stopDistanceM,
      nodeStepUs: this.#nodeStepUs,
      peakForceMovingN: this.#peak,
      overLimitMoving: this.#peak > this.#limitN,
      slowed: this.#slowed,
      alarmAtUs: this.#alarmAtUs,
    };
  }
}
