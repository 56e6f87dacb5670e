import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { sha256Hex } from "../core/base/hash.ts";
import { type HeadArtefact, positives, type RiskDomain, type TrainingProgress } from "../core/risk/index.ts";
import {
  collectRun,
  countRuns,
  type DataItem,
  drawRuns,
  FRAME_PERIOD_US,
  figureText,
  type HeadRequest,
  type LabelledTable,
  modelCard,
  notEvaluated,
  settingFor,
  type SimulatedSetting,
  trainHead,
  writeHeadFile,
} from "../lab/training/index.ts";
import { command, EXIT, type Io, UserError } from "./command.ts";
import { collectorOf, DATA_OPTIONS, domainOf, loadLabelledData } from "./labelled-data.ts";
import { createProgress } from "./progress.ts";
import { flag, kinds, optional, withDefault, type Values } from "./options/index.ts";

const ROOT = join(import.meta.dirname, "../..");
export const DEFAULT_HEAD = join(ROOT, "launch/robot-factory.head.json");
const DEFAULT_DEPLOYMENT = join(ROOT, "launch/demo-cell.yaml");
/** frames of simulated runs lie twice as far apart as live ones: neighbours say the same */
const DEFAULT_FRAME_PERIOD_US = 2 * FRAME_PERIOD_US;
/** the simulated e-stop is pressed at a drawn moment: nothing before it tells of it */
const CONTACTS = ["contact", "collision"];
/** runs of each class of each family: for the shapes, for calibration, for the figures of the model card */
const DEFAULT_RUNS: readonly (readonly [part: string, perClass: SimulatedSetting["perClass"]])[] = [
  ["train", { miss: 8, near: 8, touch: 10, collide: 10 }],
  ["calibration", { miss: 4, near: 4, touch: 6, collide: 6 }],
  ["test", { miss: 4, near: 4, touch: 6, collide: 6 }],
];

const options = {
  ...DATA_OPTIONS,
  out: optional(kinds.file, "file of the finished head; never overwrites another head", { as: "head.json" }),
  card: optional(kinds.file, "file of the model card (Markdown); default: beside the head"),
  seed: withDefault(kinds.seed, "7", "seed of all randomness; same data and seed give the same bytes"),
  default: flag("train the head that comes with the product, from the simulated cell"),
  json: flag("one JSON object at the end instead of words"),
} as const;
type TrainValues = Values<typeof options>;

export const trainCommand = command({
  words: ["train"],
  summary: "train a risk head from labelled recordings or tables",
  example:
    "cellgate train --recordings bags/ --deployment launch/demo-cell.yaml --domain robot-factory --out head.json",
  options,
  async run({ values }, io) {
    const { seed } = values;
    const domain = domainOf(values);
    const started = performance.now();
    const request = values.default
      ? defaultRequest(domain, seed, io)
      : await ownRequest(values, domain, seed, io);
    const artefact = train(request, io);
    const out = outOf(values);
    const written = writeHeadFile(out, artefact);
    if (!written.ok) throw new UserError(written.error, "name another file with --out", EXIT.usage);
    const card = values.card ?? `${out.replace(/\.json$/, "")}.md`;
    writeFileSync(card, modelCard(artefact));
    report(artefact, { out, card, seconds: (performance.now() - started) / 1_000 }, values.json, io);
    return EXIT.ok;
  },
});
function outOf(values: TrainValues): string {
  if (values.out !== undefined) return values.out;
  if (values.default) return DEFAULT_HEAD;
  throw new UserError("no output file given", "name one with --out head.json");
}

async function ownRequest(
  values: TrainValues,
  domain: RiskDomain,
  seed: number,
  io: Io,
): Promise<HeadRequest> {
  const { table, items, events } = await loadLabelledData(values, domain, io);
  return {
    domain,
    setting: settingFor(table.rows, seed),
    train: table,
    calibration: null,
    test: null,
    data: items,
    ...(events && { events }),
  };
}

/** Runs of the simulated cell; each part has its own seeds, so that no run is in two parts. */
export function defaultRequest(domain: RiskDomain, seed: number, io: Io): HeadRequest {
  const settings = DEFAULT_RUNS.map(([part, perClass], i) => ({
    part,
    setting: { seed: seed * 1_000 + i, perClass, families: null },
  }));
  const total = settings.reduce((sum, { setting }) => sum + countRuns(setting), 0);
  const progress = createProgress(io, "simulating", total, "runs");
  let done = 0;
  const made = settings.map(({ part, setting }) => {
    const { collector } = collectorOf(DEFAULT_DEPLOYMENT, domain, DEFAULT_FRAME_PERIOD_US, CONTACTS);
    let group = 0;
    for (const run of drawRuns(setting)) {
      collectRun(collector, run, group++);
      progress.update(++done, run.family);
    }
    return { part, table: collector.finish() };
  });
  progress.finish();
  const tableOf = (part: string): LabelledTable => made.find((m) => m.part === part)?.table as LabelledTable;
  const data = made.map(
    ({ part, table }): DataItem => ({
      name: `simulated cell, ${part}, seed ${seed}`,
      sha256: hashOf(table),
      rows: table.rows,
      positives: positives(table),
    }),
  );
  return {
    domain,
    setting: settingFor(tableOf("train").rows, seed),
    train: tableOf("train"),
    calibration: tableOf("calibration"),
    test: tableOf("test"),
    data,
  };
}
/** Generated data has no file: its numbers are its name. */
const hashOf = (table: LabelledTable): string =>
  sha256Hex(new Uint8Array(table.values.buffer, table.values.byteOffset, table.values.byteLength));

function train(request: HeadRequest, io: Io): HeadArtefact {
  const { setting } = request;
  const steps = trainHead(request);
  let progress: ReturnType<typeof createProgress> | null = null;
  for (;;) {
    const step = steps.next();
    if (step.done !== true) {
      const each = 2 * setting.bags * setting.epochs;
      progress ??= createProgress(io, "training", each * step.value.parts, "epochs");
      const { part, bags } = step.value;
      // a model that is trained to be measured takes one descent where the head takes several
      const done = (epochsOf(step.value) * setting.bags) / bags;
      progress.update(part * each + done, `loss ${step.value.heldOutLoss.toPrecision(4)}`);
      continue;
    }
    progress?.finish();
    if (!step.value.ok)
      throw new UserError(step.value.error, "give more labelled recordings, or name groups with --group");
    return step.value.value;
  }
}
/** a descent that ends early counts whole, so that the bar only moves forward */
const epochsOf = ({ phase, bag, bags, epoch, epochs }: TrainingProgress): number =>
  ((phase === "pairs" ? bags : 0) + bag) * epochs + epoch;

function report(
  artefact: HeadArtefact,
  made: { out: string; card: string; seconds: number },
  json: boolean,
  io: Io,
): void {
  if (json)
    return io.out(
      JSON.stringify({
        ...made,
        hash: artefact.hash,
        evaluated: notEvaluated(artefact.metrics) ?? true,
        metrics: artefact.metrics,
        alarm: { ...artefact.alarm, scores: undefined },
      }),
    );
  const m = artefact.metrics;
  io.out(`${made.out}: head ${artefact.hash.slice(0, 16)}… trained in ${made.seconds.toFixed(1)} s`);
  const reason = notEvaluated(m);
  if (reason === null) reportFigures(m, io);
  else io.out(`  ${reason}`);
  io.out(
    artefact.alarm.events > 0
      ? `  alarm at V_s ≥ ${Number(artefact.alarm.threshold.toPrecision(4))}: at most ${100 * artefact.alarm.missRate} % of events unannounced (${artefact.alarm.events} calibration events)`
      : "  too few events for a promised miss rate; the alarm stands where risk becomes likelier than not",
  );
  io.out(`  model card: ${made.card}`);
}
function reportFigures(m: HeadArtefact["metrics"], io: Io): void {
  const figure = (name: string): string => {
    const [value, low, high] = [m[name], m[`${name}_low`], m[`${name}_high`]];
    return figureText({
      value: value ?? null,
      interval: low === undefined || high === undefined ? null : [low, high],
    });
  };
  const turns = m["left_out_in_turn"];
  io.out(
    `  AUROC ${figure("auroc")}, average precision ${figure("average_precision")}, calibration error ${figure("calibration_error")}; 95 % intervals, ${turns === undefined ? "on groups kept out of training" : `each group left out in one of ${turns} turns`}`,
  );
  const events = m["battery_events"];
  if (events === undefined) return;
  const quiet = `${figure("false_alarms_per_hour")} alarms per hour that nothing followed`;
  io.out(`  ${events - (m["battery_missed"] ?? 0)} of ${events} events found in time, ${quiet}`);
}
