import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Quantity } from "../../../../src/core/domain/index.ts";
import { MqttTransport, mqttSettings } from "../../../../src/edge/transports/mqtt/index.ts";
import { bindings, contextOf, createRecorder, pause, runClock, until } from "../../../contract/recorder.ts";
import { Broker, LAUNCH, MOSQUITTO_MISSING, Peer } from "./broker.ts";

const BASE = "acme/plant1/hall2/line4";
const OWN = `${BASE}/cell_1`;
const CLIENTS = ["cellgate-cell_1", "panel-1", "plc-1", "dashboard", "planner"] as const;
const openssl = spawnSync("openssl", ["version"], { stdio: "ignore" }).status === 0;
const missing = MOSQUITTO_MISSING ?? (openssl ? null : "openssl is not installed (apt install openssl)");

describe.skipIf(missing !== null)(
  `launch/mosquitto as published${missing === null ? "" : `: skipped, ${missing}`}`,
  () => {
    const clock = runClock();
    let recorder = createRecorder(clock);
    let broker: Broker;
    let dataDir: string;
    let open: MqttTransport[] = [];
    let peers: Peer[] = [];

    beforeAll(async () => {
      broker = new Broker();
      await broker.startExample(CLIENTS);
    });
    afterAll(() => broker.end());
    beforeEach(() => {
      recorder = createRecorder(clock);
      dataDir = mkdtempSync(join(tmpdir(), "cellgate-tls-"));
    });
    afterEach(async () => {
      for (const transport of open) await transport.close();
      for (const peer of peers) await peer.leave();
      rmSync(dataDir, { recursive: true, force: true });
      open = [];
      peers = [];
    });
    const certificate = (name: string): string => broker.file(`certificates/${name}`);
    const tlsOf = (client: string) => ({
      ca: readFileSync(certificate("ca.crt")),
      cert: readFileSync(certificate(`${client}.crt`)),
      key: readFileSync(certificate(`${client}.key`)),
    });
    const joinAs = async (
      client: (typeof CLIENTS)[number],
      filters: readonly string[] = [],
    ): Promise<Peer> => {
      const peer = await Peer.join(`mqtts://localhost:${broker.port}`, filters, {
        ...tlsOf(client),
        servername: "localhost",
      });
      peers.push(peer);
      return peer;
    };
    const start = async (
      client: string,
      channels: readonly { name: string; address: string; quantity: Quantity }[] = [],
      extra: object = {},
    ): Promise<MqttTransport> => {
      const settings = mqttSettings.parse({
        kind: "mqtt",
        url: `mqtts://localhost:${broker.port}`,
        base: BASE,
        reconnectMs: 50,
        probeMs: 100,
        probeTimeoutMs: 400,
        silentMs: 500,
        tls: {
          caFile: certificate("ca.crt"),
          certFile: certificate(`${client}.crt`),
          keyFile: certificate(`${client}.key`),
        },
        ...extra,
      });
      const transport = new MqttTransport("plant", settings);
      open.push(transport);
      await transport.open(contextOf(recorder, clock, bindings(channels), dataDir));
      return transport;
    };

    it("the node connects with its certificate, all its subscriptions prove to deliver, and commands reach the PLC", async () => {
      const plc = await joinAs("plc-1", [`${OWN}/command/#`]);
      const transport = await start("cellgate-cell_1", [
        { name: "range", address: `${BASE}/sensors/panel-1/estop`, quantity: "range" },
      ]);
      await until(
        "round trip",
        () => transport.health().connected && !transport.health().detail.includes("trip -"),
      );
      await pause(900);
      expect(recorder.active("MQTT_SUBSCRIPTION_DENIED")).toBe(false);
      expect(recorder.active("MQTT_TOPIC_SILENT")).toBe(true);
      const panel = await joinAs("panel-1");
      await panel.say(`${BASE}/sensors/panel-1/estop`, "1");
      await until("reading", () => recorder.samples.length === 1);
      await until("topic speaks", () => !recorder.active("MQTT_TOPIC_SILENT"));
      expect(transport.sender.send("~/command/arm", { kind: "stop", pose: [], code: "ESTOP" })).toBe(true);
      await until("command", () => plc.on(`${OWN}/command/arm`).length === 1);
      await plc.say(`${OWN}/ack/arm`, {
        schema: "cellgate.ack/1",
        actuator: "arm",
        report: "accepted",
        action_id: null,
        detail: "",
      });
      await until("report", () => recorder.reports.length === 1);
    });

    it("proposals go under the own name only; nobody else may command", async () => {
      const transport = await start("cellgate-cell_1");
      await until("up", () => transport.health().connected && !transport.health().detail.includes("trip -"));
      const planner = await joinAs("planner");
      const body = {
        schema: "cellgate.proposal/1",
        action_id: "a",
        proposer: "p",
        target: "arm",
        verb: "power",
        args: { on: true },
      };
      await planner.say(`${OWN}/proposal/planner`, body, { expiry: 5 });
      await until("proposal", () => recorder.proposals.length === 1);
      for (const topic of [
        `${OWN}/proposal/dashboard`,
        `${OWN}/command/arm`,
        `${OWN}/ack/arm`,
        `${BASE}/sensors/panel-1/estop`,
      ])
        await expect(planner.say(topic, body, { expiry: 5 })).rejects.toThrow(/[Nn]ot authorized/);
      const dashboard = await joinAs("dashboard");
      await expect(dashboard.say(`${OWN}/request/planner`, {})).rejects.toThrow(/[Nn]ot authorized/);
      expect(recorder.active("MQTT_FOREIGN_PUBLISHER")).toBe(false);
    });

    it("a subscription that the broker grants and never serves is noticed", async () => {
      // the dashboard's certificate: reading is allowed, but nothing it sends to itself comes back
      const transport = await start("planner", [
        { name: "range", address: `${BASE}/sensors/range`, quantity: "range" },
      ]);
      await until("loop-back lost", () => recorder.active("MQTT_LOOPBACK_LOST"));
      expect(recorder.healths.some((h) => h.code === "MQTT_SUBSCRIPTION_DENIED" && h.active)).toBe(false);
      await transport.close();
      recorder = createRecorder(clock);
      writeFileSync(
        broker.file("acl"),
        readFileSync(new URL("acl", LAUNCH), "utf8").replace(
          `topic readwrite ${OWN}/#`,
          `topic readwrite ${OWN}/probe\ntopic write ${OWN}/#`,
        ),
      );
      broker.signal("SIGHUP");
      await start("cellgate-cell_1", [
        { name: "range", address: `${BASE}/elsewhere/range`, quantity: "range" },
      ]);
      await until("denied topics are named", () => recorder.active("MQTT_SUBSCRIPTION_DENIED"));
      expect(recorder.healths.findLast((h) => h.code === "MQTT_SUBSCRIPTION_DENIED")!.detail).toContain(
        `${OWN}/proposal/cellgate`,
      );
      await until("silent topic is named", () =>
        recorder.healths.some((h) => h.code === "MQTT_TOPIC_SILENT" && h.detail.includes("elsewhere/range")),
      );
      writeFileSync(broker.file("acl"), readFileSync(new URL("acl", LAUNCH), "utf8"));
      broker.signal("SIGHUP");
      await until("served again", () => !recorder.active("MQTT_SUBSCRIPTION_DENIED"));
    });

    it("without certificate, with a foreign authority or a wrong name there is no connection, and the reason is told", async () => {
      const noCertificate = { caFile: certificate("ca.crt") };
      await start("planner", [], { tls: noCertificate });
      await until("refused", () => recorder.active("MQTT_CONNECT_REFUSED"));
      await open.pop()!.close();
      recorder = createRecorder(clock);
      const other = mkdtempSync(join(tmpdir(), "cellgate-ca-"));
      expect(
        spawnSync(new URL("make-certificates.sh", LAUNCH).pathname, [other, "localhost", "planner"]).status,
      ).toBe(0);
      expect(existsSync(join(other, "planner.crt"))).toBe(true);
      await start("planner", [], {
        tls: {
          caFile: join(other, "ca.crt"),
          certFile: certificate("planner.crt"),
          keyFile: certificate("planner.key"),
        },
      });
      await until("foreign authority refused", () => recorder.active("MQTT_CONNECT_REFUSED"));
      await open.pop()!.close();
      recorder = createRecorder(clock);
      await start("planner", [], {
        tls: {
          caFile: certificate("ca.crt"),
          certFile: certificate("planner.crt"),
          keyFile: certificate("planner.key"),
          serverName: "other.example",
        },
      });
      await until("wrong name refused", () => recorder.active("MQTT_CONNECT_REFUSED"));
      rmSync(other, { recursive: true });
    });
  },
);
