import { err, ok, type Result } from "../../core/base/result.ts";
import { parseDeployment } from "../../node/deployment/index.ts";
import {
  besideDeployment,
  type FilesBeside,
  type GoodConfig,
  readDeploymentParts,
  readNamedFiles,
} from "../../node/deployment/index.ts";
import { besideTape, type Tape } from "../../edge/recordings/tape/index.ts";
import { type Bag, openBag } from "../../edge/recordings/index.ts";
import { bindChannels } from "../../node/index.ts";
import { openBagSource } from "./bag-source.ts";
import type { HazardWindow } from "./hazards.ts";
import { openTapeOf, recordedLabels } from "./open-recording.ts";
import { replayTape, tapeSpan } from "./replay-tape.ts";
import type { ReplayResult } from "./result.ts";
import { runSource, type RunSetting } from "./run-source.ts";
import { TapeSource } from "./tape-source.ts";
import type { Mapping } from "./topic-map.ts";

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
  /** takes pictures of the cell for a report */
  readonly filmed?: boolean;
}
/** A whole recording, as a person replays it who asks for nothing special. */
export const PLAIN_REPLAY = {
  mappings: [],
  fromS: null,
  toS: null,
  time: "log",
  seed: 1,
  operator: true,
  labels: null,
  out: null,
} as const satisfies Partial<ReplayTask>;
export type Progressed = NonNullable<RunSetting["progress"]>;

/** Replays one recording, whatever it is. Errors are words for the person who named it. */
export async function replayOne(
  task: ReplayTask,
  progress: Progressed,
): Promise<Result<ReplayResult, string>> {
  const began = performance.now();
  const tape = openTapeOf(task.bag);
  const result = tape === null ? await replayBag(task, progress) : await replayTapeFile(task, tape, progress);
  if (!result.ok) return result;
  progress(1, 1, result.value.messages);
  return ok({ ...result.value, tookMs: performance.now() - began });
}

type Unfinished = Result<ReplayResult, string>;

async function replayBag(task: ReplayTask, progress: Progressed): Promise<Unfinished> {
  const bag = await openBag(task.bag);
  if (!bag.ok) return bag;
  const config = configOf(task.deployment);
  if (!config.ok) {
    bag.value.close();
    return config;
  }
  const labels = labelsFor(task, bag.value);
  if (!labels.ok) return labels;
  const source = openBagSource(bag.value, config.value.deployment, task);
  if (!source.ok) return source;
  const setting = settingOf(task, config.value, labels.value, progress);
  if (!setting.ok) return setting;
  const result = await runSource(source.value, setting.value);
  const losses = bag.value.losses();
  source.value.close();
  return ok({ ...result, bag: task.bag, kind: "bag", losses, tookMs: 0 });
}
async function replayTapeFile(task: ReplayTask, tape: Tape, progress: Progressed): Promise<Unfinished> {
  const config = task.deployment === null ? ownConfigOf(task, tape) : configOf(task.deployment);
  if (!config.ok) return config;
  const labels = labelsFor(task, null);
  if (!labels.ok) return labels;
  const same = task.deployment === null || isSame(tape, config.value);
  const whole = task.fromS === null && task.toS === null;
  const exact = same && whole && tape.fromStart;
  const setting = settingOf(
    exact ? { ...task, seed: tape.meta.seed } : task,
    config.value,
    labels.value,
    progress,
    task.deployment === null ? besideTape(tape.meta) : undefined,
  );
  if (!setting.ok) return setting;
  const span = within(tapeSpan(tape), task);
  const names = bindChannels(config.value.deployment).map((c) => c.name);
  const result = exact
    ? await replayTape(tape, span.lastUs, setting.value)
    : await runSource(new TapeSource(tape, span, names), setting.value);
  const losses = tape.losses();
  tape.close();
  const why = exact ? [] : [!same ? OTHER_CONFIGURATION : tape.fromStart ? PART : MIDWAY];
  return ok({ ...result, notes: [...why, ...result.notes], bag: task.bag, kind: "tape", losses, tookMs: 0 });
}
/** The part of a tape that was asked for. */
function within(
  { firstUs, lastUs }: ReturnType<typeof tapeSpan>,
  { fromS, toS }: ReplayTask,
): ReturnType<typeof tapeSpan> {
  return {
    firstUs: firstUs + Math.round((fromS ?? 0) * 1e6),
    lastUs: toS === null ? lastUs : Math.min(lastUs, firstUs + Math.round(toS * 1e6)),
  };
}
const PART = "a part of the tape: its readings were judged anew";
const MIDWAY = "begins in the middle of a run: its readings were judged anew";
const OTHER_CONFIGURATION = "other configuration than on the tape: its readings were judged anew";

function ownConfigOf(task: ReplayTask, tape: Tape): Result<GoodConfig, string> {
  const own = parseDeployment(tape.meta.configText, `${task.bag} (its own configuration)`);
  // a recording names no code that is run: a person names the deployment, and with it where its modules lie
  if (own.ok && own.deployment.extensions !== undefined)
    return err(
      `${task.bag} was made with extensions (${own.deployment.extensions.map((e) => e.module).join(", ")}); name the deployment that they lie beside with --deployment`,
    );
  return own.ok
    ? ok(own)
    : err(
        `the configuration on ${task.bag} is not readable by this version: ${own.problems[0]?.message ?? ""}`,
      );
}
/** The named deployment is the tape's own one, with the same files beside it. */
function isSame(tape: Tape, config: GoodConfig): boolean {
  if (config.hash !== tape.meta.configHash) return false;
  const files = readNamedFiles(config.deployment, besideDeployment(config.file));
  return files.ok && [...files.value].every(([name, text]) => tape.meta.files.get(name) === text);
}
function settingOf(
  task: ReplayTask,
  config: GoodConfig,
  labels: readonly HazardWindow[] | null,
  progress: Progressed,
  beside?: FilesBeside,
): Result<RunSetting, string> {
  const { seed, version, operator, out } = task;
  const parts = readDeploymentParts(config, seed, beside);
  if (!parts.ok) return err(`${parts.error.what} (${parts.error.remedy})`);
  const { filmed = false } = task;
  return ok({ config, seed, version, operator, out, labels, progress, filmed, parts: parts.value });
}
function configOf(deployment: ReplayTask["deployment"]): Result<GoodConfig, string> {
  if (deployment === null)
    return err("a foreign recording needs a deployment; `cellgate inspect` proposes one");
  const loaded = parseDeployment(deployment.text, deployment.file);
  return loaded.ok
    ? ok(loaded)
    : err(loaded.problems.map((p) => `${p.file}:${p.line}:${p.column} ${p.key}: ${p.message}`).join("\n"));
}
/** Labels of the part that is replayed; they count from the recording's first message. */
function labelsFor(task: ReplayTask, bag: Bag | null): Result<readonly HazardWindow[] | null, string> {
  const all = recordedLabels(task.bag, task.labels, bag);
  if (!all.ok || all.value === null) return all;
  const fromUs = Math.round((task.fromS ?? 0) * 1e6);
  const lengthUs = Math.round((task.toS ?? Infinity) * 1e6) - fromUs;
  return ok(
    all.value
      .map((w) => ({
        ...w,
        fromUs: Math.max(0, w.fromUs - fromUs),
        toUs: Math.min(lengthUs, w.toUs - fromUs),
      }))
      .filter((w) => w.toUs > w.fromUs),
  );
}
