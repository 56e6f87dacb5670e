import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { err, ok, type Result } from "../base/result.ts";
import { parseDeployment } from "../config/index.ts";
import { metaOf, readTape, type Tape } from "../tape/index.ts";
import { type Bag, openBag, openMcap } from "../transports/bag/index.ts";
import { bindChannels } from "../node/index.ts";
import { openBagSource } from "./bag-source.ts";
import type { GoodConfig } from "./deployment-files.ts";
import { type HazardWindow, labelsOf, parseLabels } from "./hazards.ts";
import { replayTape, tapeSpan } from "./replay-tape.ts";
import type { ReplayResult } from "./result.ts";
import { runSource, type RunSetting } from "./run-source.ts";
import { TapeSource } from "./tape-source.ts";
import { type Mapping } from "./topic-map.ts";

/** One recording to replay; plain data, so that it can be handed to a thread. */
export interface ReplayTask {
  readonly bag: string;
  /** the deployment in the order of its file, and the file's name; null: the one on the tape */
  readonly deployment: { readonly text: string; readonly file: string } | null;
  readonly mappings: readonly Mapping[];
  readonly fromS: number | null;
  readonly toS: number | null;
  readonly time: "log" | "clock";
  readonly seed: number;
  readonly operator: boolean;
  /** labels of a side file, as its text */
  readonly labels: string | null;
  readonly out: string | null;
  readonly version: string;
}
export type Progressed = NonNullable<RunSetting["progress"]>;

/** Replays one recording, whatever it is. Errors are words for the person who named it. */
export async function replayOne(
  task: ReplayTask,
  progress: Progressed,
): Promise<Result<ReplayResult, string>> {
  const began = performance.now();
  const tape = openTapeOf(task.bag);
  const result = tape === null ? await replayBag(task, progress) : await replayTapeFile(task, tape, progress);
  return result.ok ? ok({ ...result.value, tookMs: performance.now() - began }) : result;
}

/** The tape in a file, or null when the file is a foreign recording. */
function openTapeOf(path: string): Tape | null {
  if (!path.endsWith(".mcap")) return null;
  const opened = openMcap(path);
  if (!opened.ok) return null;
  const isTape = metaOf(opened.value).ok;
  opened.value.close();
  const tape = isTape ? readTape(path) : null;
  return tape?.ok === true ? tape.value : null;
}

type Unfinished = Result<ReplayResult, string>;

async function replayBag(task: ReplayTask, progress: Progressed): Promise<Unfinished> {
  const config = configOf(task.deployment);
  if (!config.ok) return config;
  const bag = await openBag(task.bag);
  if (!bag.ok) return bag;
  const labels = labelsFor(task, bag.value);
  if (!labels.ok) return labels;
  const source = openBagSource(bag.value, config.value.deployment, task);
  if (!source.ok) return source;
  const result = await runSource(source.value, settingOf(task, config.value, labels.value, progress));
  const losses = bag.value.losses();
  source.value.close();
  return ok({ ...result, bag: task.bag, kind: "bag", losses, tookMs: 0 });
}
async function replayTapeFile(task: ReplayTask, tape: Tape, progress: Progressed): Promise<Unfinished> {
  const own = parseDeployment(tape.meta.configText, `${task.bag} (its own configuration)`);
  const config =
    task.deployment === null
      ? own.ok
        ? ok(own)
        : err(
            `the configuration on ${task.bag} is not readable by this version: ${own.problems[0]?.message ?? ""}`,
          )
      : configOf(task.deployment);
  if (!config.ok) return config;
  const labels = labelsFor(task, null);
  if (!labels.ok) return labels;
  const setting = settingOf(task, config.value, labels.value, progress);
  const span = tapeSpan(tape);
  const exact = config.value.hash === tape.meta.configHash;
  const result = exact
    ? await replayTape(tape, span, setting)
    : await runSource(
        new TapeSource(
          tape,
          span,
          bindChannels(config.value.deployment).map((c) => c.name),
        ),
        setting,
      );
  const losses = tape.losses();
  tape.close();
  const notes = exact
    ? result.notes
    : ["other configuration than on the tape: its readings were judged anew", ...result.notes];
  return ok({ ...result, notes, bag: task.bag, kind: "tape", losses, tookMs: 0 });
}
function settingOf(
  task: ReplayTask,
  config: GoodConfig,
  labels: readonly HazardWindow[] | null,
  progress: Progressed,
): RunSetting {
  const { seed, version, operator, out } = task;
  return { config, seed, version, operator, out, labels, progress };
}
function configOf(deployment: ReplayTask["deployment"]): Result<GoodConfig, string> {
  if (deployment === null)
    return err("a foreign recording needs a deployment; `cellgate inspect` proposes one");
  const loaded = parseDeployment(deployment.text, deployment.file);
  return loaded.ok
    ? ok(loaded)
    : err(loaded.problems.map((p) => `${p.file}:${p.line}:${p.column} ${p.key}: ${p.message}`).join("\n"));
}
/** Labels of a named file, of a file beside the bag, or of the bag itself. */
function labelsFor(task: ReplayTask, bag: Bag | null): Result<readonly HazardWindow[] | null, string> {
  const text = task.labels ?? textBeside(task.bag);
  if (text === null) return bag === null ? ok(null) : labelsOf(bag);
  try {
    const parsed = parseLabels(parse(text));
    return parsed.ok ? parsed : err(`labels of ${task.bag}: ${parsed.error}`);
  } catch (cause) {
    return err(`labels of ${task.bag}: ${(cause as Error).message}`);
  }
}
function textBeside(bag: string): string | null {
  try {
    return readFileSync(`${bag.replace(/\/+$/, "")}.labels.yaml`, "utf8");
  } catch {
    return null;
  }
}
