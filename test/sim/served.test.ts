import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandOf } from "../../src/cli/sim/serve.ts";
import { EnvelopeWriter } from "../../src/edge/wire/index.ts";
import { Broker, MOSQUITTO_MISSING } from "../edge/transports/mqtt/broker.ts";
import { MAIN, NodeProcess, ROOT } from "../node/processes.ts";

const TOPIC = "sim/factory/command/arm";
const wrap = (payload: unknown): string =>
  JSON.stringify(
    new EnvelopeWriter({
      address: TOPIC,
      source: "cell",
      session: 1,
      config: "0123456789abcdef",
      key: null,
    }).wrap(JSON.stringify(payload), 5),
  );
const head = { schema: "cellgate.command/1" };

describe("what the served arm hears", () => {
  it("is every command by its meaning", () => {
    expect(commandOf(TOPIC, wrap({ ...head, command: "stop", code: "X", pose: [1] }), 0)).toEqual({
      kind: "stop",
      code: "X",
      pose: [1],
    });
    expect(commandOf(TOPIC, wrap({ ...head, command: "slow", scale: 0.5 }), 0)).toEqual({
      kind: "slow",
      scale: 0.5,
    });
    expect(
      commandOf(
        TOPIC,
        wrap({
          ...head,
          command: "heartbeat",
          counter: 3,
          state: "RUNNING",
          may_move: true,
          config_hash: "h",
        }),
        0,
      ),
    ).toEqual({
      kind: "heartbeat",
      counter: 3,
      state: "RUNNING",
      mayMove: true,
      configHash: "h",
    });
    expect(
      commandOf(
        TOPIC,
        wrap({ ...head, command: "permit", action_id: "a", proposal_hash: "p", lifetime_us: 10, action: {} }),
        90,
      ),
    ).toMatchObject({ kind: "permit", expiresUs: 100 });
    expect(commandOf(TOPIC, wrap({ ...head, command: "revoke", action_id: "a", code: "X" }), 0)).toEqual({
      kind: "revoke",
      actionId: "a",
      code: "X",
      pose: [],
    });
  });
  it.each([
    ["no JSON", "stop"],
    ["no envelope", JSON.stringify({ ...head, command: "slow", scale: 1 })],
    ["an unknown command", wrap({ ...head, command: "dance" })],
    ["a field missing", wrap({ ...head, command: "heartbeat", counter: 1 })],
    ["a changed payload", wrap({ ...head, command: "slow", scale: 0.1 }).replace("0.1", "1.0")],
  ])("is nothing when it is %s: silence ends the leave to move", (_, text) => {
    expect(commandOf(TOPIC, text, 0)).toBeNull();
  });
  it("is nothing on another topic", () => {
    expect(commandOf("sim/other", wrap({ ...head, command: "slow", scale: 1 }), 0)).toBeNull();
  });
});

describe.skipIf(MOSQUITTO_MISSING !== null)(
  `the live loop over MQTT${MOSQUITTO_MISSING === null ? "" : ` (${MOSQUITTO_MISSING})`}`,
  () => {
    const broker = new Broker();
    const folder = mkdtempSync(join(tmpdir(), "cellgate-served-"));
    const processes: NodeProcess[] = [];
    beforeAll(() => broker.start());
    afterAll(async () => {
      for (const one of processes) await one.kill("SIGKILL");
      await broker.end();
      rmSync(folder, { recursive: true, force: true });
    });
    // never waits synchronously: the others' output has to be read meanwhile
    const ask = (...words: string[]): Promise<void> =>
      new Promise((done) => {
        const child = spawn(
          process.execPath,
          [MAIN, ...words, "--data", join(folder, "data"), "--as", "shift_lead"],
          { cwd: ROOT, stdio: "ignore" },
        );
        child.once("exit", () => done());
      });

    it("simulator, broker and node are three processes; the node lets the arm go and its end stops it", async () => {
      const deployment = join(folder, "cell.yaml");
      // three processes on a busy test machine: every source gets more time than a cell would give it
      const patient = readFileSync(resolve(ROOT, "launch/sim.mqtt.yaml"), "utf8")
        .replaceAll("mqtt://127.0.0.1:1883", broker.url)
        .replaceAll(/maxAgeMs: \d+/g, "maxAgeMs: 5000")
        .replaceAll(/minRateHz: \d+/g, "minRateHz: 1")
        .replace("self: { reactionTimeMs: 50 }", "self: { reactionTimeMs: 50, maxLoopLagMs: 2000 }");
      writeFileSync(deployment, patient);
      const sim = new NodeProcess(
        "sim",
        "serve",
        "--mqtt",
        broker.url,
        "--scenario",
        "idle",
        "--seed",
        "7",
        "--json",
      );
      processes.push(sim);
      const node = new NodeProcess(
        "run",
        deployment,
        "--data",
        join(folder, "data"),
        "--port",
        "0",
        "--json",
      );
      processes.push(node);
      const seen = (fits: (line: Record<string, unknown>) => boolean) =>
        sim.line((line) => fits(line as never));
      await seen((line) => line.armed === false);
      // a node that hears all its sources stands ready; until it may, the arm does not move
      for (let i = 0; i < 60 && !sim.lines.some((line) => (line as never as { armed: boolean }).armed); i++) {
        await ask("reset");
        await ask("resume");
        await new Promise((wake) => setTimeout(wake, 500));
      }
      await seen((line) => line.armed === true && line.held === "none");
      await node.kill("SIGKILL");
      await seen((line) => line.armed === true && line.pace === 0 && line.held !== "none");
    }, 150_000);
  },
);
