import type { OutMessage } from "../src/ports/index.ts";
import type { ActionReport } from "./arm-controller.ts";
import { type CellDescription, ROBOT_FACTORY } from "./cell.ts";
import { Director } from "./director.ts";
import { EmbeddedRun } from "./embedded-engine.ts";
import { type EngineRun, STEP_US } from "./engine.ts";
import type { Scenario } from "./scenario.ts";
import { createKit, scenarioNamed } from "./scenarios/index.ts";
import { type ReadingCallback, SensorSuite } from "./sensors.ts";
import { createTruth, type Truth, type TruthKeeper } from "./truth.ts";

/** A simulated cell, stepped from outside. Same cell, scenario and seed: the same readings, bit for bit. */
export interface Sim {
  readonly scenario: Scenario;
  /** microseconds since the start */
  readonly now: number;
  /** one millisecond */
  step(): void;
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
}
export interface ArmState {
  /** pace of the job, 0…1 */
  readonly rate: number;
  /** why the arm may not move; "none": it may */
  readonly held: ReturnType<Director["controller"]["receiver"]["reason"]>;
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
  start(start: { readonly command: Float64Array; readonly scanEvery: number }): EngineRun;
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
}: SimSetting): Sim {
  const chosen = typeof scenario === "string" ? named(cell, scenario, seed) : scenario;
  const director = new Director({ cell, scenario: chosen, obeys, torques: engine?.torques ?? false });
  const start = { command: director.command.slice(), scanEvery: scanEvery(cell) };
  const run = engine === undefined ? new EmbeddedRun(cell, start) : engine.start(start);
  const observer = createObserver(cell, chosen);
  let now = 0;
  return {
    scenario: chosen,
    get now() {
      return now;
    },
    get finished() {
      return (
        chosen.durationUs > 0 && director.armedAtUs >= 0 && now - director.armedAtUs >= chosen.durationUs
      );
    },
    step() {
      now += STEP_US;
      director.step(now);
      run.step(director.command);
      observer.observe(run.frame, run.scan, now, director.armedAtUs);
    },
    readings: (each) => observer.sensors.deliver(now, each),
    command: (message) => director.hear(message, now),
    reports: (each) => director.controller.reports(each),
    operator: (each) => actsDue(chosen, now, director.armedAtUs, each),
    truth: () => observer.truth,
    arm: () => ({
      rate: director.controller.rate,
      held: obeys ? director.controller.receiver.reason(now) : "none",
      armedAtUs: director.armedAtUs,
    }),
  };
}

export const scanEvery = (cell: CellDescription): number =>
  Math.round(1e6 / STEP_US / cell.sensors.scan.rateHz);

function named(cell: CellDescription, name: string, seed: number): Scenario {
  const found = scenarioNamed(createKit(cell), name, seed);
  if (found === null) throw new RangeError(`no simulated scenario is called "${name}"`);
  return found;
}

/** Sensors and truth of one run, fed with the engine's frames in order. */
export interface Observer {
  readonly sensors: SensorSuite;
  readonly truth: TruthKeeper;
  observe(frame: Float64Array, scan: Float64Array, nowUs: number, armedAtUs: number): void;
}
export function createObserver(cell: CellDescription, scenario: Scenario): Observer {
  const truth = createTruth(cell);
  const sensors = new SensorSuite(cell, scenario);
  return {
    sensors,
    truth,
    observe(frame, scan, nowUs, armedAtUs) {
      truth.observe(frame, nowUs);
      const seen = { frame, scan, toolM: truth.meter.toolM };
      sensors.measure(nowUs / STEP_US, nowUs, armedAtUs < 0 ? -1 : nowUs - armedAtUs, seen);
    },
  };
}

/** Acts are numbered by the scenario's clock, which starts when the arm is first let go. */
export function actsDue(
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
