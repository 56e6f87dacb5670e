import { cut } from "../../base/text.ts";
import { actionIdOf, MAX_REMEMBERED_ACTIONS, type Proposal, type ProposalEvent } from "../../domain/index.ts";
import {
  actionQuestion,
  isPlainName,
  questionHash,
  readProposal,
  type Refusal,
  refusal,
} from "../../gate/index.ts";
import { askLoop } from "./convergence-desk.ts";
import type { Desk } from "./desk.ts";
import { type HardRefusal, judgeHard } from "./judge.ts";
import { type Lane, mayOpen } from "./lanes.ts";
import { openAction, type Via } from "./open-action.ts";
import { refuseProposal, refusalReceipt, viaOf } from "./refuse.ts";
import { energyTerms } from "./terms.ts";

/** From the door to the trials, or to the first thing that is wrong. */
export function admit(event: ProposalEvent, desk: Desk): void {
  desk.count("proposed");
  const via = viaOf(event);
  const lane = desk.lanes.of(`${via.transport}:${via.caller}`, event.t);
  const read = readAtDoor(event, lane, desk);
  if (!read.ok) return refuseProposal(event, lane, read.error, desk);
  begin(event, read.value, read.lane, via, desk);
}

type AtDoor =
  | { readonly ok: true; readonly value: Proposal; readonly lane: Lane }
  | { readonly ok: false; readonly error: Refusal };
const no = (error: Refusal): AtDoor => ({ ok: false, error });

function readAtDoor(event: ProposalEvent, lane: Lane | null, desk: Desk): AtDoor {
  if (event.refused !== null) return no(refusal(event.refused, "refused at the door"));
  if (lane === null) return no(refusal("GATE_FULL", "too many callers"));
  if (!lane.takeToken(event.t))
    return no(refusal("PROPOSER_TOO_FAST", `more than ${desk.gate.fairness.maxProposalsPerSecond} a second`));
  const read = readProposal(event.raw);
  if (!read.ok) return read;
  const bad = badIdentity(read.value, lane, desk) ?? badRoom(lane, desk);
  return bad === null ? { ok: true, value: read.value, lane } : no(bad);
}

function badIdentity(proposal: Proposal, lane: Lane, desk: Desk): Refusal | null {
  if (!isPlainName(proposal.action_id)) return refusal("NAME_INVALID", `action_id "${proposal.action_id}"`);
  if (!isPlainName(proposal.proposer)) return refusal("NAME_INVALID", `proposer "${proposal.proposer}"`);
  const { proposers } = desk.gate;
  if (Object.keys(proposers).length > 0) {
    const entry = Object.hasOwn(proposers, proposal.proposer) ? proposers[proposal.proposer] : undefined;
    if (entry === undefined || !entry.callers.includes(lane.caller))
      return refusal("PROPOSER_UNKNOWN", `"${proposal.proposer}" through ${lane.caller}`);
  }
  return desk.seen.has(proposal.action_id) ? refusal("PROPOSAL_ID_REPEATED", proposal.action_id) : null;
}

function badRoom(lane: Lane, desk: Desk): Refusal | null {
  const may = mayOpen(lane, desk.actions.size, desk.gate);
  if (may === "yes" || (may === "full" && lane.open === 0 && desk.flow.giveWay())) return null;
  return may === "busy"
    ? refusal("PROPOSER_BUSY", `${lane.open} open`)
    : refusal("GATE_FULL", `${desk.actions.size} open`);
}

function begin(event: ProposalEvent, proposal: Proposal, lane: Lane, via: Via, desk: Desk): void {
  remember(proposal.action_id, desk);
  const id = actionIdOf(proposal.action_id);
  const questions = questionsOf(proposal);
  const judged = judgeHard(proposal, lane.loops.isHalted(questions), desk);
  if (!judged.ok) {
    if (!judged.error.circumstance) askLoop(id, lane, questions, desk);
    return refuseHard(event, proposal, judged.error, desk);
  }
  const action = openAction({
    id,
    via,
    lane,
    proposal,
    questions,
    generation: Math.max(proposal.generation ?? 0, desk.offered.get(questions[0]!) ?? 0),
    begunAt: event.t,
    seq: event.seq,
    judged: judged.value,
    step: null,
  });
  // backing away is never everyday work: it has its own proof instead of a memory of others like it
  judged.value.strangeness =
    desk.gate.deferral.monitored && !judged.value.action.retreat
      ? lane.familiarity.judge(judged.value.action, judged.value.features)
      : null;
  desk.actions.set(id, action);
  lane.open++;
  desk.flow.askTrials(action, "trials");
}

/** A hard rule says no: written and answered, and nobody is asked. */
function refuseHard(event: ProposalEvent, proposal: Proposal, why: HardRefusal, desk: Desk): void {
  desk.count("red");
  desk.count(`code_${why.code}`);
  desk.stage.decided();
  desk.stage.latency((desk.now() - event.t) / 1_000);
  const terms = {
    proposer: proposal.proposer,
    via: cut(`${event.via.transport}:${event.via.caller}`, 256),
    verb: proposal.verb,
    target: proposal.target,
    energy: energyTerms(desk.host.snapshot(), desk.host.energyOf(proposal)),
  };
  desk.receipt(refusalReceipt(proposal.action_id, why, desk, terms));
  desk.answer(actionIdOf(proposal.action_id), event.via, "RED", why.code, why.detail);
}

/** An id counts as used once it was read, whatever became of it. */
function remember(id: string, desk: Desk): void {
  desk.seen.set(id, true);
  if (desk.seen.size <= MAX_REMEMBERED_ACTIONS) return;
  for (const oldest of desk.seen.keys()) {
    desk.seen.delete(oldest);
    return;
  }
}

function questionsOf(proposal: Proposal): string[] {
  return [actionQuestion(proposal), ...(proposal.evidence?.questions ?? []).map(questionHash)];
}
