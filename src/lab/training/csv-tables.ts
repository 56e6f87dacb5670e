import { basename } from "node:path";
import { err, ok, type Result } from "../../core/base/result.ts";
import { QUANTITIES } from "../../core/domain/index.ts";
import type { FeatureChannel } from "../../core/features/index.ts";
import type { HeadFeature } from "../../core/risk/index.ts";
import { type Csv, flagOf, numberOf, secondsOf } from "./csv.ts";
import type { FrameCollector } from "./frame-collector.ts";
import { GrowingTable, type LabelledTable } from "./growing-table.ts";
import { tableGroups, type TableGroups } from "./table-groups.ts";

/** Which columns of a table say what. */
export interface CsvRoles {
  readonly label: string;
  /** rows with the same text here stay together; null: each file is one group */
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

/** Rows of tables with what must be known beside them. */
export interface TableRows {
  readonly table: LabelledTable;
  readonly groups: TableGroups;
  /** columns that bear the name of a feature which the domain does not allow */
  readonly refused: readonly string[];
  /** channels of the deployment that no column is named after */
  readonly lacking: readonly string[];
  /** which table each source came from */
  readonly fileOf: readonly number[];
}
function groupsOf(csvs: readonly Csv[], roles: CsvRoles): Result<TableGroups, string> {
  const columns: number[] = [];
  for (const csv of csvs) {
    const places = placesOf(csv, roles);
    if (!places.ok) return places;
    columns.push(places.value.group);
  }
  return ok(tableGroups(csvs, columns, roles.group));
}

/** Every numeric column is a feature without a declared direction: for domains that bring their own numbers. */
export function featureTable(
  csvs: readonly Csv[],
  roles: CsvRoles,
  without: readonly string[] = [],
): Result<TableRows, string> {
  const first = csvs[0];
  if (first === undefined) return err("no table was given");
  const places = placesOf(first, roles);
  if (!places.ok) return places;
  const used = new Set([places.value.label, places.value.group, places.value.time]);
  const numeric = first.columns
    .map((name, at) => ({ name, at }))
    .filter(({ name, at }) => name !== "" && !used.has(at) && isNumeric(first, at));
  const columns = numeric.filter(({ name }) => !without.includes(name));
  const refused = numeric.map(({ name }) => name).filter((name) => without.includes(name));
  if (columns.length === 0) return err(`${first.file} has no column of numbers besides its label`);
  const groups = groupsOf(csvs, roles);
  if (!groups.ok) return groups;
  const features: HeadFeature[] = columns.map(({ name }) => ({
    name,
    unit: "1",
    group: FEATURE_COLUMN_GROUP,
    direction: 0,
  }));
  const table = new GrowingTable(features);
  for (const [file, csv] of csvs.entries()) {
    const own = placesOf(csv, roles);
    if (!own.ok) return own;
    if (csv.columns.join() !== first.columns.join()) return err(otherColumns(csv, first));
    addFeatureRows(
      table,
      csv,
      own.value,
      columns.map((c) => c.at),
      (row) => groups.value.of(file, row),
    );
  }
  return ok({
    table: table.finish(),
    groups: groups.value,
    refused,
    lacking: [],
    fileOf: csvs.map((_, file) => file),
  });
}
function otherColumns(csv: Csv, first: Csv): string {
  const lacking = first.columns.filter((name) => !csv.columns.includes(name));
  const more = csv.columns.filter((name) => !first.columns.includes(name));
  const words = [
    ...(lacking.length > 0 ? [`it lacks ${lacking.join(", ")}`] : []),
    ...(more.length > 0 ? [`only it has ${more.join(", ")}`] : []),
  ];
  return `${csv.file} has other columns than ${first.file}: ${words.length > 0 ? words.join("; ") : "another order"}`;
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
  groupOf: (row: number) => number,
): void {
  const source = table.source(basename(csv.file));
  csv.rows.forEach((row, i) => {
    const label = flagOf(row[places.label] as string);
    if (label === null) return;
    const values = columns.map((at) => numberOf(row[at] as string));
    const t = places.time < 0 ? i * 1e6 : secondsOf(row[places.time] as string) * 1e6;
    table.add({
      values: values.map((v) => (v === v ? v : 0)),
      present: values.map((v) => (v === v ? 1 : 0)),
      pick: null,
      label: label ? 1 : 0,
      group: groupOf(i),
      t,
      source,
    });
  });
}

/**
 * Rows of readings: columns named after channels of the deployment (`wrist_ft.0`, `wrist_ft.1`, …, or just
 * `tool_current`) go through the same features as live readings; every row gives one labelled frame.
 */
export function readingRows(
  collector: FrameCollector,
  csvs: readonly Csv[],
  roles: CsvRoles,
): Result<TableRows, string> {
  const groups = groupsOf(csvs, roles);
  if (!groups.ok) return groups;
  const lacking = new Set<string>();
  const fileOf: number[] = [];
  for (const [file, csv] of csvs.entries()) {
    const places = placesOf(csv, roles);
    if (!places.ok) return places;
    const feeds = feedsOf(collector, csv);
    if (!feeds.ok) return feeds;
    const fed = new Set(feeds.value.map((feed) => feed.channel));
    for (const channel of collector.channels) if (!fed.has(channel)) lacking.add(channel.name);
    const added = addReadings(collector, csv, places.value, feeds.value, (row) => groups.value.of(file, row));
    if (!added.ok) return added;
    while (fileOf.length < collector.table.sources.length) fileOf.push(file);
  }
  return ok({ table: collector.finish(), groups: groups.value, refused: [], lacking: [...lacking], fileOf });
}
interface Feed {
  readonly channel: FeatureChannel;
  readonly columns: readonly number[];
}
function feedsOf(collector: FrameCollector, csv: Csv): Result<Feed[], string> {
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
  return short === undefined
    ? ok(feeds)
    : err(
        `${csv.file}: ${short.channel.name} needs ${QUANTITIES[short.channel.config.quantity].width} columns, ${short.columns.length} found`,
      );
}
/** A new trial of the same file begins where the group changes and the clock jumps: windows never reach across. */
const TRIAL_GAP_US = 2_000_000;

function addReadings(
  collector: FrameCollector,
  csv: Csv,
  { label, time }: Places,
  feeds: readonly Feed[],
  groupOf: (row: number) => number,
): Result<null, string> {
  const name = basename(csv.file);
  let zero = Number.NaN;
  let last = Number.NaN;
  let group = -1;
  let trials = 0;
  for (const [i, row] of csv.rows.entries()) {
    const seconds = time < 0 ? i : secondsOf(row[time] as string);
    if (seconds !== seconds) return err(`${csv.file}:${i + 2}: "${row[time]}" is no time`);
    const here = groupOf(i);
    const jumped = (seconds - last) * 1e6 > TRIAL_GAP_US || seconds < last;
    if (zero !== zero || (here !== group && jumped)) {
      zero = seconds;
      trials++;
      collector.begin(trials === 1 ? name : `${name}, trial ${trials}`, here);
    } else if (seconds < last)
      return err(`${csv.file}:${i + 2}: time goes back inside one recording; name its trials with --group`);
    group = here;
    last = seconds;
    const t = Math.round((seconds - zero) * 1e6);
    for (const { channel, columns } of feeds) {
      const values = columns.map((at) => numberOf(row[at] as string));
      if (values.every((v) => v === v)) collector.sample(channel.index, t, values, values.length);
      else collector.fault(channel.index, t);
    }
    const flag = flagOf(row[label] as string);
    if (flag !== null) collector.keep(t, flag ? 1 : 0, here);
  }
  return ok(null);
}
function columnsOf(csv: Csv, channel: FeatureChannel): number[] {
  const single = csv.columns.indexOf(channel.name);
  if (single >= 0) return [single];
  const columns: number[] = [];
  for (let i = 0; csv.columns.includes(`${channel.name}.${i}`); i++)
    columns.push(csv.columns.indexOf(`${channel.name}.${i}`));
  return columns;
}
