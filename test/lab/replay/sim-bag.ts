import { createSimWorld } from "../../../sim/index.ts";
import type { Micros } from "../../../src/core/domain/index.ts";
import {
  createNode,
  driveVirtual,
  VirtualClock,
  VirtualScheduler,
  withDigest,
} from "../../../src/node/index.ts";
import { McapWriter, openSyncSink } from "../../../src/edge/recordings/index.ts";
import { RosEncoder, rosDefinition } from "../../../src/edge/wire/index.ts";
import { parseDeployment } from "../../../src/node/deployment/index.ts";
import { DEMO_TEXT, demo } from "../../node/in-process.ts";

const TYPES = {
  wrench: "geometry_msgs/msg/WrenchStamped",
  range: "sensor_msgs/msg/Range",
  scan: "sensor_msgs/msg/LaserScan",
  joints: "sensor_msgs/msg/JointState",
  estopDual: "std_msgs/msg/UInt8MultiArray",
  heartbeat: "std_msgs/msg/UInt32",
} as const;
const EXTRA: Readonly<Record<string, string>> = {
  "std_msgs/msg/UInt32": "uint32 data",
  "std_msgs/msg/UInt8MultiArray": `MultiArrayLayout layout\nuint8[] data\n${"=".repeat(80)}\nMSG: std_msgs/MultiArrayLayout\nMultiArrayDimension[] dim\nuint32 data_offset\n${"=".repeat(80)}\nMSG: std_msgs/MultiArrayDimension\nstring label\nuint32 size\nuint32 stride`,
};

/** The demonstration cell as it would be written for a bag: std_msgs carry no stamps. */
export const BAG_DEPLOYMENT = DEMO_TEXT.replaceAll(
  "declaredConstant: true }",
  "declaredConstant: true, stamped: false }",
);
export function bagDeployment(change: (text: string) => string = (text) => text) {
  const loaded = parseDeployment(change(BAG_DEPLOYMENT), "launch/demo-cell.yaml");
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded;
}

export interface SimBag {
  readonly path: string;
  readonly scenario?: string;
  readonly seed?: number;
  readonly seconds?: number;
  readonly compression?: "" | "zstd";
  readonly chunkBytes?: number;
  /** added to every header stamp: another clock */
  readonly stampShiftUs?: number;
  readonly epochUs?: number;
  /** topics that the deployment does not know */
  readonly extraTopics?: number;
}

/** Records what the sensors of the simulated cell say as a ROS 2 bag, the arm doing its job unguarded. */
export async function recordSimBag(options: SimBag): Promise<number> {
  const { deployment, hash } = demo(options.scenario);
  const epoch = options.epochUs ?? 1_767_225_600_000_000;
  const sink = openSyncSink(options.path);
  const writer = new McapWriter(sink, {
    profile: "ros2",
    compression: options.compression ?? "zstd",
    chunkBytes: options.chunkBytes ?? 262_144,
  });
  const encode = new RosEncoder();
  const names = deployment.robot.joints.map((j) => j.name);
  const ids = Object.entries(deployment.channels).map(([name, c]) => {
    const type = TYPES[c.quantity as keyof typeof TYPES];
    return writer.addChannel(
      `/${name}`,
      writer.addSchema(type, "ros2msg", rosDefinition(type) ?? EXTRA[type]!),
      "cdr",
    );
  });
  const extra = Array.from({ length: options.extraTopics ?? 0 }, (_, i) =>
    writer.addChannel(
      `/extra/${i}`,
      writer.addSchema("std_msgs/msg/String", "ros2msg", "string data"),
      "cdr",
    ),
  );
  let count = 0;
  const record = (t: number, channel: number, values: Float64Array): void => {
    const config = Object.values(deployment.channels)[channel]!;
    const wall = epoch + t;
    const bytes = messageOf(encode, config, wall + (options.stampShiftUs ?? 0), names, values);
    writer.addMessage(ids[channel]!, count, wall, wall, bytes);
    if (extra.length > 0)
      writer.addMessage(extra[count % extra.length]!, count, wall, wall, encode.string(`message ${count}`));
    count++;
  };
  await runUnguarded(options, deployment, hash, record);
  const error = await writer.end();
  if (error !== null) throw new Error(error);
  return count;
}

function messageOf(
  encode: RosEncoder,
  config: ReturnType<typeof demo>["deployment"]["channels"][string],
  stamp: number,
  names: readonly string[],
  values: Float64Array,
): Uint8Array {
  switch (config.quantity) {
    case "wrench":
      return encode.wrenchStamped(stamp, "tool0", values);
    case "range":
      return encode.range(stamp, "prox", 0, 4, values[0]!);
    case "scan": {
      const shape = {
        angleMinRad: config.angleMinRad!,
        angleStepRad: config.angleStepRad!,
        rangeMinM: 0,
        rangeMaxM: 10,
        periodS: 0.05,
      };
      return encode.laserScan(stamp, "scan", shape, values);
    }
    case "joints":
      return encode.jointState(stamp, "", names, values);
    case "estopDual":
      return Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, values[0]!, values[1]!, 0, 0);
    case "heartbeat":
      return Uint8Array.of(0, 1, 0, 0, ...new Uint8Array(new Uint32Array([values[0]!]).buffer));
    default:
      throw new Error(config.quantity);
  }
}

async function runUnguarded(
  options: SimBag,
  deployment: ReturnType<typeof demo>["deployment"],
  hash: string,
  record: (t: number, channel: number, values: Float64Array) => void,
): Promise<void> {
  const clock = new VirtualClock();
  const scheduler = new VirtualScheduler(() => clock.now());
  const world = createSimWorld(
    { kind: "sim", scenario: options.scenario ?? "walk-in", operator: true },
    options.seed ?? 1,
    false,
  );
  const node = createNode({
    deployment,
    configHash: hash,
    clock,
    scheduler,
    actuators: [world.actuator("arm")],
    receipts: withDigest({
      append: () => true,
      whenStored: async () => true,
      persistLatched: () => true,
      whenLatched: async () => true,
    }),
    trials: { run: async () => ({ kind: "failed", reason: "refused", detail: "" }), help: async () => null },
    record: (event) => event.kind === "sample" && record(event.t, event.channel, event.values),
    observe: () => {},
  });
  world.attach(node.door, node.channels, clock.epoch);
  node.start({ boot: 1, latched: [], ledgerFault: null, seed: 1 });
  const endUs = (options.seconds ?? 10) * 1e6;
  await driveVirtual({
    clock,
    scheduler,
    door: node.door,
    world,
    endUs: endUs as Micros,
    speed: Infinity,
    signal: new AbortController().signal,
  });
}
