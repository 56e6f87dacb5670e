import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { McapIndexedReader } from "@mcap/core";
import { parse } from "@foxglove/rosmsg";
import { MessageReader } from "@foxglove/rosmsg2-serialization";
import { parseDeployment } from "../../src/node/deployment/index.ts";
import { PLAIN_REPLAY, replayOne, type ReplayTask, runJobs } from "../../src/lab/replay/index.ts";
import { createTapeWriter, type TapeMeta } from "../../src/edge/recordings/tape/index.ts";
import { McapWriter, openMcap, openSyncSink } from "../../src/edge/recordings/index.ts";
import { createRosRow, RosEncoder, rosDefinition, rosReading } from "../../src/edge/wire/index.ts";
import type { Quantity } from "../../src/core/domain/index.ts";
import { BAG_DEPLOYMENT } from "../lab/replay/sim-bag.ts";
import type { Bench, Figure } from "./bench.ts";

const MESSAGES = Number(process.env["CELLGATE_BENCH_MESSAGES"] ?? 1_000_000);
const ROUNDS = 5;
/** a reader in C++ that prints {"messages":n,"sum":x,"cpu":s}: built outside the repository, see the note */
const CPP_READER = process.env["CELLGATE_CPP_MCAP_READER"];
const QUANTITY: Readonly<Record<string, Quantity>> = {
  "/wrist_ft": "wrench",
  "/tool_prox": "range",
  "/joint_states": "joints",
  "/cell_heartbeat": "heartbeat",
};

/** An arm at 1 kHz force, 200 Hz distance, 250 Hz joints and a heartbeat; all healthy. */
function writeBag(path: string, compression: "" | "zstd", messages: number): Promise<string | null> {
  const writer = new McapWriter(openSyncSink(path), { profile: "ros2", compression });
  const encode = new RosEncoder();
  const add = (topic: string, type: string, text = rosDefinition(type)!): number =>
    writer.addChannel(topic, writer.addSchema(type, "ros2msg", text), "cdr");
  const wrench = add("/wrist_ft", "geometry_msgs/msg/WrenchStamped");
  const range = add("/tool_prox", "sensor_msgs/msg/Range");
  const joints = add("/joint_states", "sensor_msgs/msg/JointState");
  const beat = add("/cell_heartbeat", "std_msgs/msg/UInt32", "uint32 data");
  const names = [1, 2, 3, 4, 5, 6].map((i) => `joint_${i}`);
  const six = new Float64Array(6);
  const row = new Float64Array(18);
  for (let n = 1; writer.messages + writer.openMessages < messages; n++) {
    const t = 1_767_225_600_000_000 + n * 1_000;
    for (let k = 0; k < 6; k++) six[k] = Math.sin(n * 0.01 + k) * 5;
    writer.addMessage(wrench, n, t, t, encode.wrenchStamped(t, "tool0", six));
    if (n % 5 === 0)
      writer.addMessage(range, n, t, t, encode.range(t, "p", 0, 4, 1 + 0.2 * Math.sin(n * 0.003)));
    if (n % 4 === 0) {
      for (let k = 0; k < 18; k++) row[k] = Math.sin(n * 0.001 + k) * 0.5;
      writer.addMessage(joints, n, t, t, encode.jointState(t, "", names, row));
    }
    if (n % 50 === 0)
      writer.addMessage(
        beat,
        n,
        t,
        t,
        Uint8Array.of(0, 1, 0, 0, n & 255, (n >> 8) & 255, (n >> 16) & 255, 0),
      );
  }
  return writer.end();
}
/** Processor time of this thread in seconds: the machine may be busy with other things. */
async function cpuOf(work: () => number | Promise<number>): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const used = process.threadCpuUsage(before);
  return (used.user + used.system) / 1e6;
}
function readOurs(path: string, order: "time" | "file"): number {
  const bag = openMcap(path);
  if (!bag.ok) throw new Error(bag.error);
  const row = createRosRow(64);
  const decoders = bag.value.topics.map(
    (topic) => rosReading(topic.type, { quantity: QUANTITY[topic.name]! })!,
  );
  const cursor = bag.value.read({ order });
  let sum = 0;
  while (cursor.next()) {
    decoders[cursor.channel]!.decode(cursor.view, cursor.offset, cursor.length, row);
    for (let i = 0; i < row.count; i++) sum += row.values[i]!;
  }
  bag.value.close();
  return sum;
}
async function readLibrary(path: string): Promise<number> {
  const file = await open(path);
  const { size } = await file.stat();
  const read = async (at: bigint, length: bigint): Promise<Uint8Array> => {
    const bytes = new Uint8Array(Number(length));
    await file.read(bytes, 0, bytes.length, Number(at));
    return bytes;
  };
  const reader = await McapIndexedReader.Initialize({
    readable: { size: async () => BigInt(size), read },
    decompressHandlers: { zstd: (bytes) => new Uint8Array(zstdDecompressSync(bytes)) },
  });
  const decoders = new Map<number, MessageReader>();
  for (const channel of reader.channelsById.values())
    decoders.set(
      channel.id,
      new MessageReader(
        parse(new TextDecoder().decode(reader.schemasById.get(channel.schemaId)!.data), { ros2: true }),
      ),
    );
  let count = 0;
  for await (const message of reader.readMessages()) {
    decoders.get(message.channelId)!.readMessage(message.data);
    count++;
  }
  await file.close();
  return count;
}
const cppSeconds = (path: string, order: string): number =>
  (JSON.parse(execFileSync(CPP_READER!, [path, order], { encoding: "utf8" })) as { cpu: number }).cpu;
const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b));

async function readingFigures(path: string, name: string): Promise<Figure[]> {
  const hasCpp = CPP_READER !== undefined && existsSync(CPP_READER);
  const ours: Record<"time" | "file", number[]> = { time: [], file: [] };
  const cpp: Record<"time" | "file", number[]> = { time: [], file: [] };
  for (let round = 0; round < ROUNDS; round++)
    for (const order of ["time", "file"] as const) {
      ours[order].push(await cpuOf(() => readOurs(path, order)));
      if (hasCpp) cpp[order].push(cppSeconds(path, order));
    }
  const library = await cpuOf(() => readLibrary(path));
  const rate = (seconds: number): number => MESSAGES / seconds;
  const figures: Figure[] = [
    {
      name: `bag ${name}: iterate and decode, checked, in time order`,
      value: rate(least(ours.time)),
      unit: "messages/s",
      baseline: rate(library),
      ratio: library / least(ours.time),
      target: "≥ 8 × @mcap/core indexed + rosmsg2",
    },
  ];
  if (hasCpp)
    for (const order of ["file", "time"] as const)
      figures.push({
        name: `bag ${name}: against C++ in ${order} order`,
        value: rate(least(ours[order])),
        unit: "messages/s",
        baseline: rate(least(cpp[order])),
        ratio: least(cpp[order]) / least(ours[order]),
        target: "≥ 0.8 of the C++ reader (which checks no checksum)",
      });
  return figures;
}

/** The demonstration cell without what this bag does not bring. */
function benchDeployment(): string {
  const text = BAG_DEPLOYMENT.replace(/ {2}base_scan:\n(?: {4}.*\n)+/, "")
    .replace(/ {2}estop: \{.*\n/, "")
    .replace(/ {2}zones:\n(?: {4}.*\n)+/, "")
    .replace(/ {2}estop:\n {4}dual:\n.*\n/, "");
  const loaded = parseDeployment(text, "launch/demo-cell.yaml");
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return JSON.stringify(loaded.deployment);
}
async function replayFigures(path: string): Promise<Figure[]> {
  const task: ReplayTask = {
    bag: path,
    deployment: { text: benchDeployment(), file: "launch/demo-cell.yaml" },
    ...PLAIN_REPLAY,
    version: "bench",
  };
  const replay = async (): Promise<number> => {
    const result = await replayOne(task, () => {});
    if (!result.ok) throw new Error(result.error);
    return result.value.messages;
  };
  await replay();
  const seconds = least([await cpuOf(replay), await cpuOf(replay)]);
  const wall = async (jobs: number): Promise<number> => {
    const began = performance.now();
    await runJobs([task, task, task, task], jobs, () => {});
    return performance.now() - began;
  };
  const [one, two] = [await wall(1), await wall(2)];
  return [
    {
      name: "replay: rules, features, receipts",
      value: MESSAGES / seconds,
      unit: "messages/s",
      target: "≥ 300,000 per core",
    },
    {
      name: "replay: four bags, --jobs 2 against 1",
      value: one / two,
      unit: "×",
      target: "≥ 1.8 on two free cores",
      note: "wall time: only on a quiet machine",
    },
  ];
}

async function tapeFigures(folder: string): Promise<Figure[]> {
  const meta = {
    cell: "c",
    configHash: "h",
    configText: "{}",
    seed: 1,
    boot: 1,
    epoch: 1_700_000_000_000_000,
    version: "0",
    channels: [{ name: "a", quantity: "wrench" }],
    files: new Map(),
  } as unknown as TapeMeta;
  const tape = createTapeWriter({ path: join(folder, "tape.mcap"), meta, live: false });
  const sample = {
    kind: "sample",
    t: 0,
    seq: 0,
    channel: 0,
    stamp: -1,
    sourceSeq: -1,
    values: new Float64Array(6),
  };
  const count = 500_000;
  const seconds = await cpuOf(() => {
    for (let i = 0; i < count; i++) {
      sample.t = i * 1_000;
      sample.seq = i;
      tape.append(sample as never);
    }
    return count;
  });
  await tape.close();
  return [
    {
      name: "tape: append one sample",
      value: (seconds / count) * 1e6,
      unit: "µs",
      target: "≈ 1 µs",
      note: "with the writes of its chunks",
    },
  ];
}

export const benches: Bench[] = [
  {
    name: "bag",
    async run() {
      const folder = mkdtempSync(join(tmpdir(), "cellgate-bench-"));
      try {
        const figures: Figure[] = [];
        for (const compression of ["", "zstd"] as const) {
          const path = join(folder, `bag${compression}.mcap`);
          await writeBag(path, compression, MESSAGES);
          figures.push(...(await readingFigures(path, compression === "" ? "uncompressed" : compression)));
        }
        figures.push(...(await replayFigures(join(folder, "bag.mcap"))), ...(await tapeFigures(folder)));
        return figures;
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  },
];
