import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openDuckDb } from "../../../src/cli/duckdb.ts";
import { type Column, GROUP_ROWS, TableWriter } from "../../../src/edge/recordings/table/index.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-table-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const COLUMNS = [
  { name: "t_us", type: "micros" },
  { name: "time", type: "time" },
  { name: "name", type: "text" },
  { name: "value", type: "number" },
  { name: "values", type: "numbers" },
] as const satisfies readonly Column[];
const TEXTS = ["a", 'b, "c"', "ä\n", null];
const EPOCH = 1_767_225_600_000_000;
interface Row {
  t: number;
  text: string | null;
  value: number;
  list: number[];
}
const rowAt = (i: number): Row => ({
  t: i * 997,
  text: TEXTS[i % 4] ?? null,
  value: i % 5 === 0 ? Number.NaN : i / 8 - 3,
  list: Array.from({ length: i % 4 }, (_, k) => i + k / 2),
});
async function written(name: string, rows: number, of = rowAt): Promise<string> {
  const path = join(folder, name);
  const table = new TableWriter(path, COLUMNS, "test");
  for (let i = 0; i < rows; i++) {
    const { t, text, value, list } = of(i);
    table.number(0, t);
    table.number(1, EPOCH + t);
    table.text(2, text);
    table.number(3, value);
    table.list(4, list, list.length);
    table.next();
  }
  expect(await table.end()).toBeNull();
  return path;
}
const duck = await openDuckDb().then(
  (connection) => connection,
  () => null,
);

describe("a table as Parquet, read by another's reader", () => {
  test.skipIf(duck === null)(
    "each cell comes back, over several groups (skipped without DuckDB)",
    async () => {
      const rows = GROUP_ROWS + 1_003;
      const path = await written("all.parquet", rows);
      const answer = await duck!.runAndReadAll(
        `select t_us, epoch_us(time) - ${EPOCH}, name, value, values from read_parquet('${path}')`,
      );
      const read = answer.getRowsJson();
      expect(read).toHaveLength(rows);
      for (const i of [0, 1, 2, 3, 4, 5, 64, GROUP_ROWS - 1, GROUP_ROWS, GROUP_ROWS + 1, rows - 1]) {
        const { t, text, value, list } = rowAt(i);
        expect(read[i]).toEqual([String(t), String(t), text, Number.isNaN(value) ? null : value, list]);
      }
    },
  );
  test.skipIf(duck === null)(
    "sums agree, and columns that hold nothing are empty (skipped without DuckDB)",
    async () => {
      const rows = 10_000;
      const all = Array.from({ length: rows }, (_, i) => rowAt(i));
      const path = await written("sums.parquet", rows, (i) => ({ ...rowAt(i), text: null }));
      const answer = await duck!.runAndReadAll(
        `select sum(value)::double, count(value)::int, count(name)::int, sum(list_sum(values))::double, max(len(values))::int from read_parquet('${path}')`,
      );
      const values = all.map((r) => r.value).filter((v) => !Number.isNaN(v));
      const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
      expect(answer.getRowsJson()[0]).toEqual([
        sum(values),
        values.length,
        0,
        sum(all.flatMap((r) => r.list)),
        3,
      ]);
    },
  );
  test.skipIf(duck === null)("a table without rows is one (skipped without DuckDB)", async () => {
    const path = await written("none.parquet", 0);
    const answer = await duck!.runAndReadAll(`select count(*)::int from read_parquet('${path}')`);
    expect(answer.getRowsJson()).toEqual([[0]]);
  });
  test("its head and tail are those of the format", async () => {
    const bytes = readFileSync(await written("marks.parquet", 10));
    expect(bytes.subarray(0, 4).toString()).toBe("PAR1");
    expect(bytes.subarray(-4).toString()).toBe("PAR1");
    expect(bytes.readUInt32LE(bytes.length - 8)).toBeLessThan(bytes.length);
  });
});

describe("a table as CSV", () => {
  test("quotes what needs it, leaves out what is none", async () => {
    const text = readFileSync(await written("t.csv", 5), "utf8");
    expect(text).toBe(
      [
        "t_us,time,name,value,values",
        "0,2026-01-01T00:00:00.000Z,a,,",
        '997,2026-01-01T00:00:00.000Z,"b, ""c""",-2.875,1',
        '1994,2026-01-01T00:00:00.001Z,"ä',
        '",-2.75,2 2.5',
        "2991,2026-01-01T00:00:00.002Z,,-2.625,3 3.5 4",
        "3988,2026-01-01T00:00:00.003Z,a,-2.5,",
        "",
      ].join("\n"),
    );
  });
});
