import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Deployment, deploymentSchema } from "../../src/core/domain/index.ts";
import {
  auroc,
  aurocInterval,
  averagePrecision,
  domainNamed,
  type FrameTable,
  groupFolds,
  selectRows,
  timeSplit,
  trainAdditive,
} from "../../src/core/risk/index.ts";
import { createKinematics } from "../../src/core/robot/index.ts";
import {
  type Csv,
  FrameCollector,
  flagOf,
  type LabelledTable,
  numberOf,
  parseCsv,
  secondsOf,
  settingFor,
} from "../../src/lab/training/index.ts";
import { type Baseline, logisticRegression, outOfFold, randomForest } from "./baselines.ts";
import type { Figure } from "./bench.ts";
import { bagOutcomes } from "./data-bags.ts";

/**
 * Public recordings through the same features, head and training as a cell's own: `npm run bench:data -- --data
 * FOLDER [--bags] [--json]`. Each figure stands beside logistic regression and a small random forest on the same rows and
 * folds, with a 95 % interval over groups; the domain's rules for features hold as they do for `cellgate train`.
 * `--bags` prints instead what comes of every recording below the folder.
 */
const DOMAIN = domainNamed("robot-factory");
const channel = (quantity: string, change: object = {}): object => ({
  quantity,
  transport: "bag",
  address: "/x",
  maxAgeMs: 2_500,
  minRateHz: 0.1,
  ...change,
});
function deploymentOf(channels: Record<string, object>, joints: number): Deployment {
  return deploymentSchema.parse({
    cellgate: 1,
    cell: "recorded",
    robot: {
      name: "recorded",
      massMovingKg: 20,
      payloadKg: 3,
      stopTimeMs: 300,
      stopDistanceM: 0.2,
      maxToolSpeedMPerS: 1,
      positionUncertaintyM: 0.01,
      joints: Array.from({ length: joints }, (_, i) => ({
        name: `joint_${i + 1}`,
        minRad: -6.3,
        maxRad: 6.3,
        maxRadPerS: 3.2,
        maxRadPerS2: 20,
      })),
      kinematics: { dh: Array.from({ length: joints }, () => ({ aM: 0.2, alphaRad: 0, dM: 0 })) },
    },
    transports: { bag: { kind: "bag" } },
    channels,
    rules: {},
    actuators: {},
  });
}
function collectorOf(channels: Record<string, object>, joints: number): FrameCollector {
  const deployment = deploymentOf(channels, joints);
  return new FrameCollector({
    deployment,
    kinematics: createKinematics(deployment.robot),
    groups: DOMAIN?.groups ?? null,
    without: (DOMAIN?.without ?? []).map((w) => w.name),
    framePeriodUs: 0,
    horizonUs: 0,
    recoveryUs: 0,
    settleUs: 0,
  });
}
function table(file: string): Csv {
  const read = parseCsv(readFileSync(file, "utf8"), file);
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

/** Robot Execution Failures: windows of fifteen wrenches; equal windows are one group. */
export function executionFailures(folder: string, problem: number): LabelledTable {
  const csv = table(join(folder, "uci_robot_execution_failures/all_windows.csv"));
  const collector = collectorOf({ ft: channel("wrench", { maxAgeMs: 100 }) }, 1);
  const groups = new Map<string, number>();
  for (const row of csv.rows) {
    if (Number(row[0]) !== problem) continue;
    collector.begin(row[4]!, 0);
    for (let k = 0; k < 15; k++)
      collector.sample(0, k * 21_000, row.slice(5 + 6 * k, 11 + 6 * k).map(Number), 6);
    if (!groups.has(row[4]!)) groups.set(row[4]!, groups.size);
    collector.keep(14 * 21_000, row[3] === "1" ? 1 : 0, groups.get(row[4]!)!);
  }
  return collector.finish();
}
/** UR3 CobotOps at 1 Hz: currents, speeds and tool current; temperatures only tell how late in the day it is. */
export function cobotOps(folder: string, column: "Robot_ProtectiveStop" | "grip_lost"): LabelledTable {
  const csv = table(join(folder, "uci_ur3_cobotops/dataset_02052023.csv"));
  const at = (name: string): number => csv.columns.indexOf(name);
  const six = (name: string): number[] => Array.from({ length: 6 }, (_, i) => at(`${name}_J${i}`));
  const [currents, speeds, tool, label, cycle, time] = [
    six("Current"),
    six("Speed"),
    at("Tool_current"),
    at(column),
    at("cycle"),
    at("Timestamp"),
  ];
  const collector = collectorOf(
    { cur: channel("currents"), js: channel("joints"), tool: channel("scalar") },
    6,
  );
  const zero = secondsOf(csv.rows[0]![time]!);
  collector.begin("cobotops", 0);
  for (const row of csv.rows) {
    const t = Math.round((secondsOf(row[time]!) - zero) * 1e6);
    const numbers = (places: readonly number[]): number[] => places.map((place) => numberOf(row[place]!));
    const feeds = [
      numbers(currents),
      [0, 0, 0, 0, 0, 0, ...numbers(speeds), 0, 0, 0, 0, 0, 0],
      numbers([tool]),
    ];
    feeds.forEach(
      (values, i) => values.every(Number.isFinite) && collector.sample(i, t, values, values.length),
    );
    const flag = flagOf(row[label]!);
    if (flag !== null && feeds.every((values) => values.every(Number.isFinite)))
      collector.keep(t, flag ? 1 : 0, numberOf(row[cycle]!) || 0);
  }
  return collector.finish();
}
/** Contact windows of an arm: 28 tracking errors of each joint; six windows of one contact are one group. */
export function contactWindows(folder: string, file: string, joints: number): LabelledTable {
  const lines = readFileSync(join(folder, "mindlab_contacts", file), "utf8")
    .trim()
    .split("\n");
  const collector = collectorOf({ err: channel("jointErrors", { maxAgeMs: 100 }) }, joints);
  lines.forEach((line, i) => {
    const cells = line.split(",").map(Number);
    collector.begin(`contact ${Math.floor(i / 6)}`, 0);
    for (let k = 0; k < 28; k++)
      collector.sample(0, k * 5_000, cells.slice(1 + k * joints, 1 + (k + 1) * joints), joints);
    collector.keep(27 * 5_000, cells[0]! > 0 ? 1 : 0, Math.floor(i / 6));
  });
  return collector.finish();
}

/** Trains on one part and scores the other with the defaults of `cellgate train`. */
async function scored(train: FrameTable, test: FrameTable): Promise<Float64Array> {
  const { createAdditiveEvaluator } = await import("../../src/core/risk/additive.ts");
  const steps = trainAdditive(train, settingFor(train.rows, 1));
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  const width = test.features.length;
  const evaluator = createAdditiveEvaluator(
    step.value.model,
    width,
    Int32Array.from({ length: width }, (_, i) => i),
  );
  const { bias } = step.value;
  return Float64Array.from(
    { length: test.rows },
    (_, row) =>
      bias +
      evaluator.evaluate({
        values: test.values.subarray(row * width, (row + 1) * width),
        present: test.present.subarray(row * width, (row + 1) * width),
      }),
  );
}
async function crossValidated(
  all: FrameTable,
  folds: readonly { readonly train: Int32Array; readonly test: Int32Array }[],
): Promise<Float64Array> {
  const scores = new Float64Array(all.rows);
  for (const { train, test } of folds) {
    const part = await scored(selectRows(all, train), selectRows(all, test));
    test.forEach((row, i) => (scores[row] = part[i]!));
  }
  return scores;
}

type Measure = (scores: ArrayLike<number>, labels: ArrayLike<number>) => number;
const SIMPLE: readonly (readonly [name: string, model: Baseline])[] = [
  ["logistic regression", logisticRegression],
  ["random forest", randomForest],
];
/** "0.78 (0.75 to 0.81); logistic regression 0.61, random forest 0.74" */
function beside(
  measure: Measure,
  test: FrameTable,
  scores: Float64Array,
  of: (model: Baseline) => Float64Array,
): { note: string; best: number } {
  const others = SIMPLE.map(([name, model]) => ({ name, value: measure(of(model), test.labels) }));
  const interval =
    measure === auroc ? aurocInterval({ scores, labels: test.labels, groups: test.groups }, 1) : null;
  const range =
    interval === null ? "" : `95 % over groups ${interval[0].toFixed(3)} to ${interval[1].toFixed(3)}; `;
  return {
    note: `${range}${others.map((o) => `${o.name} ${o.value.toFixed(3)}`).join(", ")}`,
    best: Math.max(...others.map((o) => o.value)),
  };
}

export async function measure(folder: string, each: (figure: Figure) => void): Promise<void> {
  const figure = (name: string, value: number, baseline: number, target: number, note: string): void =>
    each({ name, value, unit: "1", baseline, ratio: value / baseline, target: `≥ ${target}`, note });
  const [lp1, lp5] = [executionFailures(folder, 1), executionFailures(folder, 5)];
  for (const [name, train, test, target] of [
    ["LP5 → LP1", lp5, lp1, 0.99],
    ["LP1 → LP5", lp1, lp5, 0.94],
  ] as const) {
    const scores = await scored(train, test);
    const { note, best } = beside(auroc, test, scores, (model) => model(train, test));
    const said = `${test.rows} windows; equal ones are one group; ${note}`;
    figure(`execution failures, ${name}, AUC`, auroc(scores, test.labels), best, target, said);
  }
  for (const [column, target] of [
    ["Robot_ProtectiveStop", 0.55],
    ["grip_lost", 0.3],
  ] as const) {
    const all = cobotOps(folder, column);
    const { train, test } = timeSplit(all, 0.7);
    const [fit, held] = [selectRows(all, train), selectRows(all, test)];
    const scores = await scored(fit, held);
    const { note, best } = beside(averagePrecision, held, scores, (model) => model(fit, held));
    figure(
      `UR3 CobotOps, ${column}, average precision`,
      averagePrecision(scores, held.labels),
      best,
      target,
      `first 70 % → last 30 % in time; AUC ${auroc(scores, held.labels).toFixed(3)}; ${note}`,
    );
  }
  const contacts = contactWindows(folder, "test_dataset_target_robot_ur10__dataset_test.csv", 6);
  const folds = groupFolds(contacts, 5, 1);
  const scores = await crossValidated(contacts, folds);
  const { note, best } = beside(auroc, contacts, scores, (model) => outOfFold(contacts, folds, model));
  figure(
    "UR10 contact windows, AUC",
    auroc(scores, contacts.labels),
    best,
    0.76,
    `5 folds by contact, one window at a time; ${note}; by time since the touch: ${byDelay(scores, contacts)}`,
  );
}

/** Six windows of a contact, 25 ms apart: the first ends before the touch, the others after it. */
const WINDOWS = 6;
const WINDOW_STEP_MS = 25;
function byDelay(scores: Float64Array, { labels }: FrameTable): string {
  const found: string[] = [];
  for (let delay = 1; delay < WINDOWS; delay++) {
    const rows = Array.from(labels.keys()).filter((row) => row % WINDOWS === 0 || row % WINDOWS === delay);
    const area = auroc(
      Float64Array.from(rows, (row) => scores[row]!),
      Uint8Array.from(rows, (row) => labels[row]!),
    );
    found.push(`${delay * WINDOW_STEP_MS} ms ${area.toFixed(2)}`);
  }
  return found.join(", ");
}

async function printBags(folder: string): Promise<void> {
  const counts = { replayed: 0, nothing: 0, failed: 0 };
  for await (const { bag, came, words } of bagOutcomes(folder)) {
    counts[came]++;
    console.log(`${came.padEnd(8)} ${bag}: ${words}`);
  }
  console.log(
    `${counts.replayed} recordings were inspected, proposed and replayed; ${counts.nothing} hold nothing that the node reads; ${counts.failed} failed`,
  );
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      data: { type: "string" },
      bags: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const folder = resolve(values.data ?? join(import.meta.dirname, "../../../shared/data"));
  if (values.bags) await printBags(folder);
  else if (DOMAIN === undefined || !existsSync(join(folder, "uci_ur3_cobotops"))) {
    console.error(`${folder} holds no public data sets; name their folder with --data`);
    process.exitCode = 2;
  } else
    await measure(folder, (f) =>
      console.log(
        values.json
          ? JSON.stringify(f)
          : `${f.name.padEnd(52)} ${f.value.toFixed(3)}  (target ${f.target}, best simple model ${f.baseline?.toFixed(3)})  ${f.note}`,
      ),
    );
}
