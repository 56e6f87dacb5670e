import { crc32 } from "node:zlib";
import { type ByteSource, SourceWindow } from "./byte-source.ts";
import { LossList } from "./losses.ts";
import { MAGIC, MESSAGE_HEAD_BYTES, microsOfWords, OP, RECORD_HEAD_BYTES } from "./mcap-format.ts";
import { chunkHeadAt, lengthOf, RecordSearch } from "./record-search.ts";
import { readSummary, type Summary } from "./mcap-summary.ts";
import {
  type AttachmentRecord,
  type ChannelRecord,
  isKnownOp,
  type MetadataRecord,
  parseRecord,
  type SchemaRecord,
} from "./records.ts";

/** A stretch of messages that is read as one: a chunk, or a run of messages that stand outside chunks. */
export interface Stretch {
  readonly kind: "chunk" | "run";
  readonly ordinal: number;
  /** the whole record in the file; of a run, its first and last byte */
  readonly at: number;
  readonly end: number;
  readonly dataAt: number;
  readonly dataLength: number;
  readonly size: number;
  readonly crc: number;
  readonly compression: string;
  readonly startHigh: number;
  readonly startLow: number;
  readonly endHigh: number;
  readonly endLow: number;
}
/** What a walk over a file found, without unpacking any chunk. */
export interface Scan {
  readonly profile: string;
  readonly library: string;
  readonly schemas: Map<number, SchemaRecord>;
  readonly channels: Map<number, ChannelRecord>;
  readonly stretches: Stretch[];
  readonly metadata: MetadataRecord[];
  readonly attachments: AttachmentRecord[];
  readonly summary: Summary | null;
  readonly losses: LossList;
  /** messages outside chunks, and whether a checksum stands behind them */
  readonly runsChecked: boolean;
}

const MAX_RUN_BYTES = 1_048_576;
/** attachments and definitions larger than this are listed as lost, not loaded */
const MAX_COLD_RECORD_BYTES = 256 * 1_048_576;
/** files up to this size are checked as a whole; larger ones only where nothing else checks */
const WHOLE_CHECK_BYTES = 64 * 1_048_576;
const CRC_BLOCK_BYTES = 1_048_576;
/** channel, and bytes of the entries */
const MESSAGE_INDEX_HEAD_BYTES = 6;

/** Walks over a file from record to record; damage is stepped over and noted. */
export function scanMcap(source: ByteSource, name: string): Scan {
  return new Walk(source, name).run();
}

class Walk {
  readonly #source: ByteSource;
  readonly #window: SourceWindow;
  readonly #search: RecordSearch;
  readonly #losses: LossList;
  readonly #schemas = new Map<number, SchemaRecord>();
  readonly #channels = new Map<number, ChannelRecord>();
  readonly #stretches: Stretch[] = [];
  readonly #metadata: MetadataRecord[] = [];
  readonly #attachments: AttachmentRecord[] = [];
  /** where the summary says that chunks begin */
  readonly #promised: ReadonlySet<number>;
  readonly #summary: Summary | null;
  readonly #limit: number;
  readonly #finished: boolean;
  #profile = "";
  #library = "";
  #runAt = -1;
  #runEnd = 0;
  #runTimes: [number, number, number, number] = [0, 0, 0, 0];
  #sawEnd = false;
  #runsChecked = false;

  constructor(source: ByteSource, name: string) {
    this.#source = source;
    this.#window = new SourceWindow(source);
    this.#losses = new LossList(name);
    const state = readSummary(source);
    this.#summary = state.kind === "whole" ? state.summary : null;
    this.#finished = state.kind !== "unfinished";
    if (state.kind === "damaged") this.#losses.add("summary", source.size, source.size, state.detail);
    this.#limit =
      state.kind === "whole" ? state.summary.start : state.kind === "none" ? state.footerAt : source.size;
    const promised = (this.#summary?.chunks ?? [])
      .map((c) => Number(c.chunkStartOffset))
      .sort((a, b) => a - b);
    this.#promised = new Set(promised);
    this.#search = new RecordSearch(source, this.#limit, promised, (id) => this.#channels.has(id));
    for (const schema of this.#summary?.schemas ?? []) this.#schemas.set(schema.id, schema);
    for (const channel of this.#summary?.channels ?? []) this.#channels.set(channel.id, channel);
  }
  run(): Scan {
    let at = this.#magic();
    while (at < this.#limit && !this.#sawEnd) at = this.#step(at);
    this.#closeRun();
    if (!this.#finished || (!this.#sawEnd && this.#limit === this.#source.size))
      this.#losses.add("unfinished", at, at, "the recording was not ended: its last part is missing");
    this.#compareChunks();
    return {
      profile: this.#profile,
      library: this.#library,
      schemas: this.#schemas,
      channels: this.#channels,
      stretches: this.#stretches,
      metadata: this.#metadata,
      attachments: this.#attachments,
      summary: this.#summary,
      losses: this.#losses,
      runsChecked: this.#runsChecked,
    };
  }
  #magic(): number {
    const at = this.#window.need(0, MAGIC.length);
    const good = at >= 0 && MAGIC.every((byte, i) => this.#window.bytes[at + i] === byte);
    if (!good)
      this.#losses.add(
        "garbage",
        0,
        Math.min(MAGIC.length, this.#source.size),
        "the file does not begin as an MCAP file",
      );
    return Math.min(MAGIC.length, this.#source.size);
  }
  /** Handles the record at `at`; gives where the next one begins. */
  #step(at: number): number {
    const head = this.#window.need(at, RECORD_HEAD_BYTES);
    if (head < 0) return this.#cut(at, "the file ends inside the head of a record");
    const op = this.#window.view.getUint8(head);
    const length = lengthOf(this.#window, head);
    const end = at + RECORD_HEAD_BYTES + length;
    if (end > this.#limit) return this.#resync(at, `a record claims ${length} bytes`);
    if (this.#promised.has(at) && op !== OP.chunk)
      return this.#resync(at + 1, "a chunk should begin here", at);
    return this.#record(op, at, length)
      ? end
      : this.#resync(at, `record 0x${op.toString(16)} is not what it says`);
  }
  #record(op: number, at: number, length: number): boolean {
    if (op === OP.message) return this.#message(at, length);
    if (op === OP.chunk) {
      this.#closeRun();
      return this.#chunk(at, length);
    }
    if (op >= 0x80 || (op > OP.dataEnd && op !== 0)) return this.#unknown(op, at, length);
    if (!isKnownOp(op)) return false;
    if (op === OP.messageIndex) return this.#messageIndex(at, length);
    return this.#cold(op, at, length);
  }
  /** Makers may add records of their own; a flipped bit looks the same, so each one is named. */
  #unknown(op: number, at: number, length: number): boolean {
    this.#closeRun();
    this.#losses.add(
      "structure",
      at,
      at + RECORD_HEAD_BYTES + length,
      `record of unknown kind 0x${op.toString(16)} skipped`,
    );
    return true;
  }
  /** Passed by with a look at its shape: it repeats what the chunk says, and there is one per channel and chunk. */
  #messageIndex(at: number, length: number): boolean {
    const place = this.#window.need(at, RECORD_HEAD_BYTES + Math.min(length, MESSAGE_INDEX_HEAD_BYTES));
    if (place < 0 || length < MESSAGE_INDEX_HEAD_BYTES) return false;
    const entries = this.#window.view.getUint32(place + RECORD_HEAD_BYTES + 2, true);
    return entries % 16 === 0 && entries + MESSAGE_INDEX_HEAD_BYTES <= length;
  }
  #cold(op: number, at: number, length: number): boolean {
    if (length > MAX_COLD_RECORD_BYTES) return false;
    const place = this.#window.need(at, RECORD_HEAD_BYTES + length);
    if (place < 0) return false;
    const record = parseRecord(op, this.#window.view, place + RECORD_HEAD_BYTES, length);
    if (record === null) return false;
    this.#closeRun();
    switch (record.type) {
      case "Header":
        this.#profile = record.profile;
        this.#library = record.library;
        return at === MAGIC.length;
      case "Schema":
        if (!this.#schemas.has(record.id)) this.#schemas.set(record.id, record);
        return record.id !== 0;
      case "Channel":
        if (!this.#channels.has(record.id)) this.#channels.set(record.id, record);
        return true;
      case "Metadata":
        this.#metadata.push(record);
        return true;
      case "Attachment":
        return this.#attachment(record, at, length, place);
      case "DataEnd":
        return this.#dataEnd(record.dataSectionCrc, at, length);
      default:
        // a record of the summary among the data: only possible when the real end is gone
        return this.#summary === null;
    }
  }
  #attachment(record: AttachmentRecord, at: number, length: number, place: number): boolean {
    const from = place + RECORD_HEAD_BYTES;
    if (record.crc !== 0 && crc32(this.#window.bytes.subarray(from, record.crcAt)) !== record.crc)
      this.#losses.add(
        "attachment",
        at,
        at + RECORD_HEAD_BYTES + length,
        `attachment "${record.name}" fails its checksum`,
      );
    else this.#attachments.push(record);
    return true;
  }
  #dataEnd(crc: number, at: number, length: number): boolean {
    const end = at + RECORD_HEAD_BYTES + length;
    if (this.#limit < this.#source.size && end !== this.#limit) return false;
    this.#sawEnd = true;
    const outside = this.#stretches.some((s) => s.kind === "run");
    if (crc === 0 || (this.#source.size > WHOLE_CHECK_BYTES && !outside)) return true;
    if (this.#crcUpTo(at) === crc) this.#runsChecked = true;
    else
      this.#losses.add(
        "data-checksum",
        0,
        0,
        outside
          ? "the data section fails its checksum: messages outside chunks cannot be trusted"
          : "the data section fails its checksum: something outside the chunks changed",
      );
    return true;
  }
  #crcUpTo(end: number): number {
    const block = new Uint8Array(CRC_BLOCK_BYTES);
    let crc = 0;
    for (let at = 0; at < end; at += block.length) {
      const part = block.subarray(0, Math.min(block.length, end - at));
      this.#source.read(at, part);
      crc = crc32(part, crc);
    }
    return crc;
  }
  #message(at: number, length: number): boolean {
    if (length < MESSAGE_HEAD_BYTES) return false;
    const place = this.#window.need(at, RECORD_HEAD_BYTES + MESSAGE_HEAD_BYTES);
    if (place < 0) return false;
    const { view } = this.#window;
    if (!this.#channels.has(view.getUint16(place + RECORD_HEAD_BYTES, true))) return false;
    const low = view.getUint32(place + RECORD_HEAD_BYTES + 6, true);
    const high = view.getUint32(place + RECORD_HEAD_BYTES + 10, true);
    const end = at + RECORD_HEAD_BYTES + length;
    if (this.#runAt >= 0 && end - this.#runAt > MAX_RUN_BYTES) this.#closeRun();
    if (this.#runAt < 0) {
      this.#runAt = at;
      this.#runTimes = [high, low, high, low];
    }
    const t = this.#runTimes;
    if (high < t[0] || (high === t[0] && low < t[1])) [t[0], t[1]] = [high, low];
    if (high > t[2] || (high === t[2] && low > t[3])) [t[2], t[3]] = [high, low];
    this.#runEnd = end;
    return true;
  }
  #closeRun(): void {
    if (this.#runAt < 0) return;
    const size = this.#runEnd - this.#runAt;
    const [startHigh, startLow, endHigh, endLow] = this.#runTimes;
    this.#stretches.push({
      kind: "run",
      ordinal: this.#stretches.length,
      at: this.#runAt,
      end: this.#runEnd,
      dataAt: this.#runAt,
      dataLength: size,
      size,
      crc: 0,
      compression: "",
      startHigh,
      startLow,
      endHigh,
      endLow,
    });
    this.#runAt = -1;
  }
  #chunk(at: number, length: number): boolean {
    const found = chunkHeadAt(this.#window, at, length);
    if (found === null) return false;
    const { head, content } = found;
    const { view } = this.#window;
    this.#stretches.push({
      kind: "chunk",
      ordinal: this.#stretches.length,
      at,
      end: at + RECORD_HEAD_BYTES + length,
      dataAt: at + RECORD_HEAD_BYTES + head.recordsAt - content,
      dataLength: head.recordsLength,
      size: head.uncompressedSize,
      crc: head.uncompressedCrc,
      compression: head.compression,
      startLow: view.getUint32(content, true),
      startHigh: view.getUint32(content + 4, true),
      endLow: view.getUint32(content + 8, true),
      endHigh: view.getUint32(content + 12, true),
    });
    return true;
  }
  /** The last record was cut off. */
  #cut(at: number, detail: string): number {
    this.#closeRun();
    this.#losses.add("truncated", at, this.#limit, detail, this.#stretches.length, ...this.#timeBefore());
    return this.#limit;
  }
  /** Looks for the next place that can be a record; what lies between is lost. */
  #resync(at: number, detail: string, from = at): number {
    this.#closeRun();
    const next = this.#search.next(at + 1);
    if (next < 0 && !this.#finished) return this.#cut(from, detail);
    const to = next < 0 ? this.#limit : next;
    this.#losses.add("garbage", from, to, detail, this.#stretches.length, ...this.#timeBefore());
    return to;
  }
  #timeBefore(): [number, number] {
    const last = this.#stretches.at(-1);
    return last === undefined ? [-1, -1] : [microsOfWords(last.endHigh, last.endLow), -1];
  }
  /** Chunks that the table of contents names and the walk did not meet. */
  #compareChunks(): void {
    const met = new Set(this.#stretches.map((s) => s.at));
    for (const [i, chunk] of (this.#summary?.chunks ?? []).entries()) {
      const at = Number(chunk.chunkStartOffset);
      if (met.has(at)) continue;
      const micros = (time: bigint): number => Number(time / 1_000n);
      this.#losses.add(
        "structure",
        at,
        at + Number(chunk.chunkLength),
        "a chunk of the summary is not readable",
        i,
        micros(chunk.messageStartTime),
        micros(chunk.messageEndTime),
      );
    }
  }
}
