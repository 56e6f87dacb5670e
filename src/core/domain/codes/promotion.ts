import type { CodeEntry, CodeTable } from "./code.ts";
import { AUDIT_CODES } from "./promotion-audit.ts";
import { ROLLOUT_CODES } from "./promotion-rollout.ts";
import { refusal } from "./refusal.ts";

/** Something went back to the last good state by itself; a person should know. */
const wentBack = (title: string, meaning: string, remedy: string): CodeEntry => ({
  ...refusal(title, meaning, remedy),
  severity: "warn",
  clears: "acknowledge",
  clearedBy: "acknowledge",
});

/** Codes that the promotion part of the node gives. */
export const PROMOTION_CODES = {
  PROMOTION_PASSED: refusal(
    "step passed",
    "One step of a promotion was done and found nothing against the candidate.",
    "Nothing to do.",
  ),
  PROMOTION_PAST_UNREADABLE: refusal(
    "earlier promotions unreadable",
    "A file of the ledger is damaged, and a refusal of this candidate may stand in it. Nothing was measured or decided.",
    "`cellgate ledger verify` names the file; restore it from a copy, then promote again.",
  ),
  PROMOTION_PROMOTED: refusal(
    "candidate promoted",
    "Every criterion was met; the candidate is now the one in use and is watched.",
    "Read the report with `cellgate promote show`; go back with `cellgate promote rollback`.",
  ),
  PROMOTION_INSUFFICIENT: refusal(
    "too little evidence",
    "Fewer independent scenarios were measured than the bound of the 95th percentile needs (59 without, 88 with interim looks or after a changed plan, more for each further candidate since the last promotion). Nothing is wrong with the candidate; nothing is proven either.",
    "Run a larger battery: `--scenarios 500`.",
  ),
  PROMOTION_NOT_MEASURED: refusal(
    "not measured",
    "The battery can tell nothing of this cell, or nothing of it was measured: its arm has another number of joints, or the candidate does not load. Nothing was found against the candidate by it, and nothing is proven.",
    "Hand over recordings of this cell with `--field`, follow the candidate in `cellgate shadow`, and let a person decide.",
  ),
  PROMOTION_DELTA_SPURIOUS: refusal(
    "blocked by the change of V_s alone",
    "The change of V_s speaks against the candidate, and nothing that happened in the battery does: it orders the scenarios better, answers as many risky ones in time, stops no more harmless ones, and lets no more violations happen.",
    "Look at the worst scenarios in the report. Measure again with more scenarios, or let a person decide with what `cellgate shadow` shows.",
  ),
  PROMOTION_RISK_HIGHER: refusal(
    "risk energy rises",
    "The upper bound of the 95th percentile of the change of what is let happen lies above zero: the candidate lets more risk happen in too many scenarios.",
    "Look at the worst scenarios in the report and improve the candidate there.",
  ),
  PROMOTION_DIVERGENCE: refusal(
    "too far from the baseline",
    "The upper bound of the KL divergence of the candidate's decisions from the baseline's exceeds the trust region.",
    "Change less at once, or promote in several smaller steps.",
  ),
  PROMOTION_HARD_CASE_LOST: refusal(
    "hard case lost",
    "The candidate does not recognise in time a case that is labelled as one that must never be missed.",
    "The report names the case and its seed; replay it with both.",
  ),
  PROMOTION_POLICY_FAILED: refusal(
    "policy check failed",
    "A rule about what a candidate may be was broken: a check switched off, a bound loosened beyond its limit, leave given that only a person gives, an answer that is not the same twice.",
    "The report names the check; correct the candidate.",
  ),
  PROMOTION_POLICY_MISSING: refusal(
    "policy check did not run",
    "A policy check that belongs to this kind of candidate has no result. A check that did not run counts as failed.",
    "Run the promotion again; if it repeats, report it.",
  ),
  PROMOTION_FALSE_STOPS: refusal(
    "more needless stops",
    "The candidate stops in harmless scenarios clearly more often than the baseline. People switch off what stops them without need.",
    "Look at the harmless scenarios in the report.",
  ),
  PROMOTION_MISCALIBRATED: refusal(
    "calibration broken",
    "The candidate's order of risky and harmless scenarios is worse than the baseline's, or no better than chance.",
    "Calibrate again on data that the battery does not contain.",
  ),
  PROMOTION_MEMORISED: refusal(
    "battery memorised",
    "The candidate is good on the scenarios that were known and clearly worse on scenarios of the same kind that nobody has seen.",
    "Train on other scenarios than the battery's; never on its seeds.",
  ),
  PROMOTION_FIELD_WORSE: refusal(
    "worse in the field",
    "The candidate passes the battery and lets more happen, or answers a hazard too late, on recordings of the field: it fits the battery, not the world.",
    "The report names the worst recording; replay it, and train on recordings like it.",
  ),
  PROMOTION_FIELD_UNREADABLE: refusal(
    "recording unreadable",
    "A recording of the field, or the labels beside it, cannot be read, or its bytes changed while it was measured. A check that did not run proves nothing.",
    'Restore it (`cellgate recover`), or leave it out by name: `--leave-out NAME --because "…"`.',
  ),
  PROMOTION_FIELD_EMPTY: refusal(
    "recording empty",
    "A recording of the field holds not one reading.",
    'Remove the file, or leave it out by name: `--leave-out NAME --because "…"`.',
  ),
  PROMOTION_FIELD_FOREIGN: refusal(
    "recording of something else",
    "A recording of the field was made by another cell, or holds nothing that a channel of this cell reads.",
    'Name recordings of this cell; leave this one out by name: `--leave-out NAME --because "…"`.',
  ),
  PROMOTION_CONSTANT: refusal(
    "output is constant",
    "V_s hardly changes from scenario to scenario: the candidate no longer looks.",
    "The training collapsed; train again and look at the spread of V_s.",
  ),
  PROMOTION_SCALED: refusal(
    "risk energy scaled down",
    "The candidate orders the scenarios as the baseline does and gives the risky ones smaller numbers: less alarm, no more knowledge.",
    "Change what the candidate knows, not its unit.",
  ),
  PROMOTION_UNREADABLE: refusal(
    "V_s is no number",
    "For some input the candidate gives NaN, infinity, a negative value or nothing at all.",
    "The report names the input; it is rare, and a cell will meet it.",
  ),
  PROMOTION_TAMPERED: refusal(
    "artefact altered",
    "A part of the candidate no longer has the hash that was frozen, or its manifest does not fit its parts.",
    "Find out who touched the files; freeze again from a trusted source.",
  ),
  PROMOTION_BASELINE_SWAPPED: refusal(
    "baseline is not the one in use",
    "The candidate was compared with another baseline than the one that is in use and verified, or the deployment's own part is not the one that the node last ran with.",
    "Compare with the active artefact (`cellgate promote history` names it); start the node once with a deployment that a person changed.",
  ),
  PROMOTION_EVIDENCE_FOREIGN: refusal(
    "evidence was not made here",
    "Measurements do not belong to this candidate, this baseline and this battery: results on the disk were altered, or cannot be made again.",
    'Find out who wrote into promotion/runs, then let a person decide again: `cellgate promote … --again --because "…"`.',
  ),
  PROMOTION_EVIDENCE_INCOMPLETE: refusal(
    "scenarios missing",
    "Not every scenario of the battery was measured, or one was measured twice.",
    "Run the promotion again; it goes on where it stopped.",
  ),
  PROMOTION_REFUSED_BEFORE: refusal(
    "refused before",
    "This candidate, byte for byte, was refused or rolled back before.",
    'A person may decide again: `cellgate promote … --again --because "…"`.',
  ),
  POLICY_ADAPTER_FAILED: refusal(
    "adapter gave no action",
    "The promoted policy adapter turned a proposed action into something that is none. The action is refused.",
    "Read the detail; go back with `cellgate promote rollback --kind policy`, or promote a corrected adapter.",
  ),
  ROLLBACK_FALSE_STOPS: wentBack(
    "rolled back: needless stops",
    "After the promotion the cell stops without need more often than allowed; the last good artefact is back in use.",
    "Read `cellgate promote show`; the decisions that led there are kept.",
  ),
  ROLLBACK_LATENCY: wentBack(
    "rolled back: too slow",
    "After the promotion too many decisions exceed the latency limit; the last good artefact is back in use.",
    "Measure the candidate on this machine before promoting it again.",
  ),
  ROLLBACK_ENERGY_DRIFT: wentBack(
    "rolled back: V_s drifts",
    "After the promotion V_s lies above what the old head gives more often than at promotion; the last good artefact is back in use.",
    "The world differs from the battery; add field data to it.",
  ),
  ROLLBACK_LETS_THROUGH: wentBack(
    "rolled back: lets more through",
    "After the promotion the cell goes on, or lets actions through, where the artefact before would have stopped, more often than the promotion measured; the last good artefact is back in use.",
    "Look at the stops before and after in the ledger; the world differs from the battery.",
  ),
  PROMOTION_WATCH_BLIND: {
    severity: "warn",
    title: "promotion not watched",
    meaning:
      "The artefact before cannot be judged beside the promoted one at present: its thread failed or did not keep up. The promoted artefact stays in use, but nothing would notice that it does worse.",
    remedy:
      "Give the machine more room; go back with `cellgate promote rollback` if nobody can watch meanwhile.",
    clears: "condition",
    clearedBy: null,
  },
  ROLLBACK_SMELL: wentBack(
    "rolled back: failure smell",
    "After the promotion V_s became constant, unreadable, or missed something that a reflex had to catch.",
    "Read `cellgate promote show` for the cause.",
  ),
  ROLLBACK_HASH_MISMATCH: wentBack(
    "rolled back: artefact damaged",
    "At start the artefact in use did not have its hash; the last good one was verified and is back in use.",
    "Check the disk and who has access to the data folder.",
  ),
  ROLLBACK_UNDECIDED: wentBack(
    "rolled back: nobody decided it",
    "At start an artefact was in use of which no receipt says that it was promoted or ordered, or which was refused; the last good one is back in use.",
    "Find out who wrote into the data folder. A data folder belongs to its ledger: copy both or neither, and promote again.",
  ),
  ROLLBACK_BY_PERSON: wentBack(
    "rolled back by a person",
    "A person took the last good artefact back into use.",
    "Nothing to do.",
  ),
  ARTEFACT_NONE_GOOD: {
    severity: "hold",
    title: "no verified artefact",
    meaning:
      "Neither the artefact in use nor the last good one passes its hash check. Nothing unverified is loaded.",
    remedy: "Promote a candidate from a trusted source, then restart the node.",
    clears: "restart",
    clearedBy: null,
  },
  ...ROLLOUT_CODES,
  ...AUDIT_CODES,
} as const satisfies CodeTable;
