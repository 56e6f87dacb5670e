import { createReadStream, createWriteStream, statSync } from "node:fs";
import { basename, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as zlib from "node:zlib";
import { err, ok, type Result } from "../../core/base/result.ts";
import type { Bag, BagLosses, BagTopic, ReadOptions } from "./bag.ts";
import { type Db3Bag, openDb3 } from "./db3-bag.ts";
import { mostOfFile } from "./compression.ts";
import { LossList } from "./losses.ts";
import { type McapBag, openMcap } from "./mcap-bag.ts";
import type { BagCursor } from "./mcap-cursor.ts";
import { MergedCursor } from "./merged-cursor.ts";
import { type FolderPlan, planFolder } from "./rosbag2-folder.ts";
import { convertRos1, ros1Version } from "./ros1-bag.ts";
import type { Origin } from "./stretch-reader.ts";
import { dropTemporary, temporaryFolder } from "./temporary-folder.ts";
import { UnpackingCursor } from "./unpacking-cursor.ts";

type FileBag = McapBag | Db3Bag;

/** Opens a recording: a file, or a folder as rosbag2 writes it. */
export async function openBag(path: string): Promise<Result<Bag, string>> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return err(`${path} does not exist`);
  const plan = stat.isDirectory() ? planFolder(path) : ok({ ...SINGLE, files: [path] });
  if (!plan.ok) return plan;
  const losses = new LossList(path);
  if (plan.value.doubt !== null) losses.add("contradiction", 0, 0, plan.value.doubt);
  for (const name of plan.value.missing)
    losses.add("truncated", 0, 0, `${name} belongs to the recording and is not there`);
  const temporary: string[] = [];
  const bags: FileBag[] = [];
  for (const file of plan.value.files) {
    const opened = await openFile(file, temporary, losses);
    if (opened.ok) bags.push(opened.value);
    else losses.add("unpack", 0, statSync(file, { throwIfNoEntry: false })?.size ?? 0, opened.error);
  }
  if (bags.length > 0) return ok(new Recording(path, plan.value, bags, losses, temporary));
  dropTemporary(temporary);
  return err(losses.listed.at(-1)?.detail ?? `${path} holds nothing that can be read`);
}
const SINGLE: FolderPlan = {
  files: [],
  missing: [],
  messageCompression: "",
  counts: new Map(),
  messages: -1,
  doubt: null,
};

async function openFile(
  file: string,
  temporary: string[],
  losses: LossList,
): Promise<Result<FileBag, string>> {
  let path = file;
  if (/\.(zstd|zst)$/.test(file)) {
    const unpacked = await unpackFile(file, temporary);
    if (!unpacked.ok) return unpacked;
    path = unpacked.value;
  }
  if (ros1Version(path) !== null) return openRos1(path, temporary, losses);
  return path.endsWith(".db3") ? openDb3(path) : openMcap(path, statSync(file).size);
}
/** What is unpacked from the bag counts as its own bytes: the conversion held them against its size. */
async function openRos1(
  path: string,
  temporary: string[],
  losses: LossList,
): Promise<Result<FileBag, string>> {
  const folder = temporaryFolder();
  temporary.push(folder);
  const converted = await convertRos1(path, folder, losses);
  return converted.ok ? openMcap(converted.value, statSync(converted.value).size, "ros1") : converted;
}
/** A packed file is unpacked beside other temporary files: neither format can be read from the middle of a stream. */
async function unpackFile(file: string, temporary: string[]): Promise<Result<string, string>> {
  if (typeof zlib.createZstdDecompress !== "function")
    return err(`${file}: zstd needs Node.js 22.15 or later`);
  const folder = temporaryFolder();
  temporary.push(folder);
  const most = mostOfFile(statSync(file).size);
  const target = join(folder, basename(file).replace(/\.(zstd|zst)$/, ""));
  try {
    await pipeline(
      createReadStream(file),
      zlib.createZstdDecompress(),
      atMost(most),
      createWriteStream(target),
    );
  } catch (cause) {
    if (cause instanceof TooMuch) return err(`${file} unpacks to more than ${most} bytes: refused`);
    // a cut stream still gave its beginning, which the readers recover what they can from
    if ((statSync(target, { throwIfNoEntry: false })?.size ?? 0) === 0)
      return err(`${file} does not unpack: ${(cause as Error).message}`);
  }
  return ok(target);
}
class TooMuch extends Error {}
/** Ends a stream that gives more than so many bytes. */
function atMost(bytes: number): Transform {
  let left = bytes;
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      left -= piece.length;
      if (left < 0) done(new TooMuch());
      else done(null, piece);
    },
  });
}

/** All files of one recording as one bag. */
class Recording implements Bag {
  readonly path: string;
  readonly storage: string;
  readonly files: readonly string[];
  readonly bytes: number;
  readonly topics: readonly BagTopic[];
  readonly startMicros: number;
  readonly endMicros: number;
  readonly messages: number;
  readonly metadata: Bag["metadata"];
  readonly attachments: Bag["attachments"];
  readonly #bags: readonly FileBag[];
  readonly #own: LossList;
  readonly #temporary: readonly string[];
  readonly #topicsOfFile: readonly (readonly number[])[];
  readonly #origin: Origin;
  readonly #messageCompression: string;

  constructor(
    path: string,
    plan: FolderPlan,
    bags: readonly FileBag[],
    losses: LossList,
    temporary: readonly string[],
  ) {
    this.path = path;
    this.#bags = bags;
    this.#own = losses;
    this.#temporary = temporary;
    this.storage = bags[0]!.storage;
    this.files = plan.files;
    this.#messageCompression = plan.messageCompression;
    this.bytes = bags.reduce((sum, bag) => sum + bag.bytes, 0);
    const dated = bags.filter((bag) => bag.startMicros >= 0);
    this.startMicros = dated.reduce(
      (min, bag) => Math.min(min, bag.startMicros),
      dated.length === 0 ? -1 : Infinity,
    );
    this.endMicros = dated.reduce((max, bag) => Math.max(max, bag.endMicros), -1);
    this.#origin = (dated.find((bag) => bag.startMicros === this.startMicros) ?? bags[0]!).origin;
    const counted = bags.every((bag) => bag.messages >= 0)
      ? bags.reduce((sum, bag) => sum + bag.messages, 0)
      : -1;
    this.messages = counted >= 0 ? counted : plan.messages;
    [this.topics, this.#topicsOfFile] = mergeTopics(bags, plan.counts);
    this.metadata = bags.flatMap((bag) => bag.metadata);
    this.attachments = bags.flatMap((bag) => bag.attachments);
  }
  read(options: ReadOptions = {}): BagCursor {
    const inTime = options.order !== "file";
    const single = this.#bags.length === 1 && this.#bags[0]!.topics.length === this.topics.length;
    const cursor = single
      ? this.#bags[0]!.readFrom(this.#origin, options)
      : new MergedCursor(
          this.#bags.map((bag, i) => this.#part(bag, this.#topicsOfFile[i]!, options)),
          inTime,
        );
    return this.#messageCompression === "" ? cursor : new UnpackingCursor(cursor, this.#own, this.bytes);
  }
  #part(bag: FileBag, topics: readonly number[], options: ReadOptions) {
    const wanted = options.topics;
    const own =
      wanted === undefined
        ? options
        : { ...options, topics: new Set(topics.flatMap((topic, i) => (wanted.has(topic) ? [i] : []))) };
    return {
      startMicros: bag.startMicros,
      bytes: bag.bytes,
      topics,
      open: () => bag.readFrom(this.#origin, own),
    };
  }
  losses(): BagLosses {
    const all = [
      { listed: this.#own.listed, count: this.#own.count, bytes: this.#own.bytes, unprotected: 0 },
      ...this.#bags.map((bag) => bag.losses()),
    ];
    return {
      listed: all.flatMap((l) => l.listed),
      count: all.reduce((sum, l) => sum + l.count, 0),
      bytes: all.reduce((sum, l) => sum + l.bytes, 0),
      unprotected: all.reduce((sum, l) => sum + l.unprotected, 0),
    };
  }
  close(): void {
    for (const bag of this.#bags) bag.close();
    dropTemporary(this.#temporary);
  }
}

/** One list of topics for all files: a topic is its name and type. */
function mergeTopics(
  bags: readonly FileBag[],
  counts: ReadonlyMap<string, number>,
): [BagTopic[], number[][]] {
  const merged: BagTopic[] = [];
  const indexOf = new Map<string, number>();
  const maps = bags.map((bag) =>
    bag.topics.map((topic) => {
      const key = `${topic.name}\n${topic.type}\n${topic.encoding}`;
      const known = indexOf.get(key);
      if (known === undefined) {
        indexOf.set(key, merged.length);
        return merged.push({ ...topic, index: merged.length }) - 1;
      }
      const before = merged[known]!;
      const count = before.count < 0 || topic.count < 0 ? -1 : before.count + topic.count;
      merged[known] = {
        ...before,
        count,
        schema: before.schema.length > 0 ? before.schema : topic.schema,
        schemaEncoding: before.schemaEncoding || topic.schemaEncoding,
      };
      return known;
    }),
  );
  const named = merged.map((topic) =>
    topic.count < 0 ? { ...topic, count: counts.get(topic.name) ?? -1 } : topic,
  );
  return [named, maps];
}
