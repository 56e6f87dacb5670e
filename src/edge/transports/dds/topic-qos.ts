import type { RosQos } from "../ros/index.ts";
import { DURABILITY, HISTORY_KEEP_LAST, RELIABILITY } from "./layout.ts";
import type { Cyclone, Pointer } from "./library.ts";

const NS_PER_MS = 1_000_000;
/** A write never waits longer for a slow reader: it runs on the thread of the reflex. */
const MAX_BLOCKING_NS = 1_000_000n;
const UNLIMITED = -1;
/** the middleware itself says that the process lives */
const AUTOMATIC = 0;

/** The caller deletes it once the entity is made. */
export function cycloneQos(lib: Cyclone, qos: RosQos, writer: boolean): Pointer {
  const native = lib.createQos();
  lib.qosReliability(native, qos.reliable ? RELIABILITY.reliable : RELIABILITY.bestEffort, MAX_BLOCKING_NS);
  lib.qosDurability(native, qos.transientLocal ? DURABILITY.transientLocal : DURABILITY.volatile);
  lib.qosHistory(native, HISTORY_KEEP_LAST, qos.depth);
  if (!writer) return native;
  lib.qosAutodispose(native, false);
  if (qos.transientLocal)
    lib.qosDurabilityService(native, 0n, HISTORY_KEEP_LAST, qos.depth, UNLIMITED, UNLIMITED, UNLIMITED);
  if (qos.lifespanMs !== null) lib.qosLifespan(native, BigInt(qos.lifespanMs * NS_PER_MS));
  if (qos.deadlineMs !== undefined) lib.qosDeadline(native, BigInt(qos.deadlineMs * NS_PER_MS));
  if (qos.livelinessMs !== undefined)
    lib.qosLiveliness(native, AUTOMATIC, BigInt(qos.livelinessMs * NS_PER_MS));
  return native;
}
