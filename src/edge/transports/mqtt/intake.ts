import type { IPublishPacket } from "mqtt";
import { type Code, MAX_PROPOSAL_BYTES } from "../../../core/domain/index.ts";
import type { TransportContext } from "../../ports/index.ts";
import { readEnvelope } from "../../wire/index.ts";
import { Acknowledgers } from "./acknowledgers.ts";
import { acknowledgePayload } from "./contract.ts";
import type { MqttSettings } from "./settings.ts";

const MICROS_PER_S = 1_000_000;
/** callers whose rate is known at once; the one that has been silent longest is forgotten first */
const CALLERS_MAX = 256;
/** of all callers together, as a multiple of what one of them may send: many names are no way round it */
const ALL_CALLERS = 8;

interface Bucket {
  tokens: number;
  filledUs: number;
}

/**
 * Takes proposals and actuator reports off the wire: size, freshness and rate here, meaning in the cell. Each
 * caller has a rate of its own, so that a flood of one takes nothing from the others; what it floods with is
 * refused once with a receipt and then counted.
 */
export class Intake {
  readonly #part: string;
  readonly #settings: MqttSettings;
  readonly #context: TransportContext;
  readonly #acknowledgers: Acknowledgers;
  readonly #callers = new Map<string, Bucket>();
  readonly #all: Bucket;

  constructor(part: string, settings: MqttSettings, context: TransportContext, acknowledgers: Acknowledgers) {
    this.#part = part;
    this.#settings = settings;
    this.#context = context;
    this.#acknowledgers = acknowledgers;
    this.#all = { tokens: ALL_CALLERS * settings.proposalsPerSecond, filledUs: 0 };
  }

  proposal(caller: string, payload: Buffer, packet: IPublishPacket): void {
    const via = { transport: this.#part, caller };
    const refusal = this.#refusal(caller, payload, packet);
    if (refusal !== null) return this.#context.door.refusedProposal(refusal, via);
    const raw = parseJson(payload);
    if (raw === undefined) return this.#context.door.refusedProposal("MQTT_PROPOSAL_NOT_JSON", via);
    this.#context.door.proposal(raw, via);
  }

  /** false: not a report of the contract, or not one of the actuator whose topic it is */
  acknowledge(from: string, topic: string, payload: Buffer, packet: IPublishPacket): boolean {
    if (packet.retain) return false;
    const raw = parseJson(payload);
    const proven = this.#acknowledgers.protects
      ? this.#acknowledgers.open(from, topic, readEnvelope(raw), this.#context.clock.now())
      : { content: raw, wrong: "" };
    const parsed = acknowledgePayload.safeParse(proven.content);
    const wrong =
      proven.wrong !== ""
        ? proven.wrong
        : !parsed.success
          ? "not a report of the contract"
          : parsed.data.actuator !== from
            ? `speaks for ${parsed.data.actuator}`
            : "";
    if (wrong !== "" || !parsed.success) return this.#refuseReport(from, wrong);
    const { actuator, report, action_id, detail } = parsed.data;
    this.#context.door.actuator(actuator, report, action_id, detail);
    return true;
  }
  #refuseReport(from: string, wrong: string): false {
    const detail = `ack/${from}: ${wrong}`;
    for (const active of [true, false])
      this.#context.door.health(this.#part, "MQTT_REPORT_REFUSED", active, detail);
    return false;
  }

  #refusal(caller: string, payload: Buffer, packet: IPublishPacket): Code | null {
    if (!this.#takeToken(caller)) return "MQTT_PROPOSAL_FLOOD";
    if (payload.length > MAX_PROPOSAL_BYTES) return "MQTT_PROPOSAL_TOO_LARGE";
    const expiry = packet.properties?.messageExpiryInterval;
    const fresh = expiry !== undefined && expiry <= this.#settings.proposalExpirySeconds;
    return packet.retain || !fresh ? "MQTT_PROPOSAL_STALE" : null;
  }
  #takeToken(caller: string): boolean {
    const rate = this.#settings.proposalsPerSecond;
    const own = this.#callers.get(caller) ?? { tokens: rate, filledUs: this.#context.clock.now() };
    // used last, forgotten last
    this.#callers.delete(caller);
    this.#callers.set(caller, own);
    if (this.#callers.size > CALLERS_MAX)
      for (const silent of this.#callers.keys()) {
        this.#callers.delete(silent);
        break;
      }
    return this.#take(own, rate) && this.#take(this.#all, ALL_CALLERS * rate);
  }
  #take(bucket: Bucket, rate: number): boolean {
    const nowUs = this.#context.clock.now();
    bucket.tokens = Math.min(rate, bucket.tokens + ((nowUs - bucket.filledUs) / MICROS_PER_S) * rate);
    bucket.filledUs = nowUs;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}

/** undefined: not JSON */
export function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString("utf8"));
  } catch {
    return undefined;
  }
}
