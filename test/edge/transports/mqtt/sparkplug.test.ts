import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import protobuf from "protobufjs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPrng } from "../../../../src/core/base/prng.ts";
import {
  DATATYPES,
  type Datatype,
  decodePayload,
  EdgeSession,
  encodePayload,
  fits,
  type Metric,
  type SparkplugPayload,
  SparkplugTransport,
  sparkplugSettings,
} from "../../../../src/edge/transports/mqtt/sparkplug/index.ts";
import { contextOf, createRecorder, pause, runClock, until } from "../../../contract/recorder.ts";
import { Broker, type Heard, MOSQUITTO_MISSING, Peer } from "./broker.ts";

/** The part of the payload that is used here, for a second implementation to read. */
const PROTO = `syntax = "proto2"; message Payload {
  message Metric { optional string name = 1; optional uint64 alias = 2; optional uint64 timestamp = 3; optional uint32 datatype = 4; optional bool is_null = 7;
    oneof value { uint32 int_value = 10; uint64 long_value = 11; float float_value = 12; double double_value = 13; bool boolean_value = 14; string string_value = 15; } }
  optional uint64 timestamp = 1; repeated Metric metrics = 2; optional uint64 seq = 3; }`;
const Reference = protobuf.parse(PROTO).root.lookupType("Payload");
const METRICS: Metric[] = [
  { name: "i", type: "Int32", value: -2_147_483_648 },
  { name: "u", type: "UInt32", value: 4_294_967_295 },
  { name: "l", type: "Int64", value: -9_223_372_036_854_775_808n },
  { name: "m", type: "UInt64", value: 18_446_744_073_709_551_615n },
  { name: "t", type: "DateTime", value: 1_763_600_000_123n, timestamp: 1_763_600_000_123 },
  { name: "f", type: "Float", value: 0.5 },
  { name: "d", type: "Double", value: Math.PI },
  { name: "b", type: "Boolean", value: true },
  { name: "o", type: "Boolean", value: false },
  { name: "s", type: "String", value: "Größe ✓" },
  { alias: 300, type: "Int32", value: 0 },
  { name: "n", type: "Double", value: null },
];

describe("Sparkplug payload", () => {
  it("is read by another protocol buffer implementation", () => {
    const bytes = encodePayload({ timestamp: 1_763_600_000_000, seq: 0, metrics: METRICS });
    const read = Reference.toObject(Reference.decode(bytes), { longs: String }) as {
      timestamp: string;
      seq: string;
      metrics: Record<string, unknown>[];
    };
    expect(read).toMatchObject({ timestamp: "1763600000000", seq: "0" });
    expect(read.metrics.map((m) => m["datatype"])).toEqual(METRICS.map((m) => DATATYPES[m.type]));
    expect(
      read.metrics.map(
        (m) =>
          m["int_value"] ??
          m["intValue"] ??
          m["longValue"] ??
          m["floatValue"] ??
          m["doubleValue"] ??
          m["booleanValue"] ??
          m["stringValue"] ??
          null,
      ),
    ).toEqual([
      2_147_483_648,
      4_294_967_295,
      "9223372036854775808",
      "18446744073709551615",
      "1763600000123",
      0.5,
      Math.PI,
      true,
      false,
      "Größe ✓",
      0,
      null,
    ]);
    expect(read.metrics.at(-1)).toMatchObject({ isNull: true });
  });
  it("reads what another implementation wrote, and its own", () => {
    const foreign = Reference.encode(
      Reference.fromObject({
        timestamp: 5,
        seq: 255,
        metrics: [
          { name: "Node Control/Rebirth", datatype: 11, booleanValue: true },
          { name: "x", datatype: 3, intValue: 4_294_967_295 },
        ],
      }),
    ).finish();
    expect(decodePayload(foreign)).toEqual({
      timestamp: 5,
      seq: 255,
      metrics: [
        { name: "Node Control/Rebirth", type: "Boolean", value: true },
        { name: "x", type: "Int32", value: -1 },
      ],
    });
    const own = decodePayload(encodePayload({ seq: 7, metrics: METRICS }))!;
    expect(own.metrics.map((m) => m.value)).toEqual(METRICS.map((m) => m.value));
  });
  it("a value that its type cannot carry is refused, not written as something else", () => {
    const wrong: [Datatype, Metric["value"]][] = [
      ["Int32", 2 ** 31],
      ["Int32", 0.5],
      ["UInt64", -1],
      ["Int64", 2 ** 60],
      ["Double", Number.NaN],
      ["Float", Number.POSITIVE_INFINITY],
      ["Boolean", 1],
      ["String", 1],
      ["DateTime", "now"],
    ];
    for (const [type, value] of wrong) {
      expect(fits(type, value), type).toBe(false);
      expect(() => encodePayload({ metrics: [{ name: "x", type, value }] })).toThrow(RangeError);
    }
  });
  it("survives 100,000 damaged payloads (seeded)", () => {
    const prng = createPrng(3).split("sparkplug");
    const good = encodePayload({ timestamp: 1, seq: 3, metrics: METRICS });
    let read = 0;
    for (let i = 0; i < 100_000; i++) {
      const bytes = Buffer.from(
        good.subarray(0, prng.nextUint32() % 4 === 0 ? prng.nextUint32() % good.length : good.length),
      );
      for (let n = 1 + (prng.nextUint32() % 4); n > 0 && bytes.length > 0; n--)
        bytes[prng.nextUint32() % bytes.length] = prng.nextUint32() & 0xff;
      const payload = decodePayload(bytes);
      if (payload !== null) read++;
      for (const metric of payload?.metrics ?? []) expect(fits(metric.type, metric.value)).toBe(true);
    }
    expect(read).toBeGreaterThan(0);
  });
});

const DEFINITIONS = [
  { device: "", name: "Cell/State", type: "String" },
  { device: "", name: "Cell/MayMove", type: "Boolean" },
  { device: "arm", name: "Energy", type: "Double" },
] as const;
const read = (payload: Buffer): SparkplugPayload => decodePayload(payload)!;

describe("Sparkplug edge session (named after assertions of the specification; no claim of conformance)", () => {
  const session = (): EdgeSession => new EdgeSession("plant", "cell_1", DEFINITIONS);
  it("tck-id-payloads-ndeath-seq, -ndeath-bdseq: death carries bdSeq and no sequence number", () => {
    const will = session().will(9);
    expect(will.topic).toBe("spBv1.0/plant/NDEATH/cell_1");
    expect(read(will.payload)).toEqual({ metrics: [{ name: "bdSeq", type: "Int64", value: 9n }] });
  });
  it("tck-id-payloads-nbirth-bdseq-repeat, -nbirth-seq, -nbirth-rebirth-req, topics-nbirth-metric-reqs", () => {
    const edge = session();
    edge.will(3);
    edge.set("", "Cell/State", "RUNNING", 5);
    const [node, device] = edge.births(10).map((m) => ({ topic: m.topic, ...read(m.payload) }));
    expect(node).toEqual({
      topic: "spBv1.0/plant/NBIRTH/cell_1",
      timestamp: 10,
      seq: 0,
      metrics: [
        { name: "bdSeq", type: "Int64", value: 3n, timestamp: 10 },
        { name: "Node Control/Rebirth", type: "Boolean", value: false, timestamp: 10 },
        { name: "Cell/State", alias: 1, type: "String", value: "RUNNING", timestamp: 5 },
        { name: "Cell/MayMove", alias: 2, type: "Boolean", value: null, timestamp: 10 },
      ],
    });
    expect(device).toMatchObject({
      topic: "spBv1.0/plant/DBIRTH/cell_1/arm",
      seq: 1,
      metrics: [{ name: "Energy", alias: 3, value: null }],
    });
  });
  it("tck-id-operational-behavior-data-commands-rebirth-name-aliases: rebirth has no alias", () => {
    const [node] = session().births(1);
    expect(read(node!.payload).metrics.find((m) => m.name === "Node Control/Rebirth")).not.toHaveProperty(
      "alias",
    );
  });
  it("tck-id-payloads-alias-uniqueness, -alias-data-cmd-requirement: data names metrics by alias only", () => {
    const edge = session();
    edge.births(1);
    edge.set("arm", "Energy", 0.25, 2);
    const data = edge.data("arm", "Energy", 3);
    expect(data.topic).toBe("spBv1.0/plant/DDATA/cell_1/arm");
    expect(read(data.payload)).toEqual({
      timestamp: 3,
      seq: 2,
      metrics: [{ alias: 3, type: "Double", value: 0.25, timestamp: 2 }],
    });
  });
  it("tck-id-payloads-sequence-num-incrementing: 0 to 255, then 0", () => {
    const edge = session();
    const seqs = edge.births(1).map((m) => read(m.payload).seq);
    for (let i = 0; i < 600; i++) {
      edge.set("", "Cell/State", String(i), i);
      seqs.push(read(edge.data("", "Cell/State", i).payload).seq);
    }
    expect(seqs).toEqual(seqs.map((_, i) => i % 256));
  });
  it("tck-id-operational-behavior-data-publish-nbirth-change: what did not change is not sent; what does not fit is refused", () => {
    const edge = session();
    expect(edge.set("", "Cell/MayMove", true, 1)).toBe(true);
    expect(edge.set("", "Cell/MayMove", true, 2)).toBe(false);
    expect(edge.set("", "Cell/MayMove", 1, 2)).toBeNull();
    expect(edge.set("", "Unknown", 1, 2)).toBeNull();
  });
});

describe.skipIf(MOSQUITTO_MISSING !== null)(
  `Sparkplug edge node${MOSQUITTO_MISSING === null ? "" : `: skipped, ${MOSQUITTO_MISSING}`}`,
  () => {
    const clock = runClock();
    let broker: Broker;
    let host: Peer;
    let dataDir: string;
    let recorder = createRecorder(clock);
    let open: SparkplugTransport[] = [];
    beforeEach(async () => {
      recorder = createRecorder(clock);
      dataDir = mkdtempSync(join(tmpdir(), "cellgate-spb-"));
      broker = new Broker();
      await broker.start();
      host = await Peer.join(broker.url, ["spBv1.0/plant/#"]);
    });
    afterEach(async () => {
      for (const transport of open) await transport.close();
      open = [];
      await host.leave();
      await broker.end();
      rmSync(dataDir, { recursive: true, force: true });
    });
    const start = async (extra: object = {}): Promise<SparkplugTransport> => {
      const settings = sparkplugSettings.parse({
        kind: "sparkplug",
        url: broker.url,
        group: "plant",
        node: "cell_1",
        reconnectMs: 40,
        metrics: { "Cell/State": "String" },
        devices: { arm: { Energy: "Double" } },
        ...extra,
      });
      const transport = new SparkplugTransport("sparkplug", settings);
      open.push(transport);
      await transport.open(contextOf(recorder, clock, [], dataDir));
      return transport;
    };
    const of = (type: string): (Heard & SparkplugPayload)[] =>
      host.heard.filter((h) => h.topic.includes(`/${type}/`)).map((h) => ({ ...h, ...read(h.payload) }));
    const bdSeqs = (type: string): unknown[] =>
      of(type).map((m) => m.metrics.find((metric) => metric.name === "bdSeq")?.value);
    const rebirth = (value: boolean, retain = false): Promise<void> =>
      host.say(
        "spBv1.0/plant/NCMD/cell_1",
        encodePayload({ metrics: [{ name: "Node Control/Rebirth", type: "Boolean", value }] }),
        { qos: 0, retain },
      );
    const stateTopic = "spBv1.0/STATE/scada";

    it("birth, data, death; never retained; tck-id-payloads-ndeath-will-message-qos and -retain", async () => {
      const transport = await start();
      await until("births", () => of("DBIRTH").length === 1);
      expect(transport.sender.send("Cell/State", { kind: "publish", body: "RUNNING", retain: false })).toBe(
        true,
      );
      expect(transport.sender.send("arm:Energy", { kind: "publish", body: 0.5, retain: false })).toBe(true);
      expect(transport.sender.send("arm:Energy", { kind: "publish", body: 0.5, retain: false })).toBe(true);
      expect(transport.sender.send("arm:Energy", { kind: "publish", body: "high", retain: false })).toBe(
        false,
      );
      expect(transport.sender.send("Cell/State", { kind: "stop", pose: [], code: "ESTOP" })).toBe(false);
      await until("data", () => of("DDATA").length === 1);
      const seqs = host.heard.filter((h) => !h.topic.includes("DEATH")).map((h) => read(h.payload).seq);
      expect(seqs).toEqual([0, 1, 2, 3]);
      transport.link!.current!.client.stream.destroy();
      await until(
        "will of the dead connection, birth of the next",
        () => of("NDEATH").length === 1 && of("NBIRTH").length === 2,
      );
      expect(bdSeqs("NDEATH")).toEqual([0n]);
      expect(bdSeqs("NBIRTH")).toEqual([0n, 1n]);
      expect(of("NDEATH")[0]!.qos).toBe(1);
      expect(host.heard.every((h) => !h.retain)).toBe(true);
      expect(of("NBIRTH")[1]!.metrics.find((m) => m.name === "Cell/State")!.value).toBe("RUNNING");
    });

    it("tck-id-operational-behavior-edge-node-intentional-disconnect-ndeath; bdSeq counts over restarts", async () => {
      const first = await start();
      await until("birth", () => of("NBIRTH").length === 1);
      await first.close();
      await until("death", () => of("NDEATH").length >= 1);
      expect(new Set(bdSeqs("NDEATH"))).toEqual(new Set([0n]));
      await start();
      await until("birth", () => of("NBIRTH").length === 2);
      expect(bdSeqs("NBIRTH")).toEqual([0n, 1n]);
    });

    it("tck-id-operational-behavior-data-commands-rebirth-action-1 to -3; anything else is refused", async () => {
      await start();
      await until("birth", () => of("DBIRTH").length === 1);
      await rebirth(true);
      await until("rebirth", () => of("NBIRTH").length === 2 && of("DBIRTH").length === 2);
      expect(bdSeqs("NBIRTH")).toEqual([0n, 0n]);
      expect(of("NBIRTH").map((m) => m.seq)).toEqual([0, 0]);
      await rebirth(false);
      await rebirth(true, true);
      await host.say(
        "spBv1.0/plant/DCMD/cell_1/arm",
        encodePayload({ metrics: [{ name: "Energy", type: "Double", value: 0 }] }),
      );
      await host.say("spBv1.0/plant/NCMD/cell_1", "garbage");
      await pause(200);
      expect(
        recorder.healths.filter((h) => h.code === "SPARKPLUG_COMMAND_REFUSED" && h.active).length,
      ).toBeGreaterThanOrEqual(3);
      expect(recorder.operators).toEqual([]);
    });

    it("tck-id-message-flow-edge-node-birth-publish-phid-wait, -wait-timestamp, -phid-offline, termination-host-offline-timestamp", async () => {
      await start({ primaryHost: "scada" });
      await until("waits", () => recorder.active("SPARKPLUG_HOST_OFFLINE"));
      await host.say(stateTopic, { online: false, timestamp: 1_000 }, { retain: true });
      await pause(150);
      expect(of("NBIRTH")).toEqual([]);
      await host.say(stateTopic, { online: true, timestamp: 999 }, { retain: true });
      await pause(150);
      expect(of("NBIRTH")).toEqual([]);
      await host.say(stateTopic, { online: true, timestamp: 2_000 }, { retain: true });
      await until("birth", () => of("NBIRTH").length === 1);
      await host.say(stateTopic, { online: false, timestamp: 1_500 });
      await host.say(stateTopic, "no json");
      await pause(150);
      expect(of("NDEATH")).toEqual([]);
      await host.say(stateTopic, { online: false, timestamp: 2_000 }, { retain: true });
      await until("death", () => of("NDEATH").length >= 1);
      await pause(200);
      expect(of("NBIRTH")).toHaveLength(1);
      await host.say(stateTopic, { online: true, timestamp: 3_000 }, { retain: true });
      await until("birth on the next connection", () => of("NBIRTH").length === 2);
      expect(bdSeqs("NBIRTH")[1]).not.toEqual(bdSeqs("NBIRTH")[0]);
    });
  },
);
