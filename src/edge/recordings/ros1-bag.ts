import { closeSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { err, ok, type Result } from "../../core/base/result.ts";
import { ros1Converter, type Ros1Converter } from "../wire/index.ts";
import { openSyncSink } from "./byte-sink.ts";
import { decodeBzip2 } from "./bzip2.ts";
import { MAX_CHUNK_BYTES, mostOfFile, unbelievable } from "./compression.ts";
import type { LossList } from "./losses.ts";
import { decodeLz4Frame } from "./lz4.ts";
import { McapWriter } from "./mcap-writer.ts";

const MAGIC = "#ROSBAG V2.0\n";
const ANY_MAGIC = /^#ROS(BAG|RECORD) V(\d+\.\d+)/;
const OP = { message: 0x02, bag: 0x03, index: 0x04, chunk: 0x05, chunkInfo: 0x06, connection: 0x07 } as const;
const MAX_HEADER_BYTES = 16 * 1_048_576;
const MAX_CONNECTIONS = 65_000;
const text = new TextDecoder();

/** What the first bytes of a file say: a ROS 1 bag that can be read, another version of one, or something else. */
export function ros1Version(file: string): string | null {
  const head = new Uint8Array(32);
  const fd = openSync(file, "r");
  try {
    const got = readSync(fd, head, 0, head.length, 0);
    return ANY_MAGIC.exec(text.decode(head.subarray(0, got)))?.[2] ?? null;
  } finally {
    closeSync(fd);
  }
}

/**
 * Reads a ROS 1 bag (format 2.0) from front to back and writes its messages as ROS 2 would have sent them into a
 * temporary MCAP file, so that everything that reads recordings reads these too. Needs no index: what a bag cut
 * short holds is kept, and what is lost is listed.
 */
export async function convertRos1(
  file: string,
  folder: string,
  losses: LossList,
): Promise<Result<string, string>> {
  const version = ros1Version(file);
  if (version !== "2.0")
    return err(
      `${file} is a ROS 1 bag of format ${version ?? "unknown"}; write it anew with \`rosbag fix OLD.bag NEW.bag\`, which gives format 2.0`,
    );
  const target = join(folder, "converted.mcap");
  const fd = openSync(file, "r");
  try {
    const conversion = new Conversion(fd, statSync(file).size, target, losses);
    const fault = await conversion.run();
    return fault === null ? ok(target) : err(`${file}: ${fault}`);
  } finally {
    closeSync(fd);
  }
}

interface RosRecord {
  readonly op: number;
  readonly fields: ReadonlyMap<string, Uint8Array>;
  readonly dataAt: number;
  readonly dataLength: number;
  readonly end: number;
}
interface Connection {
  readonly channel: number;
  readonly converter: Ros1Converter | null;
}

class Conversion {
  readonly #fd: number;
  readonly #size: number;
  readonly #losses: LossList;
  readonly #writer: McapWriter;
  readonly #connections = new Map<number, Connection>();
  readonly #most: number;
  #unreadable = 0;

  constructor(fd: number, size: number, target: string, losses: LossList) {
    this.#fd = fd;
    this.#size = size;
    this.#losses = losses;
    this.#most = mostOfFile(size);
    this.#writer = new McapWriter(openSyncSink(target), { profile: "ros2" });
  }
  /** null: done; else why nothing can be read */
  async run(): Promise<string | null> {
    let at = MAGIC.length;
    let chunk = 0;
    while (at < this.#size) {
      const record = this.#recordAt(at);
      if (record === null) {
        this.#losses.add("truncated", at, this.#size, "the ROS 1 bag ends inside a record");
        break;
      }
      if (record.op === OP.connection) this.#connection(record, this.#read(record.dataAt, record.dataLength));
      else if (record.op === OP.message) this.#message(record, this.#read(record.dataAt, record.dataLength));
      else if (record.op === OP.chunk) this.#chunk(record, at, chunk++);
      at = record.end;
      if (this.#writer.position > this.#most) {
        this.#losses.add(
          "unpack",
          at,
          this.#size,
          "the bag unpacks to far more than its size; the rest is left out",
        );
        break;
      }
    }
    if (this.#unreadable > 0)
      this.#losses.add("structure", 0, 0, `${this.#unreadable} messages do not fit their ROS 1 definition`);
    const unwritten = await this.#writer.end();
    if (unwritten !== null) return `its conversion cannot be written: ${unwritten}`;
    return this.#connections.size === 0 ? "holds no connection, so nothing was recorded into it" : null;
  }
  #read(at: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    const got = readSync(this.#fd, bytes, 0, length, at);
    return bytes.subarray(0, got);
  }
  #recordAt(at: number): RosRecord | null {
    if (at + 4 > this.#size) return null;
    const headLength = viewOf(this.#read(at, 4)).getUint32(0, true);
    if (headLength > MAX_HEADER_BYTES || at + 8 + headLength > this.#size) return null;
    const head = this.#read(at + 4, headLength + 4);
    const dataLength = viewOf(head).getUint32(headLength, true);
    const dataAt = at + 8 + headLength;
    if (dataAt + dataLength > this.#size) return null;
    const fields = fieldsOf(head.subarray(0, headLength));
    const op = fields?.get("op");
    return fields === null || op?.length !== 1
      ? null
      : { op: op[0] as number, fields, dataAt, dataLength, end: dataAt + dataLength };
  }
  #chunk(record: RosRecord, at: number, place: number): void {
    const compression = text.decode(record.fields.get("compression") ?? new Uint8Array(0));
    const size = numberOf(record.fields.get("size"));
    const lose = (why: string): void => this.#losses.add("unpack", at, record.end, why, place);
    if (record.dataLength > MAX_CHUNK_BYTES)
      return lose(`a chunk of ${record.dataLength} bytes; at most ${MAX_CHUNK_BYTES} are read at once`);
    const packed = this.#read(record.dataAt, record.dataLength);
    if (compression === "none") return this.#inside(packed, at, place);
    const wrong = unbelievable(size, packed.length);
    if (wrong !== null) return lose(wrong);
    const unpacked =
      compression === "bz2"
        ? decodeBzip2(packed, size)
        : compression === "lz4"
          ? decodeLz4Frame(packed, size)
          : err(`compression "${compression.slice(0, 20)}" is not known`);
    if (!unpacked.ok) return lose(unpacked.error);
    if (unpacked.value.length !== size)
      return lose(`unpacks to ${unpacked.value.length} bytes instead of ${size}`);
    this.#inside(unpacked.value, at, place);
  }
  #inside(bytes: Uint8Array, chunkAt: number, place: number): void {
    const view = viewOf(bytes);
    for (let at = 0; at < bytes.length; ) {
      const record = insideAt(bytes, view, at);
      if (record === null) {
        this.#losses.add("structure", chunkAt, chunkAt, "a chunk holds a broken record", place);
        return;
      }
      const data = bytes.subarray(record.dataAt, record.end);
      if (record.op === OP.connection) this.#connection(record, data);
      else if (record.op === OP.message) this.#message(record, data);
      at = record.end;
    }
  }
  /** Chunks repeat their connections, and so does the index at the end. */
  #connection(record: RosRecord, data: Uint8Array): void {
    const id = numberOf(record.fields.get("conn"));
    if (this.#connections.has(id) || this.#connections.size >= MAX_CONNECTIONS) return;
    const inner = fieldsOf(data);
    const topic = text.decode(record.fields.get("topic") ?? inner?.get("topic") ?? new Uint8Array(0));
    const type = text.decode(inner?.get("type") ?? new Uint8Array(0));
    const definition = text.decode(inner?.get("message_definition") ?? new Uint8Array(0));
    const made = ros1Converter(type, definition);
    const caller = text.decode(inner?.get("callerid") ?? new Uint8Array(0));
    const metadata = caller === "" ? {} : { callerid: caller };
    if (!made.ok) {
      this.#losses.add("channel", 0, 0, `${topic} (${type}): ${made.error}`);
      this.#connections.set(id, { channel: -1, converter: null });
      return;
    }
    const schema = this.#writer.addSchema(made.value.type, "ros2msg", made.value.definition);
    const channel = this.#writer.addChannel(topic, schema, "cdr", metadata);
    this.#connections.set(id, { channel, converter: made.value });
  }
  #message(record: RosRecord, data: Uint8Array): void {
    const connection = this.#connections.get(numberOf(record.fields.get("conn")));
    const time = record.fields.get("time");
    if (connection === undefined || time?.length !== 8) {
      this.#unreadable++;
      return;
    }
    const converted = connection.converter?.convert(data) ?? null;
    if (converted === null) {
      if (connection.converter !== null) this.#unreadable++;
      return;
    }
    const at = viewOf(time);
    const micros = at.getUint32(0, true) * 1e6 + Math.floor(at.getUint32(4, true) / 1_000);
    this.#writer.addMessage(connection.channel, 0, micros, micros, converted);
  }
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const numberOf = (bytes: Uint8Array | undefined): number =>
  bytes?.length === 4 ? viewOf(bytes).getUint32(0, true) : -1;

/** name=value fields, each behind its length; null: they do not fit. */
function fieldsOf(bytes: Uint8Array): Map<string, Uint8Array> | null {
  const view = viewOf(bytes);
  const fields = new Map<string, Uint8Array>();
  for (let at = 0; at < bytes.length; ) {
    if (at + 4 > bytes.length) return null;
    const length = view.getUint32(at, true);
    const end = at + 4 + length;
    if (end > bytes.length) return null;
    const field = bytes.subarray(at + 4, end);
    const equals = field.indexOf(0x3d);
    if (equals < 0) return null;
    fields.set(text.decode(field.subarray(0, equals)), field.subarray(equals + 1));
    at = end;
  }
  return fields;
}
function insideAt(bytes: Uint8Array, view: DataView, at: number): RosRecord | null {
  if (at + 4 > bytes.length) return null;
  const headLength = view.getUint32(at, true);
  const dataLengthAt = at + 4 + headLength;
  if (dataLengthAt + 4 > bytes.length) return null;
  const dataLength = view.getUint32(dataLengthAt, true);
  const dataAt = dataLengthAt + 4;
  const fields = fieldsOf(bytes.subarray(at + 4, dataLengthAt));
  const op = fields?.get("op");
  return fields === null || op?.length !== 1 || dataAt + dataLength > bytes.length
    ? null
    : { op: op[0] as number, fields, dataAt, dataLength, end: dataAt + dataLength };
}
