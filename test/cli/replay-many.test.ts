import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXIT } from "../../src/cli/command.ts";
import { runCommand, type Said } from "./run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-many-"));
const DEMO = join(import.meta.dirname, "../../launch/demo-cell.yaml");
const COUNT = 120;
const bags = Array.from({ length: COUNT }, (_, i) => join(folder, `run-${String(i).padStart(3, "0")}.mcap`));
beforeAll(() => {
  for (const bag of bags) writeFileSync(bag, "this is no recording");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const replay = (...more: string[]): Promise<Said> =>
  runCommand(["replay", ...bags, "--deployment", DEMO, "--jobs", "1", ...more], { cwd: folder });
const tried = ({ err }: Said): number => bags.filter((bag) => err.includes(`${bag}: `)).length;

describe("18.6 many recordings are a run of many", { timeout: 60_000 }, () => {
  test("the first is broken: it ends at scale 1, and nothing else was begun", async () => {
    const said = await replay();
    expect(said.code).toBe(EXIT.failed);
    expect(said.err).toContain(`replay: ${COUNT} items make a plan: 1 → 10 → 100 → ${COUNT}`);
    expect(said.err).toMatch(/ROLLOUT_ABORT_FAILURES: ABORT at scale 1: 1 of 1 failed/);
    expect(tried(said)).toBe(1);
  });
  test("all at once needs a reason, which is written down", async () => {
    expect((await replay("--all-at-once")).code).toBe(EXIT.usage);
    const said = await replay("--all-at-once", "--because", "the archive is known to be broken");
    expect(tried(said)).toBe(COUNT);
    const kept = await runCommand(["ledger", "show", "--type", "config_change", "--data", "rollouts"], {
      cwd: folder,
    });
    expect(kept.out).toContain("replay: all at once");
  });
  test("a file cellgate.stop ends it", async () => {
    writeFileSync(join(folder, "cellgate.stop"), "");
    const said = await replay();
    expect([said.code, tried(said)]).toEqual([EXIT.failed, 0]);
    expect(said.err).toContain("ROLLOUT_KILLED");
  });
});
