import { basename } from "node:path";
import { err, ok, type Result } from "../../core/base/result.ts";
import { QUANTITIES } from "../../core/domain/index.ts";
import type { FeatureChannel } from "../../core/features/index.ts";
import type { HeadFeature } from "../../core/risk/index.ts";
import { type Csv, flagOf, numberOf, secondsOf } from "./csv.ts";
import type { FrameCollector } from "./frame-collector.ts";
import { GrowingTable, type LabelledTable } from "./growing-table.ts";

/** Which columns of a table say what. */
export interface CsvRoles {
  readonly label: string;
  /** rows with the same text here stay together; null: the whole file is one group, or each row its own */
  readonly group: string | null;
  /** seconds or an ISO date; null: one row per second */
  readonly time: string | null;
}
export const FEATURE_COLUMN_GROUP = "columns";

const placeOf = (csv: Csv, name: string, option: string): Result<number, string> => {
  const place = csv.columns.indexOf(name);
  return place >= 0
    ? ok(place)
    : err(
        `${csv.file} has no column "${name}" for ${option}; it has ${csv.columns.filter((c) => c !== "").join(", ")}`,
      );
};
interface Places {
  readonly label: number;
  readonly group: number;
  readonly time: number;
}
function placesOf(csv: Csv, roles: CsvRoles): Result<Places, string> {
  const label = placeOf(csv, roles.label, "--label");
  if (!label.ok) return label;
  const group = roles.group === null ? ok(-1) : placeOf(csv, roles.group, "--group");
  if (!group.ok) return group;
  const time = roles.time === null ? ok(-1) : placeOf(csv, roles.time, "--time");
  return time.ok ? ok({ label: label.value, group: group.value, time: time.value }) : time;
}

/** Numbers groups in the order in which they come. */
function groupCounter(): (text: string) => number {
  const seen = new Map<string, number>();
  return (text) => {
    const known = seen.get(text);
    if (known !== undefined) return known;
    seen.set(text, seen.size);
    return seen.size - 1;
  };
}

/** Every numeric column is a feature without a declared direction: for domains that bring their own numbers. */
export function featureTable(csvs: readonly Csv[], roles: CsvRoles): Result<LabelledTable, string> {
  const first = csvs[0];
  if (first === undefined) return err("no table was given");
  const places = placesOf(first, roles);
  if (!places.ok) return places;
  const used = new Set([places.value.label, places.value.group, places.value.time]);
  const columns = first.columns
    .map((name, at) => ({ name, at }))
    .filter(({ name, at }) => name !== "" && !used.has(at) && isNumeric(first, at));
  if (columns.length === 0) return err(`${first.file} has no column of numbers besides its label`);
  const features: HeadFeature[] = columns.map(({ name }) => ({
    name,
    unit: "1",
    group: FEATURE_COLUMN_GROUP,
    direction: 0,
  }));
  const table = new GrowingTable(features);
  const groupOf = groupCounter();
  for (const csv of csvs) {
    const own = placesOf(csv, roles);
    if (!own.ok) return own;
    if (csv.columns.join() !== first.columns.join())
      return err(`${csv.file} has other columns than ${first.file}`);
    addFeatureRows(
      table,
      csv,
      own.value,
      columns.map((c) => c.at),
      groupOf,
    );
  }
  return ok(table.finish());
}
const isNumeric = (csv: Csv, at: number): boolean => {
  const some = csv.rows
    .slice(0, 200)
    .map((row) => row[at] as string)
    .filter((cell) => cell.trim() !== "");
  return some.length > 0 && some.every((cell) => numberOf(cell) === numberOf(cell));
};
function addFeatureRows(
  table: GrowingTable,
  csv: Csv,
  places: Places,
  columns: readonly number[],
  groupOf: (text: string) => number,
): void {
  const source = table.source(basename(csv.file));
  csv.rows.forEach((row, i) => {
    const label = flagOf(row[places.label] as string);
    if (label === null) return;
    const values = columns.map((at) => numberOf(row[at] as string));
    const group = groupOf(places.group < 0 ? `${csv.file}\n${i}` : (row[places.group] as string));
    const t = places.time < 0 ? i * 1e6 : secondsOf(row[places.time] as string) * 1e6;
    table.add({
      values: values.map((v) => (v === v ? v : 0)),
      present: values.map((v) => (v === v ? 1 : 0)),
      pick: null,
      label: label ? 1 : 0,
      group,
      t,
      source,
    });
  });
}

/**
 * Rows of readings: columns named after channels of the deployment (`wrist_ft.0`, `wrist_ft.1`, …, or just
 * `tool_current`) go through the same features as live readings; every row gives one labelled frame.
 */
export function readingRows(collector: FrameCollector, csv: Csv, roles: CsvRoles): Result<number, string> {
  const places = placesOf(csv, roles);
  if (!places.ok) return places;
  const feeds = collector.channels
    .map((channel) => ({ channel, columns: columnsOf(csv, channel) }))
    .filter(({ columns }) => columns.length > 0);
  if (feeds.length === 0)
    return err(
      `${csv.file} has no column named after a channel of the deployment (${collector.channels.map((c) => c.name).join(", ")}); write channel.0, channel.1, …`,
    );
  const short = feeds.find(
    ({ channel, columns }) => QUANTITIES[channel.config.quantity].width > columns.length,
  );
  if (short !== undefined)
    return err(
      `${csv.file}: ${short.channel.name} needs ${QUANTITIES[short.channel.config.quantity].width} columns, ${short.columns.length} found`,
    );
  const groupOf = groupCounter();
  const { label, group, time } = places.value;
  let zero = Number.NaN;
  let kept = 0;
  collector.begin(basename(csv.file), 0);
  for (const [i, row] of csv.rows.entries()) {
    const seconds = time < 0 ? i : secondsOf(row[time] as string);
    if (seconds !== seconds) return err(`${csv.file}:${i + 2}: "${row[time]}" is no time`);
    if (zero !== zero) zero = seconds;
    const t = Math.round((seconds - zero) * 1e6);
    for (const { channel, columns } of feeds) {
      const values = columns.map((at) => numberOf(row[at] as string));
      if (values.every((v) => v === v)) collector.sample(channel.index, t, values, values.length);
      else collector.fault(channel.index, t);
    }
    const flag = flagOf(row[label] as string);
    if (flag === null) continue;
    collector.keep(t, flag ? 1 : 0, group < 0 ? 0 : groupOf(row[group] as string));
    kept++;
  }
  return ok(kept);
}
function columnsOf(csv: Csv, channel: FeatureChannel): number[] {
  const single = csv.columns.indexOf(channel.name);
  if (single >= 0) return [single];
  const columns: number[] = [];
  for (let i = 0; csv.columns.includes(`${channel.name}.${i}`); i++)
    columns.push(csv.columns.indexOf(`${channel.name}.${i}`));
  return columns;
}
