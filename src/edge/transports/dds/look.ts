import { setTimeout as pause } from "node:timers/promises";
import type { Quantity } from "../../../core/domain/index.ts";
import { err, ok, type Result } from "../../../core/base/result.ts";
import { AnyDecoder, quantitiesOfType, rosNameOf } from "../../wire/index.ts";
import { CycloneBus } from "./cyclone-bus.ts";
import { layoutOf } from "./definitions.ts";
import { ANY_STATE, BUILTIN_PUBLICATIONS, ENDPOINT, SAMPLE_INFO } from "./layout.ts";
import { type Cyclone, loadCyclone } from "./library.ts";
import { createDomainOn } from "./loopback.ts";
import type { DdsSettings } from "./settings.ts";

/** A topic that was heard, as far as a deployment needs to know it. */
export interface HeardTopic {
  readonly name: string;
  readonly type: string;
  /** likeliest first */
  readonly quantities: readonly Quantity[];
  readonly rateHz: number;
  readonly fan: { readonly angleMinRad: number; readonly angleStepRad: number; readonly maxM: number } | null;
  readonly jointNames: readonly string[];
}

const BATCH = 16;
const LOOK_MS = 100;
const SENSOR_QOS = { reliable: false, transientLocal: false, depth: 16, lifespanMs: null };
const LEVEL_QOS = { ...SENSOR_QOS, transientLocal: true, reliable: true };

/** Who publishes what the node can read, and what the first message says of itself; writes nothing. */
export async function lookAtDds(
  settings: DdsSettings,
  seconds: number,
): Promise<Result<readonly HeardTopic[], string>> {
  const loaded = await loadCyclone(settings.library);
  if (!loaded.ok) return err(loaded.error.detail);
  const published = await publications(loaded.value, settings, seconds / 2);
  if (!published.ok) return published;
  const heard = new Map<string, { count: number; first: Record<string, unknown> | null }>();
  const bus = await CycloneBus.open(loaded.value, settings, {
    graph: () => undefined,
    tooLarge: () => undefined,
    failed: () => undefined,
    stopped: () => undefined,
  });
  try {
    for (const [name, type] of published.value) {
      const entry = { count: 0, first: null as Record<string, unknown> | null };
      heard.set(name, entry);
      const decoder = new AnyDecoder(layoutOf(type));
      const qos = quantitiesOfType(type)[0] === "estop" ? LEVEL_QOS : SENSOR_QOS;
      bus.subscribe({ name, type, qos }, (view, length) => {
        entry.count++;
        if (entry.first !== null) return;
        const decoded = decoder.decode(view, 0, length);
        if (decoded.ok) entry.first = decoded.value;
      });
    }
    bus.start();
    await pause((seconds / 2) * 1_000);
  } finally {
    bus.close();
  }
  return ok(
    [...published.value].map(([name, type]) => {
      const { count, first } = heard.get(name)!;
      const quantities = quantitiesOfType(type);
      return {
        name,
        type,
        quantities,
        rateHz: count / (seconds / 2),
        fan:
          quantities[0] === "scan" && first !== null
            ? {
                angleMinRad: Number(first["angle_min"]),
                angleStepRad: Number(first["angle_increment"]),
                maxM: Number(first["range_max"]),
              }
            : null,
        jointNames:
          quantities[0] === "joints" && Array.isArray(first?.["name"]) ? first["name"].map(String) : [],
      };
    }),
  );
}

/** Topics whose type the node can read, by what discovery tells. */
async function publications(
  lib: Cyclone,
  settings: DdsSettings,
  seconds: number,
): Promise<Result<ReadonlyMap<string, string>, string>> {
  const created = createDomainOn(lib, settings);
  if (!created.ok) return err(`domain ${settings.domainId}: ${created.error}`);
  try {
    const participant = lib.createParticipant(settings.domainId, null, null);
    if (participant < 0) return err(`participant: ${lib.strerror(participant)}`);
    const reader = lib.createReader(participant, BUILTIN_PUBLICATIONS, null, null);
    const samples = new BigUint64Array(BATCH);
    const infos = new Uint8Array(BATCH * SAMPLE_INFO.bytes);
    const found = new Map<string, string>();
    for (const end = Date.now() + seconds * 1_000; Date.now() < end; await pause(LOOK_MS))
      for (;;) {
        samples.fill(0n);
        const count = lib.take(reader, samples, infos, BATCH, BATCH, ANY_STATE);
        if (count <= 0) break;
        for (let i = 0; i < count; i++) {
          if (infos[i * SAMPLE_INFO.bytes + SAMPLE_INFO.validData] !== 1) continue;
          const topic = rosNameOf(lib.textAt(lib.pointerAt(samples[i]!, ENDPOINT.topicName)));
          const type = rosTypeOf(lib.textAt(lib.pointerAt(samples[i]!, ENDPOINT.typeName)));
          if (topic?.kind === "topic" && quantitiesOfType(type).length > 0) found.set(topic.name, type);
        }
        lib.returnLoan(reader, samples, count);
      }
    return ok(found);
  } finally {
    lib.delete(created.value);
  }
}
/** sensor_msgs::msg::dds_::LaserScan_ → sensor_msgs/msg/LaserScan */
const rosTypeOf = (dds: string): string =>
  dds
    .replace(/::dds_::/, "::")
    .replace(/_$/, "")
    .replaceAll("::", "/");
