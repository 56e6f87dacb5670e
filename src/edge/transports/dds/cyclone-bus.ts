import type { Result } from "../../../core/base/result.ts";
import { assert } from "../../../core/base/assert.ts";
import { ddsNameOf, type MessageLayout } from "../../wire/index.ts";
import {
  COMMAND_QOS,
  type GoalsIn,
  type GoalsOut,
  type RosAction,
  type RosListener,
  type RosActionClient,
  type RosActionServer,
  type RosBus,
  type RosPublisher,
  type RosQos,
  type RosService,
  type RosTopic,
  type RosWriter,
} from "../ros/index.ts";
import { createActionClient } from "./action-client.ts";
import { serveAction } from "./action-server.ts";
import { Discovery } from "./discovery.ts";
import type { DdsEndpoints, DdsListener, DdsWriter } from "./endpoints.ts";
import {
  ANY_STATE,
  INCOMPATIBLE_QOS,
  POLICY_NAMES,
  PUBLICATION_MATCHED,
  SAMPLE_INFO,
  SAMPLE_LOST,
  SERDATA_KIND_DATA,
} from "./layout.ts";
import type { Cyclone, NativeBlock, Pointer } from "./library.ts";
import { createDomainOn } from "./loopback.ts";
import type { LogPipe } from "./log-pipe.ts";
import { framed, withServiceHeader } from "./service-header.ts";
import type { DdsSettings } from "./settings.ts";
import { cycloneQos } from "./topic-qos.ts";
import { type TypeHandle, TypeHandles } from "./type-handle.ts";
import { openPipe, UNBUFFERED, WakePipe } from "./wake-pipe.ts";

/** Larger than any scan or trajectory that the node takes. */
export const MAX_MESSAGE_BYTES = 1_048_576;
const TAKE_BATCH = 64;
/** After so many rounds over all readers the event loop has its turn. */
const PASSES_PER_TURN = 4;
const LOOK_MS = 200;
const ENCAPSULATION_BYTES = 4;
/** of a message that is too large: who asks, and about what */
const HEAD_BYTES = 64;
const MAX_SUBSCRIPTIONS = 128;

interface Reader extends DdsListener {
  readonly entity: number;
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

/** How Cyclone's threads reach the event loop: one pipe for samples, one for discovery. */
interface Wakes {
  readonly data: WakePipe;
  readonly discovery: WakePipe;
}

/**
 * One domain participant. Cyclone's threads store samples and knock; this thread reads them. No lock of
 * Cyclone is ever held while code of ours runs, and a busy event loop holds up no receiving.
 */
export class CycloneBus implements RosBus, DdsEndpoints {
  readonly #lib: Cyclone;
  readonly #events: BusEvents;
  readonly #domain: number;
  readonly #participant: number;
  readonly #wakes: Wakes;
  readonly #types: TypeHandles;
  readonly #discovery: Discovery;
  readonly #outgoing: NativeBlock;
  readonly #vector: NativeBlock;
  readonly #readers: Reader[] = [];
  readonly #topics = new Map<string, number>();
  readonly #samples = new BigUint64Array(TAKE_BATCH);
  readonly #infos = new Uint8Array(TAKE_BATCH * SAMPLE_INFO.bytes);
  readonly #status = new DataView(new ArrayBuffer(64));
  #bytes = new Uint8Array(65_536);
  #incoming = new DataView(this.#bytes.buffer);
  #looking: NodeJS.Timeout | undefined;
  #closing = false;

  /** `log`: where Cyclone's own words go; the process's standard error without it */
  static async open(
    lib: Cyclone,
    settings: DdsSettings,
    events: BusEvents,
    log?: LogPipe,
  ): Promise<CycloneBus> {
    const [data, discovery] = [await openPipe(UNBUFFERED), await openPipe(UNBUFFERED)];
    if (!data.ok) throw new DdsOpenError(data.error);
    if (!discovery.ok) throw new DdsOpenError(discovery.error);
    const wakes = { data: new WakePipe(data.value), discovery: new WakePipe(discovery.value) };
    try {
      return new CycloneBus(lib, settings, events, wakes, log);
    } catch (error) {
      wakes.data.close();
      wakes.discovery.close();
      throw error;
    }
  }
  private constructor(lib: Cyclone, settings: DdsSettings, events: BusEvents, wakes: Wakes, log?: LogPipe) {
    this.#lib = lib;
    this.#events = events;
    this.#wakes = wakes;
    const create = (): Result<number, string> => createDomainOn(lib, settings);
    const domain = log === undefined ? create() : lib.withStandardError(log.file, create);
    if (!domain.ok) throw new DdsOpenError(`domain: ${domain.error}`);
    this.#domain = domain.value;
    try {
      this.#participant = this.#created("participant", lib.createParticipant(settings.domainId, null, null));
      this.#types = new TypeHandles(lib, this.#participant);
      this.#discovery = this.#listening(
        wakes.discovery,
        (listener) => new Discovery(lib, this.#participant, listener),
      );
      for (const reader of this.#discovery.readers) this.#created("discovery reader", reader);
    } catch (error) {
      lib.delete(this.#domain);
      throw error;
    }
    this.#outgoing = lib.alloc(MAX_MESSAGE_BYTES);
    this.#vector = lib.alloc(16);
    new DataView(this.#vector.bytes.buffer).setBigUint64(0, this.#outgoing.address, true);
  }

  subscribe(topic: RosTopic, listener: RosListener): void {
    assert(this.#readers.length < MAX_SUBSCRIPTIONS, "too many subscriptions");
    this.read(ddsNameOf(topic.name, "topic"), this.#type(topic.type), topic.qos, {
      topic: topic.name,
      listener,
    });
  }
  advertise(topic: RosTopic): RosWriter {
    return this.writer(ddsNameOf(topic.name, "topic"), this.#type(topic.type), topic.qos);
  }
  serveAction(action: RosAction, goals: GoalsIn): RosActionServer {
    return serveAction(this, action, goals);
  }
  actionClient(action: RosAction, goals: GoalsOut): RosActionClient {
    return createActionClient(this, action, goals);
  }
  /** A reader by the name that DDS knows. */
  read(ddsTopic: string, type: TypeHandle, qos: RosQos, reader: DdsListener): void {
    assert(this.#readers.length < MAX_SUBSCRIPTIONS, "too many subscriptions");
    const topic = this.#topic(ddsTopic, type);
    const native = cycloneQos(this.#lib, qos, false);
    const entity = this.#listening(this.#wakes.data, (listener) =>
      this.#lib.createReader(this.#participant, topic, native, listener),
    );
    this.#lib.deleteQos(native);
    this.#readers.push({ ...reader, entity: this.#created(`reader of ${ddsTopic}`, entity) });
  }
  /** A writer by the name that DDS knows. */
  writer(ddsTopic: string, type: TypeHandle, qos: RosQos): DdsWriter {
    const topic = this.#topic(ddsTopic, type);
    const native = cycloneQos(this.#lib, qos, true);
    const entity = this.#lib.createWriter(this.#participant, topic, native, null);
    this.#lib.deleteQos(native);
    this.#created(`writer of ${ddsTopic}`, entity);
    const handle = new BigUint64Array(1);
    this.#lib.getInstanceHandle(entity, handle);
    return { ...this.#writer(entity, (bytes) => this.#write(entity, type, bytes)), handle: handle[0]! };
  }
  type(layout: MessageLayout): TypeHandle {
    return this.#type(layout.name, layout);
  }
  /** A client as the Cyclone middleware of ROS makes one; other middlewares number their requests elsewhere. */
  requester(service: RosService): RosWriter {
    const type = this.type(withServiceHeader(service.request));
    const writer = this.writer(ddsNameOf(service.name, "request"), type, COMMAND_QOS);
    let number = 0n;
    return {
      write: (bytes) => writer.write(framed(bytes, { client: writer.handle, number: ++number })),
      heard: () => writer.heard(),
    };
  }
  publishersOf(topic: string): readonly RosPublisher[] {
    return this.#discovery.publishersOf(ddsNameOf(topic, "topic"));
  }
  /** how many other participants discovery has found */
  get others(): number {
    return this.#discovery.others;
  }
  mismatchOf(topic: string): string | null {
    const reader = this.#readerOf(topic);
    if (reader === null || this.#lib.getIncompatibleQos(reader, new Uint8Array(this.#status.buffer)) < 0)
      return null;
    if (this.#status.getUint32(INCOMPATIBLE_QOS.total, true) === 0) return null;
    const policy = this.#status.getUint32(INCOMPATIBLE_QOS.lastPolicy, true);
    return `${topic}: a publisher offers less ${POLICY_NAMES[policy] ?? `policy ${policy}`} than is asked`;
  }
  lostOf(topic: string): number {
    const reader = this.#readerOf(topic);
    if (reader === null || this.#lib.getSampleLost(reader, new Uint8Array(this.#status.buffer)) < 0) return 0;
    return this.#status.getUint32(SAMPLE_LOST.total, true);
  }
  /** Begins to receive; everything has been created. */
  start(): void {
    assert(this.#looking === undefined, "receives already");
    this.#wakes.data.start(
      () => this.#serve(),
      (detail) => this.#stopped(detail),
    );
    this.#wakes.discovery.start(
      () => this.#look(),
      (detail) => this.#stopped(detail),
    );
    this.#looking = setInterval(() => this.#look(), LOOK_MS).unref();
  }
  close(): void {
    this.#closing = true;
    clearInterval(this.#looking);
    this.#lib.delete(this.#domain);
    this.#wakes.data.close();
    this.#wakes.discovery.close();
    this.#types.free();
    this.#outgoing.free();
    this.#vector.free();
  }

  #created(what: string, entity: number): number {
    if (entity < 0) throw new DdsOpenError(`${what}: ${this.#lib.strerror(entity)}`);
    return entity;
  }
  /** Gives a listener that knocks at a pipe to whatever creates readers with it. */
  #listening<T>(wake: WakePipe, create: (listener: Pointer) => T): T {
    const listener = this.#lib.createListener(wake.pipe.file);
    this.#lib.listenData(listener, wake.pipe.fputc);
    try {
      return create(listener);
    } finally {
      this.#lib.deleteListener(listener);
    }
  }
  #type(name: string, layout?: MessageLayout): TypeHandle {
    const type = this.#types.get(name, layout);
    if (!type.ok) throw new DdsOpenError(type.error);
    return type.value;
  }
  #topic(name: string, type: TypeHandle): number {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    const created = this.#lib.createTopic(this.#participant, type.descriptor, name, null, null);
    const entity = this.#created(`topic ${name}`, created);
    this.#topics.set(name, entity);
    return entity;
  }
  #readerOf(topic: string): number | null {
    return this.#readers.find((r) => r.topic === topic)?.entity ?? null;
  }
  #writer(entity: number, write: (bytes: Uint8Array) => boolean): RosWriter {
    const status = new Uint8Array(PUBLICATION_MATCHED.bytes);
    const view = new DataView(status.buffer);
    return {
      write: (bytes) => !this.#closing && write(bytes),
      heard: () =>
        !this.#closing &&
        this.#lib.getPublicationMatched(entity, status) >= 0 &&
        view.getUint32(PUBLICATION_MATCHED.current, true) > 0,
    };
  }
  /** Cyclone checks the bytes against the type; what does not fit is refused here and never sent. */
  #write(writer: number, type: TypeHandle, bytes: Uint8Array): boolean {
    if (bytes.length < ENCAPSULATION_BYTES || bytes.length > MAX_MESSAGE_BYTES) return false;
    this.#outgoing.bytes.set(bytes);
    new DataView(this.#vector.bytes.buffer).setBigUint64(8, BigInt(bytes.length), true);
    const serdata = this.#lib.serdataFromIov(
      type.sertype,
      SERDATA_KIND_DATA,
      1,
      this.#vector.address,
      bytes.length,
    );
    if (serdata === null || serdata === 0n) return false;
    return this.#lib.writeCdr(writer, serdata) === 0;
  }

  #stopped(detail: string): void {
    if (!this.#closing) this.#guarded(() => this.#events.stopped(detail));
  }
  /**
   * Readers in the order of their creation: what can stop the cell was created first. What arrives while
   * they are read is read too. Knocks are not counted: as long as something was found there may be more.
   */
  #serve(): void {
    for (let pass = 0; pass < PASSES_PER_TURN; pass++) {
      if (this.#closing) return;
      let taken = 0;
      for (const reader of this.#readers) if (!this.#closing) taken += this.#drain(reader);
      if (taken === 0) return;
    }
    setImmediate(() => this.#serve());
  }
  /** Discovery is looked at when it changes, and in between: lost samples and mismatches wake nobody. */
  #look(): void {
    if (this.#closing) return;
    this.#guarded(() => {
      this.#discovery.update();
      this.#events.graph();
    });
  }
  #guarded(body: () => void): void {
    try {
      body();
    } catch (error) {
      this.#caught(error);
    }
  }
  #caught(error: unknown): void {
    this.#events.failed(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  #drain(reader: Reader): number {
    const lib = this.#lib;
    const samples = this.#samples;
    const infos = this.#infos;
    const count = lib.takeCdr(reader.entity, samples, TAKE_BATCH, infos, ANY_STATE);
    for (let i = 0; i < count; i++) {
      const serdata = samples[i]!;
      if (infos[i * SAMPLE_INFO.bytes + SAMPLE_INFO.validData] === 1) this.#attempt(reader, serdata);
      lib.serdataUnref(serdata);
    }
    return Math.max(0, count);
  }
  #attempt(reader: Reader, serdata: bigint): void {
    try {
      this.#deliver(reader, serdata);
    } catch (error) {
      this.#caught(error);
    }
  }
  #deliver(reader: Reader, serdata: bigint): void {
    const size = this.#lib.serdataSize(serdata);
    if (size > MAX_MESSAGE_BYTES) {
      this.#events.tooLarge(reader.topic, size);
      if (reader.oversized === undefined) return;
      this.#lib.serdataToSer(serdata, 0, HEAD_BYTES, this.#bytes);
      return reader.oversized(this.#incoming, HEAD_BYTES);
    }
    if (size > this.#bytes.length) this.#grow(size);
    this.#lib.serdataToSer(serdata, 0, size, this.#bytes);
    reader.listener(this.#incoming, size);
  }
  #grow(size: number): void {
    this.#bytes = new Uint8Array(size * 2);
    this.#incoming = new DataView(this.#bytes.buffer);
  }
}
