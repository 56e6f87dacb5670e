import type { IPublishPacket } from "mqtt";
import { type Code, QUANTITIES, type Quantity } from "../../../core/domain/index.ts";
import type { ChannelBinding, TransportContext } from "../../ports/index.ts";
import { type EnvelopeGuard, readEnvelope } from "../../wire/index.ts";
import { readingPayload } from "./contract.ts";

export interface ChannelSetting {
  readonly binding: ChannelBinding;
  readonly topic: string;
  /** names of the fields on the way to the value inside a foreign JSON payload; empty: the contract's payload */
  readonly field: readonly string[];
  readonly guard: EnvelopeGuard | null;
}
interface Reading {
  count: number;
  stamp: number;
  seq: number;
}
type Refusal = readonly [code: Code, detail: string];
const WIDTH_MAX = 8_192;

/** Turns the messages of one channel into readings or faults; nothing else ever comes out of it. */
export class ChannelReader {
  readonly topic: string;
  /** a live message has come since the last connection */
  heard = false;
  accepted = 0;
  rejected = 0;
  readonly #set: ChannelSetting;
  readonly #context: TransportContext;
  readonly #part: string;
  readonly #values = new Float64Array(WIDTH_MAX);
  readonly #reading: Reading = { count: 0, stamp: -1, seq: -1 };
  #latched = false;

  constructor(part: string, setting: ChannelSetting, context: TransportContext) {
    this.#part = part;
    this.#set = setting;
    this.topic = setting.topic;
    this.#context = context;
  }
  get name(): string {
    return this.#set.binding.name;
  }

  /** true: a live reading was passed on, its publisher is alive */
  take(payload: Buffer, packet: IPublishPacket): boolean {
    if (!packet.retain) this.heard = true;
    const refusal = this.#read(payload, packet.retain);
    if (refusal !== null) {
      this.rejected++;
      this.#context.door.fault(this.#set.binding.index, refusal[0], refusal[1]);
      return false;
    }
    if (packet.retain && !isStop(this.#set.binding.config.quantity, this.#values)) {
      // a stored reading is old news: it may say stop, and otherwise it never happened
      return false;
    }
    this.accepted++;
    this.#context.door.sample(
      this.#set.binding.index,
      this.#values,
      this.#reading.count,
      this.#reading.stamp,
      this.#reading.seq,
    );
    return !packet.retain;
  }

  #read(payload: Buffer, retained: boolean): Refusal | null {
    let raw: unknown;
    try {
      raw = JSON.parse(payload.toString("utf8"));
    } catch {
      return ["MQTT_PAYLOAD", `not JSON (${payload.length} bytes)`];
    }
    const { guard } = this.#set;
    if (guard === null) return this.#readPayload(raw, -1);
    const envelope = readEnvelope(raw);
    if (retained) {
      // stored by the broker: neither its sequence nor its time says anything; its content may only stop
      const held = guard.holds(envelope);
      return held === null
        ? ["MQTT_RETAINED", "stored message with an invalid envelope"]
        : this.#readText(held, -1);
    }
    const answer = guard.accept(envelope, this.#context.clock.now());
    this.#noteGuard(guard, answer.detail);
    if (!answer.accepted || envelope === null) return [answer.fault ?? "ENVELOPE_MISSING", answer.detail];
    if (answer.fault !== null) this.#context.door.fault(this.#set.binding.index, answer.fault, answer.detail);
    return this.#readText(envelope.payload, envelope.seq);
  }
  #readText(text: string, seq: number): Refusal | null {
    try {
      return this.#readPayload(JSON.parse(text), seq);
    } catch {
      return ["MQTT_PAYLOAD", "content of the envelope is not JSON"];
    }
  }
  #noteGuard(guard: EnvelopeGuard, detail: string): void {
    if (guard.latched === this.#latched) return;
    this.#latched = guard.latched;
    this.#context.door.health(
      `${this.#part}:${this.name}`,
      "ENVELOPE_LATCHED",
      guard.latched,
      guard.latched ? detail : "messages are valid again",
    );
  }

  #readPayload(raw: unknown, seq: number): Refusal | null {
    this.#reading.stamp = -1;
    this.#reading.seq = seq;
    const { field } = this.#set;
    if (field.length > 0) return this.#readValues(dig(raw, field));
    if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return this.#readValues(raw);
    const parsed = readingPayload.safeParse(raw);
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!;
      return ["MQTT_PAYLOAD", `${issue.path.join(".") || "payload"}: ${issue.message}`];
    }
    const { value, values, unit, quality, source, stamp_us, seq: own } = parsed.data;
    const { config } = this.#set.binding;
    if (quality !== undefined && quality !== "good") return ["MQTT_QUALITY", `quality is ${quality}`];
    const expected = QUANTITIES[config.quantity].unit;
    if (unit !== undefined && unit !== expected)
      return ["MQTT_UNIT", `unit "${unit}", expected "${expected}"`];
    if (config.publisher !== undefined && this.#set.guard === null && source !== config.publisher)
      return this.#foreign(source, config.publisher);
    if (stamp_us !== undefined) this.#reading.stamp = stamp_us;
    if (own !== undefined && seq === -1) this.#reading.seq = own;
    return this.#readValues(values ?? value);
  }
  #foreign(source: string | undefined, publisher: string): Refusal {
    const detail = `"${this.name}" belongs to "${publisher}", the message names ${source === undefined ? "no source" : `"${source}"`}`;
    // a message is over once it was read: what a person has to acknowledge is that it came
    for (const active of [true, false])
      this.#context.door.health(`${this.#part}:${this.name}`, "MQTT_FOREIGN_PUBLISHER", active, detail);
    return ["MQTT_FOREIGN_PUBLISHER", detail];
  }
  #readValues(raw: unknown): Refusal | null {
    const list: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
    const { width } = this.#set.binding;
    if (width > 0 && list.length !== width)
      return ["MQTT_PAYLOAD", `${list.length} values, expected ${width}`];
    if (list.length === 0 || list.length > WIDTH_MAX) return ["MQTT_PAYLOAD", `${list.length} values`];
    for (let i = 0; i < list.length; i++) {
      const item = list[i];
      const value = item === true ? 1 : item === false ? 0 : item;
      if (typeof value !== "number" || !Number.isFinite(value))
        return ["MQTT_PAYLOAD", `value ${i} is no finite number`];
      this.#values[i] = value;
    }
    this.#reading.count = list.length;
    return null;
  }
}

/** The content that means "stop" in whatever way the channel is wired; unknown meaning is never a stop. */
function isStop(quantity: Quantity, values: Float64Array): boolean {
  switch (quantity) {
    case "estop":
    case "protectiveStop":
      return values[0] === 0;
    case "estopDual":
      return values[0] === 0 && values[1] === 0;
    case "safetyMode":
      return values[0] !== 1;
    default:
      return false;
  }
}
function dig(raw: unknown, field: readonly string[]): unknown {
  let at: unknown = raw;
  for (const key of field) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[key];
  }
  return at;
}
