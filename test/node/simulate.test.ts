import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Effect } from "../../src/core/domain/index.ts";
import { runNode } from "../../src/fleet/index.ts";
import type { RunRequest } from "../../src/node/run/index.ts";
import { runCommand } from "../cli/run-command.ts";

/** Any cell of one's own without its wires, and the demonstration in which a planner proposes. */
const folder = mkdtempSync(join(tmpdir(), "cellgate-simulate-"));
const launch = resolve(import.meta.dirname, "../../launch");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Seen {
  readonly codes: string[];
  readonly states: string[];
  readonly verdicts: string[];
  readonly digest: string;
}
let runs = 0;
async function watch(deployment: string, seconds: number, more: Partial<RunRequest>): Promise<Seen> {
  const [codes, states, verdicts]: [string[], string[], string[]] = [[], [], []];
  const hear = (effect: Effect): void => {
    if (effect.kind === "block" && effect.first) codes.push(effect.code);
    if (effect.kind !== "receipt") return;
    const { body } = effect.receipt;
    if (body.receipt_type === "state_change") states.push(body.to);
    if (body.receipt_type === "gate_decision") verdicts.push(`${body.decision} ${body.action_id}`);
    if (body.receipt_type === "block") verdicts.push(`RED ${body.action_id} ${body.code}`);
    if (body.receipt_type === "approval") verdicts.push(`${body.outcome} ${body.action_id}`);
    if (body.receipt_type === "permit_used") verdicts.push(`${body.outcome} ${body.action_id}`);
  };
  const end = await runNode({
    deployment,
    dataDir: join(folder, `data-${runs++}`),
    seed: 7,
    lengthMs: seconds * 1_000,
    speed: "max",
    follow: (life) => {
      life.observe(hear);
      return {};
    },
    ...more,
  });
  return { codes, states, verdicts, digest: end.digest };
}

describe("a cell of one's own, simulated", () => {
  test("an arm on the wire of ROS 2 stops for a person, a push and its e-stop, and is let go again", async () => {
    const { codes, states } = await watch(join(launch, "dds-cell.yaml"), 34, { simulate: {} });
    expect(codes.filter((code) => !code.includes("START"))).toEqual(
      expect.arrayContaining(["ZONE_STOP", "FORCE_LIMIT", "ESTOP_PRESSED"]),
    );
    expect(states.filter((s) => s === "RUNNING").length).toBeGreaterThanOrEqual(3);
  });
  test("a fault on request is found by the rule that is there for it; the same seed gives the same receipts", async () => {
    const faults = ["base_scan=lost@3s", "wrist_ft=frozen@2s"];
    const once = await watch(join(launch, "dds-cell.yaml"), 5, { simulate: { faults } });
    expect(once.codes).toContain("SOURCE_FROZEN");
    const again = await watch(join(launch, "dds-cell.yaml"), 5, { simulate: { faults } });
    expect(again.digest).toBe(once.digest);
  });
  test("a fault that names nothing, and a cell that is simulated already, are said", async () => {
    const run = (...argv: string[]) => runCommand(["run", ...argv], { cwd: folder });
    const wrong = await run(join(launch, "dds-cell.yaml"), "--simulate", "--fault", "scan=lost");
    expect(wrong.err).toMatch(/"lost" needs one of .*base_scan/s);
    expect((await run(join(launch, "dds-cell.yaml"), "--fault", "base_scan=lost")).err).toMatch(
      /needs --simulate/,
    );
    expect((await run(join(launch, "demo-cell.yaml"), "--simulate")).err).toMatch(/simulated cell already/);
  });
});

describe("the demonstration", () => {
  test("GREEN, YELLOW, RED and an approval come by within the first minute", async () => {
    const { verdicts } = await watch(join(launch, "demo-cell.yaml"), 32, { planner: true });
    expect(verdicts).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^GREEN/),
        "YELLOW home-1",
        "completed home-1",
        "RED unsure-1 CONFIDENCE_LOW",
        "granted unsure-1",
        "completed unsure-1",
        "RED out-of-reach-1 JOINT_LIMIT_EXCEEDED",
      ]),
    );
  });
});

describe("a robot by its URDF alone", () => {
  const write = (robot: string): string => {
    const file = join(folder, "arm.yaml");
    copyFileSync(resolve(import.meta.dirname, "../core/robot/six-axis.urdf"), join(folder, "arm.urdf"));
    const text = readFileSync(join(launch, "dds-cell.yaml"), "utf8");
    writeFileSync(file, text.replace(/^robot:\n(?: .*\n)+/m, robot).replace("joints: 6, ", "joints: 6, "));
    return file;
  };
  test("joints, limits and kinematics are read; what it does not say is taken carefully and said", async () => {
    const file = write("robot: { urdf: arm.urdf, massMovingKg: 26, payloadKg: 5 }\n");
    const { code, out, err } = await runCommand(["config", "check", file]);
    expect(err).not.toMatch(/problem/);
    expect(code).toBe(0);
    expect(out).toMatch(/taken carefully: a URDF knows no stopping: at most 0\.25 m\/s/);
    const shown = JSON.parse((await runCommand(["config", "show", file])).out) as {
      robot: { joints: { name: string }[]; stopTimeMs: number };
    };
    expect(shown.robot.joints).toHaveLength(6);
    expect(shown.robot.stopTimeMs).toBe(1_000);
  });
  test("what stands beside it goes before; a file that is not there is said at its line", async () => {
    const stated = write("robot: { urdf: arm.urdf, massMovingKg: 26, payloadKg: 5, stopTimeMs: 320 }\n");
    expect(JSON.parse((await runCommand(["config", "show", stated])).out)).toMatchObject({
      robot: { stopTimeMs: 320 },
    });
    const missing = write("robot: { urdf: none.urdf }\n");
    expect((await runCommand(["config", "check", missing])).err).toMatch(
      /arm\.yaml:\d+:\d+ robot\.urdf: none\.urdf cannot be read/,
    );
  });
});
