import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXIT } from "../../src/cli/command.ts";
import { runCommand, type Said } from "../cli/run-command.ts";

/** Replaying an archive as a rollout, as a person does it: real recordings, real replays, one machine. */
const ROOT = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "cellgate-archive-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const PERSON = ["--as", "anna", "--because", "test"] as const;

const cellgate = (...args: string[]): Promise<Said> => runCommand(args, { cwd: folder });
const BAGS = 12;
function planOf(id: string, bags: string, more: readonly string[] = []): string {
  const file = join(folder, `${id}.yaml`);
  const lines = [
    `rollout: ${id}`,
    "automation: replay-archive",
    `archive: { deployment: demo-cell.yaml, bags: ["${bags}/*.mcap"], out: out-${id}, jobs: 1 }`,
    "judge: { cellFailureMax: 0.05, growthMax: 100 }",
    ...more,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}
const start = async (id: string, ...more: string[]) => {
  const { code, out, err } = await cellgate("rollout", "start", id, ...PERSON, "--json", ...more);
  if (out === "") throw new Error(err);
  return { code, ...(JSON.parse(out) as { view: Record<string, unknown> }) };
};

describe("F36 an archive is replayed 1 → 10 → all", () => {
  beforeAll(async () => {
    for (const name of ["demo-cell.yaml", "robot-factory.head.json"])
      copyFileSync(join(ROOT, "launch", name), join(folder, name));
    mkdirSync(join(folder, "bags"));
    const first = join(folder, "bags/00.mcap");
    const data = join(folder, "data");
    await cellgate(
      "run",
      join(folder, "demo-cell.yaml"),
      "--for",
      "500ms",
      "--seed",
      "3",
      "--speed",
      "max",
      "--tape",
      first,
      "--data",
      data,
    );
    expect(existsSync(first)).toBe(true);
    for (let i = 1; i < BAGS; i++)
      copyFileSync(first, join(folder, "bags", `${String(i).padStart(2, "0")}.mcap`));
  }, 120_000);

  test("with a person between the stages, over the end of the process; each recording once", async () => {
    const planned = await cellgate("rollout", "plan", planOf("good", "bags"));
    expect([planned.code, planned.err]).toEqual([EXIT.ok, ""]);
    expect(planned.out).toContain("1 → 10 → 12");
    expect(await start("good", "--until-pause")).toMatchObject({
      view: { state: "paused", told: 1, changed: 1 },
    });
    expect(readdirSync(join(folder, "out-good"))).toHaveLength(1);
    expect((await cellgate("rollout", "status", "good")).out).toMatch(/PAUSED[\s\S]*█+ 1\/1 {2}now here/);
    for (const told of [10, 12]) {
      await cellgate("rollout", "advance", "good", ...PERSON);
      expect(await start("good", "--until-pause")).toMatchObject({ view: { told, changed: told } });
    }
    expect(readdirSync(join(folder, "out-good"))).toHaveLength(BAGS);
    expect((await cellgate("rollout", "status", "good", "--json")).out).toContain('"state":"done"');
    const shown = await cellgate("ledger", "show", "--data", "rollouts", "--type", "rollout");
    expect(shown.out.match(/verdict=(?!hold)\w+/g)).toEqual([
      "verdict=start",
      "verdict=pause",
      "verdict=advance",
      "verdict=pause",
      "verdict=advance",
      "verdict=done",
    ]);
    expect(
      (await cellgate("ledger", "show", "--data", "rollouts", "--type", "audit")).out.split("\n"),
    ).toHaveLength(3);
  }, 240_000);

  test("recordings that cannot be replayed abort the stage; what was written is removed; it is final", async () => {
    mkdirSync(join(folder, "mixed"));
    for (const name of readdirSync(join(folder, "bags")))
      copyFileSync(join(folder, "bags", name), join(folder, "mixed", name));
    writeFileSync(join(folder, "mixed/05.mcap"), "this is no recording");
    await cellgate("rollout", "plan", planOf("mixed", "mixed", ["pauseAfterStage: false"]));
    const ended = await start("mixed");
    expect(ended).toMatchObject({ code: EXIT.found, view: { state: "aborted", told: 10, stillToGoBack: 0 } });
    expect(readdirSync(join(folder, "out-mixed"))).toEqual([]);
    expect((await cellgate("rollout", "advance", "mixed", ...PERSON)).code).toBe(EXIT.found);
    expect(await start("mixed")).toMatchObject({ view: { state: "aborted" } });
  }, 240_000);

  test("no name, no reason, a changed plan, a plan that does not pass: refused with words", async () => {
    expect((await cellgate("rollout", "start", "good")).err).toMatch(/--as NAME/);
    expect((await cellgate("rollout", "start", "good", "--as", "a")).err).toMatch(/--because/);
    expect(
      (await cellgate("rollout", "plan", planOf("good", "bags", ["generation: 1", "pauseAfterStage: false"])))
        .err,
    ).toMatch(/another name/);
    expect((await cellgate("rollout", "status", "nobody")).err).toMatch(/good, mixed/);
    const frozen = await cellgate("audit", "good.yaml", "--json");
    expect(JSON.parse(frozen.out)).toMatchObject({ passed: true });
  }, 60_000);
});
