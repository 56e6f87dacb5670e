import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXIT } from "../../src/cli/command.ts";
import { receiptsApart } from "../../src/edge/ledger/index.ts";
import { demoCell } from "../node/demo-cell.ts";
import { NodeProcess, ROOT } from "../node/processes.ts";
import { runCommand, type Said } from "./run-command.ts";

/** What a newcomer does wrong, and what they are told to do about it. */
const folder = mkdtempSync(join(tmpdir(), "cellgate-mistakes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const cli = (...argv: string[]): Promise<Said> => runCommand(argv, { cwd: folder });
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const DEMO = join(ROOT, "launch/demo-cell.yaml");

describe("mistakes are named with their place and a remedy", () => {
  const good = demoCell();
  const cases: [string, string[], RegExp][] = [
    [
      "no such deployment",
      ["run", "nope.yaml"],
      /nope\.yaml cannot be read: there is no such file\n +→ check/,
    ],
    ["a folder", ["run", folder], /it is a folder/],
    [
      "a misspelt key",
      ["run", file("typo.yaml", good.replace("path: /arm", "pth: /arm"))],
      /unknown key "pth"/,
    ],
    [
      "a missing key",
      ["run", file("no-mass.yaml", demoCell({ "robot.massMovingKg": undefined }))],
      /massMovingKg: missing/,
    ],
    [
      "no YAML",
      ["run", file("broken.yaml", good.replace("maxAgeMs: 20,", "maxAgeMs: 20"))],
      /YAML: .*just before/,
    ],
    [
      "an unknown scenario in the file",
      ["run", file("scene.yaml", good.replace("walk-in", "walk-inn"))],
      /sim\.scenario: no such scenario/,
    ],
    ["an unknown scenario", ["start", "--scenario", "idel"], /idel is unknown\n +→ .*sim list/],
    [
      "a scenario for a real cell",
      ["run", join(ROOT, "launch/mqtt-cell.yaml"), "--scenario", "idle"],
      /needs a simulated cell/,
    ],
    [
      "a head that is not there",
      ["run", file("head.yaml", demoCell({ "risk.head": "no.json" })), "--speed", "max"],
      /no\.json cannot be read/,
    ],
    [
      "a data folder that cannot be",
      ["run", DEMO, "--data", join(DEMO, "data")],
      /data folder .* cannot be written/,
    ],
    ["letters in another order", ["statsu"], /did you mean "status"/],
    ["a wrong end", ["started"], /did you mean "start"/],
    ["no proposal", ["propose", "nope.json"], /nope\.json cannot be read: there is no such file/],
    ["no JSON", ["propose", file("half.json", '{"action_id": ')], /half\.json is no JSON/],
    ["nobody there", ["status"], /no token in .*\n +→ is this the node's data folder/],
  ];
  test.each(cases)("%s", async (_, argv, says) => {
    const { code, out, err } = await cli(...argv);
    expect([code, out]).toEqual([EXIT.usage, ""]);
    expect(err).toMatch(says);
    expect(err).toContain("→");
  });

  test("several tokens and no node: the node is what is missing, not a name", async () => {
    mkdirSync(join(folder, "old/operators"), { recursive: true });
    for (const name of ["planner", "shift_lead"]) file(`old/operators/${name}.token`, "x");
    expect((await cli("status", "--data", "old")).err).toMatch(/no node is running on .*old.*\n +→ start it/);
    // a node elsewhere: nothing here says who is a person
    const elsewhere = await cli("status", "--data", "old", "--url", "http://127.0.0.1:1");
    expect(elsewhere.err).toContain("--as planner or --as shift_lead");
  });
});

describe("a node that runs", { timeout: 120_000 }, () => {
  // the default folder belongs to simulated runs from here on
  beforeAll(async () => {
    expect((await cli("run", DEMO, "--for", "100ms", "--speed", "max")).code).toBe(EXIT.ok);
  });
  test("keeps its data folder and its port: whoever wants them too is told", async () => {
    const place = ["--data", join(folder, "data"), "--port", "0"];
    const node = new NodeProcess("start", "--scenario", "idle", ...place, "--json");
    try {
      await node.changedTo("RUNNING");
      // the default folder of a simulated run is emptied first, but not below a node
      const again = await cli("run", DEMO, "--for", "1s", "--speed", "max");
      expect(again.err).toMatch(/another node is running on .*data\n +→ stop it/);
      expect(again.code).toBe(EXIT.failed);
      const tokens = readFileSync(join(folder, "data/operators/shift_lead.token"), "utf8");
      expect(tokens.length).toBeGreaterThan(20);
      // the person acts, the program proposes, without being named
      expect((await cli("kill", "--because", "trying it out")).err).toBe("");
      const asked = await cli("propose", join(ROOT, "launch/actions/home.json"));
      expect([asked.code, asked.out]).toEqual([EXIT.found, expect.stringMatching(/^RED: /)]);
      const twice = await cli("propose", join(ROOT, "launch/actions/home.json"));
      expect(twice.out).toMatch(/id repeated[\s\S]*--id home-2/);
    } finally {
      await node.kill("SIGINT");
    }
    // its end leaves the folder to the next one
    expect((await cli("run", DEMO, "--for", "1s", "--speed", "max")).code).toBe(EXIT.ok);
    expect(existsSync(join(folder, "data/operators"))).toBe(false);
  });
  test("with no broker there: status names the broker, below one line for all that it silences", async () => {
    const text = readFileSync(join(ROOT, "launch/mqtt-cell.yaml"), "utf8").replace(":1883\n", ":1\n");
    const place = ["--data", join(folder, "mqtt"), "--port", "0", "--json"];
    const node = new NodeProcess("run", file("mqtt.yaml", text), ...place);
    try {
      await node.line((l) => l.receipt?.body["code"] === "MQTT_DISCONNECTED");
      const { out } = await cli("status", "--data", "mqtt");
      expect(out).toMatch(/SOURCE_MISSING +joint_states \+2 /);
      expect(out).toMatch(/MQTT_DISCONNECTED +plant .*\n +mqtt:.* ECONNREFUSED/);
    } finally {
      await node.kill("SIGINT");
    }
    // a folder that the next simulated run would empty is no place for a real cell's receipts
    expect((await cli("run", DEMO, "--for", "1s", "--speed", "max")).code).toBe(EXIT.ok);
    const real = await cli("run", join(folder, "mqtt.yaml"));
    expect(real.err).toMatch(/made by a simulated run[\s\S]*→ remove it, or .*--data DIR/);
  });
  test("a taken port ends the start with what to do, and no picture of a cell that never ran", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((done) => server.once("listening", done));
    const { port } = server.address() as { port: number };
    const node = new NodeProcess("run", DEMO, "--data", join(folder, "other"), "--port", String(port));
    expect(await node.ended).toBe(EXIT.failed);
    expect(node.stderr).toMatch(/EADDRINUSE, the port is taken\n +→ .*--port/);
    server.close();
  });
});

describe("a file of the ledger that is none any more", () => {
  const data = join(folder, "damaged");
  const run = (...argv: string[]): Promise<Said> => cli(...argv, "--data", data);
  test("is named by every command that reads it; a promotion is not even begun, and a receipt says so", async () => {
    const ran = new NodeProcess("run", DEMO, "--data", data, "--speed", "max", "--for", "1s", "--json");
    expect(await ran.ended, ran.stderr).toBe(0);
    const shard = join(data, "ledger/shard-000000.sqlite");
    for (const suffix of ["-wal", "-shm"]) rmSync(shard + suffix, { force: true });
    writeFileSync(shard, "no database");
    const told = await run("explain", "move-1");
    expect(told.code).toBe(EXIT.failed);
    expect(told.err).toMatch(/a file of the ledger is damaged: file is not a database\n +→ .*ledger verify/);

    const rules = file("stricter.yaml", readFileSync(DEMO, "utf8").replace("withinM: 0.9 ", "withinM: 1.1 "));
    const asked = await run("promote", rules, "--kind", "rules", "--deployment", DEMO, "--scenarios", "1");
    expect(asked.code).toBe(EXIT.failed);
    expect(asked.err).toMatch(/PROMOTION_PAST_UNREADABLE/);
    expect(receiptsApart(data, ["fault"], "left out").map(({ text }) => text)).toContainEqual(
      expect.stringContaining("PROMOTION_PAST_UNREADABLE"),
    );
  });
});
