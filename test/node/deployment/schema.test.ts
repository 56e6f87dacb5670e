import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { runCommand } from "../../cli/run-command.ts";

const LAUNCH = resolve(import.meta.dirname, "../../../launch");
const deployments = readdirSync(LAUNCH).filter(
  (name) => name.endsWith(".yaml") && /^cellgate: 1/m.test(readFileSync(join(LAUNCH, name), "utf8")),
);
const schema = async (): Promise<Record<string, unknown>> =>
  JSON.parse((await runCommand(["config", "schema"])).out) as Record<string, unknown>;
/** The validator that most editors stand on, in its strict reading of references. */
const compiled = async () => new Ajv2020({ strict: false, allErrors: true }).compile(await schema());

describe("the JSON Schema of deployment files, read by another program", () => {
  test("it compiles: no reference leads nowhere", async () => {
    await expect(compiled()).resolves.toBeTypeOf("function");
  });

  test("every deployment in launch/ satisfies it", async () => {
    const check = await compiled();
    expect(deployments.length).toBeGreaterThan(4);
    for (const name of deployments) {
      const good = check(parse(readFileSync(join(LAUNCH, name), "utf8")));
      expect(good, `${name}: ${JSON.stringify(check.errors?.slice(0, 3))}`).toBe(true);
    }
  });

  test("it refuses what config check refuses: a misspelt key, an unknown device, a device's settings", async () => {
    const check = await compiled();
    const demo = () =>
      parse(readFileSync(join(LAUNCH, "demo-cell.yaml"), "utf8")) as Record<string, Record<string, unknown>>;
    const misspelt = demo();
    misspelt["robot"]!["stopTimeMS"] = 5;
    expect(check(misspelt)).toBe(false);
    const port = { kind: "serial", path: "/dev/ttyUSB0", device: "robotiq_ft300" };
    const serial = (settings: Record<string, unknown>) => {
      const cell = demo();
      cell["transports"]!["ft"] = { ...port, ...settings };
      return cell;
    };
    expect(check(serial({})), JSON.stringify(check.errors?.slice(0, 3))).toBe(true);
    expect(check(serial({ device: "robotic_ft300" }))).toBe(false);
    expect(check(serial({ device: "modbus_safety_relay", deviceSettings: { inputs: 7 } }))).toBe(false);
  });
});

describe("the published copy", () => {
  test("launch/deployment.schema.json is what `config schema` prints, and every example points to it", async () => {
    const published = JSON.parse(readFileSync(join(LAUNCH, "deployment.schema.json"), "utf8")) as unknown;
    expect(published, "run: npx cellgate config schema > launch/deployment.schema.json").toEqual(
      await schema(),
    );
    for (const name of deployments)
      expect(readFileSync(join(LAUNCH, name), "utf8")).toMatch(
        /^# yaml-language-server: \$schema=deployment\.schema\.json\n/,
      );
  });
});
