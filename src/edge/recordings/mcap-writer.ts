import { crc32 } from "node:zlib";
import { assert } from "../../core/base/assert.ts";
import type { ByteSink } from "./byte-sink.ts";
import { ChunkBuffer, isBefore } from "./chunk-buffer.ts";
import { compressChunk } from "./compression.ts";
import { MAGIC, nanosHigh, nanosLow, OP, RecordBuilder } from "./mcap-format.ts";

export interface McapWriterOptions {
  readonly profile?: string;
  readonly library?: string;
  /** a chunk is closed when its records reach this size */
  readonly chunkBytes?: number;
  /** chunk buffers at most, waiting and filling; none free: the message is dropped and counted */
  readonly buffers?: number;
  readonly compression?: "" | "zstd";
  /** closed chunks go to `onSealed` alone: nothing is kept of them, however long it goes on */
  readonly discards?: boolean;
  /** sees every closed chunk; its bytes are reused after the call */
  readonly onSealed?: (chunk: SealedChunk) => void;
}
/** A closed chunk: its record, its index records and what the summary says about it. */
export interface SealedChunk {
  readonly startHigh: number;
  readonly startLow: number;
  readonly endHigh: number;
  readonly endLow: number;
  readonly bytes: Uint8Array;
  readonly index: Uint8Array;
  /** channel, offset of its index record in `index`, messages */
  readonly places: readonly [channel: number, offset: number, count: number][];
  readonly messages: number;
  readonly compression: string;
  readonly compressed: number;
  readonly size: number;
}
interface ChunkEntry {
  readonly startHigh: number;
  readonly startLow: number;
  readonly endHigh: number;
  readonly endLow: number;
  readonly at: number;
  readonly length: number;
  readonly indexAt: number;
  readonly indexLength: number;
  readonly places: SealedChunk["places"];
  readonly compression: string;
  readonly compressed: number;
  readonly size: number;
}
interface Placed {
  readonly at: number;
  readonly length: number;
  readonly name: string;
}
interface PlacedAttachment extends Placed {
  readonly micros: number;
  readonly size: number;
  readonly mediaType: string;
}
const DEFAULT_CHUNK_BYTES = 1_048_576;
const DEFAULT_BUFFERS = 2;
const MAX_CHANNELS_PER_FILE = 65_535;

/** Writes an MCAP file through a sink. Synchronous; what is durable when is the sink's matter. */
export class McapWriter {
  dropped = 0;
  messages = 0;
  /** bytes handed to the sink */
  position = 0;
  readonly #sink: ByteSink;
  readonly #chunkBytes: number;
  readonly #maxBuffers: number;
  readonly #compression: "" | "zstd";
  readonly #onSealed: ((chunk: SealedChunk) => void) | undefined;
  readonly #discards: boolean;
  readonly #spare: ChunkBuffer[] = [];
  #buffers = 0;
  #current: ChunkBuffer | null = null;
  readonly #records = new RecordBuilder();
  readonly #schemas: Uint8Array[] = [];
  readonly #channels: Uint8Array[] = [];
  readonly #counts: number[] = [];
  readonly #chunks: ChunkEntry[] = [];
  readonly #metadata: Placed[] = [];
  readonly #attachments: PlacedAttachment[] = [];
  #dataCrc = 0;
  #startHigh = 0;
  #startLow = 0;
  #endHigh = 0;
  #endLow = 0;
  #ended = false;

  constructor(sink: ByteSink, options: McapWriterOptions = {}) {
    this.#sink = sink;
    this.#chunkBytes = options.chunkBytes ?? DEFAULT_CHUNK_BYTES;
    this.#maxBuffers = options.buffers ?? DEFAULT_BUFFERS;
    this.#compression = options.compression ?? "";
    this.#onSealed = options.onSealed;
    this.#discards = options.discards === true;
    this.#data(MAGIC);
    this.#data(
      this.#records
        .begin(OP.header)
        .text(options.profile ?? "")
        .text(options.library ?? "cellgate")
        .end()
        .take()
        .slice(),
    );
  }
  addSchema(name: string, encoding: string, text: string | Uint8Array): number {
    const id = this.#schemas.length + 1;
    const body = typeof text === "string" ? new TextEncoder().encode(text) : text;
    const record = this.#records
      .begin(OP.schema)
      .u16(id)
      .text(name)
      .text(encoding)
      .blob(body)
      .end()
      .take()
      .slice();
    this.#schemas.push(record);
    this.#data(record);
    return id;
  }
  /** `schema` 0: messages without a schema. */
  addChannel(
    topic: string,
    schema: number,
    encoding: string,
    metadata: Readonly<Record<string, string>> = {},
  ): number {
    assert(schema <= this.#schemas.length, "a channel's schema was added before");
    const id = this.#channels.length;
    assert(id < MAX_CHANNELS_PER_FILE, "a file has at most 65,535 channels");
    const record = this.#records
      .begin(OP.channel)
      .u16(id)
      .u16(schema)
      .text(topic)
      .text(encoding)
      .map(metadata)
      .end()
      .take()
      .slice();
    this.#channels.push(record);
    this.#counts.push(0);
    this.#data(record);
    return id;
  }
  addMetadata(name: string, entries: Readonly<Record<string, string>>): void {
    const at = this.position;
    const record = this.#records.begin(OP.metadata).text(name).map(entries).end().take();
    this.#metadata.push({ at, length: record.length, name });
    this.#data(record.slice());
  }
  addAttachment(name: string, mediaType: string, micros: number, content: Uint8Array): void {
    const at = this.position;
    const high = nanosHigh(micros);
    const low = nanosLow(micros);
    const r = this.#records
      .begin(OP.attachment)
      .words(high, low)
      .words(high, low)
      .text(name)
      .text(mediaType)
      .u64(content.length)
      .raw(content);
    r.u32(crc32(r.bytes.subarray(9, r.length))).end();
    const record = r.take().slice();
    this.#attachments.push({ at, length: record.length, name, micros, size: content.length, mediaType });
    this.#data(record);
  }
  /** The chunk that takes the next message, or null when every buffer waits for the disk. */
  #chunk(): ChunkBuffer | null {
    if (this.#current !== null) return this.#current;
    const reused = this.#spare.pop();
    if (reused !== undefined) return (this.#current = reused);
    if (this.#buffers >= this.#maxBuffers) return null;
    this.#buffers++;
    return (this.#current = new ChunkBuffer(this.#chunkBytes + 4_096));
  }
  /** Lays down a message's head; the caller fills `size` bytes of `view` at `dataAt`. False: dropped. */
  begin(
    channel: number,
    sequence: number,
    logHigh: number,
    logLow: number,
    pubHigh: number,
    pubLow: number,
    size: number,
  ): boolean {
    if (this.#current !== null && this.#current.recordBytes >= this.#chunkBytes) this.flush();
    const chunk = this.#chunk();
    if (chunk === null || this.#sink.error !== null) {
      this.dropped++;
      return false;
    }
    this.dataAt = chunk.begin(channel, sequence, logHigh, logLow, pubHigh, pubLow, size);
    this.view = chunk.view;
    this.bytes = chunk.bytes;
    return true;
  }
  dataAt = 0;
  view: DataView = new DataView(new ArrayBuffer(0));
  bytes: Uint8Array = new Uint8Array(0);

  addMessage(
    channel: number,
    sequence: number,
    logMicros: number,
    pubMicros: number,
    data: Uint8Array,
  ): boolean {
    return this.addExact(
      channel,
      sequence,
      nanosHigh(logMicros),
      nanosLow(logMicros),
      nanosHigh(pubMicros),
      nanosLow(pubMicros),
      data,
    );
  }
  /** The same with times in words of nanoseconds, for copies that must not round. */
  addExact(
    channel: number,
    sequence: number,
    logHigh: number,
    logLow: number,
    pubHigh: number,
    pubLow: number,
    data: Uint8Array,
  ): boolean {
    if (!this.begin(channel, sequence, logHigh, logLow, pubHigh, pubLow, data.length)) return false;
    this.bytes.set(data, this.dataAt);
    return true;
  }
  /** Messages in the chunk that is still open; `messages` counts closed chunks. */
  get openMessages(): number {
    return this.#current?.count ?? 0;
  }
  /** Bytes in the chunk that is still open. */
  get openBytes(): number {
    return this.#current?.recordBytes ?? 0;
  }
  /** Closes the open chunk and hands it to the sink. */
  flush(): void {
    const chunk = this.#current;
    if (chunk === null || chunk.count === 0) return;
    this.#current = null;
    const sealed = this.#seal(chunk);
    this.#onSealed?.(sealed);
    const reuse = (): void => {
      chunk.reset();
      this.#spare.push(chunk);
    };
    if (this.#discards) reuse();
    else this.putChunk(sealed, reuse);
  }
  #seal(chunk: ChunkBuffer): SealedChunk {
    const crc = crc32(chunk.records);
    const packed = this.#compression === "" ? null : compressChunk(this.#compression, chunk.records);
    const places = chunk.index(this.#records);
    const index = this.#records.take().slice();
    return {
      startHigh: chunk.startHigh,
      startLow: chunk.startLow,
      endHigh: chunk.endHigh,
      endLow: chunk.endLow,
      bytes: packed === null ? chunk.sealed(crc) : this.#packed(chunk, crc, packed),
      index,
      places,
      messages: chunk.count,
      compression: packed === null ? "" : this.#compression,
      compressed: packed?.length ?? chunk.recordBytes,
      size: chunk.recordBytes,
    };
  }
  #packed(chunk: ChunkBuffer, crc: number, packed: Uint8Array): Uint8Array {
    const r = this.#records
      .begin(OP.chunk)
      .words(chunk.startHigh, chunk.startLow)
      .words(chunk.endHigh, chunk.endLow);
    r.u64(chunk.recordBytes).u32(crc).text(this.#compression).u64(packed.length).raw(packed).end();
    return r.take().slice();
  }
  /** Appends a chunk as it is; its channels are those of this file. */
  putChunk(sealed: SealedChunk, done?: () => void): void {
    this.#widen(sealed);
    const at = this.position;
    this.#data(sealed.bytes);
    const indexAt = this.position;
    for (const [channel, , count] of sealed.places) this.#counts[channel]! += count;
    this.messages += sealed.messages;
    this.#chunks.push({
      startHigh: sealed.startHigh,
      startLow: sealed.startLow,
      endHigh: sealed.endHigh,
      endLow: sealed.endLow,
      at,
      length: sealed.bytes.length,
      indexAt,
      indexLength: sealed.index.length,
      places: sealed.places,
      compression: sealed.compression,
      compressed: sealed.compressed,
      size: sealed.size,
    });
    this.#data(sealed.index, done);
  }
  #widen(chunk: SealedChunk): void {
    const first = this.#chunks.length === 0;
    if (first || isBefore(chunk.startHigh, chunk.startLow, this.#startHigh, this.#startLow))
      [this.#startHigh, this.#startLow] = [chunk.startHigh, chunk.startLow];
    if (first || isBefore(this.#endHigh, this.#endLow, chunk.endHigh, chunk.endLow))
      [this.#endHigh, this.#endLow] = [chunk.endHigh, chunk.endLow];
  }
  #data(bytes: Uint8Array, done?: () => void): number {
    this.#dataCrc = crc32(bytes, this.#dataCrc);
    this.#put(bytes, done);
    return bytes.length;
  }
  #put(bytes: Uint8Array, done?: () => void): void {
    this.position += bytes.length;
    this.#sink.write(bytes, done);
  }
  /** Writes the summary and closes the file. Resolves to the sink's error or null. */
  async end(): Promise<string | null> {
    assert(!this.#ended, "a file ends once");
    this.#ended = true;
    this.flush();
    this.#put(this.#records.begin(OP.dataEnd).u32(this.#dataCrc).end().take().slice());
    this.#put(this.#summary());
    await this.#sink.close();
    return this.#sink.error;
  }
  #summary(): Uint8Array {
    const start = this.position;
    const r = new RecordBuilder(65_536);
    const groups: [op: number, at: number, length: number][] = [];
    const group = (op: number, write: () => void): void => {
      const at = r.length;
      write();
      if (r.length > at) groups.push([op, start + at, r.length - at]);
    };
    group(OP.schema, () => this.#schemas.forEach((s) => r.raw(s)));
    group(OP.channel, () => this.#channels.forEach((c) => r.raw(c)));
    group(OP.statistics, () => this.#writeStatistics(r));
    group(OP.metadataIndex, () =>
      this.#metadata.forEach((m) => r.begin(OP.metadataIndex).u64(m.at).u64(m.length).text(m.name).end()),
    );
    group(OP.attachmentIndex, () => this.#attachments.forEach((a) => writeAttachmentIndex(r, a)));
    group(OP.chunkIndex, () => this.#chunks.forEach((c) => writeChunkIndex(r, c)));
    const offsetsAt = start + r.length;
    for (const [op, at, length] of groups) r.begin(OP.summaryOffset).u8(op).u64(at).u64(length).end();
    r.begin(OP.footer).u64(start).u64(offsetsAt);
    // the footer's length stands before its CRC: it is part of what the CRC covers
    r.u32(0).end();
    r.length -= 4;
    r.u32(crc32(r.bytes.subarray(0, r.length))).raw(MAGIC);
    return r.take();
  }
  #writeStatistics(r: RecordBuilder): void {
    const counted = this.#counts.map((count, id) => [id, count] as const).filter(([, count]) => count > 0);
    r.begin(OP.statistics).u64(this.messages).u16(this.#schemas.length).u32(this.#channels.length);
    r.u32(this.#attachments.length).u32(this.#metadata.length).u32(this.#chunks.length);
    r.words(this.#startHigh, this.#startLow)
      .words(this.#endHigh, this.#endLow)
      .u32(counted.length * 10);
    for (const [id, count] of counted) r.u16(id).u64(count);
    r.end();
  }
}
function writeChunkIndex(r: RecordBuilder, c: ChunkEntry): void {
  r.begin(OP.chunkIndex).words(c.startHigh, c.startLow).words(c.endHigh, c.endLow).u64(c.at).u64(c.length);
  r.u32(c.places.length * 10);
  for (const [channel, offset] of c.places) r.u16(channel).u64(c.indexAt + offset);
  r.u64(c.indexLength).text(c.compression).u64(c.compressed).u64(c.size).end();
}
function writeAttachmentIndex(r: RecordBuilder, a: PlacedAttachment): void {
  const high = nanosHigh(a.micros);
  const low = nanosLow(a.micros);
  r.begin(OP.attachmentIndex)
    .u64(a.at)
    .u64(a.length)
    .words(high, low)
    .words(high, low)
    .u64(a.size)
    .text(a.name)
    .text(a.mediaType)
    .end();
}
