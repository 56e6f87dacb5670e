import { setTimeout as pause } from "node:timers/promises";
import { err, ok, type Result } from "../../../core/base/result.ts";
import { rosNameOf } from "../../wire/index.ts";
import { type RosPart, RosParts } from "../ros/index.ts";
import { createDomainOn } from "./loopback.ts";
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

const BATCH = 16;
const LOOK_MS = 100;
const PARTS_MAX = 4_096;
/** Listens to discovery for some time and says which process talks to which; writes nothing and hears no data. */
export async function watchDdsGraph(
  settings: DdsSettings,
  seconds: number,
): Promise<Result<readonly RosPart[], string>> {
  const loaded = await loadCyclone(settings.library);
  if (!loaded.ok) return err(loaded.error.detail);
  const lib = loaded.value;
  const created = createDomainOn(lib, settings);
  if (!created.ok) return err(`domain ${settings.domainId}: ${created.error}`);
  const domain = created.value;
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
  readonly #lib: Cyclone;
  readonly #own: string;
  readonly #readers: readonly [participants: number, publications: number, subscriptions: number];
  readonly #seen = new RosParts(PARTS_MAX, (key) => nameOf("participant", key));
  readonly #samples = new BigUint64Array(BATCH);
  readonly #infos = new Uint8Array(BATCH * SAMPLE_INFO.bytes);

  constructor(lib: Cyclone, participant: number) {
    this.#lib = lib;
    const guid = new Uint8Array(GUID_BYTES);
    lib.getGuid(participant, guid);
    this.#own = Buffer.from(guid).toString("hex");
    const reader = (topic: number): number => lib.createReader(participant, topic, null, null);
    this.#readers = [
      reader(BUILTIN_PARTICIPANTS),
      reader(BUILTIN_PUBLICATIONS),
      reader(BUILTIN_SUBSCRIPTIONS),
    ];
  }
  look(): void {
    const [participants, publications, subscriptions] = this.#readers;
    this.#drain(participants, (sample) => this.#participant(sample));
    this.#drain(publications, (sample) => this.#endpoint(sample, "publishes"));
    this.#drain(subscriptions, (sample) => this.#endpoint(sample, "subscribes"));
  }
  /** processes without a topic or service are nobody's neighbours */
  parts(): RosPart[] {
    return this.#seen
      .list()
      .filter((p) => p.publishes.length + p.subscribes.length + (p.calls ?? p.serves ?? []).length > 0);
  }

  #drain(reader: number, take: (sample: Pointer) => void): void {
    for (;;) {
      this.#samples.fill(0n);
      const count = this.#lib.take(reader, this.#samples, this.#infos, BATCH, BATCH, ANY_STATE);
      if (count <= 0) return;
      for (let i = 0; i < count; i++)
        if (this.#infos[i * SAMPLE_INFO.bytes + SAMPLE_INFO.validData] === 1) take(this.#samples[i]!);
      this.#lib.returnLoan(reader, this.#samples, count);
    }
  }
  #guidAt(sample: Pointer, offset: number): string {
    return Buffer.from(this.#lib.bytesAt(sample + BigInt(offset), GUID_BYTES)).toString("hex");
  }
  #participant(sample: Pointer): void {
    const key = this.#guidAt(sample, PARTICIPANT.key);
    if (key === this.#own) return;
    const qos = this.#lib.pointerAt(sample, PARTICIPANT.qos);
    const property = (name: string): string | null => (qos === 0n ? null : this.#lib.qosProperty(qos, name));
    const [host, process] = [property("__Hostname"), property("__ProcessName")];
    if (host !== null && process !== null) this.#seen.part(key, nameOf(`${host}/${process}`, key));
  }
  #endpoint(sample: Pointer, side: "publishes" | "subscribes"): void {
    const key = this.#guidAt(sample, ENDPOINT.participantKey);
    if (key === this.#own) return;
    const topic = this.#lib.textAt(this.#lib.pointerAt(sample, ENDPOINT.topicName));
    const ros = rosNameOf(topic);
    // who writes requests asks, who reads them serves; replies are the way back and no topic of their own
    if (ros?.kind === "reply") return;
    const service = side === "publishes" ? "calls" : "serves";
    this.#seen.add(key, ros?.kind === "request" ? service : side, ros?.name ?? topic);
  }
}
/** processes of one program differ in their number */
const nameOf = (name: string, key: string): string => `${name} (${key.slice(0, 12)})`;
