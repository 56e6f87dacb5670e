import type { Transport } from "../../src/edge/ports/index.ts";
import { Ros2Transport, ros2SettingsSchema, rosEnvironment } from "../../src/edge/transports/ros2/index.ts";
import { domainConfig } from "../../src/edge/transports/dds/domain-config.ts";
import { DdsTransport, ddsSettingsSchema } from "../../src/edge/transports/dds/index.ts";
import { binding, seenDoor, until, wireContext } from "../contract/ros-door.ts";
import { endPeers, startPeer, testDomain } from "../edge/transports/dds/peer.ts";
import type { Bench, Figure } from "./bench.ts";

const ROUNDS = 5;
const PINGS = 2_000;
/** a pause between questions, so that each finds an idle machine as a real e-stop does */
const PAUSE_US = "500";
const STREAMS = ["a", "b", "c", "d", "e", "f"];
const STREAM_SECONDS = 30;
const BASELINE_SECONDS = 10;

interface Ping {
  readonly p50: number;
  readonly p99: number;
}
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const settings = (domainId: number, more: Record<string, unknown>) =>
  ddsSettingsSchema.parse({ kind: "dds", domainId, library: process.env["LIBDDSC"], ...more });

async function ping(domain: number): Promise<Ping> {
  const peer = startPeer(["ping", String(PINGS), PAUSE_US], { domain });
  const line = await peer.line((l) => l.startsWith("{"), 60_000);
  await peer.end();
  return JSON.parse(line) as Ping;
}
async function pingNative(): Promise<Ping> {
  const domain = testDomain(61);
  const pong = startPeer(["pong"], { domain });
  await pong.line((l) => l === "ready");
  const result = await ping(domain);
  await pong.end();
  return result;
}
/** The e-stop comes in, the block goes out of the same call. */
async function pingThrough(transport: Transport, domain: number): Promise<Ping> {
  const seen = seenDoor();
  const stop = { kind: "stop", pose: [], code: "ESTOP_PRESSED" } as const;
  seen.onSample = (sample) => {
    seen.samples.length = 0;
    if (sample.values[0] === 0) transport.sender?.send("/block", stop);
  };
  await transport.open(
    wireContext(seen.door, [binding(0, "estop", { quantity: "estop", address: "/estop" })]),
  );
  try {
    return await ping(domain);
  } finally {
    await transport.close();
  }
}
const OUT = { "/block": { message: "std_msgs/Bool" } };
const pingNode = (): Promise<Ping> =>
  pingThrough(new DdsTransport(settings(testDomain(62), { out: OUT })), testDomain(62));

/** The same through rclnodejs, where ROS is sourced with the middleware that the peer speaks; otherwise null. */
function pingRos(): Promise<Ping> | null {
  const library = process.env["RCLNODEJS_FOLDER"];
  const environment = rosEnvironment(process.env, library);
  if (!environment.ok || environment.value.middleware !== "rmw_cyclonedds_cpp") return null;
  process.env["CYCLONEDDS_URI"] = domainConfig({
    network: "lo",
    multicast: false,
    peers: [],
    maxParticipants: 32,
  });
  const domainId = testDomain(65);
  const ros = { kind: "ros2", domainId, out: OUT, ...(library === undefined ? {} : { library }) };
  return pingThrough(new Ros2Transport(ros2SettingsSchema.parse(ros)), domainId);
}

async function stream(domain: number, seconds: number) {
  const topics = STREAMS.map((s) => `rt/ft_${s}`).join(",");
  const peer = startPeer(["wrench", topics, String(seconds * 1_000), "1000", "reliable"], { domain });
  await peer.line((l) => l === "begin", 60_000);
  return peer;
}
/** Share of a core that six streams of 1 kHz take, and how many of their samples are missing. */
async function streamNode(): Promise<{ core: number; lost: number }> {
  const domain = testDomain(63);
  const seen = seenDoor();
  const last = STREAMS.map(() => -1);
  let gaps = 0;
  seen.onSample = (sample) => {
    seen.samples.length = 0;
    gaps += sample.values[0]! - last[sample.channel]! - 1;
    last[sample.channel] = sample.values[0]!;
  };
  const qos = Object.fromEntries(STREAMS.map((s) => [`/ft_${s}`, { reliable: true, depth: 1_000 }]));
  const transport = new DdsTransport(settings(domain, { qos }));
  const channels = STREAMS.map((s, i) => binding(i, s, { quantity: "wrench", address: `/ft_${s}` }));
  await transport.open(wireContext(seen.door, channels));
  try {
    const peer = await stream(domain, STREAM_SECONDS);
    const before = process.cpuUsage();
    await peer.line((l) => l === "done", (STREAM_SECONDS + 20) * 1_000);
    const used = process.cpuUsage(before);
    await until("the last samples", () => last.every((n) => n === STREAM_SECONDS * 1_000 - 1), 5_000).catch(
      () => undefined,
    );
    const missing = last.reduce((sum, n) => sum + (STREAM_SECONDS * 1_000 - 1 - n), 0);
    await peer.end();
    return { core: (used.user + used.system) / 1e6 / STREAM_SECONDS, lost: gaps + missing };
  } finally {
    await transport.close();
  }
}
async function streamNative(): Promise<number> {
  const domain = testDomain(64);
  const counter = startPeer(["count", STREAMS.map((s) => `rt/ft_${s}`).join(","), String(BASELINE_SECONDS)], {
    domain,
  });
  await counter.line((l) => l === "ready");
  const peer = await stream(domain, BASELINE_SECONDS + 2);
  const line = await counter.line((l) => l.startsWith("{"), (BASELINE_SECONDS + 20) * 1_000);
  await peer.end();
  return (JSON.parse(line) as { cpuS: number }).cpuS / BASELINE_SECONDS;
}

export const benches: Bench[] = [
  {
    name: "dds e-stop to block",
    async run() {
      const ours: Ping[] = [];
      const ros: Ping[] = [];
      const native: Ping[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        native.push(await pingNative());
        ours.push(await pingNode());
        const through = await pingRos();
        if (through !== null) ros.push(through);
      }
      await endPeers();
      const row = (
        name: string,
        measured: readonly Ping[],
        pick: (p: Ping) => number,
        target?: string,
      ): Figure => ({
        name,
        value: median(measured.map(pick)),
        unit: "µs",
        baseline: median(native.map(pick)),
        ratio: median(measured.map((m, i) => pick(m) / pick(native[i]!))),
        ...(target === undefined ? {} : { target }),
        note: `${ROUNDS} interleaved rounds of ${PINGS}; baseline: C Cyclone on both ends`,
      });
      const figures = [
        row("dds e-stop to block p50", ours, (p) => p.p50, "≤ 2 × C at p50"),
        row("dds e-stop to block p99", ours, (p) => p.p99),
      ];
      if (ros.length < ROUNDS) return figures;
      return [
        ...figures,
        row("ros2 e-stop to block p50", ros, (p) => p.p50),
        row("ros2 e-stop to block p99", ros, (p) => p.p99),
      ];
    },
  },
  {
    name: "dds 6 x 1 kHz",
    async run() {
      const { core, lost } = await streamNode();
      const native = await streamNative();
      await endPeers();
      return [
        {
          name: "dds 6 x 1 kHz, share of a core",
          value: core * 100,
          unit: "%",
          baseline: native * 100,
          ratio: core / native,
          target: "≤ 15 %",
          note: `${STREAM_SECONDS} s, WrenchStamped, reliable; baseline: a C reader`,
        },
        { name: "dds 6 x 1 kHz, samples lost", value: lost, unit: "samples", target: "0" },
      ];
    },
  },
];
