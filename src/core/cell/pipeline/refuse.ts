import {
  type ActionId,
  actionIdOf,
  type Code,
  MICROS_PER_S,
  type ProposalEvent,
  type ReceiptBody,
} from "../../domain/index.ts";
import { isPlainName, plainText, type Refusal } from "../../gate/index.ts";
import type { Desk } from "./desk.ts";
import type { Lane } from "./lanes.ts";
import type { Via } from "./open-action.ts";
import { plainTerms } from "./plain-terms.ts";
import { energyTerms } from "./terms.ts";

/** Text of a caller is data: it is shortened before it is shown or stored. */
const TEXT_MAX = 256;

/** A proposal that goes no further: one receipt and one answer, unless its caller floods the gate. */
export function refuseProposal(event: ProposalEvent, lane: Lane | null, why: Refusal, desk: Desk): void {
  const claimed = claimedId(event.raw);
  const id = claimed ?? actionIdOf(`refused-${event.seq}`);
  desk.count("refused");
  desk.count(`code_${why.code}`);
  if (lane === null || lane.takeRefusalReceipt(event.t)) {
    const via = plainText(`${event.via.transport}:${event.via.caller}`, TEXT_MAX);
    desk.receipt(
      refusalReceipt(id, why, desk, {
        via,
        claimed: claimed === null ? shownClaim(event.raw) : claimed,
        energy: energyTerms(desk.host.snapshot(), null),
      }),
    );
  }
  desk.answer(id, event.via, "RED", why.code, why.detail);
}

/** A block that nobody can approve. */
export function refusalReceipt(
  actionId: string,
  why: Refusal,
  desk: Desk,
  terms: Readonly<Record<string, unknown>>,
): ReceiptBody {
  return {
    receipt_type: "block",
    action_id: actionId,
    reason: why.detail === "" ? why.code : `${why.code}: ${why.detail}`,
    requires_approval: false,
    blocked_at: desk.host.wall(desk.now()) / MICROS_PER_S,
    code: why.code,
    enforced: desk.stage.features.FEATURE_GATE_ENABLED,
    terms: plainTerms({ ...terms, hard: true, stage: desk.stage.stage, config_hash: desk.host.configHash }),
  };
}

/** Once a second: how many refusals of a flooding caller had no receipt of their own. */
export function reportFloods(desk: Desk): void {
  for (const lane of desk.lanes.all()) {
    const refused = lane.unreported(desk.now());
    if (refused === 0) continue;
    const why = { code: "PROPOSER_TOO_FAST" as Code, detail: `${refused} more refusals` };
    desk.receipt(
      refusalReceipt(`refused-flood-${desk.nextRequest++}`, why, desk, {
        via: plainText(lane.caller, TEXT_MAX),
        refused,
      }),
    );
  }
}

function claimedId(raw: unknown): ActionId | null {
  if (typeof raw !== "object" || raw === null) return null;
  const property = Object.getOwnPropertyDescriptor(raw, "action_id");
  const id: unknown = property?.value;
  return typeof id === "string" && isPlainName(id) ? actionIdOf(id) : null;
}
function shownClaim(raw: unknown): string {
  if (typeof raw !== "object" || raw === null) return "";
  const id: unknown = Object.getOwnPropertyDescriptor(raw, "action_id")?.value;
  return typeof id === "string" ? plainText(id, TEXT_MAX) : "";
}

export const viaOf = (event: ProposalEvent): Via => ({
  transport: plainText(event.via.transport, TEXT_MAX),
  caller: plainText(event.via.caller, TEXT_MAX),
});
