import { err, ok, type Result } from "../../core/base/result.ts";
import type { Bag, BagLosses, BagTopic, ReadOptions } from "./bag.ts";
import { type ByteSource, openFileSource } from "./byte-source.ts";
import { MAGIC, microsOfWords, nanosHigh, nanosLow } from "./mcap-format.ts";
import { type BagCursor, McapCursor } from "./mcap-cursor.ts";
import { type Scan, scanMcap } from "./mcap-scan.ts";
import { createOrder } from "./message-order.ts";
import { type Origin, relativeNanos, StretchReader } from "./stretch-reader.ts";

/** Opens one .mcap file. Damage is no error: it is listed. An error means that there is nothing to read. */
export function openMcap(path: string, bytes?: number, storage?: string): Result<McapBag, string> {
  const source = openFileSource(path);
  if (!source.ok) return source;
  return openMcapSource(source.value, path, bytes, storage);
}
/** `bytes`: what lies on the disk, when the source was unpacked from it */
export function openMcapSource(
  source: ByteSource,
  path: string,
  bytes = source.size,
  storage = "mcap",
): Result<McapBag, string> {
  const head = new Uint8Array(MAGIC.length);
  const got = source.read(0, head);
  const scan = scanMcap(source, path);
  const isMcap = got === MAGIC.length && MAGIC.every((byte, i) => head[i] === byte);
  if (isMcap || scan.stretches.length > 0 || scan.summary !== null)
    return ok(new McapBag(source, scan, path, bytes, storage));
  source.close();
  return err(source.size === 0 ? `${path} is empty` : `${path} is not an MCAP file`);
}

export class McapBag implements Bag {
  readonly path: string;
  /** "ros1" for what was converted from such a bag */
  readonly storage: string;
  readonly files: readonly string[];
  readonly bytes: number;
  readonly topics: readonly BagTopic[];
  readonly startMicros: number;
  readonly endMicros: number;
  readonly messages: number;
  readonly metadata: Bag["metadata"];
  readonly attachments: Bag["attachments"];
  readonly scan: Scan;
  readonly origin: Origin;
  readonly #source: ByteSource;
  readonly #reader: StretchReader;
  readonly #topicOfChannel = new Map<number, number>();

  constructor(source: ByteSource, scan: Scan, path: string, bytes: number, storage = "mcap") {
    this.#source = source;
    this.storage = storage;
    this.scan = scan;
    this.path = path;
    this.files = [path];
    this.bytes = source.size;
    this.#reader = new StretchReader(source, scan, bytes);
    this.origin = originOf(scan);
    const counted = this.#lookInside();
    const statistics = scan.summary?.statistics ?? null;
    const counts = statistics?.channelMessageCounts;
    this.messages = counted ?? (statistics === null ? -1 : Number(statistics.messageCount));
    this.topics = [...scan.channels.values()].map((channel, index) => {
      this.#topicOfChannel.set(channel.id, index);
      const schema = scan.schemas.get(channel.schemaId);
      return {
        index,
        name: channel.topic,
        type: schema?.name ?? "",
        encoding: channel.messageEncoding,
        schemaEncoding: schema?.encoding ?? "",
        schema: schema?.data ?? new Uint8Array(0),
        metadata: channel.metadata,
        count: counts === undefined ? -1 : Number(counts.get(channel.id) ?? 0n),
      };
    });
    const spans = scan.stretches.filter((s) => s.kind === "run" || s.size > 0);
    this.startMicros = spans.reduce(
      (min, s) => Math.min(min, microsOfWords(s.startHigh, s.startLow)),
      spans.length === 0 ? -1 : Infinity,
    );
    this.endMicros = spans.reduce((max, s) => Math.max(max, microsOfWords(s.endHigh, s.endLow)), -1);
    this.metadata = scan.metadata.map((m) => ({ name: m.name, entries: m.metadata }));
    this.attachments = scan.attachments.map(({ name, mediaType, data }) => ({ name, mediaType, data }));
  }
  /** Channels may be described inside chunks only; unless the summary repeats them, the chunks are opened once. */
  #lookInside(): number | null {
    const { scan } = this;
    const described = isDescribed(scan);
    const chunks = scan.stretches.filter((s) => s.kind === "chunk");
    if (described || chunks.length === 0) return null;
    const order = createOrder();
    let messages = 0;
    for (const stretch of scan.stretches) {
      const loaded = this.#reader.load(stretch);
      if (loaded === null) continue;
      const wanted = { channels: null, from: -Infinity, to: Infinity };
      this.#reader.index(stretch, loaded, wanted, this.origin, order, false);
      this.#reader.release(loaded, stretch);
      messages += order.count;
    }
    return messages;
  }
  read(options: ReadOptions = {}): BagCursor {
    return this.readFrom(this.origin, options);
  }
  /** With the origin of a larger recording that this file is a part of. */
  readFrom(origin: Origin, options: ReadOptions): McapCursor {
    const { topics, fromMicros, toMicros } = options;
    const relative = (micros: number): number => relativeNanos(nanosHigh(micros), nanosLow(micros), origin);
    const channels =
      topics === undefined
        ? null
        : new Set([...this.#topicOfChannel].filter(([, index]) => topics.has(index)).map(([id]) => id));
    const wanted = {
      channels,
      from: fromMicros === undefined ? -Infinity : relative(fromMicros),
      to: toMicros === undefined ? Infinity : relative(toMicros) + 999,
    };
    return new McapCursor(
      this.#reader,
      this.scan.stretches,
      wanted,
      origin,
      options.order ?? "time",
      this.#topicOfChannel,
    );
  }
  losses(): BagLosses {
    const { listed, count, bytes } = this.scan.losses;
    return { listed, count, bytes, unprotected: this.#reader.coverage.unprotected };
  }
  close(): void {
    this.#source.close();
  }
}

function isDescribed(scan: Scan): boolean {
  const { summary, channels, schemas } = scan;
  if (
    summary === null ||
    summary.channels.length === 0 ||
    channels.size < (summary.statistics?.channelCount ?? 0)
  )
    return false;
  return [...channels.values()].every((channel) => channel.schemaId === 0 || schemas.has(channel.schemaId));
}

function originOf(scan: Scan): Origin {
  let origin = { high: 0, low: 0 };
  let first = true;
  for (const s of scan.stretches) {
    const earlier = s.startHigh < origin.high || (s.startHigh === origin.high && s.startLow < origin.low);
    if (first || earlier) origin = { high: s.startHigh, low: s.startLow };
    first = false;
  }
  return origin;
}
