import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runCommand, type Said } from "./run-command.ts";

const launch = join(import.meta.dirname, "../../launch");
const folder = mkdtempSync(join(tmpdir(), "cellgate-check-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
/** `config check` of a shipped deployment with some lines altered; each has to be there. */
function check(name: string, ...altered: readonly (readonly [from: string, to: string])[]): Promise<Said> {
  let text = readFileSync(join(launch, name), "utf8");
  for (const [from, to] of altered) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  const file = join(folder, `${files++}.yaml`);
  writeFileSync(file, text);
  return runCommand(["config", "check", file]);
}
const ENERGY =
  '  energy: { monitored: false, because: "no risk head has been trained on this cell yet; see cellgate train" }\n';

describe("config check says what a deployment cannot do", () => {
  it.each(["ros2-cell.yaml", "dds-cell.yaml", "nav2-base.yaml", "policy-cell.yaml"])(
    "%s: everything can be done, and something can pass",
    async (name) => {
      const { code, err } = await check(name);
      expect([code, err]).toEqual([0, ""]);
    },
  );
  it("a DDS wire that meets nobody by default says so, and one on an interface that asks nobody", async () => {
    const { err } = await check("dds-cell.yaml", ["    network: lo", "    # network"]);
    expect(err).toMatch(/no `network` is named.*loopback/);
    const { err: unicast } = await check("dds-cell.yaml", ["    network: lo", "    network: eth0"]);
    expect(unicast).toMatch(/eth0 without multicast and peers/);
  });
  it("nothing can pass without a head", async () => {
    const { code, err } = await check("ros2-cell.yaml", [ENERGY, ""]);
    expect(code).toBe(0);
    expect(err).toMatch(/no proposal can ever pass: trajectory at \/arm .* because ENERGY_UNTRUSTED/);
  });
  it("nothing can pass where the nearest that a scanner can see is inside the separation", async () => {
    const { err } = await check("ros2-cell.yaml", ["    max: 30\n", "    max: 0.95\n"]);
    expect(err).toMatch(/no proposal can ever pass: /);
  });
  it("an arm that cannot be slowed is named where a rule slows", async () => {
    const { err } = await check("ros2-cell.yaml", [
      "joints: 6, confirmMs: 600, slow: /joint_trajectory_controller/speed_scaling_input",
      "joints: 6, confirmMs: 600",
    ]);
    expect(err).toMatch(/actuators\.hold: .* cannot be slowed, so every slow rule stops the cell/);
  });
  it("an enforcing stage whose actuator can neither tell of an end nor end a motion is refused", async () => {
    const topic: readonly [string, string] = [
      "/cellgate/block: { message: std_msgs/Bool }",
      "/cellgate/block: { message: std_msgs/Bool }\n      /arm/program: { message: std_msgs/Bool }",
    ];
    const actuator: readonly [string, string] = [
      "  block: {",
      "  blind: { kind: blind, transport: robot, address: /arm/program, confirmMs: 400 }\n  block: {",
    ];
    const unknown = await check("ros2-cell.yaml", topic, actuator);
    expect(unknown.code).toBe(2);
    const command: readonly [string, string] = [
      actuator[0],
      actuator[1].replace("kind: blind", "kind: command"),
    ];
    const target: readonly [string, string] = ["actuator: arm, verbs", "actuator: blind, verbs"];
    const shadow = await check("ros2-cell.yaml", topic, command, target);
    expect(shadow.err).toMatch(/actuators\.blind: a permit cannot be taken back/);
    const enforced = await check("ros2-cell.yaml", topic, command, target, ["  stage: 0\n", "  stage: 2\n"]);
    // on a real wire the stages are earned: no deployment begins above the first
    expect([enforced.code, enforced.err]).toEqual([
      2,
      expect.stringMatching(/gate\.stage: a cell on real wires begins at stage 0, not 2: .*stage advance/),
    ]);
  });
});

describe("18.8 verbs are carried or refused: config check names place and remedy", () => {
  const gate = (actuator: string, verbs: string, skills = ""): readonly [string, string] => [
    "gate:\n",
    `gate:\n  targets:\n    hand: { path: /hand, actuator: ${actuator}, verbs: [${verbs}] }\n${skills}`,
  ];
  const SIM = "sim.yaml";
  it("a verb that its actuator cannot hand over", async () => {
    const { code, err } = await check(SIM, gate("arm", "gripper, twist"));
    expect(code).toBe(2);
    expect(err).toMatch(
      /\.yaml:\d+:\d+.*gate\.targets\.hand\.verbs\.1: actuator "arm" \(sim\) cannot carry twist: it takes trajectory, gripper, parameter; remove the verb/,
    );
    expect(err).not.toContain("carry gripper");
  });
  it("a plan with a skill that commands nothing, and one whose hand is no target", async () => {
    const skills =
      "  skills:\n    look: { durationMs: 300 }\n    grip: { durationMs: 300, gripper: { target: /claw, widthM: 0.01, forceN: 5 } }\n";
    const { code, err } = await check(SIM, gate("arm", "plan, trajectory", skills));
    expect(code).toBe(2);
    expect(err).toMatch(
      /gate\.skills\.look: a plan with "look" commands nothing .*waypoints, a gripper or `pause: true`/,
    );
    expect(err).toMatch(/gate\.skills\.grip\.gripper\.target: no target "\/claw" allows the verb gripper/);
  });
  it("a plan whose steps are all carried is good", async () => {
    const skills =
      "  skills:\n    rest: { durationMs: 300, pause: true }\n    grip: { durationMs: 300, gripper: { target: /hand, widthM: 0.01, forceN: 5 } }\n";
    const { code, err } = await check(SIM, gate("arm", "plan, gripper", skills), [
      "head: robot-factory.head.json",
      `head: ${join(launch, "robot-factory.head.json")}`,
    ]);
    expect([code, err]).toEqual([0, expect.not.stringContaining("gate.")]);
  });
});
