import { z } from "zod";
import { isJson } from "./is-json.ts";

/**
 * Bodies of all receipts. Field names of the specification keep their spelling (snake_case on the wire).
 * Every body is strict: an unknown field is refused. Times are integers in microseconds since 1970.
 */
const text = z.string().max(4_096);
const id = z.string().min(1).max(256);
const real = z.number();
const count = z.number().int().nonnegative();
const epoch = z.number().int().nonnegative();
const hash = z.string().max(256);
/**
 * Told by a walk: a union tries each of its members on every value, and a receipt has hundreds of them between
 * its verdict and the disk.
 */
const json = z.unknown().refine(isJson, "expected JSON") as unknown as z.ZodType<z.core.util.JSONType>;
const record = z.record(z.string().max(256), json);
const body = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.strictObject({ receipt_type: z.literal(type), ...shape });

export const gateDecision = body("gate_decision", {
  action_id: id,
  confidence_score: real,
  decision: z.enum(["GREEN", "YELLOW"]),
  context_drift: real,
  reasoning_entropy: real,
  /** false in shadow mode: nothing reaches an actuator */
  enforced: z.boolean(),
  /** every number that led to the verdict, by name */
  terms: record,
});
export const block = body("block", {
  action_id: id,
  reason: text,
  requires_approval: z.boolean(),
  /** seconds since 1970; every other time of a receipt is in whole microseconds */
  blocked_at: z.number().nonnegative(),
  code: id,
  enforced: z.boolean(),
  terms: record,
});
export const monteCarlo = body("monte_carlo", {
  action_id: id,
  n_simulations: count,
  variance: real,
  mean_outcome: real,
  is_stable: z.boolean(),
  terms: record,
});
export const wound = body("wound", {
  wound_index: count,
  confidence_before: real,
  confidence_after: real,
  drop_magnitude: real,
  action_id: id,
});
export const spawn = body("spawn", {
  wound_count: count,
  helpers_spawned: count,
  convergence_proof: real,
  merkle_root: hash,
  action_id: id,
  /** why helpers were wanted */
  reason: z.enum(["unstable", "loop", "wounds"]).optional(),
  /** ids of the receipts whose bodies are the leaves of the tree, in their order */
  leaves: z.array(id).max(128).optional(),
});
/** What one helper came back with, or that it did not. */
export const finding = body("finding", {
  action_id: id,
  helper_id: count,
  kind: id,
  outcome: z.enum(["found", "failed", "late"]),
  terms: record,
});
/** A person let a caller go on that the gate had held back. */
export const lift = body("lift", {
  code: id,
  source: text,
  by: text,
  reason: text,
  terms: record,
});
export const convergence = body("convergence", {
  question_hash: hash,
  repeats: count,
  convergence_proof: real,
  halted: z.boolean(),
  action_id: id,
});
export const stateChange = body("state_change", {
  from: id,
  to: id,
  code: id,
  reason: text,
  by: text,
  causes: z.array(record).max(64),
  /** in the first receipt of a run: modules beside cellgate that judge in it, by name and hash */
  extensions: z.array(record).max(16).optional(),
});
export const approval = body("approval", {
  action_id: id,
  outcome: z.enum(["granted", "denied", "expired", "void", "refused", "partial", "escalated"]),
  by: text,
  /** in whose place it was answered */
  for: text.optional(),
  reason: text,
  args_hash: hash,
  config_hash: hash,
  model_hash: hash,
});
export const permitUsed = body("permit_used", {
  action_id: id,
  outcome: z.enum(["released", "withheld", "expired", "revoked", "completed", "aborted"]),
  code: id,
  proposal_hash: hash,
  detail: text,
});
export const watcher = body("watcher", {
  action_id: id,
  outcome: z.enum(["completed", "timeout", "aborted", "breach"]),
  code: id,
  terms: record,
});
export const fault = body("fault", {
  code: id,
  source: text,
  detail: text,
  active: z.boolean(),
});
export const telemetryDigest = body("telemetry_digest", {
  from_seq: count,
  to_seq: count,
  events: count,
  sha256: hash,
  channels: record,
});
export const configChange = body("config_change", {
  what: id,
  before_hash: hash,
  after_hash: hash,
  by: text,
  reason: text,
  details: record,
});
export const promotion = body("promotion", {
  candidate: hash,
  baseline: hash,
  step: id,
  outcome: z.enum(["passed", "refused", "promoted", "insufficient"]),
  code: id,
  terms: record,
});
export const rollback = body("rollback", {
  from: hash,
  to: hash,
  code: id,
  reason: text,
  terms: record,
});
export const rollout = body("rollout", {
  plan: id,
  stage: text,
  verdict: z.enum(["start", "advance", "hold", "abort", "pause", "kill", "done"]),
  code: id,
  by: text,
  terms: record,
});
export const audit = body("audit", {
  subject: id,
  findings: z.array(record).max(1_000),
  passed: z.boolean(),
  by: text,
});
export const anchor = body("anchor", {
  sink: id,
  tree_size: count,
  root: hash,
  outcome: z.enum(["sent", "failed"]),
  detail: text,
});
export const stoprule = body("stoprule", {
  rule: id,
  measured: real,
  limit: real,
  action: z.enum(["alert", "escalate", "halt"]),
  action_id: z.string().max(256),
});

/** One schema per receipt type. */
export const RECEIPT_SCHEMAS = {
  gate_decision: gateDecision,
  block,
  monte_carlo: monteCarlo,
  wound,
  spawn,
  finding,
  lift,
  convergence,
  state_change: stateChange,
  approval,
  permit_used: permitUsed,
  watcher,
  fault,
  telemetry_digest: telemetryDigest,
  config_change: configChange,
  promotion,
  rollback,
  rollout,
  audit,
  anchor,
  stoprule,
} as const;
export type ReceiptType = keyof typeof RECEIPT_SCHEMAS;
export const receiptBody = z.discriminatedUnion("receipt_type", [
  gateDecision,
  block,
  monteCarlo,
  wound,
  spawn,
  finding,
  lift,
  convergence,
  stateChange,
  approval,
  permitUsed,
  watcher,
  fault,
  telemetryDigest,
  configChange,
  promotion,
  rollback,
  rollout,
  audit,
  anchor,
  stoprule,
]);
export type ReceiptBody = z.infer<typeof receiptBody>;
export type ReceiptBodyOf<T extends ReceiptType> = Extract<ReceiptBody, { receipt_type: T }>;

/** Of the form of receipts; a change that an older reader would misread makes a new one. */
export const RECEIPT_SCHEMA = "cellgate.receipt/1";
/** What the cell adds around every body; together they are the receipt whose bytes are hashed. */
export const receiptEnvelope = z.strictObject({
  receipt_id: id,
  at: epoch,
  cell: id,
  config_hash: hash,
  body: receiptBody,
  /** absent in ledgers that began before these were written */
  schema: z.literal(RECEIPT_SCHEMA).optional(),
  /** version of the program that wrote it */
  program: z.string().min(1).max(64).optional(),
});
export type Receipt = z.infer<typeof receiptEnvelope>;
/** How a receipt says what wrote it, and in which form. */
export const versionsOf = (program: string | undefined): Pick<Receipt, "schema" | "program"> =>
  program === undefined ? {} : { schema: RECEIPT_SCHEMA, program };
