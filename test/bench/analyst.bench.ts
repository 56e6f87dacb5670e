import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDuckDb } from "../../src/cli/duckdb.ts";
import { TableWriter } from "../../src/edge/recordings/table/index.ts";
import { RUN_COLUMNS } from "../../src/lab/replay/run-table.ts";
import type { Bench, Figure } from "./bench.ts";

const ROWS = 2_000_000;
const FOLDER_BYTES = 1e9;
const EPOCH = 1_767_225_600_000_000;

/** Rows as a replay gives them: half of them samples with six numbers that never repeat, half of them margins. */
async function writeTable(path: string, rows: number): Promise<number> {
  const before = process.cpuUsage();
  const table = new TableWriter(path, RUN_COLUMNS, "bench");
  const row = new Float64Array(6);
  for (let i = 0; i < rows; i++) {
    const margin = i % 2 === 1;
    for (let k = 0; k < 6; k++) row[k] = Math.sin(i * 0.01 + k) * 5;
    table.text(0, "bench.mcap");
    table.number(1, i * 1_000);
    table.number(2, EPOCH + i * 1_000);
    table.text(3, margin ? "margin" : "sample");
    table.text(4, margin ? "wrist" : "wrist_ft");
    table.text(5, margin ? "FORCE_LIMIT" : null);
    table.number(6, row[0]!);
    table.number(7, margin ? 80 : Number.NaN);
    table.number(8, margin ? 80 - row[0]! : Number.NaN);
    table.text(9, margin ? "N" : null);
    table.text(10, "RUNNING");
    table.text(11, null);
    table.list(12, row, margin ? 0 : 6);
    table.next();
  }
  const problem = await table.end();
  if (problem !== null) throw new Error(problem);
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1e6;
}

async function summaryFigure(folder: string, table: string): Promise<Figure[]> {
  const { size } = statSync(table);
  const copies = Math.max(1, Math.round(FOLDER_BYTES / size));
  const many = join(folder, "many");
  mkdirSync(many);
  for (let i = 0; i < copies; i++) copyFileSync(table, join(many, `${i}.parquet`));
  const database = await openDuckDb();
  const began = performance.now();
  await database.runAndReadAll(
    `select kind, name, code, count(*), min(remaining), max(value) from read_parquet('${many}/*.parquet') group by all`,
  );
  const seconds = (performance.now() - began) / 1_000;
  database.closeSync();
  return [
    {
      name: `query: ${((copies * size) / 1e9).toFixed(2)} GB of tables summarised`,
      value: seconds,
      unit: "s",
      target: "≤ 2 s",
      note: `${((copies * ROWS) / 1e6).toFixed(0)} million rows; wall time: only on a quiet machine`,
    },
  ];
}

export const benches: readonly Bench[] = [
  {
    name: "analyst",
    async run() {
      const folder = mkdtempSync(join(tmpdir(), "cellgate-analyst-bench-"));
      try {
        const table = join(folder, "run.parquet");
        const parquet = await writeTable(table, ROWS);
        const csv = await writeTable(join(folder, "run.csv"), ROWS / 10);
        return [
          {
            name: "table: Parquet export",
            value: ROWS / parquet,
            unit: "rows/s",
            baseline: ROWS / 10 / csv,
            ratio: (10 * csv) / parquet,
            target: "≥ 300,000 per core",
            note: "baseline: the same rows as CSV",
          },
          ...(await summaryFigure(folder, table)),
        ];
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  },
];
