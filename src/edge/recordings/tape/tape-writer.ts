import { rmSync } from "node:fs";
import { basename } from "node:path";
import {
  type CellEvent,
  type Code,
  type Sample,
  TAPE_BUFFERS,
  TAPE_CHUNK_BYTES,
  TAPE_FLUSH_US,
  TAPE_KEEP_SEGMENTS,
  TAPE_SEGMENT_BYTES,
} from "../../../core/domain/index.ts";
import {
  AsyncSink,
  type ByteSink,
  McapWriter,
  type McapWriterOptions,
  nanosHigh,
  nanosLow,
  openSyncSink,
} from "../index.ts";
import { BlackBox, type BlackBoxSetting } from "./black-box.ts";
import { exactJson } from "./exact-json.ts";
import {
  EVENT_CHANNEL,
  fileChannelOf,
  SAMPLE_AT,
  SAMPLE_HEAD_BYTES,
  type TapeMeta,
  writeTapeHead,
} from "./tape-format.ts";

export interface TapeSetting {
  /** the file; with segments `name-00001.mcap`, `name-00002.mcap` …; null: no file, only the black box */
  readonly path: string | null;
  readonly meta: TapeMeta;
  /** true: writes never wait for the disk, a full queue drops and says so. false: writes wait, nothing drops */
  readonly live: boolean;
  /**
   * Rolling files, oldest deleted; without it one file grows to the segment size and then stops. `asNamed`: the first
   * file has the very name that was given, and `name-00002.mcap` follows.
   */
  readonly segments?: { readonly maxBytes?: number; readonly keep?: number; readonly asNamed?: boolean };
  readonly blackBox?: BlackBoxSetting;
  /** told when a kind of trouble begins (what was lost and why) and when it has ended */
  readonly onHealth?: (code: Code, active: boolean, detail: string) => void;
}
export interface TapeStats {
  readonly events: number;
  readonly dropped: number;
  readonly bytes: number;
  readonly error: string | null;
  /** files that the black box has begun, and the newest of them */
  readonly boxes: number;
  readonly lastBox: string | null;
}

const NULL_SINK: ByteSink = {
  write: (_bytes, done) => done?.(),
  error: null,
  busy: false,
  close: async () => {},
};
const TWO_32 = 4_294_967_296;
const ENCAPSULATION_LE = 0x0001_0000;
const utf8 = new TextEncoder();

/** Records the events of a cell. A sample costs a few hundred nanoseconds; everything else is JSON. */
export class TapeWriter {
  #events = 0;
  #dropped = 0;
  #writer: McapWriter;
  #sink: ByteSink = NULL_SINK;
  #segment = 0;
  #bytesBefore = 0;
  #chunkStart = -1;
  /** the file is full, failed or closed; the black box goes on without it */
  #ended = false;
  #failure: string | null = null;
  #lastT = 0;
  readonly #setting: TapeSetting;
  readonly #box: BlackBox | null;
  readonly #timer: NodeJS.Timeout | null;
  readonly #closing: Promise<unknown>[] = [];
  readonly #told = new Set<Code>();
  readonly #files: string[] = [];

  constructor(setting: TapeSetting) {
    this.#setting = setting;
    const { blackBox, meta, live } = setting;
    this.#box =
      blackBox === undefined
        ? null
        : new BlackBox(blackBox, meta, live, (problem) =>
            problem === null ? this.#untell("BLACK_BOX_FAILED") : this.#tell("BLACK_BOX_FAILED", problem),
          );
    this.#writer = setting.path === null ? this.#ringWriter() : this.#openSegment(setting.path);
    this.#timer = live ? setInterval(() => this.#flushIfIdle(-1), TAPE_FLUSH_US / 1_000) : null;
    this.#timer?.unref();
  }
  /** Records one event. A tick is not kept as such: it marks how far time had come. False: it was dropped. */
  append(event: CellEvent): boolean {
    if (this.#chunkStart < 0) this.#chunkStart = event.t;
    else if (event.t - this.#chunkStart >= TAPE_FLUSH_US) this.#flushIfIdle(event.t);
    this.#lastT = event.t;
    if (this.#sink.error !== null) this.#endFile("TAPE_FAILED", this.#sink.error);
    const lost = this.#ended && this.#setting.path !== null;
    const kept =
      (!lost || this.#box !== null) && (event.kind === "sample" ? this.#sample(event) : this.#other(event));
    if (kept && !lost) this.#events++;
    else this.#lose();
    return kept && !lost;
  }
  #sample(event: Sample): boolean {
    const writer = this.#writer;
    const { values } = event;
    const count = values.length;
    if (!this.#begin(fileChannelOf(event.channel), event.seq, event.t, SAMPLE_HEAD_BYTES + count * 8))
      return false;
    const { view, dataAt: at } = writer;
    view.setUint32(at, ENCAPSULATION_LE, false);
    setU64(view, at + SAMPLE_AT.seq, event.seq);
    setU64(view, at + SAMPLE_AT.t, event.t);
    view.setFloat64(at + SAMPLE_AT.stamp, event.stamp, true);
    view.setFloat64(at + SAMPLE_AT.sourceSeq, event.sourceSeq, true);
    view.setUint32(at + SAMPLE_AT.channel, event.channel, true);
    view.setUint32(at + SAMPLE_AT.count, count, true);
    for (let i = 0; i < count; i++) view.setFloat64(at + SAMPLE_AT.values + i * 8, values[i]!, true);
    return true;
  }
  #other(event: CellEvent): boolean {
    const text = jsonOf(event);
    if (text === null) return false;
    const bytes = utf8.encode(text);
    if (!this.#begin(EVENT_CHANNEL, event.seq, event.t, bytes.length)) return false;
    this.#writer.bytes.set(bytes, this.#writer.dataAt);
    return true;
  }
  #begin(channel: number, seq: number, t: number, size: number): boolean {
    const wall = this.#setting.meta.epoch + t;
    return this.#writer.begin(
      channel,
      seq % TWO_32,
      nanosHigh(wall),
      nanosLow(wall),
      nanosHigh(t),
      nanosLow(t),
      size,
    );
  }
  /** A block left the node: the black box keeps what was before and what follows. */
  block(receiptId: string, code: string): void {
    if (this.#box === null) return;
    this.flush();
    this.#box.block(receiptId, code, this.#lastT);
  }
  /** While the disk is slow the open chunk goes on filling: the buffers then hold more. */
  #flushIfIdle(nextStart: number): void {
    if (!this.#sink.busy) this.flush(nextStart);
  }
  /** Hands over what was recorded so far; also done by a timer. */
  flush(nextStart = -1): void {
    this.#chunkStart = nextStart;
    this.#writer.flush();
    if (this.#sink.error !== null) this.#endFile("TAPE_FAILED", this.#sink.error);
    const max = this.#setting.segments?.maxBytes ?? TAPE_SEGMENT_BYTES;
    if (this.#sink !== NULL_SINK && this.#writer.position >= max) this.#turn(this.#setting.path!);
  }
  /** The file is full: the next one, or the end of recording. */
  #turn(path: string): void {
    if (this.#setting.segments === undefined) return this.#endFile("TAPE_FULL", `${path} reached its size`);
    this.#endSegment();
    try {
      this.#writer = this.#openSegment(path);
    } catch (cause) {
      this.#sink = NULL_SINK;
      this.#endFile("TAPE_FAILED", (cause as Error).message);
    }
  }
  /** What follows goes to the black box alone. */
  #endFile(code: Code, detail: string): void {
    if (this.#ended) return;
    this.#ended = true;
    if (code === "TAPE_FAILED") this.#failure = detail;
    this.#tell(code, detail);
    this.#endSegment();
  }
  #openSegment(path: string): McapWriter {
    const { meta, live } = this.#setting;
    this.#segment++;
    const file = this.#fileOf(path);
    this.#files.push(file);
    this.#sink = live ? new AsyncSink(file) : openSyncSink(file);
    const writer = new McapWriter(this.#sink, this.#writerOptions());
    writeTapeHead(writer, meta, { part: "tape", segment: String(this.#segment) });
    if (this.#setting.segments !== undefined) this.#prune();
    return writer;
  }
  /** Fills chunks for the black box, or nothing at all. */
  #ringWriter(): McapWriter {
    const writer = new McapWriter(NULL_SINK, { ...this.#writerOptions(), discards: true });
    writeTapeHead(writer, this.#setting.meta);
    return writer;
  }
  #writerOptions(): McapWriterOptions {
    const box = this.#box;
    return {
      library: `cellgate ${this.#setting.meta.version}`,
      chunkBytes: TAPE_CHUNK_BYTES,
      buffers: TAPE_BUFFERS,
      ...(box === null ? {} : { onSealed: (chunk) => box.chunk(chunk) }),
    };
  }
  #fileOf(path: string): string {
    const { segments } = this.#setting;
    return segments === undefined || (segments.asNamed === true && this.#segment === 1)
      ? path
      : `${path.replace(/\.mcap$/, "")}-${String(this.#segment).padStart(5, "0")}.mcap`;
  }
  #endSegment(): void {
    const writer = this.#writer;
    const sink = this.#sink;
    const done = writer.end();
    this.#bytesBefore += writer.position;
    this.#writer = this.#ringWriter();
    this.#sink = NULL_SINK;
    this.#closing.push(done.then(() => sink.error !== null && this.#tell("TAPE_FAILED", sink.error)));
  }
  /** Files of this run alone: what an earlier one left under such names is not ours to delete. */
  #prune(): void {
    const keep = this.#setting.segments?.keep ?? TAPE_KEEP_SEGMENTS;
    for (const file of this.#files.splice(0, Math.max(0, this.#files.length - keep))) {
      rmSync(file, { force: true });
      this.#tell("TAPE_OLDEST_GONE", `${basename(file)}; ${keep} files are kept`);
    }
  }
  #lose(): void {
    this.#dropped++;
    if (!this.#ended) this.#tell("TAPE_DROPPED", `event after ${this.#events} events`);
  }
  #tell(code: Code, detail: string): void {
    if (this.#told.has(code)) return;
    this.#told.add(code);
    this.#setting.onHealth?.(code, true, detail);
  }
  #untell(code: Code): void {
    if (this.#told.delete(code)) this.#setting.onHealth?.(code, false, "written again");
  }
  get stats(): TapeStats {
    return {
      events: this.#events,
      dropped: this.#dropped,
      bytes: this.#bytesBefore + (this.#sink === NULL_SINK ? 0 : this.#writer.position),
      error: this.#failure,
      boxes: this.#box?.count ?? 0,
      lastBox: this.#box?.last ?? null,
    };
  }
  /** Writes the rest and the summary. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.flush();
    if (this.#sink !== NULL_SINK) this.#endSegment();
    this.#ended = true;
    await this.#box?.close();
    await Promise.all(this.#closing);
  }
}
/** Null for what no JSON can hold: nesting beyond the stack. */
function jsonOf(event: CellEvent): string | null {
  try {
    return exactJson(event);
  } catch (cause) {
    if (cause instanceof RangeError) return null;
    throw cause;
  }
}
/** Numbers and times of a tape are never negative. */
function setU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % TWO_32, true);
  view.setUint32(at + 4, Math.floor(value / TWO_32), true);
}
export const createTapeWriter = (setting: TapeSetting): TapeWriter => new TapeWriter(setting);
