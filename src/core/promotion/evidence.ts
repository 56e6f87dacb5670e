import type { CandidateKind, Trouble } from "./candidate.ts";

/** Where a scenario comes from: published, drawn after the candidate was frozen, or recorded in the field. */
export const SCENARIO_SETS = ["shown", "untouched", "field"] as const;
export type ScenarioSet = (typeof SCENARIO_SETS)[number];

/** What one side did in one scenario. */
export interface Side {
  /**
   * What this side let happen: the highest hindsight energy, on the yardstick both share, while it neither blocked nor
   * alarmed. Its change is judged beside ΔV_s, the change of V_s itself: a side is never measured with its own ruler alone.
   */
  readonly energy: number;
  /** highest V_s that its own head gave, in units of its own alarm threshold; null: it has no head */
  readonly score: number | null;
  /** it alarmed or blocked at all */
  readonly stopped: boolean;
  /** it did so early enough that the arm could stand still before contact */
  readonly inTime: boolean;
  /** how many ticks ended in each kind of decision, in a fixed order */
  readonly decisions: readonly number[];
  /** names and counts of what must not happen: contact, force over limit, forbidden zone */
  readonly violations: Readonly<Record<string, number>>;
}
/** One scenario under both sides, with common random numbers. */
export interface Measurement {
  readonly scenario: string;
  readonly family: string;
  readonly set: ScenarioSet;
  /** drawn from the generator: only these are a sample, and only a sample has a bound */
  readonly sampled: boolean;
  /** a case that must never be missed */
  readonly hard: boolean;
  /** what really happens when nobody stops the arm */
  readonly risky: boolean;
  readonly baseline: Side;
  readonly candidate: Side;
  /** of a recording: what it is, and whether it could be judged at all */
  readonly field?: FieldFacts;
}
/** A recording of the field. It is no random sample: it can speak against a candidate, never prove it. */
export interface FieldFacts {
  /** of its bytes, and of the labels beside it */
  readonly sha256: string;
  readonly seconds: number;
  readonly readings: number;
  /** stretches in which motion had to be blocked: what people labelled, else where a reading passed a rule's limit */
  readonly hazards: number;
  readonly hazardsFrom: "labels" | "limits";
  /** hazards that neither side answered in time */
  readonly missedByBoth: number;
  /** channels of the cell that it does not hold */
  readonly absent: readonly string[];
  /** what of it was lost; what is whole was used */
  readonly damage: string | null;
  /** why it could not be judged */
  readonly trouble: Trouble | null;
}
/** An input that no scenario holds: extremes, missing values, not-a-numbers. */
export interface Probe {
  readonly name: string;
  /** null: the answer was a finite number ≥ 0, or the honest "unknown" */
  readonly trouble: string | null;
}
export interface LeftOut {
  readonly name: string;
  readonly why: string;
}
export interface PolicyCheck {
  readonly name: string;
  readonly passed: boolean;
  readonly detail: string;
}
/** Everything a decision rests on. Computed here from the artefacts, never taken from who proposes them. */
export interface Evidence {
  readonly kind: CandidateKind;
  readonly candidate: string;
  readonly baseline: string;
  /** what the store says is in use and verified */
  readonly active: string;
  readonly battery: string;
  /** hashes that the measurements were made with */
  readonly measuredWith: { readonly candidate: string; readonly baseline: string; readonly battery: string };
  readonly planned: readonly string[];
  readonly measurements: readonly Measurement[];
  /** recordings that were not used, and why: a person said so, the same bytes, beyond the newest ones */
  readonly leftOut: readonly LeftOut[];
  readonly probes: readonly Probe[];
  readonly policies: readonly PolicyCheck[];
  /** hash trouble found before or after the measuring */
  readonly tampered: string | null;
  /** the candidate was refused or rolled back before, and nobody decided anew */
  readonly refusedBefore: string | null;
  /** which candidate for its place this is since the last promotion there, counted from 1 */
  readonly attempt: number;
  /** the deployment's own part is not the one that the node last ran with, in words */
  readonly ownChanged: string | null;
  /** why the battery can tell nothing of this cell; left out: it can */
  readonly unmeasured?: string;
  /** it was first to be measured otherwise: whoever chooses the number of scenarios after a look has looked */
  readonly planChanged: string | null;
}

/** Checks that each kind must have passed; one that is missing did not pass. */
export const POLICIES_OF: Readonly<Record<CandidateKind, readonly string[]>> = {
  head: ["loads", "repeatable", "features-known", "directions-kept"],
  calibration: ["loads", "repeatable", "features-known", "only-its-part"],
  rules: ["loads", "repeatable", "only-its-part", "checks-stay-on", "bounds-not-loosened"],
  gate: ["loads", "repeatable", "only-its-part", "checks-stay-on", "bounds-not-loosened"],
  policy: ["loads", "repeatable", "stays-bounded", "unmeasured-not-raised"],
};
