import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readFileSync } from "node:fs";
import { runCli } from "../../../../src/cli/cli.ts";
import type { Io } from "../../../../src/cli/command.ts";
import { COMMANDS } from "../../../../src/cli/registry.ts";
import { readPflLimits } from "../../../../src/edge/keys/index.ts";
import { ControlRig, OPERATORS } from "./rig.ts";

let rig: ControlRig;
const said: string[] = [];
const complained: string[] = [];
const run = (...argv: string[]): Promise<number> => {
  said.length = 0;
  complained.length = 0;
  const io: Io = {
    out: (line) => said.push(line),
    err: (line) => complained.push(line),
    interactive: false,
    columns: 100,
    cwd: rig.dir,
    env: {},
  };
  return runCli(argv, COMMANDS, "0.0.0", io);
};
const asLead = ["--data", ".", "--as", "lead"];
beforeEach(async () => {
  rig = await new ControlRig().open();
});
afterEach(() => rig.close());

describe("commands that talk to a node", () => {
  test("reset makes one rising edge and says that the cell is still blocked", async () => {
    expect(await run("reset", ...asLead, "--because", "free again")).toBe(0);
    expect(rig.calls.map((c) => (c.body["act"] as { level: number }).level)).toEqual([0, 1, 0]);
    expect(new Set(rig.calls.map((c) => c.body["requestId"])).size).toBe(3);
    expect(rig.calls[1]!.body["reason"]).toBe("free again");
    expect(said.join("\n")).toMatch(/still blocked.*cellgate resume/);
  });

  test("resume, ack, kill and its release", async () => {
    expect(await run("resume", ...asLead)).toBe(0);
    expect(await run("ack", "RULE_FAILED", "near", ...asLead)).toBe(0);
    expect(await run("kill", ...asLead)).toBe(0);
    expect(await run("kill", "--release", ...asLead)).toBe(0);
    expect(rig.calls.map((c) => (c.body["act"] as { name: string }).name)).toEqual([
      "resume",
      "acknowledge",
      "kill",
      "unkill",
    ]);
  });

  test("a refusal is said with its remedy and exit code 1", async () => {
    rig.outcome = { accepted: false, code: "RESUME_NOT_READY", detail: "ESTOP_PRESSED" };
    expect(await run("resume", ...asLead)).toBe(1);
    expect(complained.join("\n")).toMatch(/not ready.*ESTOP_PRESSED[\s\S]*→/);
  });

  test("status in words without colours, and as JSON", async () => {
    expect(await run("status", ...asLead)).toBe(0);
    expect(said.join("\n")).toContain("not a safety-rated device");
    expect(said.join("\n")).not.toContain("\x1b");
    expect(await run("status", "--json", ...asLead)).toBe(0);
    expect(JSON.parse(said[0]!)).toMatchObject({ state: "STOPPED" });
  });

  test("mistakes are named with their remedy", async () => {
    expect(await run("status", "--data", ".")).toBe(2);
    expect(complained.join("\n")).toMatch(/--as guest or --as lead/);
    expect(await run("status", "--data", "nowhere")).toBe(2);
    expect(complained.join("\n")).toMatch(/--data DIR/);
    expect(await run("ack", "RULE_FAILED", ...asLead)).toBe(2);
    expect(await run("status", ...asLead, "--url", "http://127.0.0.1:9")).toBe(3);
    expect(complained.join("\n")).toMatch(/ECONNREFUSED/);
    writeFileSync(join(rig.dir, "operators/lead.token"), "wrong\n");
    expect(await run("resume", ...asLead)).toBe(3);
    expect(complained.join("\n")).toMatch(/token missing or wrong/);
  });

  test("the only operator needs no name", async () => {
    const other = await new ControlRig().open({}, OPERATORS.slice(0, 1));
    expect(await run("status", "--json", "--data", other.dir)).toBe(0);
    await other.close();
  });
});

describe("G38 the signed table of contact limits", () => {
  const shipped = resolve(import.meta.dirname, "../../../../launch/pfl-limits.json");
  const KEY = "cec5c843fabddacde1ba6415cf802674f62dc08d42b2b2c1396364e285867e00";

  test("G38 the shipped table verifies with the published key and with no other", async () => {
    expect(await run("limits", "verify", shipped, "--public-key", KEY)).toBe(0);
    expect(said.join("\n")).toMatch(/face\s+65 N\s+transient contact not permitted/);
    expect(await run("limits", "verify", shipped, "--public-key", `${KEY.slice(0, -1)}1`)).toBe(1);
    expect(readPflLimits(shipped, "0".repeat(64)).ok).toBe(false);
  });

  test("G38 one changed byte, a missing signature or a wrong table is refused", async () => {
    const dir = mkdtempSync(join(tmpdir(), "cellgate-limits-"));
    const file = join(dir, "own.json");
    const text = readFileSync(shipped, "utf8");
    writeFileSync(file, text);
    expect(await run("limits", "verify", file, "--public-key", KEY)).toBe(1);
    writeFileSync(`${file}.sig`, readFileSync(`${shipped}.sig`));
    expect(await run("limits", "verify", file, "--public-key", KEY)).toBe(0);
    writeFileSync(file, text.replace('"quasiStaticForceN": 140', '"quasiStaticForceN": 141'));
    expect(await run("limits", "verify", file, "--public-key", KEY)).toBe(1);
    expect(complained.join("\n")).toMatch(/signature does not hold/);

    const { privateKey } = generateKeyPairSync("ed25519");
    writeFileSync(join(dir, "own.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
    expect(await run("limits", "sign", file, "--key", join(dir, "own.pem"))).toBe(0);
    const key = /publicKey: "([0-9a-f]{64})"/.exec(said.join("\n"))![1]!;
    expect(await run("limits", "verify", file, "--public-key", key)).toBe(0);
    writeFileSync(file, text.replace('"transientFactor": null', '"transientFactor": 2'));
    expect(await run("limits", "sign", file, "--key", join(dir, "own.pem"))).toBe(2);
    expect(complained.join("\n")).toMatch(/skull and face/);
    rmSync(dir, { recursive: true });
  });
});
