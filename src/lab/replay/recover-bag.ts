import { type Bag, type BagLosses, McapWriter, openSyncSink } from "../../edge/recordings/index.ts";

export interface Recovery {
  readonly messages: number;
  readonly bytes: number;
  readonly losses: BagLosses;
  /** why the new file could not be written, or null */
  readonly error: string | null;
}

/** Writes everything whole of a recording into a new, indexed, checksummed MCAP file, in the order of time. */
export async function recoverBag(
  bag: Bag,
  target: string,
  version: string,
  progress: (done: number, messages: number) => void,
): Promise<Recovery> {
  const writer = new McapWriter(openSyncSink(target), {
    profile: "ros2",
    library: `cellgate ${version}`,
    compression: "zstd",
  });
  const schemas = new Map<string, number>();
  const channels = bag.topics.map((topic) => {
    const key = `${topic.type}\n${topic.schemaEncoding}\n${new TextDecoder().decode(topic.schema)}`;
    let schema = topic.type === "" ? 0 : schemas.get(key);
    if (schema === undefined) {
      schema = writer.addSchema(topic.type, topic.schemaEncoding, topic.schema);
      schemas.set(key, schema);
    }
    return writer.addChannel(topic.name, schema, topic.encoding, topic.metadata);
  });
  for (const { name, entries } of bag.metadata) writer.addMetadata(name, entries);
  const cursor = bag.read();
  while (cursor.next()) {
    const data = cursor.bytes.subarray(cursor.offset, cursor.offset + cursor.length);
    const channel = channels[cursor.channel];
    if (channel === undefined) continue;
    writer.addExact(
      channel,
      cursor.sequence,
      cursor.logHigh,
      cursor.logLow,
      cursor.publishHigh,
      cursor.publishLow,
      data,
    );
    if ((writer.messages + writer.openMessages) % 65_536 === 0) progress(cursor.bytesDone, writer.messages);
  }
  for (const { name, mediaType, data } of bag.attachments)
    writer.addAttachment(name, mediaType, Math.max(0, bag.startMicros), data);
  const error = await writer.end();
  return { messages: writer.messages, bytes: writer.position, losses: bag.losses(), error };
}
