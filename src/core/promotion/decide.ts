import { type Code, PROMOTION_KL_MAX, PROMOTION_MIN_SCENARIOS } from "../domain/index.ts";
import type { Trouble } from "./candidate.ts";
import { type DeltaReport, deltaReport } from "./delta.ts";
import { type Evidence, type Measurement, POLICIES_OF } from "./evidence.ts";
import { createInterimTest } from "./interim.ts";
import { alphaOf } from "./past.ts";
import { type EnergyDelta, energyDeltaOf } from "./energy-delta.ts";
import { smellsOf } from "./smells.ts";
import { spuriousDelta } from "./spurious.ts";
import { type DivergenceReport, divergenceReport } from "./trust-region.ts";

/** The steps of the specification, in order; each leaves a receipt. */
export const STEPS = ["freeze", "battery", "delta", "divergence", "policy", "smells", "decide"] as const;
export type Step = (typeof STEPS)[number];

export interface StepResult {
  readonly step: Step;
  readonly troubles: readonly Trouble[];
}
export interface Decision {
  readonly outcome: "promoted" | "refused" | "insufficient";
  /** the first and weightiest reason */
  readonly code: Code;
  readonly steps: readonly StepResult[];
  readonly delta: DeltaReport;
  /** over scenarios drawn after the freeze; null: there were none */
  readonly untouched: DeltaReport | null;
  readonly divergence: DivergenceReport;
  readonly missedHard: readonly string[];
  /** V_s of the candidate's head minus V_s of the baseline's; null: one of them has no head */
  readonly energyDelta: EnergyDelta | null;
  /** error probability of the bounds; it falls with every further candidate for the same place */
  readonly alpha: number;
}
export interface DecisionLimits {
  readonly klMax: number;
  /** results were looked at while they came in, so the bound must hold at every look */
  readonly interimLooks: boolean;
}
export const DEFAULT_LIMITS: DecisionLimits = { klMax: PROMOTION_KL_MAX, interimLooks: false };

/** Promote or refuse. Everything wrong is listed, not only the first thing found. */
export function decide(evidence: Evidence, limits: DecisionLimits = DEFAULT_LIMITS): Decision {
  const sample = evidence.measurements.filter((m) => m.sampled);
  const fresh = sample.filter((m) => m.set === "untouched");
  const alpha = alphaOf(evidence.attempt);
  const delta = deltaReport(sample, alpha);
  const untouched = fresh.length === 0 ? null : deltaReport(fresh, alpha);
  const divergence = divergenceReport(
    evidence.measurements.filter((m) => m.set !== "field"),
    alpha,
  );
  const missedHard = evidence.measurements
    .filter((m) => m.hard && !m.candidate.inTime)
    .map((m) => m.scenario);
  const steps: StepResult[] = [
    { step: "freeze", troubles: identity(evidence) },
    { step: "battery", troubles: [...completeness(evidence, missedHard), ...unmeasured(evidence)] },
    { step: "delta", troubles: risk(evidence, sample, { delta, untouched, alpha }, limits) },
    { step: "divergence", troubles: trustRegion(divergence, limits) },
    { step: "policy", troubles: policy(evidence) },
    { step: "smells", troubles: [...smellsOf(evidence), ...unmeasured(evidence)] },
  ];
  const all = steps.flatMap((s) => s.troubles);
  const energyDelta = energyDeltaOf(sample, alpha);
  const found = { steps, delta, untouched, divergence, missedHard, energyDelta, alpha };
  const real = all.filter((t) => !OPEN.has(t.code));
  const spurious = spuriousDelta(evidence, real, missedHard);
  if (spurious !== null) {
    const told = steps.map((s) => (s.step === "smells" ? { ...s, troubles: [...s.troubles, spurious] } : s));
    return { ...found, steps: told, outcome: "insufficient", code: spurious.code };
  }
  const outcome = real.length > 0 ? "refused" : all.length > 0 ? "insufficient" : "promoted";
  const code = weightiest(real.length > 0 ? real : all)?.code ?? "PROMOTION_PROMOTED";
  return { ...found, outcome, code };
}

/** How a step ended: what leaves it open refuses nothing. */
export const outcomeOf = (troubles: readonly Trouble[]): "passed" | "insufficient" | "refused" =>
  troubles.length === 0 ? "passed" : troubles.every((t) => OPEN.has(t.code)) ? "insufficient" : "refused";

/** A step over nothing proves nothing. */
const unmeasured = (e: Evidence): Trouble[] =>
  e.measurements.length > 0 && e.unmeasured === undefined
    ? []
    : [{ code: "PROMOTION_NOT_MEASURED", detail: e.unmeasured ?? "no scenario was measured" }];

/** Nothing is wrong with the candidate, and nothing is proven: it may come again. */
const OPEN: ReadonlySet<Code> = new Set<Code>([
  "PROMOTION_NOT_MEASURED",
  "PROMOTION_DELTA_SPURIOUS",
  "PROMOTION_INSUFFICIENT",
  "PROMOTION_FIELD_UNREADABLE",
  "PROMOTION_FIELD_EMPTY",
  "PROMOTION_FIELD_FOREIGN",
]);
/** A cheat explains the numbers it makes, so it is named before them. */
const WEIGHT: readonly Code[] = [
  "PROMOTION_TAMPERED",
  "PROMOTION_BASELINE_SWAPPED",
  "PROMOTION_EVIDENCE_FOREIGN",
  "PROMOTION_EVIDENCE_INCOMPLETE",
  "PROMOTION_REFUSED_BEFORE",
  "PROMOTION_UNREADABLE",
  "PROMOTION_CONSTANT",
  "PROMOTION_SCALED",
  "PROMOTION_MEMORISED",
  "PROMOTION_HARD_CASE_LOST",
  "PROMOTION_RISK_HIGHER",
  "PROMOTION_FIELD_WORSE",
  "PROMOTION_POLICY_FAILED",
  "PROMOTION_POLICY_MISSING",
  "PROMOTION_MISCALIBRATED",
  "PROMOTION_DIVERGENCE",
  "PROMOTION_FALSE_STOPS",
];
function weightiest(troubles: readonly Trouble[]): Trouble | undefined {
  const weight = (t: Trouble): number => {
    const at = WEIGHT.indexOf(t.code);
    return at < 0 ? WEIGHT.length : at;
  };
  return [...troubles].sort((a, b) => weight(a) - weight(b))[0];
}

function identity(e: Evidence): Trouble[] {
  const troubles: Trouble[] = [];
  if (e.tampered !== null) troubles.push({ code: "PROMOTION_TAMPERED", detail: e.tampered });
  if (e.baseline !== e.active)
    troubles.push({
      code: "PROMOTION_BASELINE_SWAPPED",
      detail: `compared with ${e.baseline.slice(0, 16)}, in use is ${e.active.slice(0, 16)}`,
    });
  if (e.ownChanged !== null) troubles.push({ code: "PROMOTION_BASELINE_SWAPPED", detail: e.ownChanged });
  const { candidate, baseline, battery } = e.measuredWith;
  const other = [candidate, baseline, battery].find((h) => ![e.candidate, e.baseline, e.battery].includes(h));
  if (candidate !== e.candidate || baseline !== e.baseline || battery !== e.battery)
    troubles.push({
      code: "PROMOTION_EVIDENCE_FOREIGN",
      detail: `measured with ${other ?? "other artefacts"}`,
    });
  if (e.refusedBefore !== null) troubles.push({ code: "PROMOTION_REFUSED_BEFORE", detail: e.refusedBefore });
  return troubles;
}

function completeness(e: Evidence, missedHard: readonly string[]): Trouble[] {
  const troubles: Trouble[] = [];
  const seen = new Set(e.measurements.map((m) => m.scenario));
  const missing = e.planned.filter((name) => !seen.has(name));
  // what does not load was never measured; the policy step says why
  const loads = !e.policies.some((p) => p.name === "loads" && !p.passed);
  if (loads && (missing.length > 0 || seen.size !== e.measurements.length || seen.size !== e.planned.length))
    troubles.push({
      code: "PROMOTION_EVIDENCE_INCOMPLETE",
      detail: `${e.planned.length} planned, ${e.measurements.length} measured, missing ${missing.slice(0, 3).join(", ") || "none"}`,
    });
  if (missedHard.length > 0)
    troubles.push({
      code: "PROMOTION_HARD_CASE_LOST",
      detail: `${missedHard.length}: ${missedHard.slice(0, 5).join(", ")}`,
    });
  // a recording that could not be judged is a check that did not run
  for (const { scenario, field } of e.measurements)
    if (field !== undefined && field.trouble !== null)
      troubles.push({ code: field.trouble.code, detail: `${scenario}: ${field.trouble.detail}` });
  return troubles;
}

interface Bounds {
  readonly delta: DeltaReport;
  readonly untouched: DeltaReport | null;
  readonly alpha: number;
}
function risk(
  { attempt, planChanged }: Evidence,
  sample: readonly Measurement[],
  { delta, untouched, alpha }: Bounds,
  { interimLooks }: DecisionLimits,
): Trouble[] {
  const nth = attempt > 1 ? ` by candidate number ${attempt} since the last promotion` : "";
  if (delta.p95Upper === null || delta.n < PROMOTION_MIN_SCENARIOS)
    return [insufficient(`${delta.n} independent scenarios, needed ${delta.needed}${nth}`)];
  const troubles: Trouble[] = [];
  if (delta.p95Upper > 0)
    troubles.push({
      code: "PROMOTION_RISK_HIGHER",
      detail: `upper bound of the 95th percentile of what is let happen ${delta.p95Upper.toPrecision(4)} > 0; worse in ${delta.worse} of ${delta.n}, allowed ${delta.allowed}`,
    });
  else if (interimLooks || planChanged !== null)
    troubles.push(...unprovenLooks(sample, planChanged ?? "with interim looks", alpha));
  if (untouched === null || untouched.p95Upper === null)
    troubles.push(
      insufficient(
        `${untouched?.n ?? 0} scenarios were drawn after the freeze, needed ${delta.needed}${nth}`,
      ),
    );
  else if (untouched.p95Upper > 0 && delta.p95Upper <= 0)
    troubles.push({
      code: "PROMOTION_RISK_HIGHER",
      detail: `on unseen scenarios worse in ${untouched.worse} of ${untouched.n}, allowed ${untouched.allowed}`,
    });
  return troubles;
}

/** All of them, and those drawn after the freeze alone: a bound that holds for somebody who has looked. */
function unprovenLooks(sample: readonly Measurement[], why: string, alpha: number): Trouble[] {
  const fresh = sample.filter((m) => m.set === "untouched");
  return [inDrawnOrder(sample), fresh].flatMap((all) => {
    const test = createInterimTest(alpha);
    for (const m of all) test.add(isWorse(m));
    const worse = all.filter(isWorse).length;
    return test.look === "proven"
      ? []
      : [insufficient(`${why} ${all.length} scenarios with ${worse} worse prove nothing yet`)];
  });
}
const isWorse = (m: Measurement): boolean => !(m.candidate.energy <= m.baseline.energy);

/** In turn from both sets: a longer run begins with the same scenarios as a shorter one. */
function inDrawnOrder(sample: readonly Measurement[]): Measurement[] {
  const sets = [sample.filter((m) => m.set === "shown"), sample.filter((m) => m.set !== "shown")] as const;
  const longest = Math.max(sets[0].length, sets[1].length);
  return Array.from({ length: longest }, (_, i) => sets.flatMap((set) => set[i] ?? [])).flat();
}
const insufficient = (detail: string): Trouble => ({ code: "PROMOTION_INSUFFICIENT", detail });

const trustRegion = (d: DivergenceReport, { klMax }: DecisionLimits): Trouble[] =>
  d.n < 2
    ? [insufficient("no divergence without scenarios")]
    : d.upper <= klMax
      ? []
      : [
          {
            code: "PROMOTION_DIVERGENCE",
            detail: `upper bound of KL ${d.upper.toPrecision(4)} > ${klMax}, most in ${d.worst?.scenario ?? "?"}`,
          },
        ];

function policy(e: Evidence): Trouble[] {
  const done = new Map(e.policies.map((p) => [p.name, p]));
  const missing = POLICIES_OF[e.kind].filter(
    (name) => !done.has(name) && !(name === "repeatable" && e.planned.length === 0),
  );
  return [
    ...missing.map((name): Trouble => ({ code: "PROMOTION_POLICY_MISSING", detail: name })),
    ...e.policies
      .filter((p) => !p.passed)
      .map((p): Trouble => ({ code: "PROMOTION_POLICY_FAILED", detail: `${p.name}: ${p.detail}` })),
  ];
}
