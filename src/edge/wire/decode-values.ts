import { CdrReader, ENCAPSULATION_BYTES, encapsulationOf } from "./cdr-reader.ts";
import type { WireFault } from "./fault.ts";
import type { RosRow, ReadingSettings } from "./row.ts";

export type Decode = RowDecoderBody;
type RowDecoderBody = (view: DataView, offset: number, length: number, into: RosRow) => WireFault | null;
export type DecodeFactory = (settings: ReadingSettings) => Decode;

const TWO_32 = 4_294_967_296;

/** Epoch microseconds of a stamp; a stamp of zero means that the source does not stamp. */
export function stampMicrosOf(seconds: number, nanoseconds: number): number {
  return seconds === 0 && nanoseconds === 0 ? -1 : seconds * 1_000_000 + Math.floor(nanoseconds / 1_000);
}
/** Reads a std_msgs/Header up to its end. */
export function readHeader(reader: CdrReader, into: RosRow): void {
  const seconds = reader.i32();
  const nanoseconds = reader.u32();
  into.stampMicros = stampMicrosOf(seconds, nanoseconds);
  if (nanoseconds >= 1_000_000_000) reader.fail("value");
  reader.skipText();
}

/** sec, nanosec, length of the frame id */
const HEADER_FIXED_BYTES = 12;
const SHORTEST_BYTES = ENCAPSULATION_BYTES + HEADER_FIXED_BYTES;
const MAX_PADDING_BYTES = 7;

/** A message that is an optional header and then doubles. The hottest one of all: read at fixed offsets. */
export function doubles(count: number, headed: boolean): DecodeFactory {
  return () => (view, offset, length, into) => {
    const kind = encapsulationOf(view, offset, length);
    if (kind === -1) return "encapsulation";
    if (into.values.length < count) return "wide";
    const little = kind === 1;
    const origin = offset + ENCAPSULATION_BYTES;
    const end = offset + length;
    let at = origin;
    into.stampMicros = -1;
    if (headed) {
      if (length < SHORTEST_BYTES) return "short";
      const nanoseconds = view.getUint32(origin + 4, little);
      const idBytes = view.getUint32(origin + 8, little);
      if (idBytes > length - SHORTEST_BYTES) return "length";
      if (nanoseconds >= 1_000_000_000) return "value";
      into.stampMicros = stampMicrosOf(view.getInt32(origin, little), nanoseconds);
      at = origin + ((HEADER_FIXED_BYTES + idBytes + 7) & ~7);
    }
    const rest = end - at - count * 8;
    if (rest < 0) return "short";
    if (rest > MAX_PADDING_BYTES) return "trailing";
    const { values } = into;
    for (let i = 0; i < count; i++) values[i] = view.getFloat64(at + i * 8, little);
    into.count = count;
    return null;
  };
}

const NUMBERS = {
  bool: (r: CdrReader) => (r.bool() ? 1 : 0),
  u8: (r: CdrReader) => r.u8(),
  i8: (r: CdrReader) => r.i8(),
  u16: (r: CdrReader) => r.u16(),
  i16: (r: CdrReader) => r.i16(),
  u32: (r: CdrReader) => r.u32(),
  i32: (r: CdrReader) => r.i32(),
  f32: (r: CdrReader) => r.f32(),
  f64: (r: CdrReader) => r.f64(),
  u64: (r: CdrReader) => wide(r, false),
  i64: (r: CdrReader) => wide(r, true),
};
export type NumberKind = keyof typeof NUMBERS;

/** 64 bits as a number, without a bigint: exact below 2^53, which a counter never leaves. */
function wide(reader: CdrReader, signed: boolean): number {
  const at = reader.claim(8, 8);
  if (at < 0) return 0;
  const view = reader.source;
  const low = view.getUint32(reader.little ? at : at + 4, reader.little);
  const highAt = reader.little ? at + 4 : at;
  const high = signed ? view.getInt32(highAt, reader.little) : view.getUint32(highAt, reader.little);
  return high * TWO_32 + low;
}

/** A message that is one number. */
export function single(kind: NumberKind): DecodeFactory {
  const read = NUMBERS[kind];
  return (settings) => {
    const reader = new CdrReader();
    const inverted = settings.inverted === true;
    return (view, offset, length, into) => {
      if (!reader.open(view, offset, length)) return reader.fault;
      const value = read(reader);
      into.values[0] = inverted ? (value === 0 ? 1 : 0) : value;
      into.count = 1;
      into.stampMicros = -1;
      return reader.finish();
    };
  };
}

const SIZES: Readonly<Record<NumberKind, number>> = {
  bool: 1,
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  f64: 8,
  u64: 8,
  i64: 8,
};
/** label (4 bytes of length), size, stride */
const MIN_DIMENSION_BYTES = 12;

/** std_msgs/…MultiArray: a layout, then numbers. */
export function multiArray(kind: NumberKind): DecodeFactory {
  const read = NUMBERS[kind];
  return (settings) => {
    const reader = new CdrReader();
    const inverted = settings.inverted === true;
    return (view, offset, length, into) => {
      if (!reader.open(view, offset, length)) return reader.fault;
      skipLayout(reader);
      const count = reader.sequence(SIZES[kind]);
      if (count > into.values.length) return reader.fault ?? "wide";
      for (let i = 0; i < count; i++) {
        const value = read(reader);
        into.values[i] = inverted ? (value === 0 ? 1 : 0) : value;
      }
      into.count = count;
      into.stampMicros = -1;
      return reader.finish();
    };
  };
}
function skipLayout(reader: CdrReader): void {
  const dimensions = reader.sequence(MIN_DIMENSION_BYTES);
  for (let i = 0; i < dimensions && reader.fault === null; i++) {
    reader.skipText();
    reader.u32();
    reader.u32();
  }
  reader.u32();
}

/** behind the radiation type: field of view, min, max, range */
const RANGE_MAX_AT = 8;
const RANGE_BYTES = 16;

/** sensor_msgs/Range; +∞ says "nothing seen", −∞ "closer than I can measure". */
export const rangeReading: DecodeFactory = () => {
  const reader = new CdrReader();
  return (view, offset, length, into) => {
    const at = afterHeader(view, offset, length, into, 1);
    const rest = offset + length - at - RANGE_BYTES;
    // the reader that goes step by step knows what is wrong
    if (at < 0 || rest < 0 || rest > MAX_PADDING_BYTES) return slowRange(reader, view, offset, length, into);
    const max = view.getFloat32(at + RANGE_MAX_AT, true);
    const value = view.getFloat32(at + RANGE_MAX_AT + 4, true);
    into.values[0] = value === Infinity ? max : value === -Infinity ? 0 : value;
    into.count = 1;
    return null;
  };
};
/** Place behind a little-endian header and so many bytes, aligned to four; −1 for anything odd. */
export function afterHeader(
  view: DataView,
  offset: number,
  length: number,
  into: RosRow,
  bytes: number,
): number {
  if (length < SHORTEST_BYTES || encapsulationOf(view, offset, length) !== 1) return -1;
  const origin = offset + ENCAPSULATION_BYTES;
  const nanoseconds = view.getUint32(origin + 4, true);
  const idBytes = view.getUint32(origin + 8, true);
  if (nanoseconds >= 1_000_000_000 || idBytes > length - SHORTEST_BYTES) return -1;
  into.stampMicros = stampMicrosOf(view.getInt32(origin, true), nanoseconds);
  return origin + ((HEADER_FIXED_BYTES + idBytes + bytes + 3) & ~3);
}
function slowRange(
  reader: CdrReader,
  view: DataView,
  offset: number,
  length: number,
  into: RosRow,
): WireFault | null {
  if (!reader.open(view, offset, length)) return reader.fault;
  readHeader(reader, into);
  reader.u8();
  reader.f32();
  reader.f32();
  const max = reader.f32();
  const value = reader.f32();
  into.values[0] = value === Infinity ? max : value === -Infinity ? 0 : value;
  into.count = 1;
  return reader.finish();
}

/** The same fan of rays, within the rounding of single floats. */
const ANGLE_TOLERANCE_RAD = 1e-3;
/** Step errors add up over the fan: a tenth of a milliradian in each of a thousand rays is a wrong map. */
const STEP_TOLERANCE_RAD = 1e-5;

/** sensor_msgs/LaserScan: no echo becomes the largest range, too close becomes zero, NaN stays NaN. */
export const scanReading: DecodeFactory = (settings) => {
  const reader = new CdrReader();
  return (view, offset, length, into) => {
    if (!reader.open(view, offset, length)) return reader.fault;
    readHeader(reader, into);
    const angleMin = reader.f32();
    reader.f32();
    const step = reader.f32();
    for (let i = 0; i < 3; i++) reader.f32();
    const max = reader.f32();
    const count = reader.sequence(4);
    if (reader.fault !== null) return reader.fault;
    if (differs(angleMin, settings.angleMinRad, ANGLE_TOLERANCE_RAD)) return "geometry";
    if (differs(step, settings.angleStepRad, STEP_TOLERANCE_RAD)) return "geometry";
    if (count > into.values.length) return "wide";
    reader.f32s(count, into.values, 0);
    boundRays(into.values, count, max);
    into.count = count;
    reader.claim(reader.sequence(4) * 4, 4);
    return reader.finish();
  };
};
const differs = (value: number, expected: number | undefined, tolerance: number): boolean =>
  expected !== undefined && !(Math.abs(value - expected) <= tolerance);

function boundRays(rays: Float64Array, count: number, max: number): void {
  for (let i = 0; i < count; i++) {
    const ray = rays[i]!;
    if (ray > max) rays[i] = max;
    else if (ray < 0) rays[i] = 0;
  }
}
