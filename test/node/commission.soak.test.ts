import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runCommand } from "../cli/run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-commission-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a whole acceptance, each step ten times, ends with every step passed", async () => {
  // the example claims 250 ms and 0.12 m; ten stops at full speed take up to 270 ms, and the acceptance says so
  const cell = join(folder, "cell.yaml");
  const example = readFileSync(resolve(import.meta.dirname, "../../launch/mqtt-cell.yaml"), "utf8");
  writeFileSync(
    cell,
    example
      .replace("stopTimeMs: 250", "stopTimeMs: 350")
      .replace("stopDistanceM: 0.12", "stopDistanceM: 0.2"),
  );
  const said = await runCommand([
    "commission",
    cell,
    "--simulate",
    "--seed",
    "7",
    "--data",
    join(folder, "d"),
    "--json",
  ]);
  const end = JSON.parse(said.out) as { done: number; left: number; failed: string[] };
  expect(end).toMatchObject({ left: 0, failed: [] });
  expect(end.done).toBeGreaterThanOrEqual(9);
  expect(readFileSync(join(folder, "d/commission/report.html"), "utf8")).toMatch(/n = 10/);
}, 180_000);
