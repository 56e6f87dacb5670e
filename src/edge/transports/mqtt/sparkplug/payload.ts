/**
 * The Sparkplug B payload in protocol buffers, as far as an edge node of plain metrics needs it. Written out by
 * hand: sixty-four bit numbers stay exact, and a type that does not fit its value is refused, not written as 0.
 */
export const DATATYPES = {
  Int32: 3,
  Int64: 4,
  UInt32: 7,
  UInt64: 8,
  Float: 9,
  Double: 10,
  Boolean: 11,
  String: 12,
  DateTime: 13,
} as const;
export type Datatype = keyof typeof DATATYPES;
export type MetricValue = number | bigint | boolean | string | null;

export interface Metric {
  readonly name?: string;
  readonly alias?: number;
  /** milliseconds since 1970 */
  readonly timestamp?: number;
  readonly type: Datatype;
  readonly value: MetricValue;
}
export interface SparkplugPayload {
  readonly timestamp?: number;
  readonly seq?: number;
  readonly metrics: readonly Metric[];
}

const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
const FIELD = { timestamp: 1, metrics: 2, seq: 3 } as const;
const METRIC = {
  name: 1,
  alias: 2,
  timestamp: 3,
  datatype: 4,
  isNull: 7,
  int: 10,
  long: 11,
  float: 12,
  double: 13,
  boolean: 14,
  string: 15,
} as const;
const TYPE_NAMES = new Map<number, Datatype>(
  Object.entries(DATATYPES).map(([name, code]) => [code, name as Datatype]),
);
const U64 = 1n << 64n;
const METRICS_MAX = 10_000;

/** true: the value can be written as this type without losing anything */
export function fits(type: Datatype, value: MetricValue): boolean {
  if (value === null) return true;
  switch (type) {
    case "Boolean":
      return typeof value === "boolean";
    case "String":
      return typeof value === "string";
    case "Float":
    case "Double":
      return typeof value === "number" && Number.isFinite(value);
    case "Int32":
      return inRange(value, -(2n ** 31n), 2n ** 31n - 1n);
    case "UInt32":
      return inRange(value, 0n, 2n ** 32n - 1n);
    case "Int64":
      return inRange(value, -(2n ** 63n), 2n ** 63n - 1n);
    case "UInt64":
    case "DateTime":
      return inRange(value, 0n, U64 - 1n);
  }
}
function inRange(value: MetricValue, min: bigint, max: bigint): boolean {
  if (typeof value === "number" && !Number.isSafeInteger(value)) return false;
  if (typeof value !== "number" && typeof value !== "bigint") return false;
  const exact = BigInt(value);
  return exact >= min && exact <= max;
}

class Writer {
  readonly #parts: number[] = [];
  varint(value: bigint | number): this {
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest >= 0x80n) {
      this.#parts.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.#parts.push(Number(rest));
    return this;
  }
  key(field: number, wire: number): this {
    return this.varint((field << 3) | wire);
  }
  bytes(field: number, bytes: Uint8Array): this {
    this.key(field, WIRE.bytes).varint(bytes.length);
    for (const byte of bytes) this.#parts.push(byte);
    return this;
  }
  float(field: number, value: number, size: 4 | 8): this {
    const buffer = Buffer.alloc(size);
    if (size === 4) buffer.writeFloatLE(value);
    else buffer.writeDoubleLE(value);
    this.key(field, size === 4 ? WIRE.fixed32 : WIRE.fixed64).#parts.push(...buffer);
    return this;
  }
  end(): Buffer {
    return Buffer.from(this.#parts);
  }
}

export function encodePayload({ timestamp, seq, metrics }: SparkplugPayload): Buffer {
  const writer = new Writer();
  if (timestamp !== undefined) writer.key(FIELD.timestamp, WIRE.varint).varint(timestamp);
  for (const metric of metrics) writer.bytes(FIELD.metrics, encodeMetric(metric));
  if (seq !== undefined) writer.key(FIELD.seq, WIRE.varint).varint(seq);
  return writer.end();
}
function encodeMetric({ name, alias, timestamp, type, value }: Metric): Buffer {
  const writer = new Writer();
  if (name !== undefined) writer.bytes(METRIC.name, Buffer.from(name, "utf8"));
  if (alias !== undefined) writer.key(METRIC.alias, WIRE.varint).varint(alias);
  if (timestamp !== undefined) writer.key(METRIC.timestamp, WIRE.varint).varint(timestamp);
  writer.key(METRIC.datatype, WIRE.varint).varint(DATATYPES[type]);
  if (value === null) return writer.key(METRIC.isNull, WIRE.varint).varint(1).end();
  if (!fits(type, value)) throw new RangeError(`${String(value)} is no ${type}`);
  switch (type) {
    case "Boolean":
      return writer
        .key(METRIC.boolean, WIRE.varint)
        .varint(value === true ? 1 : 0)
        .end();
    case "String":
      return writer.bytes(METRIC.string, Buffer.from(String(value), "utf8")).end();
    case "Float":
      return writer.float(METRIC.float, Number(value), 4).end();
    case "Double":
      return writer.float(METRIC.double, Number(value), 8).end();
    case "Int32":
    case "UInt32":
      return writer
        .key(METRIC.int, WIRE.varint)
        .varint(BigInt.asUintN(32, BigInt(value as number)))
        .end();
    default:
      return writer
        .key(METRIC.long, WIRE.varint)
        .varint(BigInt.asUintN(64, BigInt(value as number | bigint)))
        .end();
  }
}

/** Walks the fields of one message; anything that does not add up ends the walk with false. */
function walk(
  bytes: Uint8Array,
  visit: (field: number, wire: number, number: bigint, part: Uint8Array) => boolean,
): boolean {
  let at = 0;
  const varint = (): bigint | null => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) return null;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value < U64 ? value : null;
    }
    return null;
  };
  const take = (size: number): Uint8Array | null => {
    if (size > bytes.length - at) return null;
    at += size;
    return bytes.subarray(at - size, at);
  };
  const none = new Uint8Array(0);
  while (at < bytes.length) {
    const key = varint();
    if (key === null || key >> 3n === 0n || key > 0xffff_ffffn) return false;
    const wire = Number(key & 7n);
    let number = 0n;
    let part: Uint8Array | null = none;
    if (wire === WIRE.varint) {
      const value = varint();
      if (value === null) return false;
      number = value;
    } else if (wire === WIRE.bytes) {
      const size = varint();
      part = size === null || size > BigInt(bytes.length) ? null : take(Number(size));
    } else part = wire === WIRE.fixed64 ? take(8) : wire === WIRE.fixed32 ? take(4) : null;
    if (part === null || !visit(Number(key >> 3n), wire, number, part)) return false;
  }
  return true;
}

/** null: not a payload. Metrics of types that this node does not use come with value null. */
export function decodePayload(bytes: Uint8Array): SparkplugPayload | null {
  const payload: { timestamp?: number; seq?: number; metrics: Metric[] } = { metrics: [] };
  const good = walk(bytes, (field, wire, number, part) => {
    if (field === FIELD.timestamp && wire === WIRE.varint) payload.timestamp = Number(number);
    if (field === FIELD.seq && wire === WIRE.varint) payload.seq = Number(number);
    if (field !== FIELD.metrics) return true;
    const metric = wire === WIRE.bytes && payload.metrics.length < METRICS_MAX ? decodeMetric(part) : null;
    if (metric !== null) payload.metrics.push(metric);
    return metric !== null;
  });
  return good ? payload : null;
}
function decodeMetric(bytes: Uint8Array): Metric | null {
  const found: { name?: string; alias?: number; timestamp?: number } = {};
  let datatype = 0;
  let value: MetricValue = null;
  const good = walk(bytes, (field, wire, number, part) => {
    if (field === METRIC.name && wire === WIRE.bytes) found.name = Buffer.from(part).toString("utf8");
    else if (field === METRIC.alias) found.alias = Number(number);
    else if (field === METRIC.timestamp) found.timestamp = Number(number);
    else if (field === METRIC.datatype) datatype = Number(number);
    else if (field >= METRIC.int && field <= METRIC.string) {
      const read = readValue(field, wire, number, part);
      if (read === undefined) return false;
      value = read;
    }
    return true;
  });
  if (!good) return null;
  const type = TYPE_NAMES.get(datatype);
  if (type === undefined) return { ...found, type: "String", value: null };
  if (type === "Int32" && typeof value === "bigint") value = Number(BigInt.asIntN(32, value));
  if (type === "UInt32" && typeof value === "bigint") value = Number(value);
  if (type === "Int64" && typeof value === "bigint") value = BigInt.asIntN(64, value);
  return fits(type, value) ? { ...found, type, value } : null;
}
/** undefined: the field has another encoding than its number says */
function readValue(field: number, wire: number, number: bigint, part: Uint8Array): MetricValue | undefined {
  const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
  switch (field) {
    case METRIC.int:
    case METRIC.long:
      return wire === WIRE.varint ? number : undefined;
    case METRIC.boolean:
      return wire === WIRE.varint ? number !== 0n : undefined;
    case METRIC.float:
      return wire === WIRE.fixed32 ? view.getFloat32(0, true) : undefined;
    case METRIC.double:
      return wire === WIRE.fixed64 ? view.getFloat64(0, true) : undefined;
    default:
      return wire === WIRE.bytes ? Buffer.from(part).toString("utf8") : undefined;
  }
}
