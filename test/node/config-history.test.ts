import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { programVersion } from "../../src/node/index.ts";
import { runCommand } from "../cli/run-command.ts";
import { DEMO_GATE, demoCell, demoMove } from "./demo-cell.ts";
import { NodeProcess } from "./processes.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-config-"));
const data = join(folder, "data");
const file = join(folder, "cell.yaml");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Change {
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
}
interface Shown {
  readonly body: { what: string; by: string; reason: string; details: { changes: Change[] } };
  readonly program?: string;
  readonly schema?: string;
}
const write = (change: object): void =>
  writeFileSync(
    file,
    demoCell({
      "transports.sim.scenario": "idle",
      gate: { ...DEMO_GATE, stage: 3 },
      operators: [{ name: "anna", roles: ["reset", "resume"] }],
      ...change,
    }),
  );
const run = (...more: string[]) =>
  runCommand(["run", file, "--data", data, "--seed", "3", "--speed", "max", "--for", "2s", ...more], {
    cwd: folder,
  });
async function changes(): Promise<Shown[]> {
  const { out } = await runCommand(["ledger", "show", "--type", "config_change", "--json", "--data", data], {
    cwd: folder,
  });
  return out
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { receipt?: Shown } & Shown)
    .map((line) => line.receipt ?? line)
    .filter(({ body }) => body.what === "configuration");
}

describe("18.7 the configuration is immutable and audited", { timeout: 120_000 }, () => {
  test("a start with the same one says nothing; with another one, what changed, by hand", async () => {
    write({});
    expect((await run()).code).toBe(0);
    expect((await run()).code).toBe(0);
    expect(await changes()).toEqual([]);
    write({ "rules.force.wrist.maxForceN": 65, "rules.force.wrist.slowForceN": undefined });
    expect((await run()).code).toBe(0);
    const told = await changes();
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ program: programVersion(), schema: "cellgate.receipt/1" });
    const { by, details } = told[0]!.body;
    expect(by).toBe("by hand");
    expect(details.changes).toContainEqual({
      key: "rules.force.wrist.maxForceN",
      before: expect.stringMatching(/^\d+$/),
      after: "65",
    });
    expect(details.changes.every(({ key }) => key.startsWith("rules.force.wrist."))).toBe(true);
  });
  test("what is kept is kept by its hash, and one that was altered is found", async () => {
    const kept = readdirSync(join(data, "config")).filter((name) => /^[0-9a-f]+-[0-9a-f]+\.json$/.test(name));
    expect(kept).toHaveLength(2);
    for (const name of kept) {
      chmodSync(join(data, "config", name), 0o600);
      writeFileSync(join(data, "config", name), "{}\n{}");
    }
    expect((await run()).code).toBe(0);
    expect((await changes()).at(-1)!.body.reason).toContain("had been altered");
  });
  test("explain --rerun finds the configuration by the receipt, also of a run with another scenario", async () => {
    const live = join(folder, "live");
    write({ "transports.sim.scenario": "walk-in" });
    const node = new NodeProcess(
      ...["run", file, "--data", live, "--seed", "3", "--speed", "1", "--port", "0", "--scenario", "idle"],
      ...["--for", "30m", "--json"],
    );
    try {
      await node.changedTo("RUNNING");
      const status = await runCommand(["status", "--json", "--data", live], { cwd: folder });
      const at = (JSON.parse(status.out) as { motion: { position_rad: number[] } }).motion.position_rad;
      const goal = at.map((q, j) => (j === 0 ? q + 0.1 : q));
      writeFileSync(join(folder, "move.json"), JSON.stringify(demoMove("move", goal, 1_500)));
      await runCommand(["propose", "move.json", "--wait", "60", "--data", live, "--as", "anna"], {
        cwd: folder,
      });
      await node.line(({ receipt }) => receipt?.body.receipt_type === "monte_carlo");
    } finally {
      await node.kill("SIGINT");
    }
    // the file has gone on since
    write({ "rules.force.wrist.maxForceN": 44, "rules.force.wrist.slowForceN": undefined });
    const again = await runCommand(["explain", "move", "--rerun", "--data", live], { cwd: folder });
    expect([again.code, again.out]).toEqual([0, expect.stringContaining("bit for bit the same")]);
    const other = await runCommand(["explain", "move", file, "--rerun", "--data", live], { cwd: folder });
    expect([other.code, other.out]).toEqual([1, expect.stringContaining("not the one of the receipt")]);
  });
});
