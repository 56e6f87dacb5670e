import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { Deployment } from "../core/domain/index.ts";
import { domainNamed, eventsOfLabels, RISK_DOMAINS, type RiskDomain } from "../core/risk/index.ts";
import { openTapeOf } from "../lab/replay/index.ts";
import { createKinematics } from "../core/robot/index.ts";
import {
  collectBag,
  collectTape,
  type DataItem,
  featureTable,
  FRAME_PERIOD_US,
  FrameCollector,
  type LabelledTable,
  type NamedEvent,
  readCsv,
  RECOVERY_US,
  readingRows,
  secondsOf,
  SETTLE_US,
  sha256OfPath,
} from "../lab/training/index.ts";
import { graphOfMany } from "../edge/scale/index.ts";
import { EXIT, type Io, UserError } from "./command.ts";
import { filesBeside, requireDeployment } from "./config.ts";
import { createProgress } from "./progress.ts";
import { manyOptions, namedItems, runManyHere } from "./run-of-many.ts";
import { kinds, optional, several, type Values } from "./options/index.ts";

const HORIZON_MAX_US = 600e6;

/** Options by which `train` and `evaluate` find their data. */
export const DATA_OPTIONS = {
  recordings: several(
    kinds.place,
    "recordings (.mcap, .db3, folders of them) or tables (.csv); may be repeated",
    { former: "data" },
  ),
  deployment: optional(
    kinds.deploymentFile,
    "cell that the recordings come from; tables without it are taken as features",
  ),
  labels: optional(
    kinds.file,
    "events of the recordings: a table with bag, time_s (seconds after the first message) and, if you like, event",
    { as: "events.csv" },
  ),
  label: optional(kinds.text, "tables: column that says which rows are risky", { as: "COLUMN" }),
  group: optional(
    kinds.text,
    "tables: column whose equal values are never split, across all files; default: each file is one group",
    { as: "COLUMN" },
  ),
  time: optional(kinds.text, "tables: column with seconds or ISO dates", { as: "COLUMN" }),
  domain: optional(
    kinds.choice(RISK_DOMAINS.map((d) => d.name)),
    `field of risk: ${RISK_DOMAINS.map((d) => d.name).join(", ")}`,
  ),
  signals: several(kinds.text, "events of the field that count; default: all that it declares", {
    as: "EVENT",
  }),
  horizon: optional(
    kinds.duration(HORIZON_MAX_US, "600ms"),
    "recordings: frames this long before an event are risky",
    { former: "horizon-ms" },
  ),
  ...manyOptions,
} as const;
export type DataValues = Values<typeof DATA_OPTIONS>;

export interface LabelledData {
  readonly table: LabelledTable;
  readonly items: readonly DataItem[];
  /** which item each source of the table came from */
  readonly fileOf: readonly number[];
  /** events that the labels are made of; left out: the label column says it */
  readonly events?: readonly string[];
}
/** Of a head that is evaluated, its own field and horizon count where nothing else is said. */
export function domainOf(
  { domain, horizon }: DataValues,
  own: { readonly domain: string; readonly horizonMs?: number } = { domain: "robot-factory" },
): RiskDomain {
  const name = domain ?? own.domain;
  const found = domainNamed(name);
  if (found === undefined)
    throw new UserError(
      `no risk domain is called "${name}"`,
      `there are: ${RISK_DOMAINS.map((d) => d.name).join(", ")}`,
    );
  const horizonMs = horizon === undefined ? own.horizonMs : horizon / 1_000;
  if (horizonMs === undefined) return found;
  return { ...found, horizonMs, leadMs: Math.min(found.leadMs, horizonMs / 2) };
}

export async function loadLabelledData(
  values: DataValues,
  domain: RiskDomain,
  io: Io,
): Promise<LabelledData> {
  const paths = values.recordings.flatMap(expand);
  if (paths.length === 0) throw new UserError("no data given", "name recordings or tables with --recordings");
  const tables = paths.filter((path) => path.endsWith(".csv"));
  if (tables.length > 0 && tables.length < paths.length)
    throw new UserError("--recordings mixes tables and recordings", "train on one kind at a time");
  return tables.length > 0 ? fromTables(tables, values, domain, io) : fromBags(paths, values, domain, io);
}
/** A folder of recordings stands for its recordings. */
function expand(path: string): string[] {
  if (!existsSync(path))
    throw new UserError(`${path} does not exist`, "name recordings or tables that are there");
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).sort();
  if (names.includes("metadata.yaml")) return [path];
  const inside = names.filter((name) => /\.(mcap|db3|csv)$/.test(name)).map((name) => join(path, name));
  if (inside.length === 0)
    throw new UserError(
      `${path} holds no recording (.mcap, .db3) and no table (.csv)`,
      "name another folder",
    );
  return inside;
}

function fromTables(files: readonly string[], values: DataValues, domain: RiskDomain, io: Io): LabelledData {
  const { label, group = null, time = null, deployment } = values;
  if (label === undefined)
    throw new UserError("tables need a label", "name the column that says which rows are risky with --label");
  const roles = { label, group, time };
  const csvs = files.map((file) => {
    const read = readCsv(file);
    if (!read.ok) throw new UserError(read.error, "correct the table");
    return read.value;
  });
  const without = domain.without.map((w) => w.name);
  const made =
    deployment === undefined
      ? featureTable(csvs, roles, without)
      : readingRows(collectorOf(deployment, domain, 0).collector, csvs, roles);
  if (!made.ok) throw new UserError(made.error, "correct the table or its column names");
  const { table, groups, refused, lacking, fileOf } = made.value;
  if (groups.words !== null) io.err(groups.words);
  if (refused.length > 0)
    io.err(
      `left out, because ${domain.name} does not allow them: ${refused.join(", ")} (cellgate features explain)`,
    );
  if (lacking.length > 0)
    io.err(`the tables have no columns for these channels of the deployment: ${lacking.join(", ")}`);
  const labelled = { ...table, events: eventsOfLabels(table) };
  return { table: labelled, items: itemsOf(files, labelled, fileOf), fileOf };
}

async function fromBags(
  paths: readonly string[],
  values: DataValues,
  domain: RiskDomain,
  io: Io,
): Promise<LabelledData> {
  if (values.deployment === undefined)
    throw new UserError(
      "recordings need the deployment of their cell",
      "name it with --deployment, for example launch/demo-cell.yaml",
    );
  const signals = signalsOf(values, domain);
  const { collector, deployment } = collectorOf(values.deployment, domain, FRAME_PERIOD_US, signals);
  const events = values.labels === undefined ? [] : readEvents(values.labels, domain, signals);
  const progress = createProgress(io, "reading", paths.length, "bags");
  const readOne = async (path: string, group: number): Promise<void> => {
    const tape = openTapeOf(path);
    const read =
      tape === null
        ? await collectBag(collector, path, deployment, events, group)
        : collectTape({ collector, deployment, domain, labels: events }, tape, path, group);
    tape?.close();
    if (!read.ok) throw new UserError(read.error, "check the recording with cellgate inspect");
    for (const note of read.value.notes) io.err(note);
    progress.update(group + 1, path);
  };
  if (paths.length === 1) await readOne(paths[0]!, 0);
  else await readMany(paths, readOne, values, io);
  progress.finish();
  const table = collector.finish();
  const fileOf = paths.map((_, file) => file);
  return { table, items: itemsOf(paths, table, fileOf), fileOf, events: signals };
}
/** One after the other, in the steps of a run of many: the first that cannot be read ends it. */
async function readMany(
  paths: readonly string[],
  readOne: (path: string, group: number) => Promise<void>,
  values: DataValues,
  io: Io,
): Promise<void> {
  const items = namedItems(
    paths.map((path, group) => ({ path, group })),
    ({ path }) => path,
  );
  const end = await runManyHere(
    {
      what: "reading of recordings",
      items,
      graph: graphOfMany({
        what: "reading of recordings",
        items: items.length,
        threads: 1,
        reads: paths,
        writes: null,
        bytesPerItem: 0,
        memoryPerThread: READING_BYTES,
      }),
      async batch(batch, ended, signal) {
        for (const { name, item } of batch) {
          if (signal.aborted) return;
          await readOne(item.path, item.group);
          ended(name, { failure: null });
        }
      },
    },
    values,
    io,
  );
  if (end.state !== "done")
    throw new UserError(`not all recordings were read: ${end.why}`, "start again", EXIT.failed);
}
/** one recording with its rows, rounded up */
const READING_BYTES = 512 * 1_048_576;

export function collectorOf(
  file: string,
  domain: RiskDomain,
  framePeriodUs: number,
  eventsThatCount: readonly string[] = domain.events.map((e) => e.name),
): { collector: FrameCollector; deployment: Deployment } {
  const config = requireDeployment(file);
  const { deployment } = config;
  const collector = new FrameCollector({
    deployment,
    kinematics: createKinematics(deployment.robot, filesBeside(config).urdf),
    groups: domain.groups,
    without: domain.without.map((w) => w.name),
    framePeriodUs,
    horizonUs: domain.horizonMs * 1_000,
    recoveryUs: RECOVERY_US,
    settleUs: SETTLE_US,
    events: eventsThatCount,
  });
  return { collector, deployment };
}
/** Names of the events that count. */
export function signalsOf({ signals }: Pick<DataValues, "signals">, domain: RiskDomain): readonly string[] {
  const all = domain.events.map((e) => e.name);
  const foreign = signals.find((name) => !all.includes(name));
  if (foreign !== undefined)
    throw new UserError(`${domain.name} has no event "${foreign}"`, `there are: ${all.join(", ")}`);
  return signals.length === 0 ? all : signals;
}
/** Labels may name their event; those that do not count are left out, and unknown ones are mistakes. */
function readEvents(file: string, domain: RiskDomain, signals: readonly string[]): NamedEvent[] {
  const read = readCsv(file);
  if (!read.ok) throw new UserError(read.error, "correct the table");
  const bag = read.value.columns.indexOf("bag");
  const time = read.value.columns.indexOf("time_s");
  if (bag < 0 || time < 0)
    throw new UserError(`${file} needs the columns bag and time_s`, "one row per event");
  const named = read.value.columns.indexOf("event");
  return read.value.rows.flatMap((row, i) => {
    const name = named < 0 ? "" : (row[named] as string).trim();
    if (name !== "" && !domain.events.some((e) => e.name === name))
      throw new UserError(
        `${file}:${i + 2}: ${domain.name} has no event "${name}"`,
        `there are: ${domain.events.map((e) => e.name).join(", ")}`,
      );
    if (name !== "" && !signals.includes(name)) return [];
    const timeS = secondsOf(row[time] as string);
    if (!(timeS >= 0))
      throw new UserError(
        `${file}:${i + 2}: "${row[time]}" is no time`,
        "write seconds after the recording's first message",
      );
    return [{ bag: row[bag] as string, timeS }];
  });
}
/** One item per file; a file may have several sources: trials that its tables tell apart. */
function itemsOf(paths: readonly string[], table: LabelledTable, fileOf: readonly number[]): DataItem[] {
  const counts = paths.map(() => ({ rows: 0, positives: 0 }));
  for (let row = 0; row < table.rows; row++) {
    const count = counts[fileOf[table.sourceOf[row] as number] as number];
    if (count === undefined) continue;
    count.rows++;
    count.positives += table.labels[row] as number;
  }
  return paths.map((path, i) => ({
    name: basename(path),
    sha256: sha256OfPath(path),
    rows: counts[i]?.rows ?? 0,
    positives: counts[i]?.positives ?? 0,
  }));
}
