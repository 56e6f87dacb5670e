import type { IPublishPacket } from "mqtt";
import { type Code, MAX_PROPOSAL_BYTES } from "../../../core/domain/index.ts";
import type { TransportContext } from "../../ports/index.ts";
import { acknowledgePayload } from "./contract.ts";
import type { MqttSettings } from "./settings.ts";

const MICROS_PER_S = 1_000_000;

/** Takes proposals and actuator reports off the wire: size, freshness and rate here, meaning in the cell. */
export class Intake {
  readonly #part: string;
  readonly #settings: MqttSettings;
  readonly #context: TransportContext;
  #tokens: number;
  #filledUs = 0;

  constructor(part: string, settings: MqttSettings, context: TransportContext) {
    this.#part = part;
    this.#settings = settings;
    this.#context = context;
    this.#tokens = settings.proposalsPerSecond;
  }

  proposal(caller: string, payload: Buffer, packet: IPublishPacket): void {
    const via = { transport: this.#part, caller };
    const refusal = this.#refusal(payload, packet);
    if (refusal !== null) return this.#context.door.refusedProposal(refusal, via);
    const raw = parseJson(payload);
    if (raw === undefined) return this.#context.door.refusedProposal("MQTT_PROPOSAL_NOT_JSON", via);
    this.#context.door.proposal(raw, via);
  }

  /** false: not a report of the contract */
  acknowledge(payload: Buffer, packet: IPublishPacket): boolean {
    const parsed = acknowledgePayload.safeParse(parseJson(payload));
    if (!parsed.success || packet.retain) return false;
    const { actuator, report, action_id, detail } = parsed.data;
    this.#context.door.actuator(actuator, report, action_id, detail);
    return true;
  }

  #refusal(payload: Buffer, packet: IPublishPacket): Code | null {
    if (!this.#takeToken()) return "MQTT_PROPOSAL_FLOOD";
    if (payload.length > MAX_PROPOSAL_BYTES) return "MQTT_PROPOSAL_TOO_LARGE";
    const expiry = packet.properties?.messageExpiryInterval;
    const fresh = expiry !== undefined && expiry <= this.#settings.proposalExpirySeconds;
    return packet.retain || !fresh ? "MQTT_PROPOSAL_STALE" : null;
  }
  #takeToken(): boolean {
    const nowUs = this.#context.clock.now();
    const rate = this.#settings.proposalsPerSecond;
    this.#tokens = Math.min(rate, this.#tokens + ((nowUs - this.#filledUs) / MICROS_PER_S) * rate);
    this.#filledUs = nowUs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
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
