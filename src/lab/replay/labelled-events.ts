import { basename } from "node:path";
import { err, ok, type Result } from "../../core/base/result.ts";
import type { BoxedBlock } from "../../edge/recordings/tape/index.ts";
import { type HazardWindow, joined } from "./hazards.ts";
import { ASKED_FOR } from "./price.ts";

const RECORDING = ["recording", "bag", "file", "trial"];
const FROM = ["from_s", "time_s", "t_s", "start_s"];
const TO = ["to_s", "end_s"];
const WHAT = ["what", "label", "event"];
const NAMED = `the header names ${FROM.join(" or ")}, and may name ${TO[0]}, ${WHAT[0]} and ${RECORDING[0]}`;

/** A table of text with a header, as whoever read it has it. */
interface TextTable {
  readonly file: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}
/** One labelled event; plain data, so that it can be handed to a thread. */
export interface LabelledEvent extends HazardWindow {
  /** the recording that it belongs to, by name; null: every one */
  readonly recording: string | null;
}

/** Events of any number of recordings, in seconds after the first message of each. */
export function eventsFromTable({ file, columns, rows }: TextTable): Result<LabelledEvent[], string> {
  const at = (names: readonly string[]): number => columns.findIndex((c) => names.includes(c.toLowerCase()));
  const [from, to, what, which] = [at(FROM), at(TO), at(WHAT), at(RECORDING)];
  if (from < 0) return err(`${file}: no column with times; ${NAMED}`);
  const events: LabelledEvent[] = [];
  for (const [i, row] of rows.entries()) {
    const fromS = numberOf(row[from]);
    const toS = to < 0 || row[to]!.trim() === "" ? fromS : numberOf(row[to]);
    if (!(fromS >= 0 && toS >= fromS))
      return err(`${file}:${i + 2}: from ${row[from]} to ${to < 0 ? "" : row[to]} is no time`);
    events.push({
      recording: which < 0 ? null : row[which]!.trim(),
      fromUs: Math.round(fromS * 1e6),
      toUs: Math.round(toS * 1e6),
      what: row[what] ?? "",
    });
  }
  return ok(events);
}
/** Those of one recording, which its file's name may name with or without its ending. */
export function eventsOfRecording(events: readonly LabelledEvent[], path: string): HazardWindow[] {
  const name = basename(path.replace(/\/+$/, ""));
  const names = new Set([path, name, name.replace(/\.(mcap|db3|bag)$/, "")]);
  return joined(
    events
      .filter(({ recording }) => recording === null || names.has(recording))
      .map(({ fromUs, toUs, what }) => ({ fromUs, toUs, what })),
  );
}
const numberOf = (text: string | undefined): number =>
  text === undefined || text.trim() === "" ? Number.NaN : Number(text);

/** Codes of a touch that was felt. */
const TOUCHED: ReadonlySet<string> = new Set([
  "FORCE_LIMIT",
  "TORQUE_LIMIT",
  "FORCE_SPIKE",
  "PFL_TRANSIENT",
  "PFL_QUASI_STATIC",
  "PFL_HEAD_CONTACT",
]);
/** What a black box tells of the world outside of the node; there may have been more, so these are no labels. */
export function eventsOfBlackBox(boxed: readonly BoxedBlock[], firstUs: number): HazardWindow[] {
  return joined(
    boxed
      .filter(({ code }) => ASKED_FOR.has(code) || TOUCHED.has(code))
      .map(({ code, t }) => {
        const at = Math.max(0, t - firstUs);
        return { fromUs: at, toUs: at, what: code };
      }),
  );
}
