import { basename } from "node:path";
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
import { type Change, withChanges } from "./changed-settings.ts";
import { eventsOfBlackBox, eventsOfRecording, type LabelledEvent } from "./labelled-events.ts";
import { DEFAULT_NEAR } from "./margin-watch.ts";
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
  /** values that are put in the place of the deployment's own */
  readonly changes: readonly Change[];
  readonly mappings: readonly Mapping[];
  readonly fromS: number | null;
  readonly toS: number | null;
  readonly time: "log" | "clock";
  readonly seed: number;
  readonly operator: boolean;
  /** labels of a side file, as its text */
  readonly labels: string | null;
  /** labelled events of all recordings; null: labels and black boxes are asked */
  readonly events: readonly LabelledEvent[] | null;
  /** share of the way from harm to limit within which a reading counts as near */
  readonly near: number;
  readonly out: string | null;
  readonly version: string;
  /** takes pictures of the cell for a report */
  readonly filmed?: boolean;
}
/** A whole recording, as a person replays it who asks for nothing special. */
export const PLAIN_REPLAY = {
  changes: [],
  mappings: [],
  fromS: null,
  toS: null,
  time: "log",
  seed: 1,
  operator: true,
  labels: null,
  events: null,
  near: DEFAULT_NEAR,
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
  const config = configOf(task);
  if (!config.ok) {
    bag.value.close();
    return config;
  }
  const labels = labelsFor(task, bag.value);
  if (!labels.ok) return labels;
  const source = openBagSource(bag.value, config.value.deployment, task);
  if (!source.ok) return source;
  const setting = settingOf(task, config.value, { labels: labels.value, events: eventsFor(task) }, progress);
  if (!setting.ok) return setting;
  const result = await runSource(source.value, setting.value);
  const losses = bag.value.losses();
  source.value.close();
  return ok({ ...result, bag: task.bag, kind: "bag", losses, tookMs: 0 });
}
async function replayTapeFile(task: ReplayTask, tape: Tape, progress: Progressed): Promise<Unfinished> {
  const config = task.deployment === null ? ownConfigOf(task, tape) : configOf(task);
  if (!config.ok) return config;
  const labels = labelsFor(task, null);
  if (!labels.ok) return labels;
  const same = (task.deployment === null && task.changes.length === 0) || isSame(tape, config.value);
  const whole = task.fromS === null && task.toS === null;
  const exact = same && whole && tape.fromStart;
  const span = within(tapeSpan(tape), task);
  const setting = settingOf(
    exact ? { ...task, seed: tape.meta.seed } : task,
    config.value,
    { labels: labels.value, events: eventsFor(task), told: eventsOfBlackBox(tape.boxed, span.firstUs) },
    progress,
    task.deployment === null ? besideTape(tape.meta) : undefined,
  );
  if (!setting.ok) return setting;
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
  const text = withChanges(tape.meta.configText, task.changes);
  if (!text.ok) return text;
  const own = parseDeployment(text.value, `${task.bag} (its own configuration)`);
  if (!own.ok && task.changes.length > 0) return err(problemsOf(own.problems));
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
  told: Pick<RunSetting, "labels" | "events" | "told">,
  progress: Progressed,
  beside?: FilesBeside,
): Result<RunSetting, string> {
  const { seed, version, operator, out, near } = task;
  const parts = readDeploymentParts(config, seed, beside);
  if (!parts.ok) return err(`${parts.error.what} (${parts.error.remedy})`);
  const { filmed = false } = task;
  return ok({
    config,
    seed,
    version,
    operator,
    out,
    near,
    recording: basename(task.bag),
    ...told,
    progress,
    filmed,
    parts: parts.value,
  });
}
const problemsOf = (
  problems: Extract<ReturnType<typeof parseDeployment>, { ok: false }>["problems"],
): string => problems.map((p) => `${p.file}:${p.line}:${p.column} ${p.key}: ${p.message}`).join("\n");
function configOf({ deployment, changes }: ReplayTask): Result<GoodConfig, string> {
  if (deployment === null)
    return err("a foreign recording needs a deployment; `cellgate inspect` proposes one");
  const text = withChanges(deployment.text, changes);
  if (!text.ok) return text;
  const loaded = parseDeployment(text.value, deployment.file);
  return loaded.ok ? ok(loaded) : err(problemsOf(loaded.problems));
}
/** Labelled events of the part that is replayed. */
const eventsFor = (task: ReplayTask): readonly HazardWindow[] | null =>
  task.events === null ? null : inPart(eventsOfRecording(task.events, task.bag), task);
/** Labels of the part that is replayed; they count from the recording's first message. */
function labelsFor(task: ReplayTask, bag: Bag | null): Result<readonly HazardWindow[] | null, string> {
  const all = recordedLabels(task.bag, task.labels, bag);
  return all.ok && all.value !== null ? ok(inPart(all.value, task)) : all;
}
function inPart(windows: readonly HazardWindow[], task: ReplayTask): readonly HazardWindow[] {
  const fromUs = Math.round((task.fromS ?? 0) * 1e6);
  const lengthUs = Math.round((task.toS ?? Infinity) * 1e6) - fromUs;
  return windows
    .map((w) => ({ ...w, fromUs: Math.max(0, w.fromUs - fromUs), toUs: Math.min(lengthUs, w.toUs - fromUs) }))
    .filter((w) => w.toUs >= w.fromUs);
}
