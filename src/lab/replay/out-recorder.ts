import { isBlocked } from "../../core/cell/index.ts";
import type { Effect } from "../../core/domain/index.ts";
import { McapWriter, openSyncSink } from "../../edge/recordings/index.ts";
import { RosEncoder, rosDefinition } from "../../edge/wire/index.ts";
import type { Watched } from "./collector.ts";
import { Scene, SCENE_SCHEMA, TRANSFORMS_SCHEMA } from "./scene.ts";
import { signalsOf } from "./signals.ts";

const JSON_SCHEMA = (title: string): string => JSON.stringify({ title, type: "object" });
const NUMBERS_SCHEMA = (title: string): string =>
  JSON.stringify({ title, type: "object", additionalProperties: { type: "number" } });
/** what draws lines is written at ticks; words at changes, and now and then so that a seek finds them */
const STATE_EVERY_US = 1_000_000;
const FEATURES_EVERY_US = 100_000;
const SCENE_EVERY_US = 50_000;
const GROUPS = ["force", "torque", "distance", "speed"] as const;
type Group = (typeof GROUPS)[number];

/**
 * The node's own channels of a replay as an MCAP file: V_s, its shares, the features, the signals that the rules look at,
 * the state, verdicts, blocks and receipts. Topics have fixed names, so that one Foxglove layout fits all.
 */
export class OutRecorder {
  readonly #writer: McapWriter;
  readonly #node: Watched;
  readonly #epoch: number;
  readonly #encode = new RosEncoder();
  readonly #ids: Record<string, number> = {};
  readonly #signals: readonly ReturnType<typeof signalsOf>[];
  readonly #values: Record<Group, number> = { force: NaN, torque: NaN, distance: NaN, speed: NaN };
  readonly #scene: Scene;
  #sceneWritten = -Infinity;
  #stateWritten = -Infinity;
  #stateSaid = "";
  #featuresWritten = -Infinity;
  #sequence = 0;

  constructor(path: string, node: Watched, epochMicros: number, version: string, urdf?: string) {
    this.#node = node;
    this.#epoch = epochMicros;
    this.#writer = new McapWriter(openSyncSink(path), {
      profile: "ros2",
      library: `cellgate ${version}`,
      compression: "zstd",
    });
    this.#signals = node.channels.map((binding) => signalsOf(binding, 1, 1));
    const float = this.#writer.addSchema(
      "std_msgs/msg/Float64",
      "ros2msg",
      rosDefinition("std_msgs/msg/Float64")!,
    );
    const bool = this.#writer.addSchema("std_msgs/msg/Bool", "ros2msg", rosDefinition("std_msgs/msg/Bool")!);
    const text = this.#writer.addSchema(
      "std_msgs/msg/String",
      "ros2msg",
      rosDefinition("std_msgs/msg/String")!,
    );
    for (const name of ["v_s", "v_s_threshold", ...GROUPS]) this.#add(name, float, "cdr");
    this.#add("blocked", bool, "cdr");
    this.#add("state", text, "cdr");
    this.#add("why", text, "cdr");
    for (const name of ["contributions", "features"])
      this.#add(name, this.#writer.addSchema(`cellgate.${name}`, "jsonschema", NUMBERS_SCHEMA(name)), "json");
    this.#scene = new Scene(node, urdf);
    this.#add("scene", this.#writer.addSchema("foxglove.SceneUpdate", "jsonschema", SCENE_SCHEMA), "json");
    this.#add(
      "frames",
      this.#writer.addSchema("foxglove.FrameTransforms", "jsonschema", TRANSFORMS_SCHEMA),
      "json",
    );
    for (const name of ["verdicts", "blocks", "receipts"])
      this.#add(name, this.#writer.addSchema(`cellgate.${name}`, "jsonschema", JSON_SCHEMA(name)), "json");
  }
  #add(name: string, schema: number, encoding: string): void {
    this.#ids[name] = this.#writer.addChannel(`/cellgate/${name}`, schema, encoding);
  }
  #put(name: string, t: number, bytes: Uint8Array): void {
    const wall = this.#epoch + t;
    this.#writer.addMessage(this.#ids[name]!, this.#sequence++, wall, wall, bytes);
  }
  #json(name: string, t: number, value: unknown): void {
    this.#put(name, t, new TextEncoder().encode(JSON.stringify(value)));
  }
  sample(_t: number, channel: number, row: Float64Array, count: number): void {
    this.#scene.sample(channel, row, count);
    for (const { group, of, dangerAbove } of this.#signals[channel]!) {
      if (group === "level" || group === "other") continue;
      const value = of(row, count);
      const before = this.#values[group];
      const worse = dangerAbove ? value > before : value < before;
      if (worse || Number.isNaN(before)) this.#values[group] = value;
    }
  }
  tick(t: number): void {
    const { cell } = this.#node;
    for (const group of GROUPS) {
      const value = this.#values[group];
      if (Number.isNaN(value)) continue;
      this.#put(group, t, this.#encode.float64(value));
      this.#values[group] = NaN;
    }
    if (cell.energy.value !== null) this.#put("v_s", t, this.#encode.float64(cell.energy.value));
    this.#saySometimes(t);
    this.#draw(t);
  }
  #draw(t: number): void {
    if (t - this.#sceneWritten < SCENE_EVERY_US) return;
    const wall = this.#epoch + t;
    const timestamp = { sec: Math.floor(wall / 1e6), nsec: (wall % 1e6) * 1_000 };
    const frames = this.#scene.transforms(timestamp);
    const update = this.#scene.update(timestamp);
    if (frames === null || update === null) return;
    this.#sceneWritten = t;
    this.#json("frames", t, frames);
    this.#json("scene", t, update);
  }
  #saySometimes(t: number): void {
    const { cell } = this.#node;
    if (t - this.#stateWritten >= STATE_EVERY_US || cell.state !== this.#stateSaid) {
      this.#stateWritten = t;
      this.#stateSaid = cell.state;
      const why = cell.why();
      this.#put("state", t, this.#encode.string(cell.state));
      this.#put("blocked", t, this.#encode.bool(isBlocked(cell.state)));
      this.#put(
        "why",
        t,
        this.#encode.string([why.code, why.source, why.detail].filter((part) => part !== "").join(": ")),
      );
      if (cell.energy.threshold < Number.MAX_VALUE)
        this.#put("v_s_threshold", t, this.#encode.float64(cell.energy.threshold));
    }
    if (t - this.#featuresWritten < FEATURES_EVERY_US || cell.energy.threshold === Number.MAX_VALUE) return;
    this.#featuresWritten = t;
    this.#json("features", t, cell.energy.features());
    if (cell.energy.value !== null) this.#json("contributions", t, cell.energy.contributions());
  }
  effect(effect: Effect, t: number): void {
    if (effect.kind === "block" && effect.first)
      this.#json("blocks", t, { code: effect.code, detail: effect.detail });
    if (effect.kind !== "receipt") return;
    this.#json("receipts", t, effect.receipt);
    const { body } = effect.receipt;
    if (body.receipt_type === "gate_decision")
      this.#json("verdicts", t, {
        action_id: body.action_id,
        verdict: body.decision,
        confidence: body.confidence_score,
      });
    else if (body.receipt_type === "block")
      this.#json("verdicts", t, {
        action_id: body.action_id,
        verdict: "RED",
        code: body.code,
        reason: body.reason,
      });
  }
  close(): Promise<string | null> {
    return this.#writer.end();
  }
}
