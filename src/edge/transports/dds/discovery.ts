import type { RosPublisher } from "../ros/index.ts";
import {
  ANY_STATE,
  BUILTIN_PARTICIPANTS,
  BUILTIN_PUBLICATIONS,
  ENDPOINT,
  GUID_BYTES,
  INSTANCE_ALIVE,
  PARTICIPANT,
  SAMPLE_INFO,
} from "./layout.ts";
import type { Cyclone, Pointer } from "./library.ts";

const BATCH = 16;
/** A network with more publishers is not one robot cell; the oldest entries go first. */
const MAX_ENDPOINTS = 4_096;

interface Publication {
  readonly topic: string;
  readonly participant: string;
}

/** Who publishes what in this domain, from the topics that discovery itself publishes. */
export class Discovery {
  readonly readers: readonly number[];
  readonly #lib: Cyclone;
  readonly #own: string;
  readonly #publications = new Map<string, Publication>();
  readonly #participants = new Map<string, string>();
  readonly #samples = new BigUint64Array(BATCH);
  readonly #infos = new Uint8Array(BATCH * SAMPLE_INFO.bytes);
  readonly #view = new DataView(this.#infos.buffer);

  /** `listener`: called when something has changed */
  constructor(lib: Cyclone, participant: number, listener: Pointer) {
    this.#lib = lib;
    const guid = new Uint8Array(GUID_BYTES);
    lib.getGuid(participant, guid);
    this.#own = Buffer.from(guid).toString("hex");
    this.readers = [BUILTIN_PARTICIPANTS, BUILTIN_PUBLICATIONS].map((topic) =>
      lib.createReader(participant, topic, null, listener),
    );
  }
  /** Takes what has changed; true when something has. */
  update(): boolean {
    const [participants, publications] = this.readers;
    const a = this.#drain(participants!, (sample, alive) => this.#participant(sample, alive));
    const b = this.#drain(publications!, (sample, alive) => this.#publication(sample, alive));
    return a || b;
  }
  /** other participants, whatever they publish */
  get others(): number {
    return this.#participants.size - (this.#participants.has(this.#own) ? 1 : 0);
  }
  publishersOf(ddsTopic: string): RosPublisher[] {
    const found: RosPublisher[] = [];
    for (const [id, publication] of this.#publications) {
      if (publication.topic !== ddsTopic) continue;
      const own = publication.participant === this.#own;
      found.push({ id, own, name: own ? "this node" : this.#nameOf(publication.participant) });
    }
    return found;
  }

  #nameOf(participant: string): string {
    return this.#participants.get(participant) ?? `participant ${participant}`;
  }
  #drain(reader: number, take: (sample: Pointer, alive: boolean) => void): boolean {
    let changed = false;
    for (;;) {
      this.#samples.fill(0n);
      const count = this.#lib.take(reader, this.#samples, this.#infos, BATCH, BATCH, ANY_STATE);
      if (count <= 0) return changed;
      changed = true;
      for (let i = 0; i < count; i++) {
        const state = this.#view.getInt32(i * SAMPLE_INFO.bytes + SAMPLE_INFO.instanceState, true);
        take(this.#samples[i]!, state === INSTANCE_ALIVE);
      }
      this.#lib.returnLoan(reader, this.#samples, count);
    }
  }
  #guidAt(sample: Pointer, offset: number): string {
    return Buffer.from(this.#lib.bytesAt(sample + BigInt(offset), GUID_BYTES)).toString("hex");
  }
  #publication(sample: Pointer, alive: boolean): void {
    const key = this.#guidAt(sample, ENDPOINT.key);
    if (!alive) {
      this.#publications.delete(key);
      return;
    }
    const topic = this.#lib.textAt(this.#lib.pointerAt(sample, ENDPOINT.topicName));
    remember(this.#publications, key, { topic, participant: this.#guidAt(sample, ENDPOINT.participantKey) });
  }
  #participant(sample: Pointer, alive: boolean): void {
    const key = this.#guidAt(sample, PARTICIPANT.key);
    if (!alive) {
      this.#participants.delete(key);
      return;
    }
    const qos = this.#lib.pointerAt(sample, PARTICIPANT.qos);
    const property = (name: string): string | null => (qos === 0n ? null : this.#lib.qosProperty(qos, name));
    const host = property("__Hostname");
    const process = property("__ProcessName");
    // a participant of another vendor may say nothing about itself
    const name = host === null || process === null ? `participant ${key}` : `${host}/${process}`;
    remember(this.#participants, key, name);
  }
}
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.set(key, value);
  if (map.size > MAX_ENDPOINTS) for (const oldest of map.keys()) return void map.delete(oldest);
}
