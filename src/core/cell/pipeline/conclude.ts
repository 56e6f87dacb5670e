import {
  type Code,
  type EpochMicros,
  GATE_LATENCY_BUDGET_MS,
  MAX_PENDING_APPROVALS,
  MICROS_PER_S,
  type Micros,
  msToMicros,
  type ReceiptBody,
} from "../../domain/index.ts";
import { type Confidence, NO_DECISION, type Refusal } from "../../gate/index.ts";
import { chainOf } from "./approval-chain.ts";
import type { Desk } from "./desk.ts";
import { judgeScore, type Score } from "./judge-score.ts";
import type { OpenAction, TrialReport } from "./open-action.ts";
import { plainTerms } from "./plain-terms.ts";
import { decisionTerms, requestTerms } from "./terms.ts";
import { noteWounds } from "./wound-desk.ts";

const NO_TRIALS: TrialReport = { summary: null, ceiling: null, latencyMs: 0 };

/** The verdict: one receipt, one answer, and the state that follows from both. */
export function conclude(action: OpenAction, desk: Desk): void {
  const score = judgeScore(action, action.trials ?? NO_TRIALS, desk);
  if (action.confidence !== null) noteWounds(action, [action.confidence.score, score.confidence.score], desk);
  action.decision = score.counted;
  action.confidence = score.confidence;
  noteLatency(action, desk);
  desk.stage.decided();
  desk.count(score.counted.verdict.toLowerCase());
  desk.count(`code_${score.counted.code}`);
  if (score.counted.verdict === "RED") block(action, score, desk);
  else letThrough(action, score, desk);
}

/** A hard rule broke on a later look. Nobody is asked. */
export function concludeHard(action: OpenAction, why: Refusal, desk: Desk): void {
  action.decision = { ...NO_DECISION, code: why.code, reason: why.detail };
  noteLatency(action, desk);
  desk.stage.decided();
  desk.count("red");
  desk.count(`code_${why.code}`);
  desk.close(action);
  desk.receipt(blockReceipt(action, false, { ...requestTerms(action, desk), hard: true }, desk));
  desk.answer(action.id, action.via, "RED", why.code, why.detail);
}

/** Waiting for a reading or the simulator is chosen, not slow. */
function noteLatency(action: OpenAction, desk: Desk): void {
  const waited = action.helping !== null && action.helping.started > 0;
  if (action.lookedAt !== null || action.sandbox !== null || action.again || waited) return;
  const ms = Math.max(0, (desk.now() - action.begunAt) / 1_000 + action.untapedMs);
  desk.stage.latency(ms);
  desk.stopRules.check("gate_latency_ms", ms, GATE_LATENCY_BUDGET_MS, action.id);
}

function letThrough(action: OpenAction, score: Score, desk: Desk): void {
  const enforced = desk.stage.features.FEATURE_GATE_ENABLED;
  action.watched = score.counted.verdict === "YELLOW";
  const receiptId = desk.host.receipt(decisionReceipt(action, score, enforced, desk), enforced);
  if (enforced) {
    action.state = "storing";
    action.receiptId = receiptId;
    action.deadline = (desk.now() + msToMicros(desk.gate.storeTimeoutMs)) as Micros;
    desk.awaited.set(receiptId, action);
  } else {
    desk.close(action);
    desk.observe(action);
  }
  desk.answer(action.id, action.via, score.counted.verdict, score.counted.code, score.counted.reason, {
    enforced,
    ...numbers(score.confidence),
  });
}

function decisionReceipt(action: OpenAction, score: Score, enforced: boolean, desk: Desk): ReceiptBody {
  const { drift, entropy } = score.confidence.terms;
  return {
    receipt_type: "gate_decision",
    action_id: action.id,
    confidence_score: score.confidence.score,
    decision: score.counted.verdict === "GREEN" ? "GREEN" : "YELLOW",
    context_drift: drift.value,
    reasoning_entropy: entropy.value,
    enforced,
    terms: decisionTerms(action, score.confidence, score.full, desk),
  };
}

function block(action: OpenAction, score: Score, desk: Desk): void {
  const allowed = mayAsk(action, desk);
  const askable = allowed && hasRoom(action, desk);
  if (askable) askPerson(action, score.confidence, desk);
  else desk.close(action);
  // somebody could have lifted it, had fewer been waiting: the proposer and the ledger learn that
  const notAsked = allowed && !askable ? { not_asked: "APPROVALS_FULL" satisfies Code } : {};
  const terms = { ...decisionTerms(action, score.confidence, score.full, desk), ...notAsked };
  desk.receipt(blockReceipt(action, askable, terms, desk));
  const { code, reason } = score.counted;
  desk.answer(action.id, action.via, "RED", code, reason, {
    requires_approval: askable,
    ...notAsked,
    ...numbers(score.confidence),
  });
}

const numbers = (confidence: Confidence): Record<string, unknown> => ({ confidence_score: confidence.score });

/** Hard rules are nobody's to lift. */
function mayAsk(action: OpenAction, desk: Desk): boolean {
  const { FEATURE_GATE_ENABLED, FEATURE_GATE_YELLOW_ONLY } = desk.stage.features;
  // the plan was asked about as a whole: a step that nobody expected ends it
  return FEATURE_GATE_ENABLED && !FEATURE_GATE_YELLOW_ONLY && !action.decision.hard && action.step === null;
}

/** A caller may not fill everybody's list. */
function hasRoom(action: OpenAction, desk: Desk): boolean {
  let waiting = 0;
  for (const other of desk.actions.values()) if (other.state === "waiting") waiting++;
  return (
    waiting < MAX_PENDING_APPROVALS &&
    action.lane.waiting < Math.ceil(desk.gate.fairness.maxOpenPerProposer / 2)
  );
}

function askPerson(action: OpenAction, confidence: Confidence, desk: Desk): void {
  const lifetime = msToMicros(desk.gate.approvals.expiresMs);
  const expiresAt = (desk.now() + lifetime) as Micros;
  action.state = "waiting";
  action.deadline = expiresAt;
  action.lane.waiting++;
  action.approval = {
    argsHash: action.argsHash,
    configHash: desk.host.configHash,
    modelHash: action.judged.sight.modelHash,
    expiresAt,
    expiresWall: desk.host.wall(expiresAt) as EpochMicros,
    cap: confidence.cap,
    ...chainOf(action, desk),
    attempts: 0,
  };
}

export function blockReceipt(
  action: OpenAction,
  requiresApproval: boolean,
  terms: Readonly<Record<string, unknown>>,
  desk: Desk,
): ReceiptBody {
  const { code, reason } = action.decision;
  return {
    receipt_type: "block",
    action_id: action.id,
    reason: code === "CONFIDENCE_LOW" ? reason : `${code}: ${reason}`,
    requires_approval: requiresApproval,
    blocked_at: desk.host.wall(desk.now()) / MICROS_PER_S,
    code,
    enforced: desk.stage.features.FEATURE_GATE_ENABLED,
    terms: plainTerms(terms),
  };
}
