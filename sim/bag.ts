import { renameSync, rmSync } from "node:fs";
import { canonicalText } from "../src/core/base/canonical.ts";
import { McapWriter, openSyncSink } from "../src/edge/recordings/index.ts";
import { CdrWriter, RosEncoder, rosDefinition } from "../src/edge/wire/index.ts";
import type { CellDescription } from "../src/core/physics/index.ts";
import type { Label } from "./label.ts";
import type { SimChannel } from "./scenario.ts";
import type { Truth } from "./truth.ts";

/** Wall time of the first reading in every bag: fixed, so that a seed gives the same bytes on any day. 2026-01-01T00:00:00Z. */
export const BAG_EPOCH_US = 1_767_225_600_000_000;
export const LABEL_TOPIC = "/cell/label";
export const LABEL_METADATA = "cellgate.sim";
const CLOCK_PERIOD_US = 10_000;
const TRUTH_PERIOD_US = 10_000;
const CHUNK_BYTES = 262_144;

const MULTI_ARRAY_LAYOUT = `MultiArrayLayout layout
uint8[] data
${"=".repeat(80)}
MSG: std_msgs/MultiArrayLayout
MultiArrayDimension[] dim
uint32 data_offset
${"=".repeat(80)}
MSG: std_msgs/MultiArrayDimension
string label
uint32 size
uint32 stride
`;
const TRUTH_DEFINITION = `# What really happened, whatever the sensors said.
int64 t_us
float64 distance_m
float64 contact_force_n
float64 tool_speed_m_s
# tool point x y z, body x y, hand x y z
float64[8] places
`;
/** Where each channel is found in a bag and what type it has there; deployments name these as their topics. */
export const BAG_TOPICS: Readonly<
  Record<SimChannel, { readonly topic: string; readonly type: string; readonly definition?: string }>
> = {
  wrist_ft: { topic: "/cell/wrist_ft", type: "geometry_msgs/msg/WrenchStamped" },
  tool_prox: { topic: "/cell/tool_prox", type: "sensor_msgs/msg/Range" },
  base_scan: { topic: "/cell/base_scan", type: "sensor_msgs/msg/LaserScan" },
  joint_states: { topic: "/cell/joint_states", type: "sensor_msgs/msg/JointState" },
  estop: { topic: "/cell/estop", type: "std_msgs/msg/UInt8MultiArray", definition: MULTI_ARRAY_LAYOUT },
  cell_heartbeat: { topic: "/cell/heartbeat", type: "std_msgs/msg/UInt32", definition: "uint32 data\n" },
};

/** Writes one run as a bag. Until `finish` there is only a file whose name says that it is a part. */
export class RunBag {
  readonly #path: string;
  readonly #cell: CellDescription;
  readonly #writer: McapWriter;
  readonly #sink: ReturnType<typeof openSyncSink>;
  readonly #encode = new RosEncoder();
  readonly #out = new CdrWriter();
  readonly #ids: Readonly<Record<string, number>>;
  readonly #names: readonly string[];
  #sequence = 0;

  constructor(path: string, cell: CellDescription) {
    this.#path = path;
    this.#cell = cell;
    this.#names = cell.arm.joints.map((joint) => joint.name);
    this.#sink = openSyncSink(`${path}.part`);
    this.#writer = new McapWriter(this.#sink, {
      profile: "ros2",
      compression: "zstd",
      chunkBytes: CHUNK_BYTES,
    });
    this.#ids = this.#channels();
  }

  #channels(): Record<string, number> {
    const ids: Record<string, number> = {};
    const add = (name: string, topic: string, type: string, definition: string | null): void => {
      const schema = this.#writer.addSchema(type, "ros2msg", definition ?? "");
      ids[name] = this.#writer.addChannel(topic, schema, "cdr");
    };
    add("clock", "/clock", "rosgraph_msgs/msg/Clock", rosDefinition("rosgraph_msgs/msg/Clock"));
    for (const [name, { topic, type, definition }] of Object.entries(BAG_TOPICS))
      add(name, topic, type, rosDefinition(type) ?? definition ?? null);
    add("truth", "/cell/truth", "cellgate_msgs/msg/SimTruth", TRUTH_DEFINITION);
    const label = this.#writer.addSchema("cellgate.SimLabel", "jsonschema", LABEL_SCHEMA);
    ids.label = this.#writer.addChannel(LABEL_TOPIC, label, "json");
    return ids;
  }

  reading(channel: SimChannel, values: Float64Array, nowUs: number, stampUs: number): void {
    this.#put(channel, nowUs, stampUs, this.#message(channel, values, BAG_EPOCH_US + stampUs));
  }

  step(nowUs: number, truth: Truth): void {
    if (nowUs % CLOCK_PERIOD_US === 0)
      this.#put("clock", nowUs, nowUs, this.#encode.clock(BAG_EPOCH_US + nowUs));
    if (nowUs % TRUTH_PERIOD_US === 0) this.#put("truth", nowUs, nowUs, this.#truth(nowUs, truth));
  }

  /** closes the file and gives it its name; throws when not all of it is on the disk */
  async finish(nowUs: number, label: Label): Promise<void> {
    this.#put("label", nowUs, nowUs, new TextEncoder().encode(canonicalText(label)));
    this.#writer.addMetadata(LABEL_METADATA, { label: canonicalText(label), cell: this.#cell.name });
    const error = await this.#writer.end();
    if (error === null && this.#writer.dropped === 0) return renameSync(`${this.#path}.part`, this.#path);
    rmSync(`${this.#path}.part`, { force: true });
    throw new Error(`${this.#path}: ${error ?? `${this.#writer.dropped} messages did not fit`}`);
  }

  async discard(): Promise<void> {
    await this.#sink.close();
    rmSync(`${this.#path}.part`, { force: true });
  }

  #put(channel: string, nowUs: number, stampUs: number, bytes: Uint8Array): void {
    this.#writer.addMessage(
      this.#ids[channel]!,
      this.#sequence++,
      BAG_EPOCH_US + nowUs,
      BAG_EPOCH_US + stampUs,
      bytes,
    );
    if (this.#sink.error !== null) throw new Error(`${this.#path}: ${this.#sink.error}`);
  }

  #message(channel: SimChannel, values: Float64Array, stamp: number): Uint8Array {
    const { proximity, scan } = this.#cell.sensors;
    switch (channel) {
      case "wrist_ft":
        return this.#encode.wrenchStamped(stamp, "wrist_ft", values);
      case "tool_prox":
        return this.#encode.range(stamp, "tool", 0, proximity.maxM, values[0]!);
      case "base_scan":
        return this.#encode.laserScan(
          stamp,
          "scanner",
          {
            angleMinRad: scan.angleMinRad,
            angleStepRad: scan.angleStepRad,
            rangeMinM: 0,
            rangeMaxM: scan.maxM,
            periodS: 1 / scan.rateHz,
          },
          values,
        );
      case "joint_states":
        return this.#encode.jointState(stamp, "", this.#names, values);
      case "estop":
        return this.#out.begin().u32(0).u32(0).u32(2).u8(values[0]!).u8(values[1]!).end();
      case "cell_heartbeat":
        return this.#out.begin().u32(values[0]!).end();
    }
  }

  #truth(nowUs: number, { distanceM, contactForceN, toolMPerS, tool, person }: Truth): Uint8Array {
    this.#out
      .begin()
      .u32(nowUs >>> 0)
      .u32(Math.floor(nowUs / 2 ** 32))
      .f64(distanceM)
      .f64(contactForceN)
      .f64(toolMPerS);
    for (const part of [tool, person]) for (const value of part) this.#out.f64(value);
    return this.#out.end();
  }
}
const LABEL_SCHEMA = JSON.stringify({
  title: "cellgate.SimLabel",
  description: "What really happened in this run: class, nearest distance, contact, cause.",
  type: "object",
  required: ["class", "nearest_m", "contact_onset_us", "peak_force_n", "causes"],
});
