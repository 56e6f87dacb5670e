import { readFileSync, realpathSync } from "node:fs";
import { err, ok, type Result } from "../../../core/base/result.ts";
import type { Code } from "../../../core/domain/index.ts";
import { KNOWN_VERSIONS } from "./layout.ts";

/** A pointer, as the binding gives it. */
export type Pointer = bigint;
type Memory = Uint8Array | BigUint64Array | null;

/** What is used of libddsc, by the names of its own documentation. */
export interface Cyclone {
  readonly version: string;
  readonly path: string;
  symbol(name: string): Pointer;
  alloc(bytes: number): NativeBlock;
  pointerAt(base: Pointer, offset: number): Pointer;
  int32At(base: Pointer, offset: number): number;
  textAt(base: Pointer): string;
  bytesAt(base: Pointer, bytes: number): Uint8Array;
  strerror(code: number): string;
  createDomain(id: number, config: string): number;
  /** of the C library */
  setSocketOption(fd: number, level: number, option: number, value: Memory, bytes: number): number;
  createParticipant(domain: number, qos: Pointer | null, listener: null): number;
  createTopic(
    participant: number,
    descriptor: Pointer,
    name: string,
    qos: Pointer | null,
    listener: Pointer | null,
  ): number;
  createReader(participant: number, topic: number, qos: Pointer | null, listener: Pointer | null): number;
  createWriter(participant: number, topic: number, qos: Pointer | null, listener: null): number;
  createListener(argument: Pointer): Pointer;
  deleteListener(listener: Pointer): void;
  /** `callback`: a C function of an entity and the listener's argument */
  listenData(listener: Pointer, callback: Pointer): void;
  takeCdr(reader: number, samples: Memory, max: number, infos: Memory, mask: number): number;
  take(reader: number, samples: Memory, infos: Memory, capacity: number, max: number, mask: number): number;
  returnLoan(reader: number, samples: Memory, count: number): number;
  write(writer: number, sample: Pointer): number;
  writeTimestamped(writer: number, sample: Pointer, epochNs: bigint): number;
  writeCdr(writer: number, serdata: Pointer): number;
  serdataSize(serdata: Pointer): number;
  serdataToSer(serdata: Pointer, offset: number, bytes: number, target: Memory): void;
  serdataFromIov(type: Pointer, kind: number, count: number, vector: Pointer, bytes: number): Pointer | null;
  serdataUnref(serdata: Pointer): void;
  delete(entity: number): number;
  getGuid(entity: number, target: Memory): number;
  getInstanceHandle(entity: number, target: Memory): number;
  getIncompatibleQos(reader: number, target: Memory): number;
  getPublicationMatched(writer: number, target: Memory): number;
  getSampleLost(reader: number, target: Memory): number;
  createQos(): Pointer;
  deleteQos(qos: Pointer): void;
  qosReliability(qos: Pointer, kind: number, maxBlockingNs: bigint): void;
  qosDurability(qos: Pointer, kind: number): void;
  qosDurabilityService(
    qos: Pointer,
    cleanupNs: bigint,
    history: number,
    depth: number,
    maxSamples: number,
    maxInstances: number,
    maxPerInstance: number,
  ): void;
  qosHistory(qos: Pointer, kind: number, depth: number): void;
  qosLifespan(qos: Pointer, ns: bigint): void;
  qosDeadline(qos: Pointer, ns: bigint): void;
  qosLiveliness(qos: Pointer, kind: number, leaseNs: bigint): void;
  qosAutodispose(qos: Pointer, on: boolean): void;
  qosPartition(qos: Pointer, name: string): void;
  qosUserData(qos: Pointer, data: Memory, bytes: number): void;
  qosProperty(qos: Pointer, name: string): string | null;
  /** runs with the C library's standard error leading to a FILE; what keeps it there keeps that FILE */
  withStandardError<T>(file: Pointer, body: () => T): T;
}
/** Memory that C may keep: it does not move and lives until freed. */
export interface NativeBlock {
  readonly address: Pointer;
  readonly bytes: Uint8Array;
  free(): void;
}
export interface LibraryFault {
  readonly code: Extract<Code, "DDS_LIBRARY_MISSING" | "DDS_LIBRARY_UNKNOWN">;
  readonly detail: string;
}

const CANDIDATES = ["libddsc.so.0debian", "libddsc.so.0", "libddsc.so"];
type Koffi = typeof import("koffi").default;
type Loaded = ReturnType<Koffi["load"]>;

/** Loads libddsc once; an unknown version is refused before any of its functions is called. */
export async function loadCyclone(path: string | undefined): Promise<Result<Cyclone, LibraryFault>> {
  const koffi = (await import("koffi")).default;
  const found = loadFirst(koffi, path === undefined ? CANDIDATES : [path]);
  if (!found.ok) return err({ code: "DDS_LIBRARY_MISSING", detail: found.error });
  const version = versionOf(libraryPaths());
  if (!version.ok) return err({ code: "DDS_LIBRARY_UNKNOWN", detail: version.error });
  try {
    return ok(bind(koffi, found.value, version.value));
  } catch (error) {
    return err({ code: "DDS_LIBRARY_UNKNOWN", detail: `${version.value.path}: ${String(error)}` });
  }
}

function loadFirst(koffi: Koffi, names: readonly string[]): Result<Loaded, string> {
  const reasons: string[] = [];
  for (const name of names) {
    try {
      return ok(koffi.load(name));
    } catch (error) {
      reasons.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return err(reasons.join("; "));
}

/** Files named libddsc.so… that this process has mapped. */
function libraryPaths(): string[] {
  const paths = new Set<string>();
  for (const line of readFileSync("/proc/self/maps", "utf8").split("\n")) {
    const path = line.slice(line.indexOf("/"));
    if (/\/libddsc\.so[^/]*$/.test(path)) paths.add(realpathSync(path));
  }
  return [...paths];
}

/** The library does not tell its version; its file name does, by the rule of shared libraries. */
export function versionOf(paths: readonly string[]): Result<{ version: string; path: string }, string> {
  if (paths.length !== 1)
    return err(`expected one libddsc in this process, found ${paths.length}: ${paths.join(", ")}`);
  const path = paths[0]!;
  const version = /\.so\.(\d+\.\d+\.\d+)$/.exec(path)?.[1];
  const known = KNOWN_VERSIONS.join(", ");
  if (version === undefined) return err(`${path} does not carry its version in its name; known: ${known}`);
  if (!KNOWN_VERSIONS.includes(version)) return err(`${path} is version ${version}; known: ${known}`);
  return ok({ version, path });
}

const SIGNATURES = {
  strerror: "const char *dds_strretcode(int code)",
  createDomain: "int dds_create_domain(uint32_t id, const char *config)",
  setSocketOption: "int setsockopt(int fd, int level, int option, const void *value, uint32_t bytes)",
  createParticipant: "int dds_create_participant(uint32_t domain, void *qos, void *listener)",
  createTopic:
    "int dds_create_topic(int participant, void *descriptor, const char *name, void *qos, void *listener)",
  createReader: "int dds_create_reader(int participant, int topic, void *qos, void *listener)",
  createWriter: "int dds_create_writer(int participant, int topic, void *qos, void *listener)",
  createListener: "void *dds_create_listener(void *argument)",
  deleteListener: "void dds_delete_listener(void *listener)",
  listenData: "void dds_lset_data_available(void *listener, void *callback)",
  takeCdr: "int dds_takecdr(int reader, void *samples, uint32_t max, void *infos, uint32_t mask)",
  take: "int dds_take(int reader, void *samples, void *infos, size_t capacity, uint32_t max, uint32_t mask)",
  returnLoan: "int dds_return_loan(int reader, void *samples, int32_t count)",
  write: "int dds_write(int writer, void *sample)",
  writeTimestamped: "int dds_write_ts(int writer, void *sample, int64_t ns)",
  writeCdr: "int dds_writecdr(int writer, void *serdata)",
  serdataSize: "uint32_t ddsi_serdata_size(void *serdata)",
  serdataToSer: "void ddsi_serdata_to_ser(void *serdata, size_t offset, size_t bytes, void *target)",
  serdataFromIov:
    "void *ddsi_serdata_from_ser_iov(void *type, int kind, size_t count, void *vector, size_t bytes)",
  serdataUnref: "void ddsi_serdata_unref(void *serdata)",
  delete: "int dds_delete(int entity)",
  getGuid: "int dds_get_guid(int entity, void *target)",
  getInstanceHandle: "int dds_get_instance_handle(int entity, void *target)",
  getIncompatibleQos: "int dds_get_requested_incompatible_qos_status(int reader, void *target)",
  getPublicationMatched: "int dds_get_publication_matched_status(int writer, void *target)",
  getSampleLost: "int dds_get_sample_lost_status(int reader, void *target)",
  createQos: "void *dds_create_qos()",
  deleteQos: "void dds_delete_qos(void *qos)",
  qosReliability: "void dds_qset_reliability(void *qos, int kind, int64_t ns)",
  qosDurability: "void dds_qset_durability(void *qos, int kind)",
  qosDurabilityService:
    "void dds_qset_durability_service(void *qos, int64_t ns, int history, int32_t depth, int32_t samples, int32_t instances, int32_t per)",
  qosHistory: "void dds_qset_history(void *qos, int kind, int32_t depth)",
  qosLifespan: "void dds_qset_lifespan(void *qos, int64_t ns)",
  qosDeadline: "void dds_qset_deadline(void *qos, int64_t ns)",
  qosLiveliness: "void dds_qset_liveliness(void *qos, int kind, int64_t ns)",
  qosAutodispose: "void dds_qset_writer_data_lifecycle(void *qos, bool on)",
  qosPartition: "void dds_qset_partition1(void *qos, const char *name)",
  qosUserData: "void dds_qset_userdata(void *qos, void *data, size_t bytes)",
} as const;

function bind(koffi: Koffi, library: Loaded, { version, path }: { version: string; path: string }): Cyclone {
  const functions = Object.fromEntries(
    Object.entries(SIGNATURES).map(([name, signature]) => [name, library.func(signature)]),
  ) as unknown as Omit<Cyclone, "version" | "path">;
  const getProperty = library.func("bool dds_qget_prop(void *qos, const char *name, void *value)");
  const free = library.func("void dds_free(void *memory)");
  const found = new BigUint64Array(1);
  const standardError = koffi.load(null).symbol("stderr") as Pointer;
  return {
    ...functions,
    version,
    path,
    symbol: (name) => library.symbol(name) as Pointer,
    alloc: (bytes) => nativeBlock(koffi, bytes),
    pointerAt: (base, offset) =>
      BigInt((koffi.decode(base, offset, "uint64_t") as bigint | number).toString()),
    int32At: (base, offset) => koffi.decode(base, offset, "int32_t") as number,
    textAt: (base) => koffi.decode.string(base),
    bytesAt: (base, bytes) => new Uint8Array(koffi.view(base, bytes)).slice(),
    withStandardError(file, body) {
      const before = koffi.decode(standardError, "uint64_t") as bigint;
      koffi.encode(standardError, "uint64_t", file);
      try {
        return body();
      } finally {
        koffi.encode(standardError, "uint64_t", before);
      }
    },
    qosProperty(qos, name) {
      if (!getProperty(qos, name, found) || found[0] === 0n) return null;
      const text = koffi.decode.string(found[0]);
      free(found[0]);
      return text;
    },
  };
}

function nativeBlock(koffi: Koffi, size: number): NativeBlock {
  const address = koffi.alloc("uint8_t", size) as Pointer;
  const bytes = new Uint8Array(koffi.view(address, size));
  bytes.fill(0);
  return { address, bytes, free: () => koffi.free(address) };
}
