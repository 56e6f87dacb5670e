import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Broker, MOSQUITTO_MISSING } from "../edge/transports/mqtt/broker.ts";
import { NodeProcess, ROOT } from "./processes.ts";

/** A whole node against a real broker, on the real clock: what a plant does to it. */
const BASE = "acme/plant1/hall2/line4/press_cell";

class Plant {
  readonly readings: Record<string, unknown> = {
    "panel/estop": 1,
    "curtain/distance": 4,
    "robot/joints": [0.1, 0.2, 0, 0, 0, 0],
  };
  readonly commands: { command: string; code?: string }[] = [];
  readonly states: string[] = [];
  #timer: NodeJS.Timeout | null = null;
  #n = 0;
  readonly client: MqttClient;

  constructor(client: MqttClient) {
    this.client = client;
    client.on("error", () => {});
    client.on("message", (topic, payload) => {
      const body = JSON.parse(payload.toString()) as { payload?: string; state?: string };
      if (topic.endsWith("/state") && body.state !== undefined) this.states.push(body.state);
      if (topic.includes("/command/") && body.payload !== undefined)
        this.commands.push(JSON.parse(body.payload) as { command: string });
    });
    client.subscribe([`${BASE}/command/#`, `${BASE}/state`]);
  }
  start(): void {
    this.#timer = setInterval(() => {
      const jitter = (++this.#n % 10) * 1e-4;
      for (const [name, value] of Object.entries(this.readings))
        this.client.publish(
          `${BASE}/${name}`,
          JSON.stringify({
            [Array.isArray(value) ? "values" : "value"]:
              name === "curtain/distance" ? Number(value) + jitter : value,
            stamp_us: Date.now() * 1_000 + (this.#n % 1_000) / 1_000,
            seq: this.#n,
          }),
        );
    }, 50);
  }
  silence(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }
  async end(): Promise<void> {
    this.silence();
    await this.client.endAsync(true);
  }
}

describe.skipIf(MOSQUITTO_MISSING !== null)(
  `a node on a real broker${MOSQUITTO_MISSING === null ? "" : ` (skipped: ${MOSQUITTO_MISSING})`}`,
  () => {
    let broker: Broker;
    let plant: Plant;
    let node: NodeProcess;
    let folder: string;

    const operator = async (path: string, body: object): Promise<{ accepted: boolean; code: string }> => {
      const { url } = JSON.parse(readFileSync(join(folder, "data", "control.json"), "utf8")) as {
        url: string;
      };
      const token = readFileSync(
        join(folder, "data", "operators", readdirSync(join(folder, "data", "operators"))[0]!),
        "utf8",
      ).trim();
      const answer = await fetch(`${url}/v1/${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ request_id: crypto.randomUUID(), reason: "test", ...body }),
      });
      return (await answer.json()) as { accepted: boolean; code: string };
    };
    const running = async (): Promise<void> => {
      await node.changedTo("READY_BLOCKED");
      for (let i = 0; i < 100; i++) {
        if ((await operator("resume", {})).accepted) return;
        await pause(50);
      }
      throw new Error("never ready to resume");
    };
    const stoppedBy = (code: string) =>
      node.line(
        (l) =>
          l.receipt?.body["receipt_type"] === "state_change" &&
          l.receipt.body["to"] === "STOPPED" &&
          JSON.stringify(l.receipt.body["causes"]).includes(code),
      );

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), "cellgate-live-"));
      broker = new Broker();
      await broker.start();
      plant = new Plant(await connectAsync(broker.url, { protocolVersion: 5, reconnectPeriod: 200 }));
      plant.start();
      const text = readFileSync(join(ROOT, "launch/mqtt-cell.yaml"), "utf8")
        .replace("mqtt://127.0.0.1:1883", broker.url)
        // room for a machine that runs other tests: what is tested is the order of things, not its speed
        .replaceAll("maxAgeMs: 300", "maxAgeMs: 1200")
        .replaceAll("minRateHz: 5", "minRateHz: 1")
        .replace("reactionTimeMs: 50", "reactionTimeMs: 1000, maxLoopLagMs: 1500");
      writeFileSync(join(folder, "cell.yaml"), text);
      node = new NodeProcess(
        "run",
        join(folder, "cell.yaml"),
        "--json",
        "--data",
        join(folder, "data"),
        "--port",
        "0",
        "--tape",
        join(folder, "live.mcap"),
      );
    });
    afterEach(async () => {
      if (node.child.exitCode === null) await node.kill("SIGKILL");
      await plant.end();
      await broker.end();
      rmSync(folder, { recursive: true, force: true });
    });

    test("A1 an e-stop over the wire stops it; the stop is repeated; its live tape replays to the same digest", async () => {
      await running();
      await pause(300);
      plant.readings["panel/estop"] = 0;
      await stoppedBy("ESTOP_PRESSED");
      await pause(600);
      expect(plant.commands.filter((c) => c.command === "stop").length).toBeGreaterThanOrEqual(5);
      expect(plant.commands.some((c) => c.command === "heartbeat")).toBe(true);
      expect(plant.states).toContain("STOPPED");
      expect(await node.kill("SIGTERM")).toBe(130);
      const end = node.lines.at(-1)!;
      const replay = new NodeProcess("replay", join(folder, "live.mcap"), "--json");
      expect(await replay.ended, replay.stderr).toBe(0);
      expect(replay.lines.at(-1)!.digest).toBe(end.digest);
    });

    test("B8 the publisher is killed: silence stops the cell, and it stays stopped when the publisher is back", async () => {
      await running();
      plant.silence();
      await stoppedBy("SOURCE_SILENT");
      plant.start();
      await pause(1_000);
      expect((await operator("resume", {})).accepted).toBe(false);
    });

    test("B13 the broker is killed: its sources are stale in time, nothing old is sent when it is back", async () => {
      await running();
      await broker.stop("SIGKILL");
      await stoppedBy("SOURCE_SILENT");
      plant.commands.length = 0;
      await broker.start();
      await pause(2_500);
      expect(
        plant.commands.every(
          (c) => c.command === "stop" || c.command === "heartbeat" || c.command === "slow",
        ),
      ).toBe(true);
      expect((await operator("resume", {})).accepted).toBe(false);
    });

    test("H39 a process that was stopped for two seconds blocks before it believes anything", async () => {
      await running();
      node.child.kill("SIGSTOP");
      await pause(2_000);
      node.child.kill("SIGCONT");
      const line = await node.changedTo("STOPPED");
      expect(["LOOP_LAG", "SOURCE_SILENT"]).toContain(line.receipt!.body["code"]);
    });
  },
  120_000,
);
