import { z } from "zod";
import { proposalSchema, receiptEnvelope } from "../../../core/domain/index.ts";
import { envelopeSchema } from "../../wire/index.ts";

/** What travels over MQTT, in one table: the node follows it, the AsyncAPI file is made from it. */
const name = z.string().min(1).max(256);
const micros = z.number().int().min(0);
const value = z.union([z.number(), z.boolean()]);

export const readingPayload = z
  .strictObject({
    schema: z.literal("cellgate.reading/1").optional(),
    value: value.optional().describe("one number; true is 1"),
    values: z
      .array(value)
      .min(1)
      .max(8_192)
      .optional()
      .describe("several numbers, in the order that the quantity fixes"),
    stamp_us: micros.optional().describe("when it was measured, microseconds since 1970"),
    seq: micros.optional().describe("the publisher's own counter"),
    unit: z.string().max(64).optional().describe("checked against the quantity's unit when present"),
    quality: z.enum(["good", "uncertain", "bad"]).optional().describe("anything but good counts as missing"),
    source: z
      .string()
      .max(256)
      .optional()
      .describe("who publishes; needed when the channel names its publisher"),
  })
  .refine((p) => (p.value === undefined) !== (p.values === undefined), { message: "either value or values" })
  .describe("one reading; a bare number, boolean or list of numbers is understood too");

export const statusPayload = z
  .strictObject({
    schema: z.literal("cellgate.status/1"),
    status: z.enum(["online", "offline"]),
    reason: z.enum(["started", "closed", "lost"]).describe("lost: sent by the broker as last will"),
    session: micros.describe("run of the node; larger after every restart"),
    instance: name.describe("this start of this node; signed requests name it"),
    at_us: micros.describe("when this run connected or closed, microseconds since 1970"),
  })
  .describe("whether the node is there; a clean end says so itself, a death is told by the broker");

const command = <C extends string, S extends z.ZodRawShape>(kind: C, shape: S) =>
  z.strictObject({ schema: z.literal("cellgate.command/1"), command: z.literal(kind), ...shape });
export const commandPayload = z
  .discriminatedUnion("command", [
    command("stop", {
      code: name,
      pose: z.array(z.number()).max(64).describe("measured pose to hold; empty: stop without a pose"),
    }),
    command("slow", { scale: z.number().min(0).max(1).describe("1 is full speed") }),
    command("heartbeat", {
      counter: micros,
      state: name,
      may_move: z.boolean(),
      config_hash: z.string().max(256),
    }),
    command("permit", {
      action_id: name,
      proposal_hash: name,
      lifetime_us: micros.describe("void this long after it was sent"),
      action: z.unknown().describe("the checked proposal"),
      retreat: z
        .literal(true)
        .optional()
        .describe(
          "run it although the cell is blocked; the next stop, a revoke or missing heartbeats end it",
        ),
    }),
    command("revoke", { action_id: name, code: name }),
  ])
  .describe("payload inside the envelope of a command");

export const acknowledgePayload = z
  .strictObject({
    schema: z.literal("cellgate.ack/1"),
    actuator: name.describe("name of the actuator in the deployment"),
    report: z.enum(["accepted", "failed", "completed", "aborted"]),
    action_id: name.nullable(),
    detail: z.string().max(1_024),
  })
  .describe("what an actuator reports; a stop counts as done only when measured motion has ended");

export const requestPayload = z
  .strictObject({
    schema: z.literal("cellgate.request/1"),
    act: z.literal("kill"),
    request_id: name,
    reason: z.string().max(1_024),
  })
  .describe("stops the cell; needs no signature and may be retained");

const asked = {
  request_id: name,
  issued_at_us: micros.describe(
    "microseconds since 1970; the operator's counter: what was signed before the newest that counted is refused",
  ),
  reason: z.string().max(1_024),
};
export const signedContent = z
  .discriminatedUnion("act", [
    z.strictObject({ act: z.literal("reset"), level: z.union([z.literal(0), z.literal(1)]), ...asked }),
    z.strictObject({ act: z.literal("resume"), ...asked }),
    z.strictObject({ act: z.literal("acknowledge"), code: name, source: name, ...asked }),
    z.strictObject({ act: z.literal("kill"), ...asked }),
    z.strictObject({ act: z.literal("unkill"), ...asked }),
    z.strictObject({
      act: z.literal("approve"),
      action_id: name,
      granted: z.boolean(),
      args_hash: name,
      config_hash: name,
      model_hash: name,
      ...asked,
    }),
  ])
  .describe("content of a signed request, as JSON text");
export const signedRequestPayload = z
  .strictObject({
    schema: z.literal("cellgate.signed-request/2"),
    by: name.describe("operator, as the deployment names it"),
    payload: z.string().max(8_192).describe("the content as JSON text, exactly as it was signed"),
    signature: z
      .string()
      .regex(/^[0-9a-f]{128}$/)
      .describe(
        "Ed25519 over `cellgate.signed-request/2`, base, cell, instance (as the status topic tells it), by and payload, joined with line feeds",
      ),
  })
  .describe("a request that releases something; without a valid signature it is refused");

export const answerPayload = z
  .strictObject({
    schema: z.literal("cellgate.answer/1"),
    request_id: name,
    accepted: z.boolean(),
    code: name.nullable(),
    detail: z.string().max(1_024),
  })
  .describe("what became of a request");
export const bodyPayload = z.unknown().describe("JSON as the node's status and answers define it");

export const telemetryPayload = z
  .looseObject({
    schema: z.literal("cellgate.telemetry/1"),
    cell: name,
    at_us: micros.describe("microseconds since 1970"),
  })
  .describe("one figure for historians and panels; nothing may be stopped or released by it");

export interface ContractEntry {
  readonly key: string;
  /** below `<base>/<cell>/`; {braces} are filled in */
  readonly address: string;
  readonly title: string;
  readonly summary: string;
  /** receive: the node listens here */
  readonly action: "send" | "receive";
  readonly qos: 0 | 1;
  readonly retain: boolean;
  readonly expirySeconds?: number;
  readonly payload: z.ZodType;
}
const send = { action: "send" } as const;
const receive = { action: "receive", retain: false } as const;

export const CONTRACT: readonly ContractEntry[] = [
  {
    key: "status",
    address: "status",
    title: "Node status",
    summary: "online after connecting, offline as clean end or last will",
    ...send,
    qos: 1,
    retain: true,
    payload: statusPayload,
  },
  {
    key: "state",
    address: "state",
    title: "Cell state",
    summary: "what the cell is doing and why; every change, kept by the broker",
    ...send,
    qos: 1,
    retain: true,
    payload: bodyPayload,
  },
  {
    key: "event",
    address: "event/{kind}",
    title: "Event",
    summary: "things that happened; never retained",
    ...send,
    qos: 0,
    retain: false,
    payload: bodyPayload,
  },
  {
    key: "receipt",
    address: "receipt",
    title: "Receipt",
    summary:
      "every decision; kept in an outbox until the broker has it, at least once, user property `id` to drop repetitions",
    ...send,
    qos: 1,
    retain: false,
    payload: receiptEnvelope,
  },
  {
    key: "anchor",
    address: "anchor",
    title: "Ledger anchor",
    summary: "newest signed tree head of the ledger",
    ...send,
    qos: 1,
    retain: true,
    payload: bodyPayload,
  },
  {
    key: "energy",
    address: "energy",
    title: "Risk energy",
    summary: "V_s and its parts, for display",
    ...send,
    qos: 0,
    retain: false,
    payload: bodyPayload,
  },
  {
    key: "telemetry",
    address: "telemetry/{figure}",
    title: "Telemetry",
    summary:
      "one figure: `cell`, `channel/<name>` or `margin/<rule>/<code>`, with value, unit and time; on change beyond the deadband, and now and then without one",
    ...send,
    qos: 0,
    retain: false,
    payload: telemetryPayload,
  },
  {
    key: "command",
    address: "command/{actuator}",
    title: "Command",
    summary:
      "stop, slow, heartbeat, permit, revoke; in an envelope, never retained, dropped by the broker when old",
    ...send,
    qos: 0,
    retain: false,
    expirySeconds: 1,
    payload: envelopeSchema,
  },
  {
    key: "acknowledge",
    address: "ack/{actuator}",
    title: "Actuator report",
    summary: "what became of a command",
    ...receive,
    qos: 1,
    payload: acknowledgePayload,
  },
  {
    key: "proposal",
    address: "proposal/{caller}",
    title: "Proposal",
    summary:
      "an action before it runs; the topic's last level is the caller's broker identity; needs a short message expiry",
    ...receive,
    qos: 1,
    expirySeconds: 10,
    payload: proposalSchema,
  },
  {
    key: "request",
    address: "request/{caller}",
    title: "Request",
    summary: "kill by anybody who may write here; everything that releases only signed",
    ...receive,
    qos: 1,
    payload: z.union([requestPayload, signedRequestPayload]),
  },
  {
    key: "answer",
    address: "answer/{caller}",
    title: "Answer",
    summary: "what became of a proposal or request of this caller",
    ...send,
    qos: 1,
    retain: false,
    expirySeconds: 10,
    payload: z.union([answerPayload, bodyPayload]),
  },
  {
    key: "probe",
    address: "probe",
    title: "Loop-back probe",
    summary:
      "the node to itself; content type application/vnd.cellgate.probe, also sent on topics below its own",
    ...send,
    qos: 0,
    retain: false,
    expirySeconds: 2,
    payload: z.strictObject({ schema: z.literal("cellgate.probe/1"), session: micros, n: micros }),
  },
];
/** Channels lie anywhere in the plant's name space; these two payloads are understood there. */
export const CHANNEL_PAYLOADS = { reading: readingPayload, envelope: envelopeSchema } as const;
