import { setTimeout as pause } from "node:timers/promises";
import { err, ok, type Result } from "../../base/result.ts";
import { rosNameOf } from "../../wire/index.ts";
import { domainConfig } from "./domain-config.ts";
import {
  ANY_STATE,
  BUILTIN_PARTICIPANTS,
  BUILTIN_PUBLICATIONS,
  BUILTIN_SUBSCRIPTIONS,
  ENDPOINT,
  GUID_BYTES,
  PARTICIPANT,
  SAMPLE_INFO,
} from "./layout.ts";
import { type Cyclone, loadCyclone, type Pointer } from "./library.ts";
import type { DdsSettings } from "./settings.ts";

/** One process on the wire: what it writes and what it reads, by the names that ROS gives the topics. */
export interface DdsPart {
  readonly name: string;
  readonly publishes: readonly string[];
  readonly subscribes: readonly string[];
}
const BATCH = 16;
const LOOK_MS = 100;
const PARTS_MAX = 4_096;
interface Seen {
  name: string | null;
  readonly publishes: Set<string>;
  readonly subscribes: Set<string>;
}

/** Listens to discovery for some time and says who talks to whom; writes nothing and hears no data. */
export async function watchDdsGraph(
  settings: DdsSettings,
  seconds: number,
): Promise<Result<readonly DdsPart[], string>> {
  const loaded = await loadCyclone(settings.library);
  if (!loaded.ok) return err(loaded.error.detail);
  const lib = loaded.value;
  const domain = lib.createDomain(settings.domainId, domainConfig(settings));
  if (domain < 0) return err(`domain ${settings.domainId}: ${lib.strerror(domain)}`);
  try {
    const participant = lib.createParticipant(settings.domainId, null, null);
    if (participant < 0) return err(`participant: ${lib.strerror(participant)}`);
    const watch = new Watch(lib, participant);
    for (const end = Date.now() + seconds * 1_000; Date.now() < end; await pause(LOOK_MS)) watch.look();
    watch.look();
    return ok(watch.parts());
  } finally {
    lib.delete(domain);
  }
}

class Watch {
  private readonly lib: Cyclone;
  private readonly own: string;
  private readonly readers: readonly [participants: number, publications: number, subscriptions: number];
  private readonly seen = new Map<string, Seen>();
  private readonly samples = new BigUint64Array(BATCH);
  private readonly infos = new Uint8Array(BATCH * SAMPLE_INFO.bytes);

  constructor(lib: Cyclone, participant: number) {
    this.lib = lib;
    const guid = new Uint8Array(GUID_BYTES);
    lib.getGuid(participant, guid);
    this.own = Buffer.from(guid).toString("hex");
    const reader = (topic: number): number => lib.createReader(participant, topic, null, null);
    this.readers = [
      reader(BUILTIN_PARTICIPANTS),
      reader(BUILTIN_PUBLICATIONS),
      reader(BUILTIN_SUBSCRIPTIONS),
    ];
  }
  look(): void {
    const [participants, publications, subscriptions] = this.readers;
    this.drain(participants, (sample) => this.participant(sample));
    this.drain(publications, (sample) => this.endpoint(sample, "publishes"));
    this.drain(subscriptions, (sample) => this.endpoint(sample, "subscribes"));
  }
  parts(): DdsPart[] {
    return [...this.seen].flatMap(([key, { name, publishes, subscribes }]) =>
      publishes.size + subscribes.size === 0
        ? []
        : [
            {
              name: `${name ?? "participant"} (${key.slice(0, 12)})`,
              publishes: [...publishes],
              subscribes: [...subscribes],
            },
          ],
    );
  }

  private drain(reader: number, take: (sample: Pointer) => void): void {
    for (;;) {
      this.samples.fill(0n);
      const count = this.lib.take(reader, this.samples, this.infos, BATCH, BATCH, ANY_STATE);
      if (count <= 0) return;
      for (let i = 0; i < count; i++)
        if (this.infos[i * SAMPLE_INFO.bytes + SAMPLE_INFO.validData] === 1) take(this.samples[i]!);
      this.lib.returnLoan(reader, this.samples, count);
    }
  }
  private guidAt(sample: Pointer, offset: number): string {
    return Buffer.from(this.lib.bytesAt(sample + BigInt(offset), GUID_BYTES)).toString("hex");
  }
  private of(key: string): Seen {
    const known = this.seen.get(key);
    if (known !== undefined) return known;
    const seen: Seen = { name: null, publishes: new Set(), subscribes: new Set() };
    if (this.seen.size < PARTS_MAX) this.seen.set(key, seen);
    return seen;
  }
  private participant(sample: Pointer): void {
    const key = this.guidAt(sample, PARTICIPANT.key);
    if (key === this.own) return;
    const qos = this.lib.pointerAt(sample, PARTICIPANT.qos);
    const property = (name: string): string | null => (qos === 0n ? null : this.lib.qosProperty(qos, name));
    const [host, process] = [property("__Hostname"), property("__ProcessName")];
    if (host !== null && process !== null) this.of(key).name = `${host}/${process}`;
  }
  private endpoint(sample: Pointer, side: "publishes" | "subscribes"): void {
    const key = this.guidAt(sample, ENDPOINT.participantKey);
    if (key === this.own) return;
    const topic = this.lib.textAt(this.lib.pointerAt(sample, ENDPOINT.topicName));
    const ros = rosNameOf(topic);
    const name = ros === null ? topic : ros.kind === "topic" ? ros.name : `${ros.name} (${ros.kind})`;
    this.of(key)[side].add(name);
  }
}
