import { err, ok, type Result } from "../../core/base/result.ts";
import { type Deployment, MAX_JOINTS, MAX_SCAN_RAYS } from "../../core/domain/index.ts";
import { bindChannels } from "../../node/index.ts";
import type { ChannelBinding } from "../../edge/ports/index.ts";
import { layoutOf } from "./inspect-bag.ts";
import type { BagTopic } from "../../edge/recordings/index.ts";
import {
  AnyDecoder,
  createRosRow,
  numberAt,
  quantitiesOfType,
  type RosRow,
  type RowDecoder,
  rosReading,
  rosTypeName,
} from "../../edge/wire/index.ts";

/** One topic read as one channel. */
export interface Feed {
  readonly topic: BagTopic;
  readonly binding: ChannelBinding;
  readonly decoder: RowDecoder;
  readonly row: RosRow;
}
export interface TopicMap {
  /** feeds of each topic, by the topic's index */
  readonly feeds: readonly (readonly Feed[])[];
  /** channels that no topic of the bag brings */
  readonly absent: readonly string[];
  /** topics that no channel uses */
  readonly unused: readonly string[];
  readonly notes: readonly string[];
}
/** `--map /topic=channel` or `--map /topic.field.path=channel`. */
export interface Mapping {
  readonly topic: string;
  readonly field: string | null;
  readonly channel: string;
}

export function parseMapping(text: string): Result<Mapping, string> {
  const match = /^(\/?[^=.]+)((?:\.[\w[\]]+)*)=([a-z][a-z0-9_]*)$/.exec(text);
  if (match === null) return err(`"${text}" is no mapping; write /topic=channel or /topic.field=channel`);
  return ok({ topic: match[1]!, field: match[2] === "" ? null : match[2]!.slice(1), channel: match[3]! });
}

/** Finds for every channel of the deployment the topic that brings it: by --map, else by its address. */
export function mapTopics(
  deployment: Deployment,
  topics: readonly BagTopic[],
  mappings: readonly Mapping[],
): Result<TopicMap, string> {
  const feeds: Feed[][] = topics.map(() => []);
  const absent: string[] = [];
  const notes: string[] = [];
  const unknown = mappings.find((m) => deployment.channels[m.channel] === undefined);
  if (unknown !== undefined)
    return err(`--map names the channel "${unknown.channel}", which the deployment does not have`);
  for (const binding of bindChannels(deployment)) {
    const mapping = mappings.find((m) => m.channel === binding.name);
    const own = mapping ?? ownMapping(binding, topics);
    const wanted = own.topic;
    const topic = topics.find((t) => sameTopic(t.name, wanted));
    if (topic === undefined) {
      if (mapping !== undefined) return err(`--map names the topic "${wanted}", which the bag does not have`);
      absent.push(binding.name);
      continue;
    }
    const decoder = decoderFor(topic, binding, own.field, deployment);
    if (!decoder.ok) {
      notes.push(`${binding.name}: ${decoder.error}`);
      absent.push(binding.name);
      continue;
    }
    const row = createRosRow(Math.max(MAX_SCAN_RAYS, 3 * MAX_JOINTS));
    feeds[topic.index]!.push({ topic, binding, decoder: decoder.value, row });
  }
  const unused = topics.filter((t) => feeds[t.index]!.length === 0).map((t) => t.name);
  return ok({ feeds, absent, unused, notes });
}
/** A channel's address is a topic, or a topic and one of its fields: no topic's name has a dot. */
function ownMapping(
  { name: channel, config: { address } }: ChannelBinding,
  topics: readonly BagTopic[],
): Mapping {
  const dot = address.indexOf(".");
  const isTopic = dot < 0 || topics.some((t) => sameTopic(t.name, address));
  return isTopic
    ? { topic: address, field: null, channel }
    : { topic: address.slice(0, dot), field: address.slice(dot + 1), channel };
}
const sameTopic = (a: string, b: string): boolean => a.replace(/^\/+/, "") === b.replace(/^\/+/, "");

function decoderFor(
  topic: BagTopic,
  binding: ChannelBinding,
  field: string | null,
  deployment: Deployment,
): Result<RowDecoder, string> {
  const { config } = binding;
  if (topic.encoding !== "cdr")
    return err(`${topic.name} is encoded as "${topic.encoding}", only cdr is read`);
  if (field !== null) return fieldDecoder(topic, binding, field);
  const inverted = config.device?.startsWith("inverted ") === true;
  const decoder = rosReading(topic.type, {
    quantity: config.quantity,
    inverted,
    jointNames: deployment.robot.joints.map((joint) => joint.name),
    ...(config.angleMinRad === undefined ? {} : { angleMinRad: config.angleMinRad }),
    ...(config.angleStepRad === undefined ? {} : { angleStepRad: config.angleStepRad }),
  });
  if (decoder !== null) return ok(decoder);
  const possible = quantitiesOfType(topic.type);
  const hint =
    possible.length > 0 ? `it can be ${possible.join(", ")}` : "name a field with --map /topic.field=channel";
  return err(`${topic.name} (${rosTypeName(topic.type)}) carries no ${config.quantity}; ${hint}`);
}

/** Any number of any message whose definition the bag holds. */
function fieldDecoder(topic: BagTopic, binding: ChannelBinding, field: string): Result<RowDecoder, string> {
  if (binding.width !== 1) return err(`one field of ${topic.name} cannot fill ${binding.config.quantity}`);
  const layout = layoutOf(topic);
  if (!layout.ok) return err(`${topic.name}: ${layout.error}`);
  const any = new AnyDecoder(layout.value);
  return ok({
    typeName: topic.type,
    quantity: binding.config.quantity,
    decode(view, offset, length, into) {
      const message = any.decode(view, offset, length);
      if (!message.ok) return message.error;
      into.values[0] = numberAt(message.value, field);
      into.count = 1;
      into.stampMicros = stampOf(message.value);
      return null;
    },
  });
}
function stampOf(message: Parameters<typeof numberAt>[0]): number {
  const seconds = numberAt(message, "header.stamp.sec");
  const nanos = numberAt(message, "header.stamp.nanosec");
  const stamp = seconds * 1e6 + Math.floor(nanos / 1_000);
  return stamp > 0 ? stamp : -1;
}
