import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../../../src/cli/cli.ts";
import { EXIT } from "../../../src/cli/command.ts";
import { COMMANDS } from "../../../src/cli/registry.ts";
import { loadDeployment } from "../../../src/node/deployment/index.ts";
import { readDeploymentFiles } from "../../../src/node/deployment/files.ts";
import { createKinematics } from "../../../src/core/robot/index.ts";
import { armText, robotOf, SIX_AXIS, sixAxisYaml, ur5eYaml } from "./arms.ts";

const SKILLS = `gate:
  targets: { arm: { path: /arm, verbs: [program] } }
  facts: [ready]
  skills: { weld: { durationMs: 400, requires: [ready], risk: high, pause: true } }
  approvals: { highRiskPersons: 1 }
`;
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cellgate-arm-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function checked(
  urdf: string,
  robot = sixAxisYaml(),
  gate = SKILLS,
): Promise<{ code: number; words: string }> {
  const file = join(folder, "cell.yaml");
  writeFileSync(file, armText(robot) + gate);
  writeFileSync(join(folder, "six-axis.urdf"), urdf);
  const words: string[] = [];
  const say = (line: string): void => void words.push(line);
  const io = { out: say, err: say, interactive: false, columns: 100, cwd: folder, env: {} };
  const code = await runCli(["config", "check", file], COMMANDS, "0.0.0", io);
  return { code, words: words.join("\n") };
}

describe("cellgate config check", () => {
  test("a good arm is good, without a word about the sandbox", async () => {
    const { code, words } = await checked(SIX_AXIS);
    expect(words).toMatch(/good\. Cell arm_cell/);
    expect(words).not.toContain("sandbox");
    expect(code).toBe(EXIT.ok);
  });
  test("an arm that the sandbox cannot know is good, and told what to add, where a skill is high-risk", async () => {
    const bare = SIX_AXIS.replace(/<inertial>[\s\S]*?<\/inertial>/g, "");
    const { code, words } = await checked(bare);
    expect(words).toMatch(/SANDBOX_NO_MODEL.*Missing: <inertial> with mass and inertia of link "turret"/);
    expect(code).toBe(EXIT.ok);
    expect((await checked(bare, sixAxisYaml(), SKILLS.replace("high", "low"))).words).not.toContain(
      "sandbox",
    );
    expect((await checked(SIX_AXIS, ur5eYaml())).words).not.toContain("sandbox");
  });
  test("masses that no body has are no configuration, for the check and for the node", async () => {
    const { code, words } = await checked(SIX_AXIS.replace('<mass value="4.6"/>', '<mass value="-1"/>'));
    expect(code).toBe(EXIT.usage);
    expect(words).toMatch(/link "forearm": mass -1 kg is not positive[\s\S]*correct robot.kinematics/);
    const loaded = loadDeployment(join(folder, "cell.yaml"));
    expect(loaded.ok && readDeploymentFiles(loaded)).toMatchObject({ ok: false });
  });
  test("a URDF that is not there", async () => {
    await checked(SIX_AXIS);
    rmSync(join(folder, "six-axis.urdf"));
    const loaded = loadDeployment(join(folder, "cell.yaml"));
    expect(loaded.ok && readDeploymentFiles(loaded)).toMatchObject({
      ok: false,
      error: { what: expect.stringContaining("robot.kinematics.urdf") },
    });
  });
});

describe("the guide's section", () => {
  test("is one that the sandbox takes", () => {
    const readme = readFileSync(
      resolve(import.meta.dirname, "../../../docs/guides/actions-and-verdicts.md"),
      "utf8",
    );
    const section = /```yaml fragment\nrobot:\n[^`]*?( {2}dynamics:[^`]*)```/.exec(readme)?.[1];
    const joint = (name: string) =>
      `    - { name: ${name}, minRad: -3, maxRad: 3, maxRadPerS: 2, maxRadPerS2: 10, maxEffortNm: 90 }\n`;
    const robot = `robot:
  name: two
  massMovingKg: 11
  payloadKg: 2
  stopTimeMs: 200
  stopDistanceM: 0.1
  maxToolSpeedMPerS: 1.5
  positionUncertaintyM: 0.01
  kinematics: { dh: [{ aM: -0.4, alphaRad: 0, dM: 0.2 }, { aM: -0.3, alphaRad: 0, dM: 0 }] }
  joints:
${joint("one")}${joint("two")}${section}`;
    expect(createKinematics(robotOf(robot)).dynamics).toMatchObject({ order: [0, 1] });
  });
});
