import { assert } from "../../base/assert.ts";
import { ddsNameOf } from "../../wire/index.ts";
import type { RosBus, RosListener, RosPublisher, RosTopic, RosWriter } from "../ros/index.ts";
import { Discovery } from "./discovery.ts";
import { domainConfig } from "./domain-config.ts";
import {
  ANY_STATE,
  INCOMPATIBLE_QOS,
  POLICY_NAMES,
  SAMPLE_INFO,
  SAMPLE_LOST,
  SERDATA_KIND_DATA,
} from "./layout.ts";
import type { Cyclone, NativeBlock } from "./library.ts";
import type { LogPipe } from "./log-pipe.ts";
import type { DdsSettings } from "./settings.ts";
import { cycloneQos } from "./topic-qos.ts";
import { type TypeHandle, TypeHandles } from "./type-handle.ts";

/** Larger than any scan or trajectory that the node takes. */
export const MAX_MESSAGE_BYTES = 1_048_576;
const TAKE_BATCH = 64;
/** After so many batches of one reader the others and the event loop have their turn. */
const BATCHES_PER_TURN = 4;
const ENCAPSULATION_BYTES = 4;
const WAIT_NS = 200_000_000n;
const WAIT_CAPACITY = 128;
const GUARD_TAG = -1n;
const DISCOVERY_TAG = -2n;

interface Reader {
  readonly entity: number;
  readonly topic: string;
  readonly listener: RosListener;
}
/** What the bus tells its owner. */
export interface BusEvents {
  /** discovery changed, or some time has passed */
  graph(): void;
  tooLarge(topic: string, bytes: number): void;
  /** a fault of ours that was caught */
  failed(detail: string): void;
  stopped(detail: string): void;
}
/** The call that failed, in words for a person. */
export class DdsOpenError extends Error {
  override readonly name = "DdsOpenError";
}

/**
 * One domain participant. Another thread waits for data, this one reads it: no lock of Cyclone is ever held
 * while code of ours runs, and a busy event loop delays nobody else's samples.
 */
export class CycloneBus implements RosBus {
  private readonly lib: Cyclone;
  private readonly events: BusEvents;
  private readonly domain: number;
  private readonly participant: number;
  private readonly waitset: number;
  private readonly guard: number;
  private readonly types: TypeHandles;
  private readonly discovery: Discovery;
  private readonly outgoing: NativeBlock;
  private readonly vector: NativeBlock;
  private readonly readers: Reader[] = [];
  private readonly topics = new Map<string, number>();
  private readonly samples = new BigUint64Array(TAKE_BATCH);
  private readonly infos = new Uint8Array(TAKE_BATCH * SAMPLE_INFO.bytes);
  private readonly tags = new BigInt64Array(WAIT_CAPACITY);
  private readonly status = new DataView(new ArrayBuffer(64));
  private incoming = new DataView(new ArrayBuffer(65_536));
  private loop: Promise<void> | null = null;
  private closing = false;

  /** `log`: where Cyclone's own words go; the process's standard error without it */
  constructor(lib: Cyclone, settings: DdsSettings, events: BusEvents, log?: LogPipe) {
    this.lib = lib;
    this.events = events;
    const create = (): number => lib.createDomain(settings.domainId, domainConfig(settings));
    const domain = log === undefined ? create() : lib.withStandardError(log.file, create);
    this.domain = this.created("domain", domain);
    try {
      this.participant = this.created("participant", lib.createParticipant(settings.domainId, null, null));
      this.types = new TypeHandles(lib, this.participant);
      this.discovery = new Discovery(lib, this.participant);
      this.waitset = this.created("wait set", lib.createWaitset(this.participant));
      this.guard = this.created("guard condition", lib.createGuardCondition(this.participant));
      this.attach(this.guard, GUARD_TAG);
      for (const reader of this.discovery.readers) {
        const condition = lib.createReadCondition(this.created("discovery reader", reader), ANY_STATE);
        this.attach(this.created("read condition", condition), DISCOVERY_TAG);
      }
    } catch (error) {
      lib.delete(this.domain);
      throw error;
    }
    this.outgoing = lib.alloc(MAX_MESSAGE_BYTES);
    this.vector = lib.alloc(16);
    new DataView(this.vector.bytes.buffer).setBigUint64(0, this.outgoing.address, true);
  }

  subscribe(topic: RosTopic, listener: RosListener): void {
    assert(this.readers.length < WAIT_CAPACITY / 2, "too many subscriptions");
    const [entity] = this.endpoint(topic, false);
    const condition = this.created("read condition", this.lib.createReadCondition(entity, ANY_STATE));
    this.attach(condition, BigInt(this.readers.length));
    this.readers.push({ entity, topic: topic.name, listener });
  }
  advertise(topic: RosTopic): RosWriter {
    const [entity, type] = this.endpoint(topic, true);
    return { write: (bytes) => !this.closing && this.write(entity, type, bytes) };
  }
  publishersOf(topic: string): readonly RosPublisher[] {
    return this.discovery.publishersOf(ddsNameOf(topic, "topic"));
  }
  mismatchOf(topic: string): string | null {
    const reader = this.readerOf(topic);
    if (reader === null || this.lib.getIncompatibleQos(reader, new Uint8Array(this.status.buffer)) < 0)
      return null;
    if (this.status.getUint32(INCOMPATIBLE_QOS.total, true) === 0) return null;
    const policy = this.status.getUint32(INCOMPATIBLE_QOS.lastPolicy, true);
    return `${topic}: a publisher offers less ${POLICY_NAMES[policy] ?? `policy ${policy}`} than is asked`;
  }
  lostOf(topic: string): number {
    const reader = this.readerOf(topic);
    if (reader === null || this.lib.getSampleLost(reader, new Uint8Array(this.status.buffer)) < 0) return 0;
    return this.status.getUint32(SAMPLE_LOST.total, true);
  }
  /** Begins to receive; everything has been created. */
  start(): void {
    assert(this.loop === null, "receives already");
    this.loop = this.receive();
  }
  async close(): Promise<void> {
    this.closing = true;
    this.lib.setGuardCondition(this.guard, true);
    await this.loop;
    this.lib.delete(this.domain);
    this.types.free();
    this.outgoing.free();
    this.vector.free();
  }

  private created(what: string, entity: number): number {
    if (entity < 0) throw new DdsOpenError(`${what}: ${this.lib.strerror(entity)}`);
    return entity;
  }
  private attach(entity: number, tag: bigint): void {
    this.created("wait set", this.lib.waitsetAttach(this.waitset, entity, Number(tag)));
  }
  private endpoint(topic: RosTopic, writer: boolean): [entity: number, type: TypeHandle] {
    const type = this.types.get(topic.type);
    if (!type.ok) throw new DdsOpenError(type.error);
    const native = this.topic(topic, type.value);
    const qos = cycloneQos(this.lib, topic.qos, writer);
    const entity = writer
      ? this.lib.createWriter(this.participant, native, qos, null)
      : this.lib.createReader(this.participant, native, qos, null);
    this.lib.deleteQos(qos);
    return [this.created(`${writer ? "writer" : "reader"} of ${topic.name}`, entity), type.value];
  }
  private topic(topic: RosTopic, type: TypeHandle): number {
    const name = ddsNameOf(topic.name, "topic");
    const known = this.topics.get(name);
    if (known !== undefined) return known;
    const created = this.lib.createTopic(this.participant, type.descriptor, name, null, null);
    const entity = this.created(`topic ${topic.name}`, created);
    this.topics.set(name, entity);
    return entity;
  }
  private readerOf(topic: string): number | null {
    return this.readers.find((r) => r.topic === topic)?.entity ?? null;
  }
  /** Cyclone checks the bytes against the type; what does not fit is refused here and never sent. */
  private write(writer: number, type: TypeHandle, bytes: Uint8Array): boolean {
    if (bytes.length < ENCAPSULATION_BYTES || bytes.length > MAX_MESSAGE_BYTES) return false;
    this.outgoing.bytes.set(bytes);
    new DataView(this.vector.bytes.buffer).setBigUint64(8, BigInt(bytes.length), true);
    const serdata = this.lib.serdataFromIov(
      type.sertype,
      SERDATA_KIND_DATA,
      1,
      this.vector.address,
      bytes.length,
    );
    if (serdata === null || serdata === 0n) return false;
    return this.lib.writeCdr(writer, serdata) === 0;
  }

  private async receive(): Promise<void> {
    try {
      while (!this.closing) this.serve(await this.wait());
    } catch (error) {
      if (!this.closing) this.events.stopped(String(error));
    }
  }
  private wait(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.lib.waitsetWait(this.waitset, this.tags, WAIT_CAPACITY, WAIT_NS, (error, count) => {
        if (error !== null && error !== undefined)
          reject(error instanceof Error ? error : new Error(String(error)));
        else if (count < 0) reject(new Error(this.lib.strerror(count)));
        else resolve(count);
      });
    });
  }
  /** Readers in the order of their creation: what can stop the cell was created first. */
  private serve(count: number): void {
    if (this.closing) return;
    const ready = Array.from(this.tags.subarray(0, count), Number).sort((a, b) => a - b);
    for (const tag of ready) if (tag >= 0) this.drain(this.readers[tag]!);
    this.guarded(() => {
      if (count === 0 || ready[0] === Number(DISCOVERY_TAG)) {
        this.discovery.update();
        this.events.graph();
      }
    });
  }
  private guarded(body: () => void): void {
    try {
      body();
    } catch (error) {
      this.events.failed(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }
  private drain(reader: Reader): void {
    const { lib, samples, infos } = this;
    for (let batch = 0; batch < BATCHES_PER_TURN; batch++) {
      const count = lib.takeCdr(reader.entity, samples, TAKE_BATCH, infos, ANY_STATE);
      for (let i = 0; i < count; i++) {
        const serdata = samples[i]!;
        if (infos[i * SAMPLE_INFO.bytes + SAMPLE_INFO.validData] === 1)
          this.guarded(() => this.deliver(reader, serdata));
        lib.serdataUnref(serdata);
      }
      if (count < TAKE_BATCH) return;
    }
  }
  private deliver(reader: Reader, serdata: bigint): void {
    const size = this.lib.serdataSize(serdata);
    if (size > MAX_MESSAGE_BYTES) return this.events.tooLarge(reader.topic, size);
    if (size > this.incoming.byteLength) this.incoming = new DataView(new ArrayBuffer(size * 2));
    this.lib.serdataToSer(serdata, 0, size, new Uint8Array(this.incoming.buffer));
    reader.listener(this.incoming, size);
  }
}
