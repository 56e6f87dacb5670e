import { z } from "zod";
import { canonicalText } from "../../../core/base/canonical.ts";
import { utf8Bytes } from "../../../core/base/utf8.ts";
import {
  actionIdOf,
  type ApprovalEvent,
  type Code,
  isCode,
  codeEntry,
  type OperatorAct,
  operatorIdOf,
} from "../../../core/domain/index.ts";
import { type Door, latchedWithin, type Outcome, type SignedRequests } from "../../ports/index.ts";
import { ed25519Key, signatureHolds } from "../../keys/index.ts";
import type { Caller } from "./tokens.ts";

/** What a route answers: HTTP status and JSON. */
export interface Reply {
  readonly status: number;
  readonly body: object;
  /** sent instead of the body */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** nothing was done: the connection is not kept for more of the same */
  readonly refused?: boolean;
}
/** The candidate that may listen beside the cell. */
export interface ShadowDesk {
  /** words when it cannot be */
  start(order: {
    readonly candidate: string;
    readonly hours: number | null;
    readonly decisions: number | null;
    readonly by: string;
    readonly reason: string;
  }): string | null;
  stop(by: string): string | null;
  status(): object | null;
}
export interface RouteContext {
  /** null: this node takes no shadow */
  readonly shadow: ShadowDesk | null;
  readonly door: Door;
  readonly cell: string;
  /** absent: nothing that is signed counts */
  readonly signed: SignedRequests | undefined;
  readonly caller: Caller;
  /** the part of the path behind the route's own */
  readonly tail: string;
}
/** A thing that a person may ask for. */
export interface Route {
  readonly path: string;
  /** true: the path goes on with a name, as in /v1/approvals/<action> */
  readonly named?: boolean;
  /** never refused for asking too often */
  readonly urgent?: boolean;
  readonly schema: z.ZodType;
  run(context: RouteContext, body: unknown): Reply | Promise<Reply>;
  /** told when a body was refused before it could be read */
  onRefused?(context: RouteContext, code: Code): void;
}

const asked = {
  request_id: z.string().min(1).max(128).describe("new for every request; a repeated one is refused"),
  reason: z.string().max(1_024).default(""),
};
const code = z.string().refine(isCode, "no such code");
const hash = z.string().min(1).max(256);

export const replyOf = (outcome: Outcome): Reply => {
  const words = outcome.code === null ? {} : wordsOf(outcome.code);
  return {
    status: outcome.accepted
      ? 200
      : outcome.code === "ROLE_MISSING" || outcome.code === "APPROVAL_ROLE"
        ? 403
        : 409,
    body: { accepted: outcome.accepted, code: outcome.code, detail: outcome.detail, ...words },
  };
};
export const wordsOf = (of: Code): { title: string; meaning: string; remedy: string } => {
  const { title, meaning, remedy } = codeEntry(of);
  return { title, meaning, remedy };
};

/** A kill is answered when a power cut cannot lose it, or with the word that one could. It stopped long before. */
async function keptReply(outcome: Outcome, door: Door): Promise<Reply> {
  const kept = await latchedWithin(door);
  const reply = replyOf(outcome);
  return kept
    ? { ...reply, body: { ...reply.body, kept } }
    : { ...reply, body: { ...reply.body, kept, code: "KILL_NOT_KEPT", ...wordsOf("KILL_NOT_KEPT") } };
}

/** An act of an operator. The cell judges roles, levels and repetition, and writes a receipt of each. */
function act<S extends z.ZodRawShape>(
  path: string,
  shape: S,
  make: (body: z.infer<z.ZodObject<S>>) => OperatorAct,
  urgent = false,
): Route {
  return {
    path,
    urgent,
    schema: z.strictObject({ ...asked, ...shape }),
    run({ door, caller }, body) {
      const { request_id, reason } = body as { request_id: string; reason: string };
      const act = make(body as z.infer<z.ZodObject<S>>);
      const by = operatorIdOf(caller.name);
      const outcome = door.operator({ act, by, roles: caller.roles, requestId: request_id, reason });
      return act.name === "kill" && outcome.accepted ? keptReply(outcome, door) : replyOf(outcome);
    },
  };
}

const approvalBody = z.strictObject({
  ...asked,
  granted: z.boolean(),
  args_hash: hash,
  config_hash: hash,
  model_hash: hash,
  issued_at_us: z.number().int().min(0).optional().describe("when it was signed; part of what is signed"),
  signature: z
    .string()
    .max(256)
    .optional()
    .describe("Ed25519, hexadecimal, over the text that signedApprovalText gives"),
});
type ApprovalBody = z.infer<typeof approvalBody>;

/** What an approver signs: every field that the answer binds, in canonical form. */
export const signedApprovalText = (
  { cell, instance }: { readonly cell: string; readonly instance: string },
  by: string,
  actionId: string,
  body: Omit<ApprovalBody, "signature">,
): string =>
  canonicalText({
    schema: "cellgate.signed-approval/2",
    cell,
    instance,
    issued_at_us: body.issued_at_us ?? 0,
    by,
    action_id: actionId,
    request_id: body.request_id,
    reason: body.reason,
    granted: body.granted,
    args_hash: body.args_hash,
    config_hash: body.config_hash,
    model_hash: body.model_hash,
  });

/** A signed answer counts once, for this start of this node, and for a short while. */
const SIGNED_MAX_AGE_US = 30_000_000;

function signatureOf(
  { caller, cell, tail, signed }: RouteContext,
  body: ApprovalBody,
): ApprovalEvent["signature"] {
  if (body.signature === undefined) return "absent";
  if (signed === undefined) return "invalid";
  const key = caller.publicKey === undefined ? null : ed25519Key(caller.publicKey);
  if (key === null) return "invalid";
  const text = signedApprovalText({ cell, instance: signed.instance }, caller.name, tail, body);
  if (!signatureHolds(key, utf8Bytes(text), body.signature)) return "invalid";
  const issued = body.issued_at_us ?? 0;
  return signed.take(caller.name, body.request_id, issued, SIGNED_MAX_AGE_US) === null ? "valid" : "invalid";
}

const approvals: Route = {
  path: "/v1/approvals",
  named: true,
  schema: approvalBody,
  run(context, raw) {
    const body = raw as ApprovalBody;
    const { caller, door, tail } = context;
    return replyOf(
      door.approval({
        actionId: actionIdOf(tail),
        granted: body.granted,
        by: operatorIdOf(caller.name),
        roles: caller.roles,
        argsHash: body.args_hash,
        configHash: body.config_hash,
        modelHash: body.model_hash,
        reason: body.reason,
        signature: signatureOf(context, body),
      }),
    );
  },
};

const stage: Route = {
  path: "/v1/stage",
  schema: z.strictObject({ ...asked, stage: z.number().int().min(0).max(16) }),
  async run({ door, caller }, raw) {
    const body = raw as { stage: number; reason: string };
    const outcome = door.switchStage({
      stage: body.stage,
      by: operatorIdOf(caller.name),
      roles: caller.roles,
      reason: body.reason,
    });
    // answered when a kill of the process can no longer part the file of the stage from its receipt
    if (outcome.accepted) await latchedWithin(door);
    return replyOf(outcome);
  },
};

/** A second, muted cell. Nothing that runs changes, but it costs a core: whoever may configure may ask for it. */
const shadow: Route = {
  path: "/v1/shadow",
  schema: z.strictObject({
    ...asked,
    act: z.enum(["start", "stop", "status"]),
    candidate: hash.optional(),
    hours: z.number().positive().max(10_000).nullable().default(null),
    decisions: z.number().int().min(1).max(100_000_000).nullable().default(null),
  }),
  run({ shadow: desk, caller }, raw) {
    const body = raw as {
      act: string;
      candidate?: string;
      hours: number | null;
      decisions: number | null;
      reason: string;
    };
    if (!caller.roles.includes("configure"))
      return replyOf({ accepted: false, code: "ROLE_MISSING", detail: "configure" });
    if (desk === null) return replyOf({ accepted: false, code: null, detail: "this node takes no shadow" });
    if (body.act === "status") return { status: 200, body: { accepted: true, shadow: desk.status() } };
    const { candidate = "", hours, decisions, reason } = body;
    const by = caller.name;
    const wrong =
      body.act === "start" ? desk.start({ candidate, hours, decisions, by, reason }) : desk.stop(by);
    return {
      status: wrong === null ? 200 : 409,
      body: { accepted: wrong === null, code: null, detail: wrong ?? "", shadow: desk.status() },
    };
  },
};

/** Proposals are judged elsewhere and later; the answer comes on the event stream. */
const proposals: Route = {
  path: "/v1/proposals",
  schema: z.unknown(),
  run({ door, caller }, body) {
    door.proposal(body, { transport: "control", caller: caller.name });
    return { status: 202, body: { received: true, answer: "event `answer` on /v1/events, and a receipt" } };
  },
  onRefused({ door, caller }, reason) {
    const told: Code = reason === "CONTROL_BODY_TOO_LARGE" ? "PROPOSAL_TOO_LARGE" : "PROPOSAL_NOT_JSON";
    door.refusedProposal(told, { transport: "control", caller: caller.name });
  },
};

/** Everything that a person may ask for. */
export const ROUTES: readonly Route[] = [
  act("/v1/reset", { level: z.union([z.literal(0), z.literal(1)]) }, ({ level }) => ({
    name: "reset",
    level,
    retained: false,
  })),
  act("/v1/resume", {}, () => ({ name: "resume" })),
  act("/v1/ack", { code, source: z.string().min(1).max(256) }, (b) => ({
    name: "acknowledge",
    code: b.code,
    source: b.source,
  })),
  act("/v1/kill", {}, () => ({ name: "kill" }), true),
  act("/v1/unkill", {}, () => ({ name: "unkill" })),
  approvals,
  stage,
  shadow,
  proposals,
];
