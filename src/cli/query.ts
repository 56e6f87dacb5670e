import { availableParallelism, tmpdir } from "node:os";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { PLAIN_REPLAY, recordingsBelow, runJobs, type ReplayTask } from "../lab/replay/index.ts";
import { programVersion } from "../node/index.ts";
import { command, EXIT, type Io, UserError } from "./command.ts";
import { requireDeployment } from "./config.ts";
import { type Connection, openDuckDb } from "./duckdb.ts";
import { flag, kinds, optional } from "./options/index.ts";
import { createProgress } from "./progress.ts";

const TABLE = "run";
const ROWS_SHOWN = 1_000;

export const queryCommand = command({
  words: ["query"],
  summary: "ask recordings in SQL: their samples, margins, V_s, causes and verdicts as the table run",
  takes: "<sql> <bag|table|folder…>",
  example:
    "cellgate query \"select name, min(remaining) from run where kind = 'margin' group by name\" tables/",
  options: {
    deployment: optional(
      kinds.deploymentFile,
      "the cell that judges recordings; a tape of this node brings its own",
    ),
    jobs: optional(kinds.count(1_024), "recordings at a time (default: the machine's cores)"),
    json: flag("one JSON object for each row instead of a table"),
  },
  async run(input, io) {
    const [sql, ...places] = input.positionals;
    if (sql === undefined || places.length === 0)
      throw new UserError(
        "a query needs SQL and a place",
        'for example cellgate query "select count(*) from run" run.parquet',
      );
    const { deployment, jobs, json } = input.values;
    const tables = places.flatMap(tablesBelow);
    const recordings = places.flatMap((place) => (isTableFile(place) ? [] : recordingsBelow(place)));
    const bags = recordings.filter(
      (bag) => tables.length === 0 || statSync(bag, { throwIfNoEntry: false })?.isFile() === true,
    );
    if (tables.length === 0 && bags.length === 0)
      throw new UserError(
        "nothing to ask",
        "name tables (.parquet), recordings (.mcap, .db3) or folders of them",
      );
    const folder = mkdtempSync(join(tmpdir(), "cellgate-query-"));
    try {
      const replayed = await replayInto(folder, bags, deployment, jobs ?? availableParallelism(), io);
      const database = await openDuckDb();
      try {
        return await ask(database, [...tables, ...replayed], sql, json, io);
      } finally {
        database.closeSync();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});

const isTableFile = (path: string): boolean => path.endsWith(".parquet") && !isFolder(path);
const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
/** Tables that were exported before: a file, or all in a folder. */
function tablesBelow(place: string): string[] {
  if (!isFolder(place)) return place.endsWith(".parquet") ? [resolve(place)] : [];
  return readdirSync(place, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".parquet"))
    .sort()
    .map((name) => resolve(place, name));
}

/** Recordings become tables that live as long as the question. */
async function replayInto(
  folder: string,
  bags: readonly string[],
  deployment: string | undefined,
  jobs: number,
  io: Io,
): Promise<string[]> {
  if (bags.length === 0) return [];
  const config = deployment === undefined ? null : requireDeployment(deployment);
  const tasks = bags.map(
    (bag, i): ReplayTask => ({
      ...PLAIN_REPLAY,
      bag,
      deployment:
        config === null ? null : { text: JSON.stringify(config.deployment), file: resolve(config.file) },
      out: join(folder, `${String(i).padStart(5, "0")}.parquet`),
      version: programVersion(),
    }),
  );
  const bar = createProgress(io, `replaying ${bags.length} recordings`, 100, "%");
  const results = await runJobs(tasks, jobs, (p) =>
    bar.update(Math.round(100 * p.doneShare), `${p.finished} done`),
  );
  bar.finish();
  const bad = results.flatMap((r, i) => (r.ok ? [] : [`${bags[i]!}: ${r.error}`]));
  // an answer that leaves recordings out would pass for one about all
  if (bad.length > 0)
    throw new UserError(bad.join("\n"), "name only recordings that can be replayed", EXIT.failed);
  return tasks.flatMap(({ out }) => (out === null ? [] : [out]));
}

async function ask(
  database: Connection,
  files: readonly string[],
  sql: string,
  json: boolean,
  io: Io,
): Promise<number> {
  const list = files.map((file) => `'${file.replaceAll("'", "''")}'`).join(", ");
  try {
    await database.run(`create view ${TABLE} as select * from read_parquet([${list}], union_by_name = true)`);
    const answer = await database.runAndReadAll(sql);
    const names = answer.columnNames();
    const rows = answer.getRowsJson();
    if (json)
      for (const row of rows)
        io.out(JSON.stringify(Object.fromEntries(names.map((name, i) => [name, row[i]]))));
    else print(names, rows, io);
    return EXIT.ok;
  } catch (cause) {
    throw new UserError(
      (cause as Error).message,
      `the table is ${TABLE}; its columns: select * from ${TABLE} limit 1`,
      EXIT.found,
    );
  }
}

const textOf = (value: unknown): string =>
  value === null || value === undefined
    ? ""
    : typeof value === "object"
      ? JSON.stringify(value)
      : String(value);
function print(names: readonly string[], rows: readonly (readonly unknown[])[], io: Io): void {
  const shown = rows.slice(0, ROWS_SHOWN).map((row) => row.map(textOf));
  const widths = names.map((name, i) => Math.max(name.length, ...shown.map((row) => row[i]!.length)));
  for (const row of [names, ...shown])
    io.out(
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join("  ")
        .trimEnd(),
    );
  if (rows.length > ROWS_SHOWN) io.out(`… and ${rows.length - ROWS_SHOWN} more rows; --json prints them all`);
}
