import { MAX_JOINTS } from "../../core/domain/index.ts";
import { CdrReader, ENCAPSULATION_BYTES } from "./cdr-reader.ts";
import { afterHeader, readHeader, type Decode, type DecodeFactory } from "./decode-values.ts";
import type { WireFault } from "./fault.ts";
import type { ReadingSettings, RosRow } from "./row.ts";

/** A JointState may carry grippers and axes of other machines. */
const MAX_NAMES = 256;
/** four bytes of length and the closing zero, padded to the next length */
const MIN_NAME_BYTES = 5;

/** positions further apart in time give no velocity that anything may be decided on */
const STEP_MAX_S = 0.5;

/** Serializers pad the payload to its alignment. */
const MAX_PADDING_BYTES = 7;

/** Remembers the bytes of the last list of names: the same list needs no second look. */
class NameOrder {
  /** slot i: where joint i of the robot stands in the message */
  order: number[] = [];
  count = 0;
  #seen = new Uint8Array(0);
  #seenWords = new Uint32Array(0);
  readonly #wanted: readonly string[] | undefined;

  constructor(wanted: readonly string[] | undefined) {
    this.#wanted = wanted;
  }
  read(reader: CdrReader): void {
    reader.align(4);
    const start = reader.position;
    if (this.#matches(reader, start)) return;
    const count = reader.sequence(MIN_NAME_BYTES);
    if (count > MAX_NAMES) return reader.fail("wide");
    const names: string[] = [];
    for (let i = 0; i < count && reader.fault === null; i++) names.push(reader.text());
    if (reader.fault !== null) return;
    this.#learn(names, reader);
    if (reader.fault === null) this.#keep(reader, start);
  }
  /** Word by word: four times as quick as byte by byte, and this runs for every message. */
  #matches(reader: CdrReader, start: number): boolean {
    const { length } = this.#seen;
    if (reader.remaining < length || !this.isAt(reader.source, start)) return false;
    reader.claim(length, 1);
    return true;
  }
  /** bytes of the list that is remembered, 0 without one */
  get bytes(): number {
    return this.#seen.length;
  }
  /** The caller has made sure that so many bytes are there. */
  isAt(view: DataView, start: number): boolean {
    const seen = this.#seen;
    const seenWords = this.#seenWords;
    if (seen.length === 0) return false;
    const words = seenWords.length;
    for (let i = 0; i < words; i++) if (view.getUint32(start + i * 4, true) !== seenWords[i]) return false;
    for (let i = words * 4; i < seen.length; i++) if (view.getUint8(start + i) !== seen[i]) return false;
    return true;
  }
  #learn(names: readonly string[], reader: CdrReader): void {
    this.count = names.length;
    const wanted = this.#wanted ?? names;
    this.order = wanted.map((name) => names.indexOf(name));
    const repeated = new Set(names).size !== names.length;
    if (repeated || wanted.length > MAX_JOINTS || this.order.includes(-1)) {
      this.#seen = new Uint8Array(0);
      reader.fail("joints");
    }
  }
  #keep(reader: CdrReader, start: number): void {
    const view = reader.source;
    this.#seen = new Uint8Array(view.buffer, view.byteOffset + start, reader.position - start).slice();
    const kept = new DataView(this.#seen.buffer);
    this.#seenWords = Uint32Array.from({ length: this.#seen.length >> 2 }, (_, i) =>
      kept.getUint32(i * 4, true),
    );
  }
}

/** Positions, velocities and efforts in message order, on reused rows. */
class JointLists {
  readonly order: NameOrder;
  readonly position = new Float64Array(MAX_NAMES);
  readonly velocity = new Float64Array(MAX_NAMES);
  readonly effort = new Float64Array(MAX_NAMES);
  effortCount = 0;
  readonly #reader = new CdrReader();
  readonly #before = new Float64Array(MAX_NAMES);
  #beforeMicros = -1;

  constructor(settings: ReadingSettings) {
    this.order = new NameOrder(settings.jointNames);
  }
  /**
   * Efforts may be absent as a whole. So may velocities where messages are stamped: then they are how far the
   * positions have moved since the message before, and the first message alone says nothing.
   */
  read(view: DataView, offset: number, length: number, into: RosRow): WireFault | null {
    const { order } = this;
    const reader = this.#reader;
    if (!reader.open(view, offset, length)) return reader.fault;
    readHeader(reader, into);
    const named = order.order;
    order.read(reader);
    // another list of names: what was before belongs to other joints
    if (order.order !== named) this.#beforeMicros = -1;
    const positions = this.#list(this.position);
    const velocities = this.#list(this.velocity);
    this.effortCount = this.#list(this.effort);
    const fault = reader.finish();
    if (fault !== null) return fault;
    const sized = positions === order.count && (this.effortCount === 0 || this.effortCount === order.count);
    if (!sized || order.count === 0) return "joints";
    if (velocities === order.count) return null;
    return velocities === 0 && this.#differences(order.count, into.stampMicros) ? null : "joints";
  }
  #differences(count: number, micros: number): boolean {
    const seconds = (micros - this.#beforeMicros) / 1e6;
    const usable = micros > 0 && this.#beforeMicros > 0 && seconds > 0 && seconds <= STEP_MAX_S;
    for (let i = 0; i < count; i++) {
      const position = this.position[i]!;
      this.velocity[i] = usable ? (position - this.#before[i]!) / seconds : 0;
      this.#before[i] = position;
    }
    this.#beforeMicros = micros;
    return usable;
  }
  #list(row: Float64Array): number {
    const count = this.#reader.sequence(8);
    if (count > row.length) this.#reader.fail("wide");
    else this.#reader.f64s(count, row, 0);
    return count;
  }
}

/** sensor_msgs/JointState in the robot's order: positions, velocities, efforts (zero when not sent). */
export const jointsReading: DecodeFactory = (settings): Decode => {
  const lists = new JointLists(settings);
  return (view, offset, length, into) => {
    if (readUsual(lists.order, view, offset, length, into)) return null;
    const fault = lists.read(view, offset, length, into);
    if (fault !== null) return fault;
    const order = lists.order.order;
    const n = order.length;
    if (n * 3 > into.values.length) return "wide";
    for (let i = 0; i < n; i++) {
      const from = order[i]!;
      into.values[i] = lists.position[from]!;
      into.values[n + i] = lists.velocity[from]!;
      into.values[2 * n + i] = lists.effortCount === 0 ? 0 : lists.effort[from]!;
    }
    into.count = n * 3;
    return null;
  };
};
/** The message that comes a thousand times: known names, three lists of that length. False: read it step by step. */
function readUsual(names: NameOrder, view: DataView, offset: number, length: number, into: RosRow): boolean {
  const start = afterHeader(view, offset, length, into, 0);
  const { order, count, bytes } = names;
  const n = order.length;
  const end = offset + length;
  // the payload is aligned from behind its encapsulation
  const origin = offset + ENCAPSULATION_BYTES;
  const listBytes = 8 * count;
  const first = origin + ((start - origin + bytes + 3) & ~3);
  if (start < 0 || bytes === 0 || count === 0 || n * 3 > into.values.length) return false;
  if (start + bytes > end || !names.isAt(view, start)) return false;
  let at = first;
  for (let list = 0; list < 3; list++) {
    const values = origin + ((at + 4 - origin + 7) & ~7);
    if (values + listBytes > end || view.getUint32(at, true) !== count) return false;
    for (let i = 0; i < n; i++) into.values[list * n + i] = view.getFloat64(values + order[i]! * 8, true);
    at = values + listBytes;
  }
  into.count = n * 3;
  return end - at <= MAX_PADDING_BYTES;
}

/** The efforts alone: several drivers publish motor currents there. */
export const effortsReading: DecodeFactory = (settings): Decode => {
  const lists = new JointLists(settings);
  return (view, offset, length, into) => {
    const fault = lists.read(view, offset, length, into);
    if (fault !== null) return fault;
    const order = lists.order.order;
    if (lists.effortCount === 0) return "joints";
    if (order.length > into.values.length) return "wide";
    for (let i = 0; i < order.length; i++) into.values[i] = lists.effort[order[i]!]!;
    into.count = order.length;
    return null;
  };
};
