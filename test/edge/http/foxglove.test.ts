import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { metricsOf } from "../../../src/edge/http/control/metrics.ts";
import { channelsOf, LOG, RECEIPTS, VERDICTS } from "../../../src/edge/http/foxglove-channels.ts";
import { STATUS } from "./control/rig.ts";
import { askingCell } from "./cell-file.ts";
import { PageRig } from "./page-rig.ts";

const LONG_MS = 120_000;
const launch = (name: string) => readFileSync(resolve(import.meta.dirname, "../../../launch", name), "utf8");
interface Advertised {
  readonly op: string;
  readonly channels?: readonly {
    id: number;
    topic: string;
    encoding: string;
    schema: string;
    schemaEncoding: string;
  }[];
  readonly capabilities?: readonly string[];
  readonly name?: string;
}

/** A client that speaks the protocol, written from its public description. */
class Listener {
  readonly socket: WebSocket;
  readonly texts: Advertised[] = [];
  readonly binaries: Buffer[] = [];
  readonly refused: Promise<boolean>;

  constructor(url: string, protocol: string, origin?: string) {
    this.socket = new WebSocket(
      url.replace("http", "ws"),
      [protocol],
      origin === undefined ? {} : { origin },
    );
    this.socket.on("message", (data: Buffer, binary: boolean) =>
      binary ? this.binaries.push(data) : this.texts.push(JSON.parse(String(data)) as Advertised),
    );
    this.refused = new Promise((done) => {
      this.socket.on("open", () => done(false));
      this.socket.on("error", () => done(true));
    });
  }
  async text(op: string): Promise<Advertised> {
    for (;;) {
      const found = this.texts.find((t) => t.op === op);
      if (found !== undefined) return found;
      await new Promise((done) => setTimeout(done, 20));
    }
  }
  async message(subscription: number): Promise<{ stampNs: bigint; body: Record<string, unknown> }> {
    for (;;) {
      const found = this.binaries.find((b) => b[0] === 1 && b.readUInt32LE(1) === subscription);
      if (found !== undefined)
        return {
          stampNs: found.readBigUInt64LE(5),
          body: JSON.parse(found.subarray(13).toString()) as Record<string, unknown>,
        };
      await new Promise((done) => setTimeout(done, 20));
    }
  }
}

describe("Foxglove", () => {
  let rig: PageRig;
  beforeAll(async () => {
    rig = new PageRig();
    await rig.start(askingCell());
  }, LONG_MS);
  afterAll(() => rig.close());

  for (const protocol of ["foxglove.websocket.v1", "foxglove.sdk.v1"])
    test(
      `${protocol}: state and distances of the live node arrive`,
      async () => {
        const client = new Listener(rig.url, protocol);
        expect(await client.refused).toBe(false);
        expect(client.socket.protocol).toBe(protocol);
        expect(await client.text("serverInfo")).toMatchObject({ capabilities: [] });
        const { channels = [] } = await client.text("advertise");
        expect(
          channels.every(
            (c) =>
              c.encoding === "json" &&
              c.schemaEncoding === "jsonschema" &&
              JSON.parse(c.schema).type === "object",
          ),
        ).toBe(true);
        const idOf = (topic: string) => channels.find((c) => c.topic === topic)!.id;
        client.socket.send(
          JSON.stringify({
            op: "subscribe",
            subscriptions: [
              { id: 7, channelId: idOf("/cellgate/state") },
              { id: 8, channelId: idOf("/cellgate/distances") },
            ],
          }),
        );
        const state = await client.message(7);
        expect(["STARTING", "READY_BLOCKED", "RUNNING"]).toContain(state.body["data"]);
        const { sec, nsec } = state.body["timestamp"] as { sec: number; nsec: number };
        expect(BigInt(sec) * 1_000_000_000n + BigInt(nsec)).toBe(state.stampNs);
        expect((await client.message(8)).body["base_scan"]).toBeGreaterThan(0);
        client.socket.close();
      },
      LONG_MS,
    );

  test(
    "can only be listened to: publishing changes nothing and is told so",
    async () => {
      const client = new Listener(rig.url, "foxglove.sdk.v1");
      await client.refused;
      client.socket.send(
        JSON.stringify({ op: "advertise", channels: [{ id: 1, topic: "/cellgate/reset" }] }),
      );
      expect(await client.text("status")).toMatchObject({ message: "this server can only be listened to" });
      client.socket.close();
    },
    LONG_MS,
  );

  test(
    "other pages, other protocols and foreign names do not get to listen",
    async () => {
      expect(await new Listener(rig.url, "foxglove.sdk.v1", "http://evil.example").refused).toBe(true);
      expect(await new Listener(rig.url, "foxglove.sdk.v1", "null").refused).toBe(true);
      expect(await new Listener(rig.url, "chat").refused).toBe(true);
    },
    LONG_MS,
  );

  test("every topic that the layout draws is spoken live or by replays", () => {
    const topics = new Set([...channelsOf(STATUS), LOG, RECEIPTS, VERDICTS].map((c) => c.topic));
    const drawn = [
      ...launch("foxglove-layout.json").matchAll(/"(?:value|topicPath)": "(\/cellgate\/\w+)/g),
    ].map((m) => m[1]!);
    expect(drawn.length).toBeGreaterThan(8);
    // torque comes from replays only: the live status has one number for each channel
    expect(drawn.filter((t) => !topics.has(t))).toEqual(["/cellgate/torque"]);
  });
});

describe("Grafana", () => {
  test("every metric of the dashboard is one that the node gives", () => {
    const status = {
      ...STATUS,
      energy: { ...STATUS.energy, v_s: 0.5 },
      gate: { ...STATUS.gate, counts: { green: 1 } },
      risk: {
        domain: "robot-factory",
        counts: [{ name: "estops", meaning: "pressed", total: 1, last_hour: 1 }],
      },
      promotion: { in_use: {}, outcomes: { promoted: 1 }, delta_v_s: -0.1 },
    };
    const text = metricsOf(status, { requests: { 200: 1 }, listeners: 0, dropped: 0 });
    const given = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map((m) => m[1]!));
    const named = [...launch("grafana-dashboard.json").matchAll(/cellgate_[a-z_]+/g)].map((m) => m[0]);
    expect(new Set(named).size).toBeGreaterThan(20);
    expect(named.filter((name) => !given.has(name))).toEqual([]);
  });
});
