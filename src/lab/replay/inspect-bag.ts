import { type BoxedBlock, boxedBlocksOf, metaOf } from "../../edge/recordings/tape/index.ts";
import type { Bag, BagTopic } from "../../edge/recordings/index.ts";
import {
  AnyDecoder,
  clockMicrosOf,
  createRosRow,
  definitionOnBoard,
  parseDefinition,
  quantitiesOfType,
  type RosMessage,
  type RosRow,
  type RowDecoder,
  rosReading,
  rosTypeName,
} from "../../edge/wire/index.ts";

/** What a look at one topic gave. */
export interface TopicFacts {
  readonly name: string;
  readonly type: string;
  readonly encoding: string;
  /** what the node can read it as, likeliest first; empty: by field only, or not at all */
  readonly quantities: readonly string[];
  /** numbers inside the message that --map can name */
  readonly fields: readonly string[];
  /** why the type is not understood, or null */
  readonly trouble: string | null;
  readonly messages: number;
  readonly unreadable: number;
  readonly rateHz: number | null;
  readonly firstUs: number;
  readonly lastUs: number;
  /** silences much longer than usual, longest first (microseconds after the bag's begin) */
  readonly gaps: readonly { readonly atUs: number; readonly lengthUs: number }[];
  readonly gapCount: number;
  readonly longestGapUs: number;
  /** stamps */
  readonly stamped: boolean;
  readonly stampLagUs: { readonly smallest: number; readonly largest: number } | null;
  readonly stampsBackwards: number;
  readonly stampsRepeated: number;
  /** longest stretch of identical values */
  readonly frozenUs: number;
  readonly values: { readonly smallest: number; readonly largest: number } | null;
  /** facts that a proposed deployment needs */
  readonly jointNames: readonly string[];
  /** what each joint did, in the order of the names */
  readonly joints: readonly JointExtent[];
  /** velocities are not sent: they are taken from positions and stamps */
  readonly positionOnly: boolean;
  /** a robot description that was sent here, or null */
  readonly urdf: string | null;
  readonly fan: { readonly angleMinRad: number; readonly angleStepRad: number; readonly rays: number } | null;
}
export interface Inspection {
  readonly bag: string;
  readonly storage: string;
  readonly files: readonly string[];
  readonly bytes: number;
  readonly messages: number;
  readonly startMicros: number;
  readonly spanUs: number;
  readonly topics: readonly TopicFacts[];
  /** simulated time on /clock runs so many times as fast as the recorder's; null without /clock */
  readonly clockFactor: number | null;
  /** what a recording of this node says about itself; null for a foreign one */
  readonly tape: TapeFacts | null;
  readonly losses: ReturnType<Bag["losses"]>;
}
export interface TapeFacts {
  readonly cell: string;
  readonly boot: number;
  readonly version: string;
  readonly configHash: string;
  /** files that it carries: risk head, robot, limits */
  readonly files: readonly string[];
  /** blocks that a black box was written for */
  readonly boxed: readonly BoxedBlock[];
}
/** How far and how fast one joint went. */
export interface JointExtent {
  readonly smallestRad: number;
  readonly largestRad: number;
  readonly fastestRadPerS: number;
}
const MAX_GAPS = 5;
/** a silence is a gap when it is this many times the usual distance and not just jitter */
const GAP_FACTOR = 5;
const GAP_MIN_US = 50_000;
/** a rate over less time than this says nothing */
const RATE_SPAN_MIN_US = 1_000;
const MAX_FIELDS = 24;
const ROW_CAPACITY = 16_384;

/** Reads a whole bag once and notes what an engineer wants to know before replaying it. */
export function inspectBag(bag: Bag, progress: (done: number, messages: number) => void): Inspection {
  const looks = bag.topics.map((topic) => new TopicLook(topic, Math.max(0, bag.startMicros)));
  const cursor = bag.read();
  let messages = 0;
  let first = -1;
  let last = -1;
  while (cursor.next()) {
    const t = cursor.micros;
    if (first < 0) first = t;
    last = Math.max(last, t);
    looks[cursor.channel]?.message(t, cursor.view, cursor.offset, cursor.length);
    if (++messages % 65_536 === 0) progress(cursor.bytesDone, messages);
  }
  cursor.close();
  const clock = looks.find((look) => look.isClock);
  return {
    bag: bag.path,
    storage: bag.storage,
    files: bag.files,
    bytes: bag.bytes,
    messages,
    startMicros: Math.max(0, first),
    spanUs: Math.max(0, last - first),
    topics: looks.map((look) => look.facts()),
    clockFactor: clock?.clockFactor() ?? null,
    tape: tapeFactsOf(bag),
    losses: bag.losses(),
  };
}

function tapeFactsOf(bag: Bag): TapeFacts | null {
  const meta = metaOf(bag);
  if (!meta.ok) return null;
  const { cell, boot, version, configHash, files } = meta.value;
  return { cell, boot, version, configHash, files: [...files.keys()], boxed: boxedBlocksOf(bag) };
}

class TopicLook {
  readonly isClock: boolean;
  readonly #topic: BagTopic;
  readonly #zero: number;
  readonly #quantities: readonly string[];
  readonly #decoder: RowDecoder | null;
  readonly #row: RosRow = createRosRow(ROW_CAPACITY);
  #previous = new Float64Array(64);
  #trouble: string | null = null;
  #fields: readonly string[] = [];
  #jointNames: readonly string[] = [];
  #fan: TopicFacts["fan"] = null;
  #positionOnly = false;
  #urdf: string | null = null;
  #axes: JointExtent[] = [];
  #count = 0;
  #unreadable = 0;
  #first = -1;
  #last = -1;
  #usualUs = 0;
  #gaps: { atUs: number; lengthUs: number }[] = [];
  #gapCount = 0;
  #longest = 0;
  #lastStamp = -1;
  #backwards = 0;
  #repeated = 0;
  #lagSmallest = Infinity;
  #lagLargest = -Infinity;
  #sameSince = -1;
  #frozen = 0;
  #smallest = Infinity;
  #largest = -Infinity;
  #clockFirst: [number, number] | null = null;
  #clockLast: [number, number] | null = null;

  constructor(topic: BagTopic, zero: number) {
    this.#topic = topic;
    this.#zero = zero;
    this.isClock = rosTypeName(topic.type) === "rosgraph_msgs/msg/Clock";
    this.#quantities = topic.encoding === "cdr" ? quantitiesOfType(topic.type) : [];
    const quantity = quantitiesOfType(topic.type)[0];
    this.#decoder =
      topic.encoding === "cdr" && quantity !== undefined ? rosReading(topic.type, { quantity }) : null;
  }
  message(t: number, view: DataView, offset: number, length: number): void {
    if (this.#count === 0) this.#firstMessage(view, offset, length);
    this.#time(t);
    this.#count++;
    if (this.isClock) this.#clock(t, clockMicrosOf(view, offset, length));
    if (this.#decoder === null) return;
    if (this.#decoder.decode(view, offset, length, this.#row) !== null) {
      this.#unreadable++;
      return;
    }
    this.#stamp(t, this.#row.stampMicros);
    this.#values(t);
  }
  #time(t: number): void {
    if (this.#first < 0) this.#first = t;
    else {
      const step = t - this.#last;
      if (this.#count > 5 && step > GAP_MIN_US && step > GAP_FACTOR * this.#usualUs)
        this.#gap(this.#last - this.#zero, step);
      else this.#usualUs = this.#usualUs === 0 ? step : this.#usualUs + (step - this.#usualUs) / 16;
      this.#longest = Math.max(this.#longest, step);
    }
    this.#last = t;
  }
  #gap(atUs: number, lengthUs: number): void {
    this.#gapCount++;
    this.#gaps.push({ atUs, lengthUs });
    this.#gaps.sort((a, b) => b.lengthUs - a.lengthUs);
    this.#gaps.length = Math.min(this.#gaps.length, MAX_GAPS);
  }
  #stamp(t: number, stamp: number): void {
    if (stamp < 0) return;
    if (this.#lastStamp >= 0 && stamp < this.#lastStamp) this.#backwards++;
    if (stamp === this.#lastStamp) this.#repeated++;
    this.#lastStamp = stamp;
    this.#lagSmallest = Math.min(this.#lagSmallest, t - stamp);
    this.#lagLargest = Math.max(this.#lagLargest, t - stamp);
  }
  #values(t: number): void {
    const { values, count } = this.#row;
    if (this.#previous.length < count) this.#previous = new Float64Array(count);
    let same = this.#count > 1;
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      if (value !== this.#previous[i]) same = false;
      this.#previous[i] = value;
      if (value < this.#smallest) this.#smallest = value;
      if (value > this.#largest) this.#largest = value;
    }
    if (this.#quantities.includes("joints")) this.#extents(values, count / 3);
    if (!same) this.#sameSince = t;
    else this.#frozen = Math.max(this.#frozen, t - this.#sameSince);
  }
  #extents(values: Float64Array, joints: number): void {
    if (this.#axes.length !== joints)
      this.#axes = Array.from({ length: joints }, () => ({
        smallestRad: Infinity,
        largestRad: -Infinity,
        fastestRadPerS: 0,
      }));
    for (let i = 0; i < joints; i++) {
      const { smallestRad, largestRad, fastestRadPerS } = this.#axes[i]!;
      const [position, speed] = [values[i]!, Math.abs(values[joints + i]!)];
      if (position >= smallestRad && position <= largestRad && speed <= fastestRadPerS) continue;
      this.#axes[i] = {
        smallestRad: Math.min(smallestRad, position),
        largestRad: Math.max(largestRad, position),
        fastestRadPerS: Math.max(fastestRadPerS, speed),
      };
    }
  }
  #clock(t: number, simulated: number): void {
    if (simulated < 0) return;
    this.#clockFirst ??= [t, simulated];
    this.#clockLast = [t, simulated];
  }
  clockFactor(): number | null {
    const [a, b] = [this.#clockFirst, this.#clockLast];
    return a === null || b === null || b[0] === a[0] ? null : (b[1] - a[1]) / (b[0] - a[0]);
  }
  /** The first message is decoded as a whole: for names of joints, the fan of a scanner, and fields to map. */
  #firstMessage(view: DataView, offset: number, length: number): void {
    const topic = this.#topic;
    if (topic.encoding !== "cdr") {
      this.#trouble = `encoded as "${topic.encoding}"`;
      return;
    }
    const layout = layoutOf(topic);
    if (!layout.ok) {
      if (this.#decoder === null)
        this.#trouble = topic.schema.length === 0 ? "no definition in the bag" : layout.error;
      return;
    }
    const decoded = new AnyDecoder(layout.value).decode(view, offset, length);
    if (!decoded.ok) return;
    this.#fields = numbersIn(decoded.value, "").slice(0, MAX_FIELDS);
    this.#shape(decoded.value);
  }
  #shape(message: RosMessage): void {
    if (this.#quantities.includes("joints") && Array.isArray(message["name"])) {
      this.#jointNames = message["name"].map(String);
      const [position, velocity] = [message["position"], message["velocity"]];
      this.#positionOnly =
        position instanceof Float64Array &&
        velocity instanceof Float64Array &&
        position.length > 0 &&
        velocity.length === 0;
    }
    if (rosTypeName(this.#topic.type) === "std_msgs/msg/String" && String(message["data"]).includes("<robot"))
      this.#urdf = String(message["data"]);
    if (!this.#quantities.includes("scan") || !(message["ranges"] instanceof Float64Array)) return;
    this.#fan = {
      angleMinRad: Number(message["angle_min"]),
      angleStepRad: Number(message["angle_increment"]),
      rays: message["ranges"].length,
    };
  }
  facts(): TopicFacts {
    const span = this.#last - this.#first;
    const stamped = this.#lastStamp >= 0;
    return {
      name: this.#topic.name,
      type: rosTypeName(this.#topic.type),
      encoding: this.#topic.encoding,
      quantities: this.#quantities,
      fields: this.#fields,
      trouble: this.#trouble,
      messages: this.#count,
      unreadable: this.#unreadable,
      rateHz: this.#count > 1 && span >= RATE_SPAN_MIN_US ? ((this.#count - 1) / span) * 1e6 : null,
      firstUs: this.#first < 0 ? -1 : this.#first - this.#zero,
      lastUs: this.#last < 0 ? -1 : this.#last - this.#zero,
      gaps: this.#gaps,
      gapCount: this.#gapCount,
      longestGapUs: this.#longest,
      stamped,
      stampLagUs: stamped ? { smallest: this.#lagSmallest, largest: this.#lagLargest } : null,
      stampsBackwards: this.#backwards,
      stampsRepeated: this.#repeated,
      frozenUs: this.#frozen,
      values: this.#smallest <= this.#largest ? { smallest: this.#smallest, largest: this.#largest } : null,
      jointNames: this.#jointNames,
      joints: this.#axes,
      positionOnly: this.#positionOnly,
      urdf: this.#urdf,
      fan: this.#fan,
    };
  }
}

/** As the recording describes it; where it brings no definition, as the node knows the type. */
export function layoutOf(topic: BagTopic): ReturnType<typeof parseDefinition> {
  const known = topic.schema.length === 0 ? definitionOnBoard(rosTypeName(topic.type)) : null;
  return known === null
    ? parseDefinition(topic.type, topic.schemaEncoding, new TextDecoder().decode(topic.schema))
    : parseDefinition(topic.type, "ros2msg", known);
}

/** Paths of the numbers in a message, as --map takes them. */
function numbersIn(message: RosMessage, prefix: string): string[] {
  return Object.entries(message).flatMap(([name, value]) => {
    const path = prefix === "" ? name : `${prefix}.${name}`;
    if (path === "header" || path.endsWith(".header")) return [];
    if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return [path];
    if (value instanceof Float64Array || Array.isArray(value))
      return value.length > 0 && typeof value[0] === "number" ? [`${path}[0]`] : [];
    return typeof value === "object" && !(value instanceof Uint8Array)
      ? numbersIn(value as RosMessage, path)
      : [];
  });
}
