import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createSim, drawScenario, FAMILIES, ROBOT_FACTORY, createKit } from "../../sim/index.ts";
import { loadDeployment } from "../../src/node/deployment/index.ts";
import {
  channelIndexOf,
  type Deployment,
  epochMicrosOf,
  microsOf,
  NO_SOURCE_SEQ,
  type Sample,
  seqOf,
} from "../../src/core/domain/index.ts";
import { createFeatureBank } from "../../src/core/features/index.ts";
import { type Head, loadHead } from "../../src/core/risk/index.ts";
import { createKinematics } from "../../src/core/robot/index.ts";
import {
  collectRun,
  type Evaluation,
  evaluateHead,
  FRAME_PERIOD_US,
  FrameCollector,
  RECOVERY_US,
  SETTLE_US,
} from "../../src/lab/training/index.ts";
import { domainNamed } from "../../src/core/risk/index.ts";
import { createPrng } from "../../src/core/base/prng.ts";
import type { Bench, Figure } from "./bench.ts";

const ROOT = join(import.meta.dirname, "../..");
const HEAD = join(ROOT, "launch/robot-factory.head.json");
const RUNS_PER_CLASS = 12;
/** no head that comes with the product was trained with this seed */
const UNSEEN_SEED = 90_001;

function deployment(): Deployment {
  const loaded = loadDeployment(join(ROOT, "launch/demo-cell.yaml"));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.deployment;
}
const bankOf = (cell: Deployment) => {
  const channels = Object.entries(cell.channels).map(([name, config], index) => ({ index, name, config }));
  return {
    channels,
    bank: createFeatureBank({ deployment: cell, channels, kinematics: createKinematics(cell.robot) }),
  };
};
function headFor(features: ReturnType<typeof bankOf>["bank"]["features"]): Head {
  const head = loadHead(JSON.parse(readFileSync(HEAD, "utf8")), features);
  if (!head.ok) throw new Error(head.error.detail);
  return head.value;
}
/** Readings of a near miss, recorded first so that the simulator's time is not in the figures. */
function recorded(
  channels: ReturnType<typeof bankOf>["channels"],
): { channel: number; t: number; values: Float64Array }[] {
  const kit = createKit(ROBOT_FACTORY);
  const sim = createSim({ scenario: drawScenario(kit, FAMILIES[0]!, "near", 5), obeys: false });
  const place = new Map(channels.map((c) => [c.config.address, c.index]));
  const tape: { channel: number; t: number; values: Float64Array }[] = [];
  while (!sim.finished) {
    sim.step();
    sim.readings((channel, values, count) =>
      tape.push({ channel: place.get(channel)!, t: sim.now, values: values.slice(0, count) }),
    );
  }
  return tape;
}
const quantile = (sorted: Float64Array, q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;

async function perSample(): Promise<readonly Figure[]> {
  const cell = deployment();
  const { bank, channels } = bankOf(cell);
  const head = headFor(bank.features);
  const tape = recorded(channels);
  const wrench = channels.find((c) => c.config.quantity === "wrench")!.index;
  const times: number[] = [];
  const sample: { -readonly [K in keyof Sample]: Sample[K] } = {
    kind: "sample",
    t: microsOf(0),
    seq: seqOf(0),
    channel: channelIndexOf(0),
    stamp: epochMicrosOf(-1),
    sourceSeq: NO_SOURCE_SEQ,
    values: new Float64Array(0),
  };
  let sum = 0;
  for (let turn = 0; turn < 6; turn++)
    for (const { channel, t, values } of tape) {
      sample.t = microsOf(t + turn * 6_000_000);
      sample.channel = channelIndexOf(channel);
      sample.values = values;
      const begin = process.hrtime.bigint();
      bank.sample(sample);
      // one V_s for every reading of the 1 kHz channel
      if (channel === wrench) sum += head.evaluate(bank.frame(sample.t)) || 0;
      if (turn > 1) times.push(Number(process.hrtime.bigint() - begin));
    }
  const sorted = Float64Array.from(times).sort();
  const bare = bareMultiply(head);
  const p50 = quantile(sorted, 0.5) / 1_000;
  const name = `features + V_s, 1 kHz wrench, ${bank.features.length} features`;
  return [
    {
      name: `${name}, p50`,
      value: p50,
      unit: "µs",
      baseline: bare,
      ratio: p50 / bare,
      target: "≤ 10 µs",
      note: `per reading; baseline: bare matrix-vector product with as many weights; sum ${sum.toFixed(0)}`,
    },
    { name: `${name}, p99`, value: quantile(sorted, 0.99) / 1_000, unit: "µs", target: "≤ 30 µs" },
  ];
}
/** A matrix of as many weights as the head has, times a vector, per reading. */
function bareMultiply(head: Head): number {
  const { model, features } = head.artefact;
  const weights =
    model.kind === "additive"
      ? [...model.shapes, ...model.pairs].reduce((n, s) => n + s.values.length, 0)
      : model.layers.reduce((n, l) => n + l.weights.length, 0);
  const columns = features.length;
  const rows = Math.ceil(weights / columns);
  const matrix = new Float64Array(rows * columns).fill(0.5);
  const vector = new Float64Array(columns).fill(0.25);
  const out = new Float64Array(rows);
  const turns = 20_000;
  const times = new Float64Array(turns);
  for (let turn = 0; turn < turns; turn++) {
    const begin = process.hrtime.bigint();
    for (let r = 0; r < rows; r++) {
      let s = 0;
      for (let c = 0; c < columns; c++) s += matrix[r * columns + c]! * vector[c]!;
      out[r] = s;
    }
    times[turn] = Number(process.hrtime.bigint() - begin);
  }
  return quantile(times.sort(), 0.5) / 1_000;
}

/** Runs that no part of training has seen, in their classes. */
export function unseenRuns(
  perClass: number,
  seed = UNSEEN_SEED,
): { evaluation: Evaluation; misses: Evaluation } {
  const cell = deployment();
  const domain = domainNamed("robot-factory")!;
  const kit = createKit(ROBOT_FACTORY);
  const evaluate = (classes: readonly string[]): Evaluation => {
    const collector = new FrameCollector({
      deployment: cell,
      kinematics: createKinematics(cell.robot),
      groups: domain.groups,
      without: domain.without.map((w) => w.name),
      framePeriodUs: FRAME_PERIOD_US,
      horizonUs: domain.horizonMs * 1_000,
      recoveryUs: RECOVERY_US,
      settleUs: SETTLE_US,
    });
    const stream = createPrng(seed);
    let group = 0;
    for (const family of FAMILIES)
      for (const wanted of family.classes) {
        if (!classes.includes(wanted) || family.name.startsWith("sensor-")) continue;
        for (let i = 0; i < perClass; i++) {
          const scenario = drawScenario(
            kit,
            family,
            wanted,
            stream.split(family.name).split(wanted).split(i).nextUint32(),
          );
          collectRun(collector, { scenario, family: family.name, wanted }, group++);
        }
      }
    const table = collector.finish();
    return evaluateHead(headFor(table.features as never), table, domain);
  };
  return { evaluation: evaluate(["miss", "near", "touch", "collide"]), misses: evaluate(["miss"]) };
}

async function nearMisses(): Promise<readonly Figure[]> {
  const { evaluation, misses } = unseenRuns(RUNS_PER_CLASS);
  const { warnings } = evaluation;
  return [
    {
      name: "near-miss runs: contacts announced ≥ 200 ms before",
      value: warnings.warned / warnings.events,
      unit: "1",
      target: "≥ 0.95",
      note: `${warnings.warned} of ${warnings.events} touch and collide runs; median lead ${evaluation.medianLeadMs?.toFixed(0)} ms`,
    },
    {
      name: "near-miss runs: false alarms per hour of miss runs",
      value: misses.warnings.falseAlarmsPerHour,
      unit: "1/h",
      target: "≤ 1",
      note: `${misses.warnings.falseAlarms} in ${misses.warnings.quietHours.toFixed(3)} h`,
    },
    {
      name: "near-miss runs: expected calibration error",
      value: evaluation.calibrationError ?? Number.NaN,
      unit: "1",
      target: "≤ 0.05",
      note: `AUROC ${evaluation.auroc?.toFixed(4)}, average precision ${evaluation.averagePrecision?.toFixed(3)}`,
    },
  ];
}

export const benches: Bench[] = existsSync(HEAD)
  ? [
      { name: "risk-sample", run: perSample },
      { name: "risk-near-miss", run: nearMisses },
    ]
  : [];
