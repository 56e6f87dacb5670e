import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { err, ok, type Result } from "../../core/base/result.ts";
import type { Deployment } from "../../core/domain/index.ts";
import { bindChannels } from "../../node/index.ts";
import { metaOf, readTape, type Tape } from "../../edge/recordings/tape/index.ts";
import { type Bag, openBag, openMcap } from "../../edge/recordings/index.ts";
import { openBagSource } from "./bag-source.ts";
import { type HazardWindow, labelsOf, parseLabels } from "./hazards.ts";
import { tapeSpan } from "./replay-tape.ts";
import type { ReplaySource } from "./source.ts";
import { TapeSource } from "./tape-source.ts";

/** A whole recording as its readings, whatever it is. */
export interface OpenRecording {
  readonly source: ReplaySource;
  /** the cell that a tape was made by; null: a foreign recording does not say */
  readonly cell: string | null;
  readonly labels: readonly HazardWindow[] | null;
  /** what was lost, once it was read to the end; null: nothing */
  damage(): string | null;
}

/** Opens it for a cell; `labels`: text of its side file. */
export async function openRecording(
  path: string,
  deployment: Deployment,
  labels: string | null,
): Promise<Result<OpenRecording, string>> {
  const tape = openTapeOf(path);
  return tape === null ? openForeign(path, deployment, labels) : openOwn(path, tape, deployment, labels);
}

function openOwn(
  path: string,
  tape: Tape,
  deployment: Deployment,
  text: string | null,
): Result<OpenRecording, string> {
  const labels = recordedLabels(path, text, null);
  if (!labels.ok) return labels;
  const names = bindChannels(deployment).map((c) => c.name);
  const source = new TapeSource(tape, tapeSpan(tape), names);
  const damage = (): string | null =>
    tape.losses().listed[0]?.detail ?? source.notes().find((note) => note.startsWith(EARLY_END)) ?? null;
  return ok({ source, cell: tape.meta.cell, labels: labels.value, damage });
}
const EARLY_END = "the tape ends early";

async function openForeign(
  path: string,
  deployment: Deployment,
  text: string | null,
): Promise<Result<OpenRecording, string>> {
  const bag = await openBag(path);
  if (!bag.ok) return bag;
  const labels = recordedLabels(path, text, bag.value);
  const source = labels.ok
    ? openBagSource(bag.value, deployment, { mappings: [], fromS: null, toS: null, time: "log" })
    : labels;
  if (!source.ok || !labels.ok) {
    bag.value.close();
    return source as Result<never, string>;
  }
  const damage = (): string | null => bag.value.losses().listed[0]?.detail ?? null;
  return ok({ source: source.value, cell: null, labels: labels.value, damage });
}

/** The tape in a file, or null when the file is a foreign recording. */
export function openTapeOf(path: string): Tape | null {
  if (!path.endsWith(".mcap")) return null;
  const opened = openMcap(path);
  if (!opened.ok) return null;
  const isTape = metaOf(opened.value).ok;
  opened.value.close();
  const tape = isTape ? readTape(path) : null;
  return tape?.ok === true ? tape.value : null;
}

/** Labels of a named file, of a file beside the recording, or of the bag itself. */
export function recordedLabels(
  path: string,
  named: string | null,
  bag: Bag | null,
): Result<readonly HazardWindow[] | null, string> {
  const text = named ?? labelsBeside(path);
  if (text === null) return bag === null ? ok(null) : labelsOf(bag);
  try {
    const parsed = parseLabels(parse(text));
    return parsed.ok ? parsed : err(`labels of ${path}: ${parsed.error}`);
  } catch (cause) {
    return err(`labels of ${path}: ${(cause as Error).message}`);
  }
}
/** Text of the side file with a recording's labels; null: there is none. */
export function labelsBeside(path: string): string | null {
  try {
    return readFileSync(`${path.replace(/\/+$/, "")}.labels.yaml`, "utf8");
  } catch {
    return null;
  }
}
