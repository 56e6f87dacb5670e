import { OP } from "./mcap-format.ts";

/** Records of an MCAP file as they stand there. Times stay bigints: they are nanoseconds. */
export interface HeaderRecord {
  readonly type: "Header";
  readonly profile: string;
  readonly library: string;
}
export interface SchemaRecord {
  readonly type: "Schema";
  readonly id: number;
  readonly name: string;
  readonly encoding: string;
  readonly data: Uint8Array;
}
export interface ChannelRecord {
  readonly type: "Channel";
  readonly id: number;
  readonly schemaId: number;
  readonly topic: string;
  readonly messageEncoding: string;
  readonly metadata: Readonly<Record<string, string>>;
}
export interface MessageRecord {
  readonly type: "Message";
  readonly channelId: number;
  readonly sequence: number;
  readonly logTime: bigint;
  readonly publishTime: bigint;
  readonly data: Uint8Array;
}
export interface ChunkRecord {
  readonly type: "Chunk";
  readonly messageStartTime: bigint;
  readonly messageEndTime: bigint;
  readonly uncompressedSize: number;
  readonly uncompressedCrc: number;
  readonly compression: string;
  readonly recordsAt: number;
  readonly recordsLength: number;
}
export interface MessageIndexRecord {
  readonly type: "MessageIndex";
  readonly channelId: number;
  readonly entries: number;
}
export interface ChunkIndexRecord {
  readonly type: "ChunkIndex";
  readonly messageStartTime: bigint;
  readonly messageEndTime: bigint;
  readonly chunkStartOffset: bigint;
  readonly chunkLength: bigint;
  readonly messageIndexOffsets: ReadonlyMap<number, bigint>;
  readonly messageIndexLength: bigint;
  readonly compression: string;
  readonly compressedSize: bigint;
  readonly uncompressedSize: bigint;
}
export interface AttachmentRecord {
  readonly type: "Attachment";
  readonly logTime: bigint;
  readonly createTime: bigint;
  readonly name: string;
  readonly mediaType: string;
  readonly data: Uint8Array;
  readonly crc: number;
  readonly crcAt: number;
}
export interface AttachmentIndexRecord {
  readonly type: "AttachmentIndex";
  readonly offset: bigint;
  readonly length: bigint;
  readonly logTime: bigint;
  readonly createTime: bigint;
  readonly dataSize: bigint;
  readonly name: string;
  readonly mediaType: string;
}
export interface StatisticsRecord {
  readonly type: "Statistics";
  readonly messageCount: bigint;
  readonly schemaCount: number;
  readonly channelCount: number;
  readonly attachmentCount: number;
  readonly metadataCount: number;
  readonly chunkCount: number;
  readonly messageStartTime: bigint;
  readonly messageEndTime: bigint;
  readonly channelMessageCounts: ReadonlyMap<number, bigint>;
}
export interface MetadataRecord {
  readonly type: "Metadata";
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
}
export interface MetadataIndexRecord {
  readonly type: "MetadataIndex";
  readonly offset: bigint;
  readonly length: bigint;
  readonly name: string;
}
export interface SummaryOffsetRecord {
  readonly type: "SummaryOffset";
  readonly groupOpcode: number;
  readonly groupStart: bigint;
  readonly groupLength: bigint;
}
export interface DataEndRecord {
  readonly type: "DataEnd";
  readonly dataSectionCrc: number;
}
export interface FooterRecord {
  readonly type: "Footer";
  readonly summaryStart: bigint;
  readonly summaryOffsetStart: bigint;
  readonly summaryCrc: number;
}
export type McapRecord =
  | HeaderRecord
  | SchemaRecord
  | ChannelRecord
  | MessageRecord
  | ChunkRecord
  | MessageIndexRecord
  | ChunkIndexRecord
  | AttachmentRecord
  | AttachmentIndexRecord
  | StatisticsRecord
  | MetadataRecord
  | MetadataIndexRecord
  | SummaryOffsetRecord
  | DataEndRecord
  | FooterRecord;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Reads fields of one record; the first fault sticks. */
class FieldReader {
  bad = false;
  readonly #view: DataView;
  at: number;
  readonly #end: number;

  constructor(view: DataView, at: number, length: number) {
    this.#view = view;
    this.at = at;
    this.#end = at + length;
  }
  #take(size: number): number {
    const at = this.at;
    if (this.bad || size > this.#end - at) {
      this.bad = true;
      return -1;
    }
    this.at = at + size;
    return at;
  }
  u8(): number {
    const at = this.#take(1);
    return at < 0 ? 0 : this.#view.getUint8(at);
  }
  u16(): number {
    const at = this.#take(2);
    return at < 0 ? 0 : this.#view.getUint16(at, true);
  }
  u32(): number {
    const at = this.#take(4);
    return at < 0 ? 0 : this.#view.getUint32(at, true);
  }
  u64(): bigint {
    const at = this.#take(8);
    return at < 0 ? 0n : this.#view.getBigUint64(at, true);
  }
  bytes(size: number): Uint8Array {
    const at = this.#take(size);
    return at < 0 ? new Uint8Array(0) : new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, size);
  }
  text(): string {
    const bytes = this.bytes(this.u32());
    try {
      return utf8.decode(bytes);
    } catch {
      this.bad = true;
      return "";
    }
  }
  size(): number {
    const value = this.u64();
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    this.bad = true;
    return 0;
  }
  textMap(): Readonly<Record<string, string>> {
    const map: Record<string, string> = Object.create(null) as Record<string, string>;
    this.list(() => {
      const key = this.text();
      map[key] = this.text();
    });
    return map;
  }
  countMap(): ReadonlyMap<number, bigint> {
    const map = new Map<number, bigint>();
    this.list(() => map.set(this.u16(), this.u64()));
    return map;
  }
  /** Entries inside a stretch whose length in bytes stands before it. */
  list(entry: () => void): void {
    const bytes = this.u32();
    const end = this.at + bytes;
    if (end > this.#end) this.bad = true;
    while (this.at < end && !this.bad) entry();
    if (this.at !== end) this.bad = true;
  }
}

const PARSERS: Readonly<Record<number, (r: FieldReader, length: number) => McapRecord>> = {
  [OP.header]: (r) => ({ type: "Header", profile: r.text(), library: r.text() }),
  [OP.footer]: (r) => ({
    type: "Footer",
    summaryStart: r.u64(),
    summaryOffsetStart: r.u64(),
    summaryCrc: r.u32(),
  }),
  [OP.schema]: (r) => ({
    type: "Schema",
    id: r.u16(),
    name: r.text(),
    encoding: r.text(),
    data: r.bytes(r.u32()).slice(),
  }),
  [OP.channel]: (r) => ({
    type: "Channel",
    id: r.u16(),
    schemaId: r.u16(),
    topic: r.text(),
    messageEncoding: r.text(),
    metadata: r.textMap(),
  }),
  [OP.message]: (r, length) => ({
    type: "Message",
    channelId: r.u16(),
    sequence: r.u32(),
    logTime: r.u64(),
    publishTime: r.u64(),
    data: r.bytes(length - 22).slice(),
  }),
  [OP.chunk]: chunk,
  [OP.messageIndex]: messageIndex,
  [OP.chunkIndex]: (r) => ({
    type: "ChunkIndex",
    messageStartTime: r.u64(),
    messageEndTime: r.u64(),
    chunkStartOffset: r.u64(),
    chunkLength: r.u64(),
    messageIndexOffsets: r.countMap(),
    messageIndexLength: r.u64(),
    compression: r.text(),
    compressedSize: r.u64(),
    uncompressedSize: r.u64(),
  }),
  [OP.attachment]: attachment,
  [OP.attachmentIndex]: (r) => ({
    type: "AttachmentIndex",
    offset: r.u64(),
    length: r.u64(),
    logTime: r.u64(),
    createTime: r.u64(),
    dataSize: r.u64(),
    name: r.text(),
    mediaType: r.text(),
  }),
  [OP.statistics]: (r) => ({
    type: "Statistics",
    messageCount: r.u64(),
    schemaCount: r.u16(),
    channelCount: r.u32(),
    attachmentCount: r.u32(),
    metadataCount: r.u32(),
    chunkCount: r.u32(),
    messageStartTime: r.u64(),
    messageEndTime: r.u64(),
    channelMessageCounts: r.countMap(),
  }),
  [OP.metadata]: (r) => ({ type: "Metadata", name: r.text(), metadata: r.textMap() }),
  [OP.metadataIndex]: (r) => ({ type: "MetadataIndex", offset: r.u64(), length: r.u64(), name: r.text() }),
  [OP.summaryOffset]: (r) => ({
    type: "SummaryOffset",
    groupOpcode: r.u8(),
    groupStart: r.u64(),
    groupLength: r.u64(),
  }),
  [OP.dataEnd]: (r) => ({ type: "DataEnd", dataSectionCrc: r.u32() }),
};

function chunk(r: FieldReader): ChunkRecord {
  const messageStartTime = r.u64();
  const messageEndTime = r.u64();
  const uncompressedSize = r.size();
  const uncompressedCrc = r.u32();
  const compression = r.text();
  const recordsLength = r.size();
  return {
    type: "Chunk",
    messageStartTime,
    messageEndTime,
    uncompressedSize,
    uncompressedCrc,
    compression,
    recordsAt: r.at,
    recordsLength,
  };
}
function messageIndex(r: FieldReader): MessageIndexRecord {
  const channelId = r.u16();
  let entries = 0;
  r.list(() => {
    r.u64();
    r.u64();
    entries++;
  });
  return { type: "MessageIndex", channelId, entries };
}
function attachment(r: FieldReader): AttachmentRecord {
  const logTime = r.u64();
  const createTime = r.u64();
  const name = r.text();
  const mediaType = r.text();
  const data = r.bytes(r.size()).slice();
  const crcAt = r.at;
  return { type: "Attachment", logTime, createTime, name, mediaType, data, crc: r.u32(), crcAt };
}

/** One record from its content; null for content that is not what its opcode says. Extra bytes are allowed. */
export function parseRecord(op: number, view: DataView, at: number, length: number): McapRecord | null {
  const parse = PARSERS[op];
  if (parse === undefined) return null;
  const reader = new FieldReader(view, at, length);
  const record = parse(reader, length);
  return reader.bad ? null : record;
}
/** The head of a chunk alone, from the first bytes of its content. */
export function parseChunkHead(view: DataView, at: number, available: number): ChunkRecord | null {
  const reader = new FieldReader(view, at, available);
  const record = chunk(reader);
  return reader.bad ? null : record;
}
export const isKnownOp = (op: number): boolean => PARSERS[op] !== undefined;
