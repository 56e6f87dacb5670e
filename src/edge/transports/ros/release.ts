import { createPublicKey, verify } from "node:crypto";
import { z } from "zod";
import { canonicalBytes } from "../../../core/base/canonical.ts";
import { actionIdOf, operatorIdOf, type Role } from "../../../core/domain/index.ts";
import type { TransportContext } from "../../ports/index.ts";

export const REQUEST_SCHEMA = "cellgate.request/1";
/** A request that took longer to arrive is one from before, whatever its signature says. */
export const REQUEST_MAX_AGE_US = 30_000_000;
/** ids remembered so that a request is not carried out twice; far more than an operator sends in that time */
const REQUESTS_REMEMBERED = 4_096;
const MAX_REQUEST_BYTES = 8_192;
const ED25519_BYTES = 32;

const text = z.string().min(1).max(256);
const common = {
  schema: z.literal(REQUEST_SCHEMA),
  cell: text.describe("the cell it is for; another one refuses it"),
  instance: text
    .optional()
    .describe("this start of this node, as its state topic tells it; needed in what is signed"),
  request_id: text.describe("never used twice"),
  by: text.describe("name of the operator"),
  issued_us: z.number().int().nonnegative().describe("epoch microseconds"),
  reason: z.string().max(1_024).default(""),
};
const requestSchema = z.discriminatedUnion("act", [
  z.strictObject({ ...common, act: z.literal("reset") }),
  z.strictObject({ ...common, act: z.literal("resume") }),
  z.strictObject({
    ...common,
    act: z.literal("approve"),
    action_id: text,
    granted: z.boolean(),
    args_hash: text,
    config_hash: text,
    model_hash: text,
  }),
  z.strictObject({ ...common, act: z.literal("stage"), stage: z.number().int().min(0).max(4) }),
]);
export type ReleaseRequest = z.infer<typeof requestSchema>;
const signedSchema = z.strictObject({
  request: requestSchema,
  signature: z.string().regex(/^[0-9a-f]{128}$/),
});

export interface ReleaseAnswer {
  readonly accepted: boolean;
  readonly detail: string;
}
type Release = "off" | "signed" | "sros2";
interface Caller {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly signed: boolean;
}

const refused = (detail: string): ReleaseAnswer => ({
  accepted: false,
  detail: `ROS_RELEASE_REFUSED: ${detail}`,
});

/**
 * Judges requests that would release motion. Plain ROS and DDS know no caller, so nothing of the kind passes
 * unless its operator signed it, or the middleware itself authenticates callers and the deployment trusts it.
 */
export class ReleaseDesk {
  readonly #release: Release;
  readonly #context: TransportContext;
  readonly #sros2Operator: string | null;
  readonly #seen = new Set<string>();

  /** `sros2Operator`: whom an authenticated caller acts as; null unless the middleware enforces security */
  constructor(release: Release, context: TransportContext, sros2Operator: string | null) {
    this.#release = release;
    this.#context = context;
    this.#sros2Operator = sros2Operator;
  }
  /** A request as JSON text, signed or (behind an authenticating middleware) not. */
  text(json: string): ReleaseAnswer {
    if (this.#release === "off") return refused("releasing over this wire is off");
    if (json.length > MAX_REQUEST_BYTES) return refused(`longer than ${MAX_REQUEST_BYTES} bytes`);
    let raw: unknown;
    try {
      raw = JSON.parse(json);
    } catch {
      return refused("not JSON");
    }
    const signed = signedSchema.safeParse(raw);
    if (signed.success) return this.#signed(signed.data.request, signed.data.signature);
    const plain = requestSchema.safeParse(raw);
    if (!plain.success) return refused(`not a request: ${plain.error.issues[0]?.message ?? "unreadable"}`);
    return this.#unsigned(plain.data);
  }
  /** A call without any text: only an authenticating middleware can stand behind it. */
  plain(act: "reset" | "resume", requestId: string): ReleaseAnswer {
    const context = this.#context;
    return this.#unsigned({
      schema: REQUEST_SCHEMA,
      cell: context.cell,
      request_id: requestId,
      by: this.#sros2Operator ?? "unknown",
      issued_us: this.#nowUs(),
      reason: "service call",
      act,
    });
  }

  #nowUs(): number {
    return this.#context.clock.epoch + this.#context.clock.now();
  }
  #unsigned(request: ReleaseRequest): ReleaseAnswer {
    if (this.#release !== "sros2")
      return refused("an unsigned request; releasing is off or asks for a signature");
    if (this.#sros2Operator === null) return refused("SROS 2 is not enforced in this process");
    const operator = this.#context.operators?.find((o) => o.name === this.#sros2Operator);
    if (operator === undefined) return refused(`no operator "${this.#sros2Operator}"`);
    return this.#carryOut(request, { name: operator.name, roles: operator.roles, signed: false });
  }
  #signed(request: ReleaseRequest, signature: string): ReleaseAnswer {
    const operator = this.#context.operators?.find((o) => o.name === request.by);
    if (operator?.publicKey === undefined) return refused(`no key of operator "${request.by}"`);
    if (!signatureHolds(request, signature, operator.publicKey))
      return refused("the signature does not hold");
    const judge = this.#context.signed;
    if (judge === undefined) return refused("this node takes no signed requests");
    if (request.instance !== judge.instance)
      return refused(`signed for ${request.instance ?? "no start"}, this is ${judge.instance}`);
    if (request.cell !== this.#context.cell) return this.#otherCell(request);
    const objection = judge.take(operator.name, request.request_id, request.issued_us, REQUEST_MAX_AGE_US);
    if (objection !== null) return refused(objection);
    return this.#carryOut(request, { name: operator.name, roles: operator.roles, signed: true });
  }
  #carryOut(request: ReleaseRequest, caller: Caller): ReleaseAnswer {
    if (request.cell !== this.#context.cell) return this.#otherCell(request);
    const age = this.#nowUs() - request.issued_us;
    if (Math.abs(age) > REQUEST_MAX_AGE_US) return refused(`issued ${Math.round(age / 1e6)} s ago`);
    if (this.#seen.has(request.request_id)) return refused("the same request again");
    this.#remember(request.request_id);
    const outcome = this.#pass(request, caller);
    return { accepted: outcome.accepted, detail: `${outcome.code ?? ""} ${outcome.detail}`.trim() };
  }
  #otherCell(request: ReleaseRequest): ReleaseAnswer {
    return refused(`for cell "${request.cell}", this is "${this.#context.cell}"`);
  }
  #remember(requestId: string): void {
    this.#seen.add(requestId);
    if (this.#seen.size > REQUESTS_REMEMBERED)
      for (const oldest of this.#seen) return void this.#seen.delete(oldest);
  }
  #pass(request: ReleaseRequest, caller: Caller) {
    const { door } = this.#context;
    const by = { by: operatorIdOf(caller.name), roles: caller.roles, reason: request.reason };
    switch (request.act) {
      case "reset": {
        const press = (level: 0 | 1, requestId: string) =>
          door.operator({ ...by, act: { name: "reset", level, retained: false }, requestId });
        const outcome = press(1, request.request_id);
        press(0, `${request.request_id}#released`);
        return outcome;
      }
      case "resume":
        return door.operator({ ...by, act: { name: "resume" }, requestId: request.request_id });
      case "approve":
        return door.approval({
          ...by,
          actionId: actionIdOf(request.action_id),
          granted: request.granted,
          argsHash: request.args_hash,
          configHash: request.config_hash,
          modelHash: request.model_hash,
          signature: caller.signed ? "valid" : "absent",
        });
      case "stage":
        return door.switchStage({ ...by, stage: request.stage });
    }
  }
}

/** Ed25519 over the canonical text of the request; the key as 64 hexadecimal digits or base64 of 32 bytes. */
function signatureHolds(request: ReleaseRequest, signature: string, publicKey: string): boolean {
  const raw = Buffer.from(publicKey, /^[0-9a-f]{64}$/i.test(publicKey) ? "hex" : "base64");
  if (raw.length !== ED25519_BYTES) return false;
  try {
    const key = createPublicKey({
      key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") },
      format: "jwk",
    });
    return verify(null, canonicalBytes(request), key, Buffer.from(signature, "hex"));
  } catch {
    return false;
  }
}
