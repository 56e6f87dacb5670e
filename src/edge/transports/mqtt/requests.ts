import { createPublicKey, type KeyObject, verify } from "node:crypto";
import type { IPublishPacket } from "mqtt";
import type { z } from "zod";
import { actionIdOf, isCode, type OperatorAct, operatorIdOf, type Role } from "../../../core/domain/index.ts";
import type { Outcome, TransportContext } from "../../ports/index.ts";
import { requestPayload, signedContent, signedRequestPayload } from "./contract.ts";
import { parseJson } from "./intake.ts";
import type { MqttSettings } from "./settings.ts";

const ED25519_RAW_BYTES = 32;
/** what precedes 32 raw bytes in an Ed25519 public key of the common container format */
const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");
const REMEMBERED_REQUESTS = 4_096;

type Kill = z.infer<typeof requestPayload>;
type Content = z.infer<typeof signedContent>;
type Operator = { readonly name: string; readonly roles: readonly Role[]; readonly key: KeyObject };
export interface RequestAnswer extends Outcome {
  readonly requestId: string;
  /** a kill: answered when it is written down */
  readonly isKill?: true;
}

/**
 * Requests of people over MQTT. The broker knows who may write, the node does not: so anybody may stop, and
 * whatever releases has to be signed by an operator of the deployment, fresh, and never stored.
 */
export class Requests {
  readonly #part: string;
  readonly #maxAgeUs: number;
  readonly #context: TransportContext;
  readonly #base: string;
  readonly #operators = new Map<string, Operator>();
  readonly #storedKills = new Set<string>();

  constructor(
    part: string,
    { requestMaxAgeMs: maxAgeMs, base }: Pick<MqttSettings, "requestMaxAgeMs" | "base">,
    context: TransportContext,
  ) {
    this.#part = part;
    this.#base = base;
    this.#maxAgeUs = maxAgeMs * 1_000;
    this.#context = context;
    for (const { name, roles, publicKey } of context.operators ?? []) {
      const key = publicKey === undefined ? null : publicKeyOf(publicKey);
      if (key !== null) this.#operators.set(name, { name, roles, key });
    }
  }

  /** null: nobody to answer to (a stored message, or one that names no request) */
  take(caller: string, payload: Buffer, packet: IPublishPacket): RequestAnswer | null {
    const raw = parseJson(payload);
    const plain = requestPayload.safeParse(raw);
    if (plain.success) return this.#kill(caller, plain.data, packet.retain);
    const signed = signedRequestPayload.safeParse(raw);
    if (!signed.success) return this.#refuse("", "neither a request nor a signed request of the contract");
    if (packet.retain) return this.#refuse("", "stored messages never release, approve or reset");
    const content = this.#verified(signed.data);
    if (typeof content === "string") return this.#refuse("", content);
    return this.#carryOut(content, this.#operators.get(signed.data.by)!);
  }

  /**
   * Anybody may stop, and again with the same id. A stored message acts once in a run: the broker brings it
   * with every connection, also after a person has released it.
   */
  #kill(caller: string, { request_id: requestId, reason }: Kill, stored: boolean): RequestAnswer | null {
    const message = `${caller}\n${requestId}`;
    if (stored && this.#storedKills.has(message)) return null;
    if (stored) remember(this.#storedKills, message);
    const by = operatorIdOf(`${this.#part}:${caller}`);
    return {
      requestId,
      isKill: true,
      ...this.#context.door.operator({ act: { name: "kill" }, by, roles: ["kill"], requestId, reason }),
    };
  }

  /** the content, or why the signature does not count */
  #verified(signed: z.infer<typeof signedRequestPayload>): Content | string {
    const operator = this.#operators.get(signed.by);
    if (operator === undefined) return `no operator "${signed.by}" with a public key`;
    const { signed: judge, cell } = this.#context;
    if (judge === undefined) return "this node takes no signed requests";
    const text = signedText({ base: this.#base, cell, instance: judge.instance }, signed.by, signed.payload);
    if (!verify(null, Buffer.from(text, "utf8"), operator.key, Buffer.from(signed.signature, "hex")))
      return `signature does not hold for ${this.#base}, ${cell}, ${judge.instance}`;
    const content = signedContent.safeParse(parseJson(Buffer.from(signed.payload, "utf8")));
    if (!content.success) return "signed content does not follow the contract";
    const { act, request_id, issued_at_us } = content.data;
    const objection = judge.take(signed.by, request_id, issued_at_us, this.#maxAgeUs);
    // a stop is repeated as often as somebody presses
    return objection === null || act === "kill" ? content.data : objection;
  }

  #carryOut(content: Content, operator: Operator): RequestAnswer {
    const { request_id: requestId, reason } = content;
    const by = operatorIdOf(operator.name);
    const { roles } = operator;
    if (content.act === "approve") {
      const { action_id, granted, args_hash, config_hash, model_hash } = content;
      const approval = {
        actionId: actionIdOf(action_id),
        granted,
        by,
        roles,
        argsHash: args_hash,
        configHash: config_hash,
        modelHash: model_hash,
        reason,
        signature: "valid" as const,
      };
      return { requestId, ...this.#context.door.approval(approval) };
    }
    const act = actOf(content);
    if (act === null) return this.#refuse(requestId, "names a code that does not exist");
    const outcome = this.#context.door.operator({ act, by, roles, requestId, reason });
    return { requestId, ...(act.name === "kill" && { isKill: true as const }), ...outcome };
  }

  #refuse(requestId: string, detail: string): RequestAnswer {
    this.#context.door.health(this.#part, "MQTT_REQUEST_REFUSED", true, detail);
    this.#context.door.health(this.#part, "MQTT_REQUEST_REFUSED", false, detail);
    return { requestId, accepted: false, code: "MQTT_REQUEST_REFUSED", detail };
  }
}

/** a bounded number, the oldest forgotten first */
function remember(seen: Set<string>, id: string): void {
  seen.add(id);
  if (seen.size <= REMEMBERED_REQUESTS) return;
  for (const oldest of seen) {
    seen.delete(oldest);
    return;
  }
}

/** Whom a signature is meant for: the plant, the cell, and this start of its node. */
export interface SignedFor {
  readonly base: string;
  readonly cell: string;
  readonly instance: string;
}
export const signedText = ({ base, cell, instance }: SignedFor, by: string, payload: string): string =>
  `cellgate.signed-request/2\n${base}\n${cell}\n${instance}\n${by}\n${payload}`;

function actOf(content: Exclude<Content, { act: "approve" }>): OperatorAct | null {
  switch (content.act) {
    case "reset":
      return { name: "reset", level: content.level, retained: false };
    case "acknowledge":
      return isCode(content.code)
        ? { name: "acknowledge", code: content.code, source: content.source }
        : null;
    default:
      return { name: content.act };
  }
}

/** 64 hexadecimal digits, the same in base64, or PEM; null: none of them */
function publicKeyOf(text: string): KeyObject | null {
  try {
    if (text.includes("BEGIN PUBLIC KEY")) return createPublicKey(text);
    const raw = Buffer.from(text.trim(), /^[0-9a-fA-F]{64}$/.test(text.trim()) ? "hex" : "base64");
    if (raw.length === ED25519_RAW_BYTES)
      return createPublicKey({ key: Buffer.concat([SPKI_HEAD, raw]), format: "der", type: "spki" });
    return createPublicKey({ key: raw, format: "der", type: "spki" });
  } catch {
    return null;
  }
}
