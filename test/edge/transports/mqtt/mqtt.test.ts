import { generateKeyPairSync, sign } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Quantity, Role } from "../../../../src/core/domain/index.ts";
import {
  channelConfigHash,
  type MqttSettings,
  MqttTransport,
  mqttSettings,
  reportConfigHash,
  type SignedFor,
  signedText,
} from "../../../../src/edge/transports/mqtt/index.ts";
import {
  EnvelopeGuard,
  EnvelopeWriter,
  envelopeConfigHash,
  envelopeKey,
  readEnvelope,
} from "../../../../src/edge/wire/index.ts";
import { StateWriter } from "../../../../src/edge/files/index.ts";
import { openSignedRequests } from "../../../../src/edge/ledger/index.ts";
import { bindings, contextOf, createRecorder, pause, runClock, until } from "../../../contract/recorder.ts";
import type { IClientOptions } from "mqtt";
import { Broker, MOSQUITTO_MISSING, Peer } from "./broker.ts";

const BASE = "acme/plant1/hall2/line4";
const OWN = `${BASE}/cell_1`;
const INSTANCE = "cellgate/cell_1-00000000#1";
const ESTOP = `${BASE}/sensors/panel-1/estop`;
const STOP = { kind: "stop", pose: [1, 2], code: "ESTOP" } as const;
const UNPROTECTED = { estop: "a test without envelope" };
const PROPOSAL = {
  schema: "cellgate.proposal/1",
  action_id: "a1",
  proposer: "p",
  target: "arm",
  verb: "power",
  args: { on: true },
};

describe.skipIf(MOSQUITTO_MISSING !== null)(
  `MQTT${MOSQUITTO_MISSING === null ? "" : `: skipped, ${MOSQUITTO_MISSING}`}`,
  () => {
    const clock = runClock();
    let broker: Broker;
    let dataDir: string;
    let recorder = createRecorder(clock);
    const writer = new StateWriter();
    let open: MqttTransport[] = [];
    let peers: Peer[] = [];

    beforeEach(async () => {
      recorder = createRecorder(clock);
      dataDir = mkdtempSync(join(tmpdir(), "cellgate-mqtt-"));
      broker = new Broker();
      await broker.start();
    });
    afterEach(async () => {
      for (const transport of open) await transport.close();
      for (const peer of peers) await peer.leave();
      await broker.end();
      rmSync(dataDir, { recursive: true, force: true });
      open = [];
      peers = [];
    });

    const settingsOf = (extra: object = {}): MqttSettings =>
      mqttSettings.parse({
        kind: "mqtt",
        url: broker.url,
        base: BASE,
        reconnectMs: 30,
        probeMs: 200,
        probeTimeoutMs: 1_000,
        ...extra,
      });
    const start = async (
      channels: readonly { name: string; address: string; quantity: Quantity; publisher?: string }[] = [],
      extra: object = {},
      operators: readonly { name: string; roles: readonly Role[]; publicKey: string }[] = [],
    ): Promise<MqttTransport> => {
      const transport = new MqttTransport("plant", settingsOf(extra));
      open.push(transport);
      const signed = openSignedRequests({
        dataDir,
        instance: INSTANCE,
        by: { key: new Uint8Array(32), boot: 1 },
        writer,
        wallUs: () => clock.epoch + clock.now(),
        onFailure: () => undefined,
      });
      await transport.open({ ...contextOf(recorder, clock, bindings(channels), dataDir), operators, signed });
      await until("connected and subscribed", () => transport.health().connected);
      await until("probe came back", () => !transport.health().detail.includes("round trip -"));
      return transport;
    };
    const join_ = async (filters: readonly string[] = [], options: IClientOptions = {}): Promise<Peer> => {
      const peer = await Peer.join(broker.url, filters, options);
      peers.push(peer);
      return peer;
    };
    /** A reader whose session the broker keeps, on disk too, while one of them is away. */
    const joinKept = async (filters: readonly string[]): Promise<Peer> => {
      const peer = await join_(filters, {
        clientId: "historian",
        clean: false,
        properties: { sessionExpiryInterval: 3_600 },
      });
      await pause(1_500);
      return peer;
    };

    it("reads bare numbers, contract readings and fields of foreign JSON", async () => {
      await start([
        { name: "range", address: `${BASE}/range`, quantity: "range" },
        { name: "wrench", address: "~/sensors/wrench", quantity: "wrench" },
        { name: "temperature", address: `${BASE}/plc#data.temp.0`, quantity: "scalar" },
      ]);
      const peer = await join_();
      await peer.say(`${BASE}/range`, "1.25");
      await peer.say(`${OWN}/sensors/wrench`, {
        schema: "cellgate.reading/1",
        values: [1, 2, 3, 4, 5, 6],
        stamp_us: 1_700_000_000_000_000,
        seq: 9,
        unit: "N, Nm",
        quality: "good",
      });
      await peer.say(`${BASE}/plc`, { data: { temp: { 0: 41.5 } } });
      await until("three samples", () => recorder.samples.length === 3);
      expect(
        recorder.samples.map(({ channel, values, stamp, sourceSeq }) => ({
          channel,
          values,
          stamp,
          sourceSeq,
        })),
      ).toEqual([
        { channel: 0, values: [1.25], stamp: -1, sourceSeq: -1 },
        { channel: 1, values: [1, 2, 3, 4, 5, 6], stamp: 1_700_000_000_000_000, sourceSeq: 9 },
        { channel: 2, values: [41.5], stamp: -1, sourceSeq: -1 },
      ]);
    });

    it("C19 one topic has one name: `~/`, its full spelling and two channels on it meet; other spellings are refused", async () => {
      await start([
        { name: "short", address: "~/sensors/range", quantity: "range" },
        { name: "full", address: `${OWN}/sensors/range`, quantity: "range" },
      ]);
      const peer = await join_();
      await peer.say(`${OWN}/sensors/range`, "0.5");
      await until("both channels", () => recorder.samples.length === 2);
      for (const address of ["~/a/", "/a", "a//b", "a/+", "#", "~", "$SYS/x", "a b\0"]) {
        const transport = new MqttTransport("other", settingsOf());
        const context = contextOf(
          recorder,
          clock,
          bindings([{ name: "x", address, quantity: "range" }]),
          dataDir,
        );
        await expect(transport.open(context), address).rejects.toThrow(/is no topic/);
      }
    });

    it("B9 a source whose wall clock jumps an hour is passed on with its stamp; its envelope still holds", async () => {
      const protection = { source: "panel_1", maxDelayMs: 500 };
      await start([{ name: "estop", address: ESTOP, quantity: "estop" }], {
        protected: { estop: protection },
      });
      const config = channelConfigHash("cell_1", ESTOP, "estop", protection);
      const writer = new EnvelopeWriter({ address: ESTOP, source: "panel_1", session: 1, config, key: null });
      const peer = await join_();
      const wall = 1_763_600_000_000_000;
      const stamps = [wall, wall + 10_000, wall + 3_600_000_000, wall - 3_600_000_000];
      for (const [i, stamp_us] of stamps.entries())
        await peer.say(ESTOP, writer.wrap(JSON.stringify({ value: 1, stamp_us }), i * 10_000));
      await until("all four", () => recorder.samples.length === 4);
      expect(recorder.samples.map((s) => s.stamp)).toEqual(stamps);
      expect(recorder.faults).toEqual([]);
    });

    it("B11 what cannot be believed is a fault with its own code, never a sample", async () => {
      await start([{ name: "range", address: `${BASE}/range`, quantity: "range", publisher: "lidar" }]);
      const peer = await join_();
      const good = { value: 1, source: "lidar" };
      const cases: [unknown, string][] = [
        ["{", "MQTT_PAYLOAD"],
        ["", "MQTT_PAYLOAD"],
        ["NaN", "MQTT_PAYLOAD"],
        ["null", "MQTT_PAYLOAD"],
        ["1e999", "MQTT_PAYLOAD"],
        ["[1,2]", "MQTT_PAYLOAD"],
        [{ ...good, value: "1" }, "MQTT_PAYLOAD"],
        [{ ...good, unknown: 1 }, "MQTT_PAYLOAD"],
        [{ ...good, values: [1] }, "MQTT_PAYLOAD"],
        [{ ...good, unit: "mm" }, "MQTT_UNIT"],
        [{ ...good, quality: "uncertain" }, "MQTT_QUALITY"],
        [{ value: 1 }, "MQTT_FOREIGN_PUBLISHER"],
        [{ value: 1, source: "other" }, "MQTT_FOREIGN_PUBLISHER"],
        [Buffer.from([0xff, 0xfe, 0]), "MQTT_PAYLOAD"],
      ];
      for (const [body] of cases) await peer.say(`${BASE}/range`, body);
      await until("all judged", () => recorder.faults.length === cases.length);
      expect(recorder.faults.map((f) => f.code)).toEqual(cases.map(([, code]) => code));
      expect(recorder.samples).toEqual([]);
      // each message is an event of its own, over when it was read
      const foreign = recorder.healths.filter((h) => h.code === "MQTT_FOREIGN_PUBLISHER");
      expect(foreign.map((h) => h.active)).toEqual([true, false, true, false]);
    });

    it("B13 retained may stop, never release", async () => {
      const peer = await join_();
      const channels = [
        { name: "estop", address: `${BASE}/e1`, quantity: "estop" },
        { name: "gate", address: `${BASE}/e2`, quantity: "protectiveStop" },
        { name: "dual", address: `${BASE}/e3`, quantity: "estopDual" },
        { name: "mode", address: `${BASE}/e4`, quantity: "safetyMode" },
        { name: "range", address: `${BASE}/e5`, quantity: "range" },
        { name: "flag", address: `${BASE}/e6`, quantity: "flag" },
      ] as const;
      const unprotected = {
        estop: UNPROTECTED.estop,
        gate: UNPROTECTED.estop,
        dual: UNPROTECTED.estop,
        mode: UNPROTECTED.estop,
      };
      const releasing = ["1", "1", "[1,1]", "1", "0.5", "1"];
      for (const [i, body] of releasing.entries())
        await peer.say(`${BASE}/e${i + 1}`, body, { retain: true });
      const first = await start(channels, { unprotected });
      await pause(200);
      expect(recorder.samples).toEqual([]);
      await peer.say(`${BASE}/e1`, "1", { retain: true });
      await until("a live message is live though it is stored too", () => recorder.samples.length === 1);
      await first.close();
      recorder = createRecorder(clock);
      for (const [i, body] of ["0", "0", "[0,0]", "3", "0.5", "0"].entries())
        await peer.say(`${BASE}/e${i + 1}`, body, { retain: true });
      await start(channels, { unprotected });
      await until("stored stops arrive", () => recorder.samples.length === 4);
      await pause(100);
      expect(recorder.samples.map((s) => s.channel).sort()).toEqual([0, 1, 2, 3]);
    });

    it("B13 last will of a required publisher stops; a stored word does not bring it back, a live message does", async () => {
      const status = `${BASE}/sensors/panel-1/status`;
      await start([{ name: "estop", address: ESTOP, quantity: "estop" }], {
        unprotected: UNPROTECTED,
        publishers: [{ name: "panel", statusTopic: status, channels: ["estop"] }],
      });
      const panel = await Peer.join(broker.url, [], {
        reconnectPeriod: 0,
        will: { topic: status, payload: Buffer.from("offline"), qos: 1, retain: true },
      });
      await panel.say(status, "online", { retain: true });
      panel.client.stream.destroy();
      await until("death is heard", () => recorder.active("MQTT_PUBLISHER_OFFLINE"));
      const peer = await join_();
      await peer.say(ESTOP, "1");
      await until("alive again", () => !recorder.active("MQTT_PUBLISHER_OFFLINE"));
      await peer.say(status, { status: "who knows" });
      await until("what is not understood is offline", () => recorder.active("MQTT_PUBLISHER_OFFLINE"));
    });

    it("says online, says goodbye itself, and the broker says it when it cannot", async () => {
      const peer = await join_([`${OWN}/status`]);
      const transport = await start();
      await until("online", () => peer.json(`${OWN}/status`).some((s) => s["status"] === "online"));
      await transport.close();
      await until("offline", () => peer.json(`${OWN}/status`).some((s) => s["status"] === "offline"));
      expect(peer.json(`${OWN}/status`).at(-1)).toMatchObject({
        schema: "cellgate.status/1",
        status: "offline",
        reason: "closed",
      });
      expect(peer.on(`${OWN}/status`).every((h) => h.retain && h.qos === 1)).toBe(true);
      const sessions = peer.json(`${OWN}/status`).map((s) => s["session"] as number);
      const again = await start();
      await until(
        "larger session",
        () => (peer.json(`${OWN}/status`).at(-1)!["session"] as number) > sessions[0]!,
      );
      again.parts!.link.current!.client.stream.destroy();
      await until("last will", () => peer.json(`${OWN}/status`).some((s) => s["reason"] === "lost"));
    });

    it("B12 commands leave in an envelope that a receiver can check, at once, with expiry, never retained", async () => {
      const topic = `${OWN}/command/arm`;
      const peer = await join_([`${OWN}/command/#`]);
      const transport = await start();
      expect(transport.sender.send("~/command/arm", STOP)).toBe(true);
      expect(
        transport.sender.send("~/command/arm", {
          kind: "heartbeat",
          counter: 5,
          state: "RUNNING",
          mayMove: true,
          configHash: "abc",
        }),
      ).toBe(true);
      expect(
        transport.sender.send("~/command/arm", {
          kind: "permit",
          actionId: "a",
          proposalHash: "h",
          expiresUs: clock.now() + 400_000,
          action: { x: 1 },
          retreat: false,
        }),
      ).toBe(true);
      expect(
        transport.sender.send("~/command/arm", { kind: "revoke", actionId: "a", code: "ESTOP", pose: [] }),
      ).toBe(true);
      expect(transport.sender.send("~/command/#", STOP)).toBe(false);
      expect(transport.sender.send("/leading", STOP)).toBe(false);
      await until("four commands", () => peer.on(topic).length === 4);
      expect(peer.on(topic).every((h) => !h.retain && h.properties["messageExpiryInterval"] === 1)).toBe(
        true,
      );
      const guard = new EnvelopeGuard({
        address: topic,
        source: "cell_1",
        key: null,
        maxDelayUs: 1e6,
        errorIntervalUs: 1e6,
        config: envelopeConfigHash({
          cell: "cell_1",
          address: topic,
          source: "cell_1",
          quantity: "command",
          maxDelayMs: 1_000,
          protection: "crc32",
        }),
      });
      const texts = peer.on(topic).map((h) => {
        const envelope = readEnvelope(JSON.parse(h.text))!;
        expect(guard.accept(envelope, clock.now())).toMatchObject({ accepted: true, fault: null });
        return JSON.parse(envelope.payload) as Record<string, unknown>;
      });
      expect(texts[0]).toEqual({
        schema: "cellgate.command/1",
        command: "stop",
        code: "ESTOP",
        pose: [1, 2],
      });
      expect(texts[1]).toMatchObject({
        command: "heartbeat",
        counter: 5,
        may_move: true,
        config_hash: "abc",
      });
      expect(texts[2]!["lifetime_us"]).toBeGreaterThan(0);
    });

    it("B15 somebody else on a command topic stops the cell until a person acknowledges; our own commands do not", async () => {
      const transport = await start();
      // a message is an event: the word begins and ends with it, so that its latch can be acknowledged
      const words = (): boolean[] =>
        recorder.healths.filter((h) => h.code === "MQTT_FOREIGN_PUBLISHER").map((h) => h.active);
      for (let i = 0; i < 20; i++) transport.sender.send("~/command/arm", STOP);
      transport.sender.send("other/plc/stop", STOP);
      await pause(200);
      expect(words()).toEqual([]);
      const peer = await join_();
      await peer.say("other/plc/stop", "{}");
      await until("foreign command on a foreign topic is noticed", () => words().length > 0);
      expect(words()).toEqual([true, false]);
      recorder.healths.length = 0;
      await peer.say(`${OWN}/command/arm`, "{}");
      await until("foreign command is noticed", () => words().length > 0);
      expect(words()).toEqual([true, false]);
    });

    it("B12 an enveloped channel passes valid messages only and latches on the second error", async () => {
      const protection = { source: "panel_1", maxDelayMs: 100 };
      await start([{ name: "estop", address: ESTOP, quantity: "estop" }], {
        protected: { estop: protection },
      });
      const peer = await join_();
      const config = channelConfigHash("cell_1", ESTOP, "estop", protection);
      const writer = new EnvelopeWriter({ address: ESTOP, source: "panel_1", session: 1, config, key: null });
      let sentUs = 0;
      const wrap = (): object => {
        sentUs += 10_000;
        return writer.wrap('{"value":1}', sentUs);
      };
      await peer.say(ESTOP, wrap());
      await until("sample", () => recorder.samples.length === 1);
      expect(recorder.samples[0]).toMatchObject({ values: [1], sourceSeq: 256 });
      await peer.say(ESTOP, "1");
      await until("bare message refused", () => recorder.faults.length === 1);
      expect(recorder.active("ENVELOPE_LATCHED")).toBe(false);
      const broken = wrap() as { payload: string };
      await peer.say(ESTOP, { ...broken, payload: '{"value":0}' });
      await until("damaged message refused", () => recorder.faults.length === 2);
      expect(recorder.faults.map((f) => f.code)).toEqual(["ENVELOPE_MISSING", "ENVELOPE_CHECK"]);
      expect(recorder.active("ENVELOPE_LATCHED")).toBe(true);
      expect(recorder.samples).toHaveLength(1);
      for (let i = 0; i < 12; i++) await peer.say(ESTOP, wrap());
      await until("condition ends after valid messages", () => !recorder.active("ENVELOPE_LATCHED"));
    });

    it("B12 a safety channel without envelope needs a reason", async () => {
      const transport = new MqttTransport("plant", settingsOf());
      await expect(
        transport.open(
          contextOf(
            recorder,
            clock,
            bindings([{ name: "estop", address: ESTOP, quantity: "estop" }]),
            dataDir,
          ),
        ),
      ).rejects.toThrow(/protected, or under unprotected with the reason/);
      for (const address of ["a/#", "a/+/b", "/a", "a/", "a//b", "$SYS/x", ""])
        expect(mqttSettings.safeParse({ kind: "mqtt", url: "mqtt://h", base: address }).success).toBe(false);
      expect(mqttSettings.safeParse({ kind: "mqtt", url: "mqtts://h", base: "a" }).success).toBe(false);
    });

    it("C19 proposals: fresh, live, small and slow enough, under the caller's own name", async () => {
      await start([], { proposalsPerSecond: 8 });
      const peer = await join_();
      const topic = `${OWN}/proposal/planner`;
      await peer.say(topic, PROPOSAL, { expiry: 5 });
      await until("proposal", () => recorder.proposals.length === 1);
      expect(recorder.proposals[0]).toEqual({ raw: PROPOSAL, caller: "planner" });
      await peer.say(topic, PROPOSAL);
      await peer.say(topic, PROPOSAL, { expiry: 3_600 });
      await peer.say(topic, PROPOSAL, { expiry: 5, retain: true });
      await peer.say(topic, "no json", { expiry: 5 });
      await peer.say(topic, `"${"x".repeat(65_600)}"`, { expiry: 5 });
      await until("refusals", () => recorder.refused.length === 5);
      expect(recorder.refused.map((r) => r.code)).toEqual([
        "MQTT_PROPOSAL_STALE",
        "MQTT_PROPOSAL_STALE",
        "MQTT_PROPOSAL_STALE",
        "MQTT_PROPOSAL_NOT_JSON",
        "MQTT_PROPOSAL_TOO_LARGE",
      ]);
      for (let i = 0; i < 20; i++) await peer.say(topic, PROPOSAL, { expiry: 5 });
      await until("flood", () => recorder.refused.some((r) => r.code === "MQTT_PROPOSAL_FLOOD"));
      // the flood of one takes nothing from another
      const before = recorder.proposals.length;
      await peer.say(`${OWN}/proposal/honest`, PROPOSAL, { expiry: 5 });
      await until("the honest one", () => recorder.proposals.length > before);
      expect(recorder.refused.filter((r) => r.caller === "honest")).toEqual([]);
    });

    it("actuator reports come in; stored ones and nonsense do not", async () => {
      await start();
      const peer = await join_();
      const report = {
        schema: "cellgate.ack/1",
        actuator: "arm",
        report: "completed",
        action_id: "a1",
        detail: "",
      };
      await peer.say(`${OWN}/ack/arm`, report, { retain: true });
      await peer.say(`${OWN}/ack/arm`, { ...report, report: "teleported" });
      await peer.say(`${OWN}/ack/arm`, report);
      await until("report", () => recorder.reports.length === 1);
      expect(recorder.reports).toEqual([{ name: "arm", report: "completed", actionId: "a1", detail: "" }]);
    });

    it("B13 a stranger's report for an actuator: topic and payload agree, and with a key it carries the envelope", async () => {
      const report = {
        schema: "cellgate.ack/1",
        actuator: "arm",
        report: "completed",
        action_id: "a1",
        detail: "",
      };
      const keyText = "00112233445566778899aabbccddeeff";
      const keyFile = join(dataDir, "commands.key");
      mkdirSync(dataDir, { recursive: true });
      writeFileSync(keyFile, keyText);
      await start([], { commandKeyFile: keyFile });
      const peer = await join_();
      const topic = `${OWN}/ack/arm`;
      const writerOf = (key: string, session: number, source = "arm"): EnvelopeWriter =>
        new EnvelopeWriter({
          address: topic,
          source,
          session,
          config: reportConfigHash("cell_1", topic, source, 1_000),
          key: envelopeKey(key),
        });
      const honest = writerOf(keyText, 2);
      const said = honest.wrap(JSON.stringify(report), 10_000);
      await peer.say(topic, report);
      await peer.say(topic, writerOf("ff".repeat(16), 3).wrap(JSON.stringify(report), 10_000));
      await peer.say(topic, said);
      await until("the honest report", () => recorder.reports.length === 1);
      await peer.say(topic, said);
      await peer.say(topic, honest.wrap(JSON.stringify({ ...report, actuator: "other" }), 20_000));
      await peer.say(topic, honest.wrap(JSON.stringify({ ...report, report: "accepted" }), 30_000));
      await until("the next honest one", () => recorder.reports.length === 2);
      expect(recorder.reports.map((r) => [r.name, r.report])).toEqual([
        ["arm", "completed"],
        ["arm", "accepted"],
      ]);
      expect(recorder.healths.filter((h) => h.code === "MQTT_REPORT_REFUSED" && h.active)).toHaveLength(4);
    });

    describe("B13 requests", () => {
      const { publicKey, privateKey } = generateKeyPairSync("ed25519");
      const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("hex");
      const anna = { name: "anna", roles: ["reset", "resume", "approve"] as const, publicKey: raw };
      const signed = (content: object, meant: Partial<SignedFor> = {}, by = "anna"): object => {
        const signedFor = { base: BASE, cell: "cell_1", instance: INSTANCE, ...meant };
        const payload = JSON.stringify({
          request_id: `q${Math.random()}`,
          issued_at_us: Math.round(clock.epoch + clock.now()),
          reason: "test",
          ...content,
        });
        return {
          schema: "cellgate.signed-request/2",
          by,
          payload,
          signature: sign(null, Buffer.from(signedText(signedFor, by, payload)), privateKey).toString("hex"),
        };
      };
      it("anybody may stop, even stored; releases only signed, fresh, live, once", async () => {
        const peer = await join_([`${OWN}/answer/anna`]);
        const topic = `${OWN}/request/anna`;
        await start([], {}, [anna]);
        const refusals = (): number =>
          peer.json(`${OWN}/answer/anna`).filter((a) => a["accepted"] === false).length;
        await peer.say(topic, { schema: "cellgate.request/1", act: "resume", request_id: "q1", reason: "" });
        await peer.say(
          topic,
          signed({ act: "resume", issued_at_us: Math.round(clock.epoch + clock.now()) - 60_000_000 }),
        );
        for (const other of [
          { cell: "cell_2" },
          { base: "acme/plant2/hall2/line4" },
          { instance: "cellgate/cell_1-00000000#0" },
        ])
          await peer.say(topic, signed({ act: "resume" }, other));
        await peer.say(topic, signed({ act: "resume" }, {}, "mallory"));
        await peer.say(topic, { ...signed({ act: "resume" }), signature: "0".repeat(128) });
        await peer.say(topic, signed({ act: "resume" }), { retain: true });
        await until("eight refusals", () => refusals() === 8);
        expect(recorder.operators).toEqual([]);
        const resume = signed({ act: "resume", request_id: "once" });
        await peer.say(topic, resume);
        await until("resume", () => recorder.operators.length === 1);
        expect(recorder.operators[0]).toMatchObject({
          act: { name: "resume" },
          by: "anna",
          roles: ["reset", "resume", "approve"],
          requestId: "once",
        });
        await peer.say(topic, resume);
        await until("repetition refused", () => refusals() === 9);
        const sooner = Math.round(clock.epoch + clock.now()) - 3_000_000;
        await peer.say(topic, signed({ act: "resume", issued_at_us: sooner }));
        await until("an older one refused", () => refusals() === 10);
        await peer.say(
          topic,
          signed({
            act: "approve",
            action_id: "a1",
            granted: true,
            args_hash: "x",
            config_hash: "y",
            model_hash: "z",
          }),
        );
        await until("approval", () => recorder.approvals.length === 1);
        expect(recorder.approvals[0]).toMatchObject({
          actionId: "a1",
          granted: true,
          by: "anna",
          signature: "valid",
          argsHash: "x",
        });
        await peer.say(
          `${OWN}/request/bob`,
          { schema: "cellgate.request/1", act: "kill", request_id: "k1", reason: "smoke" },
          { retain: true },
        );
        await until("kill", () => recorder.operators.length === 2);
        expect(recorder.operators[1]).toMatchObject({
          act: { name: "kill" },
          by: "plant:bob",
          roles: ["kill"],
        });
      });
    });

    it("the outbox survives a killed process, a full one refuses, a damaged one is set aside", async () => {
      const peer = await joinKept([`${OWN}/receipt`]);
      await broker.stop();
      const first = new MqttTransport("plant", settingsOf({ outboxRows: 100 }));
      open.push(first);
      await first.open(contextOf(recorder, clock, [], dataDir));
      expect(first.sender.send("~/command/arm", STOP)).toBe(false);
      expect(first.sender.send("~/energy", { kind: "publish", body: 1, retain: false })).toBe(false);
      let taken = 0;
      for (let i = 0; i < 150; i++)
        if (first.sender.send("~/receipt", { kind: "publish", body: { i }, retain: false })) taken++;
      for (let i = 0; i < 5; i++)
        first.sender.send("~/state", { kind: "publish", body: { i }, retain: true });
      expect(taken).toBe(100);
      expect(recorder.active("MQTT_OUTBOX_FULL")).toBe(true);
      // as after a crash: the first one never closes, a second one finds the file
      const second = new MqttTransport("plant", settingsOf({ clientId: "second" }));
      open.push(second);
      await second.open(contextOf(recorder, clock, [], dataDir));
      await broker.start();
      await until("all receipts", () => new Set(peer.json(`${OWN}/receipt`).map((r) => r["i"])).size === 100);
      await first.close();
      await second.close();
      writeFileSync(
        join(dataDir, "plant.outbox.db"),
        "not a database, but long enough to look like one ".repeat(100),
      );
      await start();
      expect(recorder.active("MQTT_OUTBOX_DAMAGED")).toBe(true);
    });

    it("E32 a disk that takes nothing: messages go out from memory, a stop still leaves, and it is told", async () => {
      const peer = await join_([`${OWN}/command/arm`, `${OWN}/receipt`]);
      const transport = await start();
      const { default: Database } = await import("better-sqlite3");
      const other = new Database(join(dataDir, "plant.outbox.db"));
      other.exec("BEGIN IMMEDIATE");
      const receipt = (i: number) => ({ kind: "publish", body: { i }, retain: false }) as const;
      expect(transport.sender.send("~/receipt", receipt(1))).toBe(true);
      expect(transport.sender.send("~/command/arm", STOP)).toBe(true);
      await until("stop arrives", () => peer.on(`${OWN}/command/arm`).length === 1);
      await until("receipt arrives", () => peer.on(`${OWN}/receipt`).length === 1);
      await until("told", () => recorder.active("MQTT_OUTBOX_BEHIND"));
      other.exec("ROLLBACK");
      other.close();
      await until("told again", () => !recorder.active("MQTT_OUTBOX_BEHIND"));
      expect(transport.sender.send("~/receipt", receipt(2))).toBe(true);
      await until("the next receipt arrives", () => peer.on(`${OWN}/receipt`).length === 2);
    });

    const FILTERS = [`${OWN}/receipt`, `${OWN}/command/arm`];
    /** Load on a transport while its broker goes away: ten receipts and a heartbeat every 10 ms. */
    const outage = async (signals: readonly NodeJS.Signals[], peer: Peer, reconnectMs: number) => {
      const transport = await start([], { reconnectMs });
      const acknowledgedMs = watchAcknowledgements(transport);
      const refused = new Set<number>();
      const endsMs: number[] = [];
      let receipts = 0;
      let beats = 0;
      const load = setInterval(() => {
        for (let i = 0; i < 10; i++)
          if (transport.sender.send("~/receipt", { kind: "publish", body: { n: receipts }, retain: false }))
            receipts++;
        beats++;
        const beat = {
          kind: "heartbeat",
          counter: beats,
          state: "RUNNING",
          mayMove: true,
          configHash: "",
        } as const;
        if (!transport.sender.send("~/command/arm", beat)) refused.add(beats);
      }, 10);
      for (const signal of signals) {
        await pause(300);
        const before = recorder.healths.length;
        endsMs.push(performance.now());
        await broker.stop(signal);
        await until("loss noticed", () =>
          recorder.healths.slice(before).some((h) => h.code === "MQTT_DISCONNECTED" && h.active),
        );
        await pause(300);
        await broker.start();
        await until("connected again", () => !recorder.active("MQTT_DISCONNECTED") && peer.client.connected);
      }
      await pause(200);
      clearInterval(load);
      await until("outbox empty", () => transport.health().detail.endsWith("outbox 0"));
      const arrived = () => new Set(peer.json(`${OWN}/receipt`).map((r) => r["n"] as number));
      const missing = () => Array.from({ length: receipts }, (_, n) => n).filter((n) => !arrived().has(n));
      const counters = peer
        .json(`${OWN}/command/arm`)
        .map((e) => (JSON.parse(e["payload"] as string) as { counter: number }).counter);
      return { receipts, missing, counters, refused, endsMs, acknowledgedMs };
    };
    /** When the broker said that it has the n-th receipt. */
    const watchAcknowledgements = (transport: MqttTransport): Map<number, number> => {
      const times = new Map<number, number>();
      const { pump } = transport.parts!;
      const answered = pump.answered.bind(pump);
      pump.answered = (id, error) => {
        if (error === null) times.set(id - 1, performance.now());
        answered(id, error);
      };
      return times;
    };

    it("A7 broker restarted under load: every receipt arrives, no refused command is ever sent, loss is noticed", async () => {
      const { receipts, missing, counters, refused } = await outage(
        ["SIGTERM", "SIGTERM"],
        await joinKept(FILTERS),
        30,
      );
      await until("every receipt arrived", () => missing().length === 0);
      expect(receipts).toBeGreaterThan(100);
      expect(refused.size).toBeGreaterThan(20);
      expect(counters.filter((c) => refused.has(c))).toEqual([]);
      expect(counters).toEqual([...counters].sort((a, b) => a - b));
    });

    it("A7 broker killed under load: what it had not acknowledged is sent again", async () => {
      const { receipts, missing, counters, refused, endsMs, acknowledgedMs } = await outage(
        ["SIGKILL", "SIGKILL"],
        await join_(FILTERS),
        1_500,
      );
      await pause(1_000);
      // The reader is back before the node, so the killed broker's disk plays no part. A broker takes what it had
      // acknowledged and not yet passed on to its grave; everything else must arrive.
      const forgotten = missing().filter((n) =>
        endsMs.some((end) => acknowledgedMs.get(n)! <= end + 50 && acknowledgedMs.get(n)! > end - 1_500),
      );
      expect(missing().filter((n) => !forgotten.includes(n))).toEqual([]);
      expect(forgotten.length).toBeLessThan(receipts / 10);
      expect(counters.filter((c) => refused.has(c))).toEqual([]);
      expect(counters).toEqual([...counters].sort((a, b) => a - b));
    });

    it("a frozen broker: the probe notices, commands are refused, and what waited is thrown away", async () => {
      const peer = await join_([`${OWN}/command/arm`]);
      const transport = await start([], { probeMs: 100, probeTimeoutMs: 300, maxBacklogBytes: 1_024 });
      broker.signal("SIGSTOP");
      await until("loop-back lost", () => recorder.active("MQTT_LOOPBACK_LOST"));
      expect(recorder.active("MQTT_DISCONNECTED")).toBe(true);
      expect(
        transport.sender.send("~/command/arm", {
          kind: "heartbeat",
          counter: 1,
          state: "RUNNING",
          mayMove: true,
          configHash: "",
        }),
      ).toBe(false);
      broker.signal("SIGCONT");
      await until("back again", () => !recorder.active("MQTT_LOOPBACK_LOST"));
      expect(transport.sender.send("~/command/arm", STOP)).toBe(true);
      await until("stop arrives", () => peer.on(`${OWN}/command/arm`).length > 0);
      expect(
        peer
          .json(`${OWN}/command/arm`)
          .map((e) => (JSON.parse(e["payload"] as string) as { command: string }).command),
      ).toEqual(["stop"]);
    });

    it("survives 100,000 damaged payloads (seeded) and still reads the next good one", async () => {
      const { createPrng } = await import("../../../../src/core/base/prng.ts");
      const prng = createPrng(5).split("mqtt payloads");
      const protection = { source: "panel_1", maxDelayMs: 1_000 };
      const transport = await start(
        [
          { name: "range", address: `${BASE}/range`, quantity: "range" },
          { name: "estop", address: ESTOP, quantity: "estop" },
        ],
        { protected: { estop: protection }, proposalsPerSecond: 1_000 },
      );
      const inside = transport;
      const writer = new EnvelopeWriter({
        address: ESTOP,
        source: "panel_1",
        session: 1,
        config: channelConfigHash("cell_1", ESTOP, "estop", protection),
        key: null,
      });
      const seeds: [string, string][] = [
        [`${BASE}/range`, '{"schema":"cellgate.reading/1","value":1.5,"seq":3,"stamp_us":12,"unit":"m"}'],
        [`${BASE}/range`, "1.5"],
        [ESTOP, JSON.stringify(writer.wrap('{"value":1}', 5))],
        [`${OWN}/proposal/p`, JSON.stringify(PROPOSAL)],
        [`${OWN}/request/p`, '{"schema":"cellgate.request/1","act":"kill","request_id":"k","reason":""}'],
        [
          `${OWN}/ack/arm`,
          '{"schema":"cellgate.ack/1","actuator":"arm","report":"failed","action_id":null,"detail":""}',
        ],
        [`${OWN}/answer/x`, "{}"],
      ];
      await broker.stop();
      await until("disconnected", () => !transport.health().connected);
      for (let i = 0; i < 100_000; i++) {
        const [topic, text] = seeds[prng.nextUint32() % seeds.length]!;
        const bytes = Buffer.from(text);
        for (let n = prng.nextUint32() % 4; n > 0; n--)
          bytes[prng.nextUint32() % bytes.length] = prng.nextUint32() & 0xff;
        const cut = prng.nextUint32() % 8 === 0 ? prng.nextUint32() % bytes.length : bytes.length;
        inside.message(topic, bytes.subarray(0, cut), {
          retain: prng.nextUint32() % 5 === 0,
          properties: { messageExpiryInterval: 2 },
        } as Parameters<typeof inside.message>[2]);
      }
      expect(recorder.active("MQTT_HANDLER_FAULT")).toBe(false);
      for (const sample of recorder.samples) expect(sample.values.every(Number.isFinite)).toBe(true);
      await broker.start();
      await until(
        "connected again",
        () => transport.health().connected && recorder.healths.at(-1)?.active === false,
      );
      const before = recorder.samples.length;
      const peer = await join_();
      await peer.say(`${BASE}/range`, "0.75");
      await until("good one", () => recorder.samples.slice(before).some((s) => s.values[0] === 0.75));
    });
  },
);
