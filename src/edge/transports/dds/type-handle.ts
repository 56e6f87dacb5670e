import { err, ok, type Result } from "../../../core/base/result.ts";
import { ddsTypeName, type MessageLayout } from "../../wire/index.ts";
import { layoutOf } from "./definitions.ts";
import {
  ANY_STATE,
  DESCRIPTOR,
  DESCRIPTOR_FLAGS,
  REPRESENTATION_XCDR1,
  SAMPLE_INFO,
  SERDATA,
  SERDATA_KIND_DATA,
  SERTYPE,
} from "./layout.ts";
import type { Cyclone, NativeBlock, Pointer } from "./library.ts";
import { compileType } from "./type-ops.ts";

const ALIGNMENT = 8;
/** Nobody else reads or writes in it. */
const PROBE_PARTITION = "cellgate_probe";
const PROBE_TIME_NS = 1_234_567_890_123_456_789n;
const ENCAPSULATION_LITTLE = [0, 1] as const;

/** A ROS type as this domain knows it. */
export interface TypeHandle {
  readonly name: string;
  /** dds_topic_descriptor_t */
  readonly descriptor: Pointer;
  /** struct ddsi_sertype: what serialized bytes are made into a sample with */
  readonly sertype: Pointer;
}

/** Creates handles of types and proves, on each, that the library's memory is laid out as `layout.ts` says. */
export class TypeHandles {
  readonly #lib: Cyclone;
  readonly #participant: number;
  readonly #handles = new Map<string, TypeHandle>();
  readonly #blocks: NativeBlock[] = [];

  constructor(lib: Cyclone, participant: number) {
    this.#lib = lib;
    this.#participant = participant;
  }
  /** The error is a sentence for a person. */
  get(rosType: string, layout?: MessageLayout): Result<TypeHandle, string> {
    const known = this.#handles.get(rosType);
    if (known !== undefined) return ok(known);
    const name = ddsTypeName(rosType);
    const program = compileType(layout ?? layoutOf(rosType));
    const descriptor = this.#descriptor(name, program.ops, program.structBytes);
    const sertype = this.#probe(name, descriptor, this.#block(program.structBytes).address);
    if (!sertype.ok) return err(`${this.#lib.path} (${this.#lib.version}), type ${name}: ${sertype.error}`);
    const handle: TypeHandle = { name, descriptor, sertype: sertype.value };
    this.#handles.set(rosType, handle);
    return ok(handle);
  }
  /** Only after the domain is gone. */
  free(): void {
    for (const block of this.#blocks.splice(0)) block.free();
    this.#handles.clear();
  }

  #block(size: number): NativeBlock {
    const block = this.#lib.alloc(size);
    this.#blocks.push(block);
    return block;
  }
  #text(value: string): Pointer {
    const bytes = new TextEncoder().encode(value);
    const block = this.#block(bytes.length + 1);
    block.bytes.set(bytes);
    return block.address;
  }
  #descriptor(name: string, ops: Uint32Array, structBytes: number): Pointer {
    const program = this.#block(ops.byteLength);
    program.bytes.set(new Uint8Array(ops.buffer));
    const block = this.#block(DESCRIPTOR.bytes);
    const view = new DataView(block.bytes.buffer, block.bytes.byteOffset, DESCRIPTOR.bytes);
    view.setUint32(DESCRIPTOR.size, structBytes, true);
    view.setUint32(DESCRIPTOR.align, ALIGNMENT, true);
    view.setUint32(DESCRIPTOR.flags, DESCRIPTOR_FLAGS, true);
    view.setBigUint64(DESCRIPTOR.typeName, this.#text(name), true);
    view.setUint32(DESCRIPTOR.opCount, ops.length, true);
    view.setBigUint64(DESCRIPTOR.ops, program.address, true);
    view.setBigUint64(DESCRIPTOR.meta, this.#text(""), true);
    view.setUint32(DESCRIPTOR.representations, REPRESENTATION_XCDR1, true);
    return block.address;
  }

  /**
   * Sends an empty message to itself on a topic of its own: the sample that comes back holds the type's
   * handle, which this version has no function for, and every number read on the way has to be right.
   */
  #probe(name: string, descriptor: Pointer, zeros: Pointer): Result<Pointer, string> {
    const lib = this.#lib;
    const participant = this.#participant;
    const qos = lib.createQos();
    lib.qosReliability(qos, 1, 0n);
    lib.qosPartition(qos, PROBE_PARTITION);
    const topic = lib.createTopic(
      participant,
      descriptor,
      `cellgate_probe/${name.replaceAll(":", "_")}`,
      null,
      null,
    );
    if (topic < 0) return err(`topic refused: ${lib.strerror(topic)}`);
    const reader = lib.createReader(participant, topic, qos, null);
    const writer = lib.createWriter(participant, topic, qos, null);
    lib.deleteQos(qos);
    try {
      if (reader < 0 || writer < 0)
        return err(`reader or writer refused: ${lib.strerror(Math.min(reader, writer))}`);
      const sent = lib.writeTimestamped(writer, zeros, PROBE_TIME_NS);
      return sent < 0 ? err(`write refused: ${lib.strerror(sent)}`) : this.#inspect(name, reader, writer);
    } finally {
      // the topic stays: it keeps the type alive for as long as the participant lives
      for (const entity of [writer, reader]) if (entity > 0) lib.delete(entity);
    }
  }
  #inspect(name: string, reader: number, writer: number): Result<Pointer, string> {
    const lib = this.#lib;
    const samples = new BigUint64Array(1);
    const info = new Uint8Array(SAMPLE_INFO.bytes);
    const taken = lib.takeCdr(reader, samples, 1, info, ANY_STATE);
    if (taken !== 1)
      return err(`the probe did not come back: ${taken < 0 ? lib.strerror(taken) : "nothing"}`);
    const serdata = samples[0]!;
    try {
      const wrong = this.#wrongInfo(info, writer) ?? this.#wrongSerdata(serdata);
      if (wrong !== null) return err(`unknown memory layout: ${wrong}`);
      const sertype = lib.pointerAt(serdata, SERDATA.type);
      const wrongType = this.#wrongSertype(sertype, name);
      return wrongType === null ? ok(sertype) : err(`unknown memory layout: ${wrongType}`);
    } finally {
      lib.serdataUnref(serdata);
    }
  }
  #wrongInfo(info: Uint8Array, writer: number): string | null {
    const view = new DataView(info.buffer);
    const handle = new BigUint64Array(1);
    this.#lib.getInstanceHandle(writer, handle);
    if (view.getUint8(SAMPLE_INFO.validData) !== 1) return "sample info, valid_data";
    if (view.getBigInt64(SAMPLE_INFO.sourceTimestamp, true) !== PROBE_TIME_NS)
      return "sample info, source_timestamp";
    return view.getBigUint64(SAMPLE_INFO.publicationHandle, true) === handle[0]
      ? null
      : "sample info, publication_handle";
  }
  #wrongSerdata(serdata: Pointer): string | null {
    const lib = this.#lib;
    if (lib.pointerAt(serdata, SERDATA.ops) !== lib.symbol("ddsi_serdata_ops_cdr_nokey"))
      return "sample, operations";
    if (lib.int32At(serdata, SERDATA.kind) !== SERDATA_KIND_DATA) return "sample, kind";
    const head = new Uint8Array(4);
    lib.serdataToSer(serdata, 0, head.length, head);
    return ENCAPSULATION_LITTLE.every((byte, i) => head[i] === byte) ? null : "sample, encapsulation";
  }
  #wrongSertype(sertype: Pointer, name: string): string | null {
    const lib = this.#lib;
    if (lib.pointerAt(sertype, SERTYPE.ops) !== lib.symbol("ddsi_sertype_ops_default"))
      return "type, operations";
    if (lib.pointerAt(sertype, SERTYPE.serdataOps) !== lib.symbol("ddsi_serdata_ops_cdr_nokey"))
      return "type, sample operations";
    return lib.textAt(lib.pointerAt(sertype, SERTYPE.typeName)) === name ? null : "type, name";
  }
}
