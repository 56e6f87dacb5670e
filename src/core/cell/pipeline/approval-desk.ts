import {
  type ApprovalEvent,
  type Code,
  MAX_APPROVAL_ATTEMPTS,
  type Micros,
  msToMicros,
  type ReceiptBody,
  type ReceiptBodyOf,
} from "../../domain/index.ts";
import { plainText } from "../../gate/index.ts";
import { principalOf } from "./approval-chain.ts";
import { healCaller } from "./caller-holds.ts";
import type { Desk } from "./desk.ts";
import { learnAction } from "./learn-action.ts";
import type { OpenAction } from "./open-action.ts";

type Outcome = ReceiptBodyOf<"approval">["outcome"];
const TEXT_MAX = 1_000;
const HASH_MAX = 256;

/** A person's answer. Whatever it is, it leaves one receipt and one outcome. */
export function onApproval(event: ApprovalEvent, desk: Desk): void {
  const action = desk.actions.get(event.actionId);
  if (action === undefined || action.state !== "waiting" || action.approval === null)
    return answerOnly(event, "refused", "APPROVAL_UNKNOWN", desk);
  const principal = principalOf(event, action, desk);
  const objection = objectionTo(event, principal, action, desk);
  if (objection !== null) return refuseAnswer(event, action, objection, desk);
  if (isChanged(event, action, desk)) {
    answerOnly(event, "void", "APPROVAL_CHANGED", desk, principal);
    return dropRequest(action, "APPROVAL_CHANGED", desk);
  }
  if (!event.granted) {
    answerOnly(event, "denied", "APPROVAL_DENIED", desk, principal);
    return dropRequest(action, "APPROVAL_DENIED", desk);
  }
  const { granted, needed } = action.approval;
  granted.push(principal!);
  if (granted.length >= needed) return grant(event, principal!, action, desk);
  desk.receipt(approvalReceipt(event, "partial", "APPROVAL_PARTIAL", principal));
  const detail = `${granted.length} of ${needed} persons`;
  desk.host.emit({ kind: "outcome", accepted: true, code: "APPROVAL_PARTIAL", detail });
  desk.count("approvals_partial");
}

/** While a request waits: others are asked when nobody has decided in time, and its end is a no. */
export function followRequest(action: OpenAction, desk: Desk): void {
  const asked = action.approval!;
  if (desk.now() >= action.deadline) return onApprovalSilence(action, desk);
  if (asked.escalatesAt === null || desk.now() < asked.escalatesAt) return;
  const { afterMs, to } = desk.gate.approvals.escalation!;
  asked.escalatesAt = null;
  asked.escalated = true;
  const { argsHash, configHash, modelHash } = asked;
  desk.receipt({
    receipt_type: "approval",
    action_id: action.id,
    outcome: "escalated",
    by: "cell",
    reason: `APPROVAL_ESCALATED: no decision in ${afterMs / 1_000} s; now also ${to.join(", ")}`,
    args_hash: argsHash,
    config_hash: configHash,
    model_hash: modelHash,
  });
  desk.host.emit({ kind: "alarm", code: "APPROVAL_ESCALATED", detail: `${action.id}: ${to.join(", ")}` });
  desk.count("approvals_escalated");
}

/** Who may not answer at all. The request stays, so that somebody else can. */
function objectionTo(
  event: ApprovalEvent,
  principal: string | null,
  action: OpenAction,
  desk: Desk,
): Code | null {
  if (principal === null) return "APPROVAL_ROLE";
  for (const name of [event.by, principal])
    if (sameName(name, action.proposal.proposer) || sameName(name, action.via.caller)) return "APPROVAL_SELF";
  if (event.granted && action.approval!.granted.includes(principal)) return "APPROVAL_TWICE";
  if (event.signature === "invalid" || (desk.gate.approvals.signed && event.signature !== "valid"))
    return "APPROVAL_SIGNATURE";
  return null;
}
const sameName = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase();

function isChanged(event: ApprovalEvent, action: OpenAction, desk: Desk): boolean {
  const asked = action.approval!;
  const now = desk.host.snapshot().modelHash;
  return (
    event.argsHash !== asked.argsHash ||
    event.configHash !== asked.configHash ||
    event.modelHash !== asked.modelHash ||
    asked.configHash !== desk.host.configHash ||
    asked.modelHash !== now ||
    !desk.stage.features.FEATURE_GATE_ENABLED ||
    desk.stage.features.FEATURE_GATE_YELLOW_ONLY
  );
}

function refuseAnswer(event: ApprovalEvent, action: OpenAction, code: Code, desk: Desk): void {
  answerOnly(event, "refused", code, desk);
  action.approval!.attempts++;
  if (action.approval!.attempts >= MAX_APPROVAL_ATTEMPTS) dropRequest(action, code, desk);
}

function grant(event: ApprovalEvent, principal: string, action: OpenAction, desk: Desk): void {
  const receiptId = desk.host.receipt(approvalReceipt(event, "granted", "APPROVAL_GRANTED", principal), true);
  desk.host.emit({ kind: "outcome", accepted: true, code: "APPROVAL_GRANTED", detail: action.id });
  desk.count("approvals_granted");
  action.lane.waiting--;
  healCaller(action.lane, desk);
  learnAction(action, desk);
  action.approved = true;
  action.state = "storing";
  action.receiptId = receiptId;
  action.deadline = (desk.now() + msToMicros(desk.gate.storeTimeoutMs)) as Micros;
  desk.awaited.set(receiptId, action);
  desk.answer(action.id, action.via, "APPROVED", "APPROVAL_GRANTED", "checked again before it runs");
}

/** Nobody answered: that is a no, with its own receipt. */
export function onApprovalSilence(action: OpenAction, desk: Desk): void {
  endRequest(action, "expired", "APPROVAL_EXPIRED", desk);
}
/** The cell stopped, or the stage went back, while a person was being asked. */
export function voidRequest(action: OpenAction, code: Code, desk: Desk): void {
  endRequest(action, "void", code, desk);
}

function endRequest(action: OpenAction, outcome: Outcome, code: Code, desk: Desk): void {
  const { argsHash, configHash, modelHash } = action.approval!;
  desk.receipt({
    receipt_type: "approval",
    action_id: action.id,
    outcome,
    by: "nobody",
    reason: code,
    args_hash: argsHash,
    config_hash: configHash,
    model_hash: modelHash,
  });
  dropRequest(action, code, desk);
}

/** The proposer learns the code and nothing of what the person wrote. */
function dropRequest(action: OpenAction, code: Code, desk: Desk): void {
  desk.close(action);
  desk.count("approvals_ended");
  desk.answer(action.id, action.via, "RED", code, "");
}

function answerOnly(
  event: ApprovalEvent,
  outcome: Outcome,
  code: Code,
  desk: Desk,
  principal: string | null = null,
): void {
  desk.receipt(approvalReceipt(event, outcome, code, principal));
  desk.host.emit({
    kind: "outcome",
    accepted: outcome === "denied",
    code,
    detail: plainText(event.actionId, HASH_MAX),
  });
  desk.count(`approvals_${outcome}`);
}

function approvalReceipt(
  event: ApprovalEvent,
  outcome: Outcome,
  code: Code,
  principal: string | null,
): ReceiptBody {
  const id = plainText(event.actionId, HASH_MAX);
  return {
    receipt_type: "approval",
    action_id: id === "" ? "unknown" : id,
    outcome,
    by: plainText(event.by, TEXT_MAX),
    ...(principal !== null && principal !== event.by && { for: plainText(principal, TEXT_MAX) }),
    reason: plainText(event.reason === "" ? code : `${code}: ${event.reason}`, TEXT_MAX),
    args_hash: plainText(event.argsHash, HASH_MAX),
    config_hash: plainText(event.configHash, HASH_MAX),
    model_hash: plainText(event.modelHash, HASH_MAX),
  };
}
