import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type MqttClient } from "mqtt";
import { DEVICES } from "../../devices/index.ts";
import type { CommandSender } from "../../src/edge/ports/index.ts";
import { MqttTransport, mqttSettings } from "../../src/edge/transports/mqtt/index.ts";
import { SerialTransport, serialSettings } from "../../src/edge/transports/serial/index.ts";
import { crc16Modbus } from "../../src/edge/wire/index.ts";
import {
  bindings,
  contextOf,
  createRecorder,
  pause,
  type Recorder,
  runClock,
  until,
} from "../contract/recorder.ts";
import { Broker, MOSQUITTO_MISSING } from "../edge/transports/mqtt/broker.ts";
import { PtyPair, SOCAT_MISSING } from "../edge/transports/serial/pty-pair.ts";
import type { Bench, Figure } from "./bench.ts";

const ROUNDS = 1_500;
const IN_QOS0 = 60_000;
const IN_QOS1 = 20_000;
const OUT_QOS1 = 15_000;
const STOP = { kind: "stop", pose: [], code: "ESTOP" } as const;
const OWN = "bench/cell_1";

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
const skipped = (name: string, why: string): Figure => ({ name, value: 0, unit: "skipped", note: why });

interface Node {
  readonly transport: MqttTransport;
  readonly sender: CommandSender;
  readonly recorder: Recorder;
}
async function startNode(broker: Broker, dataDir: string): Promise<Node> {
  const clock = runClock();
  const recorder = createRecorder(clock);
  const settings = mqttSettings.parse({
    kind: "mqtt",
    url: broker.url,
    base: "bench",
    unprotected: { estop: "measured against a bare message" },
    outboxWindow: 64,
  });
  const transport = new MqttTransport("plant", settings);
  const channels = bindings([
    { name: "estop", address: "bench/estop", quantity: "estop" },
    { name: "load", address: "bench/load", quantity: "scalar" },
  ]);
  await transport.open(contextOf(recorder, clock, channels, dataDir));
  await until("probe", () => transport.health().connected && !transport.health().detail.includes("trip -"));
  return { transport, sender: transport.sender, recorder };
}

async function joinBroker(broker: Broker): Promise<MqttClient> {
  const client = connect(broker.url, { protocolVersion: 5, reconnectPeriod: 0 });
  await new Promise((resolve) => client.once("connect", resolve));
  (client.stream as unknown as { setNoDelay(on: boolean): void }).setNoDelay(true);
  return client;
}
/** Microseconds from publishing on one topic to hearing on the other, one after the other. */
async function roundTrips(
  client: MqttClient,
  there: string,
  back: string,
  payload: string,
): Promise<number[]> {
  let answered: () => void = () => undefined;
  const listener = (topic: string): void => {
    if (topic === back) answered();
  };
  client.on("message", listener);
  await client.subscribeAsync(back, { qos: 0 });
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const start = performance.now();
    await new Promise<void>((resolve) => {
      answered = resolve;
      client.publish(there, payload, { qos: 0 });
      client.stream.uncork();
    });
    if (i >= ROUNDS / 10) times.push((performance.now() - start) * 1_000);
    if (i % 10 === 0) await pause(1);
  }
  client.off("message", listener);
  return times;
}
/** The same echo made of the C tools of the broker. */
function startEcho(broker: Broker): ChildProcess {
  const port = String(broker.port);
  const line = `mosquitto_sub -h 127.0.0.1 -p ${port} -t bench/ping | mosquitto_pub -h 127.0.0.1 -p ${port} -t bench/pong -l`;
  return spawn("sh", ["-c", line], { stdio: "ignore", detached: true });
}
function endGroup(child: ChildProcess): void {
  if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
}
/** Sends numbered lines with the C publisher as fast as it can. */
function flood(broker: Broker, qos: 0 | 1, count: number): ChildProcess {
  const line = `seq 1 ${count} | mosquitto_pub -h 127.0.0.1 -p ${broker.port} -t bench/load -q ${qos} -l`;
  return spawn("sh", ["-c", line], { stdio: "ignore" });
}
async function rateIn(
  broker: Broker,
  node: Node,
  qos: 0 | 1,
  count: number,
): Promise<{ rate: number; lost: number }> {
  node.recorder.samples.length = 0;
  flood(broker, qos, count);
  await until("first", () => node.recorder.samples.length > 0);
  const start = node.recorder.samples[0]!.atUs;
  let seen = -1;
  while (seen !== node.recorder.samples.length && node.recorder.samples.length < count) {
    seen = node.recorder.samples.length;
    await pause(1_000);
  }
  const { samples } = node.recorder;
  return {
    rate: (samples.length - 1) / ((samples.at(-1)!.atUs - start) / 1e6),
    lost: count - samples.length,
  };
}
async function rateOut(node: Node): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < OUT_QOS1; i++) {
    node.sender.send("~/receipt", { kind: "publish", body: { i, text: "x".repeat(40) }, retain: false });
    if (i % 200 === 0) await pause(0);
  }
  await until("outbox empty", () => node.transport.health().detail.endsWith("outbox 0"), 60_000);
  return OUT_QOS1 / ((performance.now() - start) / 1_000);
}

async function mqttFigures(): Promise<Figure[]> {
  if (MOSQUITTO_MISSING !== null) return [skipped("MQTT", MOSQUITTO_MISSING)];
  const dataDir = mkdtempSync(join(tmpdir(), "cellgate-bench-"));
  const broker = new Broker();
  await broker.start();
  const node = await startNode(broker, dataDir);
  const client = await joinBroker(broker);
  const echo = startEcho(broker);
  await pause(500);
  node.recorder.onSample = (channel) => {
    if (channel === 0) node.sender.send("~/command/arm", STOP);
  };
  try {
    const ours = await roundTrips(client, "bench/estop", `${OWN}/command/arm`, "0");
    const theirs = await roundTrips(client, "bench/ping", "bench/pong", "0");
    const qos0 = await rateIn(broker, node, 0, IN_QOS0);
    const qos1 = await rateIn(broker, node, 1, IN_QOS1);
    const out = await rateOut(node);
    const [p50, base] = [quantile(ours, 0.5), quantile(theirs, 0.5)];
    return [
      {
        name: "MQTT e-stop → block heard, p50",
        value: p50,
        unit: "µs",
        baseline: base,
        ratio: p50 / base,
        target: "≤ 2 × mosquitto_sub | mosquitto_pub",
        note: `p99 ${quantile(ours, 0.99).toFixed(0)} µs against ${quantile(theirs, 0.99).toFixed(0)} µs; one process publishes, decides and hears`,
      },
      {
        name: "MQTT in, QoS 0",
        value: qos0.rate,
        unit: "messages/s",
        target: "≥ 10000",
        note: `${qos0.lost} of ${IN_QOS0} lost`,
      },
      {
        name: "MQTT in, QoS 1",
        value: qos1.rate,
        unit: "messages/s",
        target: "≥ 5000",
        note: `${qos1.lost} of ${IN_QOS1} lost`,
      },
      { name: "MQTT out through the outbox, QoS 1", value: out, unit: "messages/s", target: "≥ 5000" },
    ];
  } finally {
    endGroup(echo);
    await client.endAsync(true);
    await node.transport.close();
    await broker.end();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function serialFigures(): Promise<Figure[]> {
  if (SOCAT_MISSING !== null) return [skipped("serial", SOCAT_MISSING)];
  const pty = new PtyPair();
  await pty.plug();
  const clock = runClock();
  const recorder = createRecorder(clock);
  const deviceSettings = { inputs: [{ name: "estop", quantity: "estop", bit: 0 }], pollMs: 1_000 };
  const line = new SerialTransport(
    "line",
    serialSettings.parse({ kind: "serial", path: pty.near, device: "modbus_safety_relay", deviceSettings }),
    DEVICES,
  );
  await line.open(
    contextOf(recorder, clock, bindings([{ name: "estop", address: "estop", quantity: "estop" }])),
  );
  const crc = crc16Modbus(Uint8Array.of(1, 2, 1, 0));
  const frame = Uint8Array.of(1, 2, 1, 0, crc & 0xff, crc >> 8);
  const times: number[] = [];
  try {
    for (let i = 0; i < ROUNDS; i++) {
      const start = performance.now();
      await new Promise<void>((resolve) => {
        recorder.onSample = () => {
          if (line.sender.send("coil:0", STOP)) times.push((performance.now() - start) * 1_000);
          resolve();
        };
        pty.write(frame);
      });
      pty.read();
      await pause(1);
    }
  } finally {
    await line.close();
    await pty.end();
  }
  return [
    {
      name: "serial frame → block handed over, p50",
      value: quantile(times, 0.5),
      unit: "µs",
      target: "≤ 500 on a pair of pseudo terminals",
      note: `p99 ${quantile(times, 0.99).toFixed(0)} µs, ${times.length} of ${ROUNDS} blocks handed over`,
    },
  ];
}

export const benches: readonly Bench[] = [
  { name: "wires/mqtt", run: mqttFigures },
  { name: "wires/serial", run: serialFigures },
];
