import type { OutMessage } from "../src/edge/ports/index.ts";
import type { ActionReport, ArmController } from "./arm-controller.ts";
import {
  type CellDescription,
  ROBOT_FACTORY,
  EmbeddedRun,
  type EngineRun,
  type EngineStart,
  STEP_US,
} from "../src/core/physics/index.ts";
import { Director } from "./director.ts";
import type { Scenario } from "./scenario.ts";
import { createKit, scenarioNamed } from "./scenarios/index.ts";
import { type ReadingCallback, SensorSuite } from "./sensors.ts";
import { createTruth, type Truth, type TruthKeeper } from "./truth.ts";

/** A simulated cell, stepped from outside. Same cell, scenario and seed: the same readings, bit for bit. */
export interface Sim {
  readonly scenario: Scenario;
  /** microseconds since the start */
  readonly now: number;
  /** one millisecond; a promise where the engine is another process */
  step(): void | Promise<void>;
  /** readings that have arrived in the last step; each is handed out once */
  readings(each: ReadingCallback): void;
  /** what the node says to the arm */
  command(message: OutMessage): void;
  /** what became of permitted actions since the last call */
  reports(each: (report: ActionReport) => void): void;
  /** what the scripted operator does in this step */
  operator(each: (act: "reset" | "resume") => void): void;
  truth(): Truth;
  arm(): ArmState;
  /** the scenario has an end and it is reached */
  readonly finished: boolean;
  /** gives back what the engine holds for this run */
  close(): void;
}
/** A simulated cell whose engine runs in this process: its steps never wait. */
export interface SyncSim extends Sim {
  step(): void;
}
export interface ArmState {
  /** pace of the job, 0…1 */
  readonly rate: number;
  /** why the arm may not move; "none": it may */
  readonly held: ReturnType<ArmController["receiver"]["reason"]>;
  /** when it was first let go, -1: not yet */
  readonly armedAtUs: number;
}
export interface SimSetting {
  readonly cell?: CellDescription;
  /** a scenario, or the name of one */
  readonly scenario: Scenario | string;
  readonly seed?: number;
  /** false: the arm does its job whatever the node says; default true */
  readonly obeys?: boolean;
  /** the physics; default: the embedded model */
  readonly engine?: SyncEngine;
}
/** An engine whose steps do not wait. */
export interface SyncEngine {
  readonly torques: boolean;
  start(start: EngineStart): EngineRun;
}

/** Before the job begins the operator lets the arm go. */
export const START_ACTS = [
  { atUs: 500_000, act: "reset" },
  { atUs: 700_000, act: "resume" },
] as const;

export function createSim({
  cell = ROBOT_FACTORY,
  scenario,
  seed = 1,
  obeys = true,
  engine,
}: SimSetting): SyncSim {
  const chosen = typeof scenario === "string" ? named(cell, scenario, seed) : scenario;
  const core = new SimCore(cell, chosen, obeys, engine?.torques ?? false);
  const run: EngineRun = engine === undefined ? new EmbeddedRun(cell, core.start) : engine.start(core.start);
  return core.driven(
    () => {
      run.step(core.prepare());
      core.absorb(run.frame, run.scan);
    },
    () => run.close?.(),
  );
}

/**
 * All of a simulated cell but its physics: what shall happen in the next step goes out as a command row,
 * what happened comes back as a frame. Commands may run ahead of frames when nothing depends on them.
 */
export class SimCore {
  readonly start: EngineStart;
  readonly truth: TruthKeeper;
  readonly scenario: Scenario;
  readonly #director: Director;
  readonly #sensors: SensorSuite;
  readonly #obeys: boolean;
  #prepared = 0;
  #now = 0;

  constructor(cell: CellDescription, scenario: Scenario, obeys: boolean, torques: boolean) {
    this.scenario = scenario;
    this.#obeys = obeys;
    this.#director = new Director({ cell, scenario, obeys, torques });
    this.start = { command: this.#director.command.slice(), scanEvery: scanEvery(cell) };
    this.truth = createTruth(cell);
    this.#sensors = new SensorSuite(cell, scenario);
  }

  get now(): number {
    return this.#now;
  }

  /** the command row of the next step; valid until the next call */
  prepare(): Float64Array {
    this.#prepared += STEP_US;
    this.#director.step(this.#prepared);
    return this.#director.command;
  }

  absorb(frame: Float64Array, scan: Float64Array): void {
    this.#now += STEP_US;
    const { armedAtUs } = this.#director;
    this.truth.observe(frame, this.#now);
    const seen = { frame, scan, toolM: this.truth.meter.toolM };
    const scenarioUs = armedAtUs < 0 || this.#now < armedAtUs ? -1 : this.#now - armedAtUs;
    this.#sensors.measure(this.#now / STEP_US, this.#now, scenarioUs, seen);
  }

  readings(each: ReadingCallback): void {
    this.#sensors.deliver(this.#now, each);
  }

  get finished(): boolean {
    const { armedAtUs } = this.#director;
    const { durationUs } = this.scenario;
    return durationUs > 0 && armedAtUs >= 0 && this.#now - armedAtUs >= durationUs;
  }

  /** the face that a node sees, stepped by `step` */
  driven(step: () => void | Promise<void>, close: () => void): Sim {
    const core = this;
    const director = this.#director;
    return {
      scenario: this.scenario,
      get now() {
        return core.#now;
      },
      get finished() {
        return core.finished;
      },
      step,
      close,
      readings: (each) => core.readings(each),
      command: (message) => director.hear(message, core.#now),
      reports: (each) => director.controller.reports(each),
      operator: (each) => actsDue(core.scenario, core.#now, director.armedAtUs, each),
      truth: () => core.truth,
      arm: () => ({
        rate: director.controller.rate,
        held: core.#obeys ? director.controller.receiver.reason(core.#now) : "none",
        armedAtUs: director.armedAtUs,
      }),
    };
  }
}

export const scanEvery = (cell: CellDescription): number =>
  Math.round(1e6 / STEP_US / cell.sensors.scan.rateHz);

function named(cell: CellDescription, name: string, seed: number): Scenario {
  const found = scenarioNamed(createKit(cell), name, seed);
  if (found === null) throw new RangeError(`no simulated scenario is called "${name}"`);
  return found;
}

/** Acts are numbered by the scenario's clock, which starts when the arm is first let go. */
function actsDue(
  scenario: Scenario,
  nowUs: number,
  armedAtUs: number,
  each: (act: "reset" | "resume") => void,
): void {
  for (const { atUs, act } of START_ACTS) if (nowUs === atUs) each(act);
  if (armedAtUs < 0) return;
  const t = scenario.repeatUs > 0 ? (nowUs - armedAtUs) % scenario.repeatUs : nowUs - armedAtUs;
  for (const { atUs, act } of scenario.operator) if (t === atUs) each(act);
}
