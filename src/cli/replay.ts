import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join, resolve } from "node:path";
import { setFlagsFromString } from "node:v8";
import {
  indexReport,
  type JobsProgress,
  type Mapping,
  parseMapping,
  type ReplayResult,
  type ReplayTask,
  reportOfReplay,
  runJobs,
  wasJudged,
  worstFirst,
} from "../lab/replay/index.ts";
import { renderReport } from "../edge/report/index.ts";
import { type Command, type CommandInput, EXIT, type Io, UserError } from "./command.ts";
import { requireDeployment } from "./config.ts";
import { createProgress } from "./progress.ts";
import { printReplay, printSummary } from "./replay-print.ts";
import { snakeKeys, textOption, textOptions } from "./replay-words.ts";
import { programVersion } from "../node/index.ts";
import { troubleWith } from "../core/base/trouble-with.ts";

const FAIL_ON = ["block", "yellow", "kpi", "damage", "unjudged"] as const;
type FailOn = (typeof FAIL_ON)[number];

export const replayCommand: Command = {
  words: ["replay"],
  summary: "run recordings through the live code: what the node would have done",
  usage:
    "<bag…> --deployment cell.yaml [--out out.mcap] [--report report.html] [--map /topic=channel] [--jobs N] [--fail-on block,kpi] [--json]",
  example: "cellgate replay recordings/run_17 --deployment cell.yaml --report run_17.html",
  options: {
    deployment: { type: "string", help: "the cell that judges; a tape of this node brings its own" },
    out: {
      type: "string",
      help: "MCAP file with the node's channels (V_s, signals, state, verdicts); a folder for several bags",
    },
    report: {
      type: "string",
      help: "HTML report that opens offline; several bags get an index and one file each",
    },
    map: {
      type: "string",
      multiple: true,
      help: "/topic=channel or /topic.field=channel; default: the channel's address",
    },
    from: { type: "string", help: "seconds after the first message to begin at" },
    to: { type: "string", help: "seconds after the first message to end at" },
    time: { type: "string", help: "log: the recorder's clock (default); clock: simulated time on /clock" },
    labels: {
      type: "string",
      help: "YAML with the hazards: windows: [{from_s, to_s, what}]; default: BAG.labels.yaml, then the bag's own",
    },
    jobs: { type: "string", help: "recordings at a time, each on a thread (default: the machine's cores)" },
    seed: { type: "string", help: "seed of all randomness (default 1)" },
    "no-operator": { type: "boolean", help: "nobody resets or resumes: the first stop is the last word" },
    "fail-on": {
      type: "string",
      help: "exit with 1 on: block, yellow, kpi, damage (a list with commas), and always on what could not start or was not judged; unjudged: on that alone",
    },
    json: { type: "boolean", help: "one JSON object instead of words" },
  },
  run: replay,
};

async function replay(input: CommandInput, io: Io): Promise<number> {
  const bags = input.positionals;
  if (bags.length === 0)
    throw new UserError("no recording given", "name .mcap or .db3 files, or rosbag2 folders");
  const failOn = failOnOf(input);
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
  const results = await runJobs(tasks, jobsOf(input, bags.length), (p) =>
    bar.update(Math.round(p.doneShare * total), ratesOf(p, began, bags.length)),
  );
  bar.finish();
  const good = results.flatMap((r) => (r.ok ? [r.value] : []));
  const bad = results.flatMap((r, i) => (r.ok ? [] : [{ bag: bags[i]!, error: r.error }]));
  const report = textOption(input.values, "report");
  if (report !== null && good.length > 0) writeReports(report, good);
  if (input.values["json"] === true)
    io.out(
      JSON.stringify(
        snakeKeys({ results: good, errors: bad, ...(good.length === 1 && { digest: good[0]!.digest }) }),
      ),
    );
  else {
    if (good.length === 1) printReplay(good[0]!, io);
    else if (good.length > 1)
      printSummary([...good].sort(worstFirst), (performance.now() - began) / 1_000, io);
    if (report !== null && good.length > 0) io.out(`Report: ${report}`);
  }
  for (const { bag, error } of bad) io.err(`${bag}: ${error}`);
  if (bad.length > 0) return EXIT.failed;
  return failOn.some((what) => good.some((result) => fails(result, what))) ? EXIT.found : EXIT.ok;
}
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

function tasksOf({ values }: CommandInput, bags: readonly string[]): ReplayTask[] {
  const file = textOption(values, "deployment");
  const config = file === null ? null : requireDeployment(file);
  const deployment =
    config === null ? null : { text: JSON.stringify(config.deployment), file: resolve(config.file) };
  const labels = textOption(values, "labels");
  const time = textOption(values, "time") ?? "log";
  if (time !== "log" && time !== "clock") throw new UserError(`--time ${time}`, "give log or clock");
  const common = {
    deployment,
    time,
    mappings: textOptions(values, "map").map(mappingOf),
    fromS: secondsOf(values, "from"),
    toS: secondsOf(values, "to"),
    seed: wholeOf(values, "seed", 1),
    operator: values["no-operator"] !== true,
    labels: labels === null ? null : textOf(labels),
    version: programVersion(),
  } as const;
  const out = textOption(values, "out");
  if (out !== null && bags.length > 1) mkdirSync(out, { recursive: true });
  return bags.map((bag, i) => ({
    ...common,
    bag,
    out: out === null ? null : bags.length === 1 ? out : join(out, `${stemOf(bag, i)}.mcap`),
  }));
}
const stemOf = (bag: string, i: number): string =>
  `${String(i + 1).padStart(3, "0")}-${basename(bag.replace(/\/+$/, ""))
    .replace(/\.(mcap|db3)$/, "")
    .replace(/[^\w.-]/g, "_")}`;

function mappingOf(text: string): Mapping {
  const mapping = parseMapping(text);
  if (!mapping.ok) throw new UserError(`--map ${mapping.error}`, "for example --map /ft/wrench=wrist_ft");
  return mapping.value;
}
function secondsOf(values: CommandInput["values"], name: string): number | null {
  const text = textOption(values, name);
  if (text === null) return null;
  const value = Number(text.replace(/s$/, ""));
  if (!Number.isFinite(value) || value < 0)
    throw new UserError(
      `--${name} ${text} is no number of seconds`,
      "count from the first message, for example --from 12.5",
    );
  return value;
}
function wholeOf(values: CommandInput["values"], name: string, fallback: number): number {
  const text = textOption(values, name);
  if (text === null) return fallback;
  if (!/^\d{1,15}$/.test(text)) throw new UserError(`--${name} ${text} is no whole number`, "");
  return Number(text);
}
const jobsOf = ({ values }: CommandInput, bags: number): number =>
  Math.max(1, wholeOf(values, "jobs", Math.min(bags, availableParallelism())));
function failOnOf({ values }: CommandInput): FailOn[] {
  const names = (textOption(values, "fail-on") ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const wrong = names.find((name) => !(FAIL_ON as readonly string[]).includes(name));
  if (wrong !== undefined) throw new UserError(`--fail-on ${wrong}`, `give a list of ${FAIL_ON.join(", ")}`);
  // whoever asks for a check asks whether the recording was judged at all
  return names.length === 0 ? [] : ([...new Set([...names, "unjudged"])] as FailOn[]);
}
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
