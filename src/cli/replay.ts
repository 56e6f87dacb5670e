import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join, resolve } from "node:path";
import { setFlagsFromString } from "node:v8";
import {
  indexReport,
  type JobsProgress,
  type Mapping,
  NOT_BEGUN,
  parseMapping,
  type ReplayResult,
  type ReplayTask,
  reportOfReplay,
  runJobs,
  wasJudged,
  worstFirst,
} from "../lab/replay/index.ts";
import { TABLE_ENDINGS } from "../edge/recordings/table/index.ts";
import type { Result } from "../core/base/result.ts";
import { graphOfMany } from "../edge/scale/index.ts";
import { renderReport } from "../edge/report/index.ts";
import { command, type CommandInput, EXIT, type Io, UserError } from "./command.ts";
import { requireDeployment } from "./config.ts";
import { priceOptions, readEvents } from "./price-options.ts";
import { createProgress } from "./progress.ts";
import { exitOfMany, manyOptions, namedItems, runManyHere } from "./run-of-many.ts";
import { printReplay, printSummary } from "./replay-print.ts";
import { snakeKeys } from "./replay-words.ts";
import { programVersion } from "../node/index.ts";
import { troubleWith } from "../core/base/trouble-with.ts";
import { flag, kinds, optional, several, withDefault, type Kind } from "./options/index.ts";

const FAIL_ON = ["block", "yellow", "kpi", "damage", "unjudged"] as const;
type FailOn = (typeof FAIL_ON)[number];

const mapping: Kind<Mapping> = {
  placeholder: "/topic=channel",
  meaning: "a topic, or a field of one, and the channel that it feeds",
  completes: "nothing",
  read(text) {
    const read = parseMapping(text);
    return read.ok ? read : { ok: false, what: read.error, remedy: "for example --map /ft/wrench=wrist_ft" };
  },
};
const options = {
  deployment: optional(kinds.deploymentFile, "the cell that judges; a tape of this node brings its own"),
  out: optional(
    kinds.place,
    "MCAP file with the node's channels (V_s, signals, state, verdicts), or one table as .parquet or .csv; several bags: a folder",
    { as: "out.mcap|.parquet|.csv" },
  ),
  report: optional(
    kinds.file,
    "HTML report that opens offline; several bags get an index and one file each",
    { as: "report.html" },
  ),
  map: several(mapping, "/topic=channel or /topic.field=channel; default: the channel's address"),
  from: optional(kinds.offset, "how long after the first message to begin"),
  to: optional(kinds.offset, "how long after the first message to end"),
  time: withDefault(
    kinds.choice(["log", "clock"]),
    "log",
    "log: the recorder's clock; clock: simulated time on /clock",
  ),
  labels: optional(
    kinds.file,
    "YAML with the hazards: windows: [{from_s, to_s, what}]; default: BAG.labels.yaml, then the bag's own",
  ),
  ...priceOptions,
  jobs: optional(kinds.count(1_024), "recordings at a time, each on a thread (default: the machine's cores)"),
  seed: withDefault(kinds.seed, "1", "seed of all randomness"),
  "no-operator": flag("nobody resets or resumes: the first stop is the last word"),
  "fail-on": optional(
    kinds.choices(FAIL_ON),
    "exit with 1 on: block, yellow, kpi, damage (a list with commas), and always on what could not start or was not judged; unjudged: on that alone",
  ),
  ...manyOptions,
  json: flag("one JSON object instead of words"),
} as const;
type ReplayInput = CommandInput<typeof options>;

export const replayCommand = command({
  words: ["replay"],
  summary: "run recordings through the live code: what the node would have done",
  takes: "<bag…>",
  example: "cellgate replay recordings/run_17 --deployment cell.yaml --report run_17.html",
  options,
  run: replay,
});

async function replay(input: ReplayInput, io: Io): Promise<number> {
  const bags = input.positionals;
  if (bags.length === 0)
    throw new UserError("no recording given", "name .mcap or .db3 files, or rosbag2 folders");
  const { report, jobs = availableParallelism() } = input.values;
  // whoever asks for a check asks whether the recording was judged at all
  const failOn = withUnjudged(input.values["fail-on"] ?? []);
  // A message leaves nothing behind. The room for young objects would grow all the same: 50 MB, and no speed for it.
  setFlagsFromString("--semi-space-growth-factor=1");
  const tasks = tasksOf(input, bags);
  const total = Math.max(1, Math.ceil(bags.reduce((sum, bag) => sum + bytesOf(bag), 0) / 1e6));
  const bar = createProgress(
    io,
    `replaying ${bags.length === 1 ? basename(bags[0]!) : `${bags.length} recordings`}`,
    total,
    "MB",
  );
  const began = performance.now();
  const { results, end } = await replayMany(tasks, Math.min(bags.length, jobs), input, io, (p) =>
    bar.update(Math.round(p.doneShare * total), ratesOf(p, began, bags.length)),
  );
  bar.finish();
  const good = results.flatMap(({ result: r }) => (r.ok ? [r.value] : []));
  const bad = results.flatMap(({ bag, result: r }) => (r.ok ? [] : [{ bag, error: r.error }]));
  if (report !== undefined && good.length > 0) writeReports(report, good);
  if (input.values.json)
    io.out(
      JSON.stringify(
        snakeKeys({
          results: good.map(({ film: _film, ...told }) => told),
          errors: bad,
          ...(good.length === 1 && { digest: good[0]!.digest }),
        }),
      ),
    );
  else {
    if (good.length === 1) printReplay(good[0]!, io);
    else if (good.length > 1)
      printSummary([...good].sort(worstFirst), (performance.now() - began) / 1_000, io);
    if (report !== undefined && good.length > 0) io.out(`Report: ${report}`);
  }
  for (const { bag, error } of bad) io.err(`${bag}: ${error}`);
  if (bad.length > 0) return EXIT.failed;
  if (end !== EXIT.ok) return end;
  return failOn.some((what) => good.some((result) => fails(result, what))) ? EXIT.found : EXIT.ok;
}
interface ManyReplays {
  /** of those that were begun, in the order of the recordings */
  readonly results: readonly { readonly bag: string; readonly result: Result<ReplayResult, string> }[];
  readonly end: number;
}
/** One recording is replayed; many make a plan, and what a step came to decides whether there is a next one. */
async function replayMany(
  tasks: readonly ReplayTask[],
  jobs: number,
  input: ReplayInput,
  io: Io,
  progress: (p: JobsProgress) => void,
): Promise<ManyReplays> {
  if (tasks.length === 1) {
    const [result] = await runJobs(tasks, jobs, progress);
    return { results: [{ bag: tasks[0]!.bag, result: result! }], end: EXIT.ok };
  }
  const items = namedItems(tasks, (task) => task.bag);
  const done = new Map<string, Result<ReplayResult, string>>();
  const out = input.values.out ?? null;
  const end = await runManyHere(
    {
      what: "replay",
      items,
      graph: graphOfMany({
        what: "replay",
        items: tasks.length,
        threads: jobs,
        reads: tasks.map((task) => task.bag),
        writes: out,
        bytesPerItem: 2 * Math.max(...tasks.map((task) => bytesOf(task.bag))),
        memoryPerThread: REPLAY_BYTES,
      }),
      async batch(batch, ended, signal) {
        const before = done.size;
        const ran = await runJobs(
          batch.map(({ item }) => item),
          jobs,
          (p) =>
            progress({
              ...p,
              finished: before + p.finished,
              doneShare: (before + p.doneShare * batch.length) / tasks.length,
            }),
          signal,
        );
        ran.forEach((result, i) => {
          if (!result.ok && result.error === NOT_BEGUN) return;
          done.set(batch[i]!.name, result);
          ended(batch[i]!.name, endOf(result));
        });
      },
    },
    input.values,
    io,
  );
  const results = items.flatMap(({ name, item }) => {
    const result = done.get(name);
    return result === undefined ? [] : [{ bag: item.bag, result }];
  });
  return { results, end: exitOfMany(end) };
}
/** of a short recording the fixed cost would count as growth */
const FEW_MESSAGES = 10_000;
/** a replay on a thread of its own, rounded up */
const REPLAY_BYTES = 256 * 1_048_576;
const endOf = (result: Result<ReplayResult, string>) =>
  result.ok
    ? { failure: null, load: result.value.tookMs / Math.max(FEW_MESSAGES, result.value.messages) }
    : { failure: result.error };

/** Size on disk, for the bar only. */
function bytesOf(bag: string): number {
  const stat = statSync(bag, { throwIfNoEntry: false });
  if (stat?.isDirectory() !== true) return stat?.size ?? 0;
  return readdirSync(bag).reduce(
    (sum, name) => sum + (statSync(join(bag, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}
function ratesOf(p: JobsProgress, began: number, bags: number): string {
  const perSecond = Math.round(p.messages / Math.max(0.001, (performance.now() - began) / 1_000));
  return `${perSecond.toLocaleString("en-US")} messages/s${bags > 1 ? `, ${p.finished} of ${bags} done` : ""}`;
}

function tasksOf({ values }: ReplayInput, bags: readonly string[]): ReplayTask[] {
  const config = values.deployment === undefined ? null : requireDeployment(values.deployment);
  const { from, to, labels, events, near, out, seed, time } = values;
  const common = {
    changes: [],
    deployment:
      config === null ? null : { text: JSON.stringify(config.deployment), file: resolve(config.file) },
    time,
    mappings: values.map,
    fromS: from === undefined ? null : from / 1e6,
    toS: to === undefined ? null : to / 1e6,
    seed,
    operator: !values["no-operator"],
    labels: labels === undefined ? null : textOf(labels),
    events: events === undefined ? null : readEvents(events),
    near,
    version: programVersion(),
    filmed: values.report !== undefined,
  } as const;
  if (out !== undefined && bags.length > 1) mkdirSync(out, { recursive: true });
  return bags.map((bag, i) => ({
    ...common,
    bag,
    out: out === undefined ? null : bags.length === 1 ? out : join(out, `${stemOf(bag, i)}${endingOf(out)}`),
  }));
}
/** A folder that is named like a table holds tables. */
const endingOf = (out: string): string => TABLE_ENDINGS.find((ending) => out.endsWith(ending)) ?? ".mcap";
const stemOf = (bag: string, i: number): string =>
  `${String(i + 1).padStart(3, "0")}-${basename(bag.replace(/\/+$/, ""))
    .replace(/\.(mcap|db3)$/, "")
    .replace(/[^\w.-]/g, "_")}`;

const withUnjudged = (asked: readonly FailOn[]): readonly FailOn[] =>
  asked.length === 0 ? [] : [...new Set([...asked, "unjudged" as const])];
function fails(result: ReplayResult, what: FailOn): boolean {
  switch (what) {
    case "block":
      return result.blocks.length > 0;
    case "yellow":
      return (result.verdictCounts["YELLOW"] ?? 0) + (result.verdictCounts["RED"] ?? 0) > 0;
    case "kpi":
      return result.kpis.some((kpi) => kpi.passed === false);
    case "unjudged":
      return !wasJudged(result.outcome);
    case "damage":
      return result.losses.count > 0 || result.unreadable > 0;
  }
}
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new UserError(`${file} cannot be read: ${troubleWith(cause)}`, "name an existing file");
  }
}

function writeReports(file: string, results: readonly ReplayResult[]): void {
  if (results.length === 1) return writePage(file, renderReport(reportOfReplay(results[0]!)));
  const stem = file.replace(/\.html?$/, "");
  const entries = results.map((result, i) => {
    const page = `${stem}-${stemOf(result.bag, i)}.html`;
    writePage(page, renderReport(reportOfReplay(result)));
    return { result, href: basename(page) };
  });
  writePage(file, renderReport(indexReport(entries, "Replay")));
}
function writePage(file: string, page: string): void {
  try {
    writeFileSync(file, page);
  } catch (cause) {
    throw new UserError(
      `${file} cannot be written: ${troubleWith(cause)}`,
      "name a file in a folder that exists",
    );
  }
}
