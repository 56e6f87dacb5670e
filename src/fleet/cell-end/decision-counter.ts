import type { Effect } from "../../core/domain/index.ts";

/** No verdict on the action was reached, or none was needed: proves nothing about what the cell holds. */
const NO_DECISION: ReadonlySet<string> = new Set([
  "GATE_CELL_BLOCKED",
  "GATE_STATE_UNKNOWN",
  "PROPOSAL_TOO_LARGE",
  "PROPOSAL_NOT_JSON",
  "PROPOSAL_QUEUE_FULL",
  "PROPOSAL_MALFORMED",
  "PROPOSAL_ID_REPEATED",
]);
/** The node could not judge: a check did not run, or what it found could not be kept. */
const FAILED: ReadonlySet<string> = new Set([
  "ENERGY_UNTRUSTED",
  "TRIALS_TOO_FEW",
  "TRIALS_LATE",
  "TRIALS_CRASHED",
  "TRIALS_OVERFLOW",
  "TRIALS_MEMORY",
  "TRIALS_REFUSED",
  "SANDBOX_FAILED",
  "RECEIPT_NOT_STORED",
]);

export interface DecisionCounter {
  observe(effect: Effect): void;
  /** counts since the last call */
  take(): { decisions: number; failures: number };
}

/** Decisions of this cell, and those that failed: not judged, or let through and ended by a stop. */
export function createDecisionCounter(): DecisionCounter {
  let decisions = 0;
  let failures = 0;
  return {
    observe(effect) {
      if (effect.kind !== "receipt") return;
      const { body } = effect.receipt;
      if (body.receipt_type === "gate_decision") decisions++;
      else if (body.receipt_type === "block" && !NO_DECISION.has(body.code)) {
        decisions++;
        if (FAILED.has(body.code)) failures++;
      } else if (body.receipt_type === "permit_used" && body.outcome === "aborted") failures++;
      else if (body.receipt_type === "watcher" && body.outcome === "breach") failures++;
    },
    take() {
      // an action may end long after its verdict: what is above the count waits for the next one
      const taken = { decisions, failures: Math.min(failures, decisions) };
      failures -= taken.failures;
      decisions = 0;
      return taken;
    },
  };
}
