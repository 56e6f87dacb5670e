import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createPermitReceiver } from "../../sim/permit-receiver.ts";
import { Broker, MOSQUITTO_MISSING } from "../edge/transports/mqtt/broker.ts";
import { NodeProcess, ROOT } from "./processes.ts";

/** A whole node against a real broker, on the real clock: what a plant does to it. */
const BASE = "acme/plant1/hall2/line4/press_cell";

/** A command as the wire carries it. */
interface Said {
  command: string;
  code?: string;
  counter?: number;
  state?: string;
  may_move?: boolean;
  config_hash?: string;
}

class Plant {
  readonly readings: Record<string, unknown> = {
    "panel/estop": 1,
    "curtain/distance": 4,
    "robot/joints": [0.1, 0.2, 0, 0, 0, 0],
  };
  readonly commands: Said[] = [];
  /** the reference of what the robot's side must do, and the moments at which it let the robot move */
  readonly receiver = createPermitReceiver();
  readonly movedAt: number[] = [];
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
        this.#obey(JSON.parse(body.payload) as Said);
    });
    client.subscribe([`${BASE}/command/#`, `${BASE}/state`]);
  }
  #obey(message: Said): void {
    this.commands.push(message);
    const nowUs = performance.now() * 1_000;
    const {
      command,
      counter = -1,
      state = "",
      may_move: mayMove = false,
      config_hash: configHash = "",
    } = message;
    if (command === "stop") this.receiver.stop();
    if (command === "heartbeat")
      this.receiver.heartbeat({ kind: "heartbeat", counter, state, mayMove, configHash }, nowUs, true);
    if (this.receiver.mayMove(nowUs)) this.movedAt.push(performance.now());
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
            stamp_us: Date.now() * 1_000 + (this.#n % 1_000),
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
    /** without a bound of its own: the test has one */
    const until = async (fits: () => boolean): Promise<void> => {
      while (!fits()) await pause(20);
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

    test("H39 a process that was stopped blocks before it believes anything: its first word is a stop", async () => {
      await running();
      await until(() => plant.movedAt.length > 0);
      node.child.kill("SIGSTOP");
      // what left before the freeze has arrived, and by silence the receiver has stopped
      await pause(2_000);
      // a busy machine may have stopped the cell before; only what comes after the freeze is looked at
      plant.commands.length = plant.movedAt.length = node.lines.length = 0;
      node.child.kill("SIGCONT");
      const line = await node.changedTo("STOPPED");
      // the node's own gap, or the silence of its sources, which it found in the same moment
      expect(line.receipt!.body["code"]).toMatch(/^(LOOP_LAG|SOURCE_SILENT)$/);
      await until(() => plant.commands.length > 5);
      expect(plant.commands[0]).toMatchObject({
        command: "stop",
        code: expect.stringMatching(/^(LOOP_LAG|SOURCE_SILENT)$/),
      });
      expect(plant.commands.filter((c) => c.may_move === true)).toEqual([]);
      expect(plant.movedAt).toEqual([]);
    });

    test.each(["SIGTERM", "SIGINT"] as const)(
      "%s while it runs: every actuator is stopped, the receipt is kept, then the wires close",
      async (signal) => {
        await running();
        await until(() => plant.movedAt.length > 0);
        plant.commands.length = 0;
        expect(await node.kill(signal)).toBe(130);
        await until(() => plant.commands.length > 0);
        const stops = plant.commands.filter((c) => c.command === "stop");
        expect(stops.length).toBeGreaterThan(1);
        expect(stops.every((stop) => stop.code === "NODE_ENDS")).toBe(true);
        const last = plant.commands.findLastIndex((c) => c.may_move === true);
        expect(plant.commands.findIndex((c) => c.command === "stop")).toBeGreaterThan(last);
        expect(plant.receiver.mayMove(performance.now() * 1_000)).toBe(false);
        const shown = new NodeProcess("ledger", "show", "--data", join(folder, "data"), "--json");
        await shown.ended;
        const ends = JSON.stringify(shown.lines);
        expect(ends).toContain("NODE_ENDS");
        expect(ends).toContain(signal);
      },
    );
  },
  300_000,
);
