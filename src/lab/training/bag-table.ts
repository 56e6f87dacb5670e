import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { BAG_EPOCH_US, LABEL_TOPIC } from "../../../sim/index.ts";
import { err, ok, type Result } from "../../core/base/result.ts";
import { MAX_JOINTS, MAX_SCAN_RAYS, type Deployment } from "../../core/domain/index.ts";
import type { FeatureChannel } from "../../core/features/index.ts";
import { type Bag, type BagTopic, openBag } from "../../edge/recordings/index.ts";
import { createRosRow, rosReading, type RosRow, type RowDecoder } from "../../edge/wire/index.ts";
import type { FrameCollector } from "./frame-collector.ts";

/** An event of a recording, in seconds after its first message. */
export interface NamedEvent {
  readonly bag: string;
  readonly timeS: number;
}
export interface RecordingRead {
  readonly messages: number;
  readonly events: number;
  /** actions that an actuator took up: they are rows of their own. A foreign recording does not say what became of any */
  readonly actions: number;
  /** what the recording could not tell */
  readonly notes: readonly string[];
}
interface Feed {
  readonly channel: FeatureChannel;
  readonly decoder: RowDecoder;
  readonly row: RosRow;
}
const simLabel = z.object({ contact_onset_us: z.number() });

/** Feeds one recording through the features. Topics are found by the channels' addresses. */
export async function collectBag(
  collector: FrameCollector,
  path: string,
  deployment: Deployment,
  events: readonly NamedEvent[],
  group: number,
): Promise<Result<RecordingRead, string>> {
  const opened = await openBag(path);
  if (!opened.ok) return opened;
  const bag = opened.value;
  try {
    return readBag(
      collector,
      bag,
      deployment,
      events.filter((e) => sameRecording(e.bag, path)),
      group,
    );
  } finally {
    bag.close();
  }
}
/** A table of labels names recordings with or without their endings. */
export const sameRecording = (name: string, path: string): boolean =>
  basename(name).replace(/\.(mcap|db3)$/, "") === basename(path).replace(/\.(mcap|db3)$/, "");

function readBag(
  collector: FrameCollector,
  bag: Bag,
  deployment: Deployment,
  events: readonly NamedEvent[],
  group: number,
): Result<RecordingRead, string> {
  const feeds = feedsOf(collector, bag, deployment);
  if (feeds.size === 0)
    return err(
      `${bag.path}: none of its topics is the address of a channel of the deployment; it has ${bag.topics.map((t) => t.name).join(", ")}`,
    );
  const label = bag.topics.find((t) => t.name === LABEL_TOPIC && t.encoding === "json");
  const wanted = new Set([...feeds.keys(), ...(label === undefined ? [] : [label.index])]);
  collector.begin(basename(bag.path), group);
  const cursor = bag.read({ topics: wanted, order: "time" });
  let zero = -1;
  let messages = 0;
  try {
    while (cursor.next()) {
      if (zero < 0) zero = cursor.micros;
      const t = cursor.micros - zero;
      if (cursor.channel === label?.index)
        simEvent(collector, cursor.bytes.subarray(cursor.offset, cursor.offset + cursor.length), zero);
      for (const feed of feeds.get(cursor.channel) ?? []) {
        const fault = feed.decoder.decode(cursor.view, cursor.offset, cursor.length, feed.row);
        if (fault === null) collector.sample(feed.channel.index, t, feed.row.values, feed.row.count);
        else collector.fault(feed.channel.index, t);
        messages++;
      }
    }
  } finally {
    cursor.close();
  }
  for (const event of events) collector.event(Math.round(event.timeS * 1e6));
  const { eventCount } = collector;
  collector.end();
  return ok({ messages, events: eventCount, actions: 0, notes: [] });
}
/** The label of a simulated run counts from the start of the simulation; the recording begins with its first reading. */
function simEvent(collector: FrameCollector, bytes: Uint8Array, zero: number): void {
  const parsed = simLabel.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  if (!parsed.success || parsed.data.contact_onset_us < 0) return;
  collector.event(Math.max(0, parsed.data.contact_onset_us - (zero - BAG_EPOCH_US)));
}

function feedsOf(collector: FrameCollector, bag: Bag, deployment: Deployment): Map<number, Feed[]> {
  const feeds = new Map<number, Feed[]>();
  for (const channel of collector.channels) {
    const topic = bag.topics.find((t) => isTopicOf(t, channel));
    if (topic === undefined || topic.encoding !== "cdr") continue;
    const { config } = channel;
    const decoder = rosReading(topic.type, {
      quantity: config.quantity,
      inverted: config.device?.startsWith("inverted ") === true,
      jointNames: deployment.robot.joints.map((joint) => joint.name),
      ...(config.angleMinRad === undefined ? {} : { angleMinRad: config.angleMinRad }),
      ...(config.angleStepRad === undefined ? {} : { angleStepRad: config.angleStepRad }),
    });
    if (decoder === null) continue;
    const row = createRosRow(Math.max(MAX_SCAN_RAYS, 3 * MAX_JOINTS));
    feeds.set(topic.index, [...(feeds.get(topic.index) ?? []), { channel, decoder, row }]);
  }
  return feeds;
}
/** By address, or by the last part of the topic's name being the channel's address or name. */
function isTopicOf(topic: BagTopic, { name, config }: FeatureChannel): boolean {
  const bare = topic.name.replace(/^\/+/, "");
  const last = bare.slice(bare.lastIndexOf("/") + 1);
  return bare === config.address.replace(/^\/+/, "") || last === config.address || last === name;
}

/** Of a file, or of all files of a recorded folder in the order of their names. */
export function sha256OfPath(path: string): string {
  const hash = createHash("sha256");
  const files = statSync(path).isDirectory()
    ? readdirSync(path)
        .sort()
        .map((name) => join(path, name))
    : [path];
  for (const file of files) if (statSync(file).isFile()) hash.update(readFileSync(file));
  return hash.digest("hex");
}
