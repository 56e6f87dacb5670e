import { existsSync } from "node:fs";
import { err, ok, type Result } from "../../../core/base/result.ts";
import {
  type CellEvent,
  channelIndexOf,
  type EpochMicros,
  epochMicrosOf,
  MAX_CHANNELS,
  MAX_SCAN_RAYS,
  type Micros,
  type Sample,
  type Seq,
} from "../../../core/domain/index.ts";
import { type Bag, type BagCursor, type BagLosses, McapBag, openMcap } from "../index.ts";
import { parseExactJson } from "./exact-json.ts";
import {
  BLACK_BOX_METADATA,
  EVENT_TOPIC,
  FILE_MEDIA_TYPE,
  SAMPLE_AT,
  SAMPLE_HEAD_BYTES,
  SAMPLE_TYPE,
  TAPE_FORMAT,
  TAPE_METADATA,
  type TapeMeta,
} from "./tape-format.ts";

/** A block that a black box was written for; `t` on the tape's time. */
export interface BoxedBlock {
  readonly receiptId: string;
  readonly code: string;
  readonly t: number;
}
export interface Tape {
  readonly meta: TapeMeta;
  /** false: it begins in the middle of a run (black box, later segment) and cannot give the same receipts */
  readonly fromStart: boolean;
  readonly boxed: readonly BoxedBlock[];
  readonly files: readonly string[];
  readonly losses: () => BagLosses;
  /**
   * The events in the order in which they happened. Samples reuse one object per channel; ticks are marks
   * that say how far time had come. The iteration ends at the first event that cannot be read.
   */
  events(): Generator<CellEvent, TapeEnd>;
  close(): void;
}
export interface TapeEnd {
  /** null: read to the end; otherwise why it ends early */
  readonly broken: string | null;
}
type Mutable<T> = { -readonly [K in keyof T]: T[K] };
const TWO_32 = 4_294_967_296;

/** Opens a tape: one file with those that follow it in its run, or the segments of one run in their order. */
export function readTape(paths: string | readonly string[]): Result<Tape, string> {
  const list = typeof paths === "string" ? [paths, ...segmentsAfter(paths)] : paths;
  const bags: McapBag[] = [];
  for (const path of list) {
    const opened = openMcap(path);
    if (!opened.ok) return opened;
    bags.push(opened.value);
  }
  const meta = bags[0] === undefined ? err("no file") : metaOf(bags[0]);
  if (!meta.ok) return meta;
  return ok(new TapeFiles(meta.value, bags));
}

/** Segments of the same run that lie beside its first file; what an earlier run left under such names is not among them. */
function segmentsAfter(path: string): string[] {
  const runOf = (file: string): string | null => {
    const opened = existsSync(file) ? openMcap(file) : null;
    if (opened?.ok !== true) return null;
    const entries = opened.value.metadata.find((m) => m.name === TAPE_METADATA)?.entries ?? {};
    opened.value.close();
    return entries["segment"] === undefined ? null : `${entries["boot"]} ${entries["epoch_us"]}`;
  };
  const after: string[] = [];
  const next = (): string =>
    `${path.replace(/\.mcap$/, "")}-${String(after.length + 2).padStart(5, "0")}.mcap`;
  if (!path.endsWith(".mcap") || !existsSync(next())) return after;
  for (const run = runOf(path); run !== null && runOf(next()) === run; ) after.push(next());
  return after;
}

/** What a file says about the tape in it; an error when it holds none. */
export function metaOf(bag: Bag): Result<TapeMeta, string> {
  const entries = bag.metadata.find((m) => m.name === TAPE_METADATA)?.entries;
  if (entries === undefined) return err(`${bag.path} is no tape of a cell`);
  const text = (key: string): string => entries[key] ?? "";
  if (text("format") !== TAPE_FORMAT)
    return err(`${bag.path} has format ${text("format")}, this version reads ${TAPE_FORMAT}`);
  const channels = channelsOf(text("channels"));
  const numbers = [text("seed"), text("boot"), text("epoch_us")].map(Number);
  if (channels === null || !numbers.every(Number.isSafeInteger))
    return err(`${bag.path}: the head of the tape is not readable`);
  return ok({
    cell: text("cell"),
    configHash: text("config_hash"),
    configText: text("config"),
    version: text("version"),
    seed: numbers[0]!,
    boot: numbers[1]!,
    epoch: epochMicrosOf(numbers[2]!),
    channels,
    files: filesOf(bag),
  });
}
function filesOf({ attachments }: Bag): Map<string, string> {
  const ours = attachments.filter((a) => a.mediaType === FILE_MEDIA_TYPE);
  return new Map(ours.map(({ name, data }) => [name, new TextDecoder().decode(data)]));
}
/** The blocks whose surroundings a file holds; none for a tape. */
export function boxedBlocksOf(bag: Bag): BoxedBlock[] {
  return bag.metadata
    .filter(({ name }) => name === BLACK_BOX_METADATA)
    .map(({ entries: e }) => ({
      receiptId: e["receipt_id"] ?? "",
      code: e["code"] ?? "",
      t: Number(e["t_us"] ?? 0),
    }));
}
function channelsOf(text: string): TapeMeta["channels"] | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(parsed) || parsed.length > MAX_CHANNELS) return null;
  const whole = parsed.every((c: unknown) => typeof (c as { name?: unknown } | null)?.name === "string");
  return whole ? (parsed as TapeMeta["channels"]) : null;
}

class TapeFiles implements Tape {
  readonly meta: TapeMeta;
  readonly files: readonly string[];
  readonly fromStart: boolean;
  readonly boxed: readonly BoxedBlock[];
  readonly #bags: readonly McapBag[];

  constructor(meta: TapeMeta, bags: readonly McapBag[]) {
    this.meta = meta;
    this.#bags = bags;
    this.files = bags.map((b) => b.path);
    this.boxed = bags.flatMap(boxedBlocksOf);
    const first = this.events().next();
    this.fromStart = first.done === true || first.value.seq === 0;
  }
  losses(): BagLosses {
    const all = this.#bags.map((b) => b.losses());
    return {
      count: all.reduce((n, l) => n + l.count, 0),
      bytes: all.reduce((n, l) => n + l.bytes, 0),
      listed: all.flatMap((l) => l.listed),
      unprotected: all.reduce((n, l) => n + l.unprotected, 0),
    };
  }
  *events(): Generator<CellEvent, TapeEnd> {
    const samples = this.meta.channels.map((_, i) => emptySample(i));
    for (const bag of this.#bags) {
      const kinds = bag.topics.map((t) =>
        t.name === EVENT_TOPIC ? "event" : t.type === SAMPLE_TYPE ? "sample" : "other",
      );
      const cursor = bag.read({ order: "file" });
      while (cursor.next()) {
        const kind = kinds[cursor.channel];
        if (kind === "other" || kind === undefined) continue;
        const event = kind === "sample" ? decodeSample(cursor, samples) : decodeEvent(cursor);
        if (event === null) return { broken: `${bag.path}: event ${cursor.sequence} is not readable` };
        yield event;
      }
      if (bag.losses().count > 0)
        return { broken: `${bag.path} is damaged: ${bag.losses().listed[0]?.detail ?? ""}` };
    }
    return { broken: null };
  }
  close(): void {
    for (const bag of this.#bags) bag.close();
  }
}

const emptySample = (channel: number): Mutable<Sample> => ({
  kind: "sample",
  t: 0 as Micros,
  seq: 0 as Seq,
  channel: channelIndexOf(channel),
  stamp: -1 as EpochMicros,
  sourceSeq: -1,
  values: new Float64Array(0),
});

function decodeSample(cursor: BagCursor, samples: readonly Mutable<Sample>[]): Sample | null {
  const { view, offset: at, length } = cursor;
  if (length < SAMPLE_HEAD_BYTES || view.getUint32(at, false) !== 0x0001_0000) return null;
  const sample = samples[view.getUint16(at + SAMPLE_AT.channel, true)];
  const count = view.getUint32(at + SAMPLE_AT.count, true);
  if (sample === undefined || count > MAX_SCAN_RAYS || length !== SAMPLE_HEAD_BYTES + count * 8) return null;
  sample.seq = u64(view, at + SAMPLE_AT.seq) as Seq;
  sample.t = u64(view, at + SAMPLE_AT.t) as Micros;
  sample.stamp = view.getFloat64(at + SAMPLE_AT.stamp, true) as EpochMicros;
  sample.sourceSeq = view.getFloat64(at + SAMPLE_AT.sourceSeq, true);
  if (sample.values.length !== count) sample.values = new Float64Array(count);
  for (let i = 0; i < count; i++) sample.values[i] = view.getFloat64(at + SAMPLE_AT.values + i * 8, true);
  return sample;
}
const u64 = (view: DataView, at: number): number =>
  view.getUint32(at + 4, true) * TWO_32 + view.getUint32(at, true);

const KINDS: ReadonlySet<string> = new Set<CellEvent["kind"]>([
  "start",
  "fault",
  "tick",
  "proposal",
  "trials",
  "helper",
  "stored",
  "operator",
  "approval",
  "switch",
  "actuator",
  "health",
]);

function decodeEvent(cursor: BagCursor): CellEvent | null {
  let parsed: unknown;
  try {
    parsed = parseExactJson(
      new TextDecoder().decode(cursor.bytes.subarray(cursor.offset, cursor.offset + cursor.length)),
    );
  } catch {
    return null;
  }
  const event = parsed as { kind?: unknown; t?: unknown; seq?: unknown } | null;
  if (typeof event !== "object" || event === null || !KINDS.has(String(event.kind))) return null;
  return Number.isSafeInteger(event.t) && Number.isSafeInteger(event.seq) ? (event as CellEvent) : null;
}
