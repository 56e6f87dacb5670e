import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ROBOTS } from "../../devices/robots/index.ts";
import { requireDeployment } from "../../src/node/run/index.ts";
import { readArm } from "../../src/node/deployment/index.ts";
import { runCommand } from "./run-command.ts";

/** From nothing to a deployment that passes its check, without a question. */
const folder = mkdtempSync(join(tmpdir(), "cellgate-init-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const init = (...argv: string[]) => runCommand(["init", "--yes", ...argv], { cwd: folder });
const at = (name: string): string => join(folder, name);

/** from the floor or flange of the base to the tool, stretched; what data sheets call reach lies below it */
const REACH_M: Readonly<Record<string, readonly [number, number]>> = {
  ur3e: [0.5, 0.75],
  ur5e: [0.85, 1.2],
  ur10e: [1.3, 1.7],
  ur16e: [0.9, 1.35],
  fr3: [0.85, 1.4],
  panda: [0.85, 1.4],
  iiwa7: [0.8, 1.4],
  iiwa14: [0.82, 1.4],
  gofa5: [0.95, 1.5],
  m1013: [1.3, 1.6],
  xarm6: [0.7, 1.2],
  xarm7: [0.7, 1.2],
  two_wheels: [0.3, 0.6],
  mecanum: [0.4, 0.7],
};

describe("a robot of the library", () => {
  test.each(ROBOTS.map(({ name }) => name))(
    "%s writes a cell that passes its check, of the size of the robot",
    async (name) => {
      const said = await init("--robot", name, "--out", `${name}.yaml`);
      expect(said.err).toBe("");
      expect(said.code).toBe(0);
      const config = requireDeployment(at(`${name}.yaml`));
      const arm = readArm(config);
      if (!arm.ok) throw new Error(arm.error.what);
      const points = new Float64Array(3 * arm.value.bodyPoints);
      const home = config.deployment.robot.joints.map(({ minRad, maxRad }) =>
        Math.min(maxRad, Math.max(minRad, 0)),
      );
      arm.value.body(home, points);
      let length = 0;
      for (let i = 3; i < points.length; i += 3)
        length += Math.hypot(
          points[i]! - points[i - 3]!,
          points[i + 1]! - points[i - 2]!,
          points[i + 2]! - points[i - 1]!,
        );
      const [low, high] = REACH_M[name]!;
      expect(length).toBeGreaterThan(low);
      expect(length).toBeLessThan(high + 0.3);
      expect(readFileSync(at(`${name}.yaml`), "utf8")).toMatch(/^# yaml-language-server: \$schema=/);
    },
  );
  test("every figure says where it comes from", () => {
    for (const { sources } of ROBOTS)
      for (const { what, licence } of Object.values(sources)) {
        expect(what.length).toBeGreaterThan(10);
        expect(licence).not.toBe("");
      }
  });
});

describe("sources and mistakes", () => {
  test("a sensor, an e-stop and a stop on named ports become channels, a rule and an actuator", async () => {
    const ports = [
      "--ft",
      "serial:/dev/none0,robotiq_ft300",
      "--estop",
      "modbus:/dev/none1,3",
      "--stop",
      "modbus:/dev/none1",
    ];
    expect(await init("--robot", "ur5e", ...ports, "--out", "a.yaml")).toMatchObject({ code: 0 });
    const { deployment } = requireDeployment(at("a.yaml"));
    expect(Object.keys(deployment.transports)).toEqual(["robotiq_ft300", "modbus_safety_relay"]);
    expect(deployment.channels).toMatchObject({
      wrist_ft: { quantity: "wrench" },
      estop: { quantity: "estop" },
    });
    expect(deployment.actuators).toMatchObject({ stop: { kind: "relay", address: "coil:0" } });
  });
  test("an unknown robot, a file that is there, a source that is none and no robot are said", async () => {
    expect((await init("--robot", "ur99", "--out", "b.yaml")).err).toMatch(/no robot .*"ur99"\n.*ur3e, ur5e/);
    expect((await init("--robot", "ur5e", "--out", "a.yaml")).err).toMatch(/is there already/);
    expect((await init("--robot", "ur5e", "--ft", "usb0", "--out", "c.yaml")).err).toMatch(
      /is no source\n.*serial:PORT/,
    );
    expect((await init("--out", "d.yaml")).err).toMatch(/which robot\?/);
  });
  test("a URDF comes to lie beside the deployment, which names it alone", async () => {
    copyFileSync(resolve(import.meta.dirname, "../core/robot/six-axis.urdf"), at("mine.urdf"));
    expect(await init("--urdf", at("mine.urdf"), "--out", "u.yaml")).toMatchObject({ code: 0 });
    expect(readFileSync(at("u.yaml"), "utf8")).toMatch(
      /robot: # 6 joints to "tcp".*\n {2}urdf: "mine\.urdf"/,
    );
  });
});
