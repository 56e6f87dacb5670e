import { err, ok, type Result } from "../../core/base/result.ts";
import type { Deployment, Micros } from "../../core/domain/index.ts";
import type { Bag, BagCursor } from "../../edge/recordings/index.ts";
import { createProposalReader, type ProposalReader, rosShape } from "../../edge/transports/ros/index.ts";
import { clockMicrosOf, rosTypeName, wireFaultText } from "../../edge/wire/index.ts";
import type { ReplaySource, SampleListener, SourceDoor } from "./source.ts";
import { stampOffsetOf } from "./stamp-clock.ts";
import { Timeline } from "./timeline.ts";
import { type Mapping, mapTopics, type TopicMap } from "./topic-map.ts";

export interface BagSourceOptions {
  readonly mappings: readonly Mapping[];
  /** seconds after the first message */
  readonly fromS: number | null;
  readonly toS: number | null;
  /** "log": the recorder's clock; "clock": the simulated time on /clock */
  readonly time: "log" | "clock";
}
const CLOCK_TYPE = "rosgraph_msgs/msg/Clock";

/** Opens a foreign recording as a source of readings and proposals. */
export function openBagSource(
  bag: Bag,
  deployment: Deployment,
  options: BagSourceOptions,
): Result<BagSource, string> {
  const map = mapTopics(deployment, bag.topics, options.mappings);
  if (!map.ok) return map;
  const clock =
    options.time === "clock" ? bag.topics.findIndex((t) => rosTypeName(t.type) === CLOCK_TYPE) : -1;
  if (options.time === "clock" && clock < 0) return err(`${bag.path} has no topic of type ${CLOCK_TYPE}`);
  return ok(new BagSource(bag, map.value, proposalsOf(deployment, bag), options, clock));
}

interface Proposing {
  readonly read: ProposalReader;
  count: number;
}
/** Topics on which the deployment's ROS transports take proposals. */
function proposalsOf(deployment: Deployment, bag: Bag): Map<number, Proposing> {
  const found = new Map<number, Proposing>();
  for (const transport of Object.values(deployment.transports)) {
    const parsed = rosShape.proposals.safeParse(transport["proposals"]);
    if (!parsed.success || transport["proposals"] === undefined) continue;
    for (const [name, settings] of Object.entries(parsed.data)) {
      const topic = bag.topics.find((t) => t.name.replace(/^\/+/, "") === name.replace(/^\/+/, ""));
      if (topic !== undefined && rosTypeName(topic.type) === rosTypeName(settings.message))
        found.set(topic.index, {
          read: createProposalReader(
            settings,
            deployment.robot.joints.map(({ name }) => name),
          ),
          count: 0,
        });
    }
  }
  return found;
}

export class BagSource implements ReplaySource {
  readonly startMicros: number;
  readonly spanUs: number;
  readonly total: number;
  readonly absent: readonly string[];
  readonly unused: readonly string[];
  messages = 0;
  unreadable = 0;
  t = 0 as Micros;
  readonly #bag: Bag;
  readonly #map: TopicMap;
  readonly #proposals: ReadonlyMap<number, Proposing>;
  readonly #clock: number;
  readonly #cursor: BagCursor;
  readonly #timeline: Timeline;
  readonly #stampOffset: number;
  #clockZero = -1;
  #clockNow = 0;

  constructor(
    bag: Bag,
    map: TopicMap,
    proposals: ReadonlyMap<number, Proposing>,
    options: BagSourceOptions,
    clock: number,
  ) {
    const start = Math.max(0, bag.startMicros);
    const from = start + Math.round((options.fromS ?? 0) * 1e6);
    const to =
      options.toS === null ? bag.endMicros : Math.min(bag.endMicros, start + Math.round(options.toS * 1e6));
    this.#bag = bag;
    this.#map = map;
    this.#proposals = proposals;
    this.#clock = clock;
    this.startMicros = from;
    this.spanUs = Math.max(0, to - from);
    this.total = bag.bytes;
    this.absent = map.absent;
    this.unused = map.unused;
    this.#stampOffset = stampOffsetOf(bag, map);
    this.#timeline = new Timeline(from);
    const topics = new Set(
      map.feeds.flatMap((feeds, i) => (feeds.length > 0 || proposals.has(i) || i === clock ? [i] : [])),
    );
    this.#cursor = bag.read({ topics, fromMicros: from, toMicros: to });
  }
  get done(): number {
    return this.#cursor.bytesDone;
  }
  next(): boolean {
    const cursor = this.#cursor;
    if (!cursor.next()) return false;
    this.messages++;
    this.t = this.#clock < 0 ? this.#timeline.at(cursor.micros) : this.#simulated(cursor);
    return true;
  }
  /** Time of the newest /clock message; before the first one the run stands at its start. */
  #simulated(cursor: BagCursor): Micros {
    if (cursor.channel === this.#clock) {
      const now = clockMicrosOf(cursor.view, cursor.offset, cursor.length);
      if (now >= 0 && this.#clockZero < 0) this.#clockZero = now;
      if (now >= 0) this.#clockNow = now - this.#clockZero;
    }
    return this.#timeline.at(this.startMicros + this.#clockNow);
  }
  deliver(door: SourceDoor, seen: SampleListener): void {
    const cursor = this.#cursor;
    for (const { binding, decoder, row, topic } of this.#map.feeds[cursor.channel]!) {
      const fault = decoder.decode(cursor.view, cursor.offset, cursor.length, row);
      if (fault === null) {
        const stamp = row.stampMicros < 0 ? -1 : row.stampMicros + this.#stampOffset - this.#timeline.shiftUs;
        door.sample(binding.index, row.values, row.count, stamp, -1);
        seen(this.t, binding.index, row.values, row.count);
      } else {
        this.unreadable++;
        door.fault(binding.index, "ROS_MESSAGE_UNREADABLE", `${topic.name}: ${wireFaultText(fault)}`);
      }
    }
    const proposing = this.#proposals.get(cursor.channel);
    if (proposing !== undefined) this.#propose(door, proposing);
  }
  #propose(door: SourceDoor, proposing: Proposing): void {
    const cursor = this.#cursor;
    const topic = this.#bag.topics[cursor.channel]!.name;
    const view = new DataView(cursor.view.buffer, cursor.view.byteOffset + cursor.offset, cursor.length);
    const raw = proposing.read(view, cursor.length, `ros${topic}.${proposing.count++}`);
    const via = { transport: "bag", caller: topic };
    if (raw.ok) return void door.proposal(raw.value, via);
    this.unreadable++;
    door.refusedProposal("ROS_PROPOSAL_UNREADABLE", via);
  }
  notes(): readonly string[] {
    const timeline = this.#timeline;
    const stampOffset = this.#stampOffset;
    const map = this.#map;
    const notes = [...map.notes];
    if (stampOffset !== 0)
      notes.push(
        `the sources' stamps belong to another clock; they were moved by ${(stampOffset / 1e6).toFixed(3)} s to be comparable`,
      );
    if (timeline.gapsCut > 0)
      notes.push(
        `${timeline.gapsCut} gaps of the whole recording were cut, ${(timeline.cutUs / 1e6).toFixed(0)} s in all`,
      );
    if (timeline.backwards > 0)
      notes.push(`the clock went backwards at ${timeline.backwards} messages; they count as simultaneous`);
    return notes;
  }
  close(): void {
    this.#cursor.close();
    this.#bag.close();
  }
}
