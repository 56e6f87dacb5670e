import { codeEntry } from "../../core/domain/index.ts";
import {
  deltaOf,
  type Evidence,
  type FieldFacts,
  histogram,
  type Measurement,
  SCENARIO_SETS,
  scenarioDivergence,
} from "../../core/promotion/index.ts";
import type { Cell, Plot, Report, Table } from "../../edge/report/index.ts";
import type { PromotionResult } from "./promote.ts";

const WORST_SHOWN = 20;
const SET_WORDS = {
  shown: "published battery",
  untouched: "drawn after the freeze",
  field: "recorded in the field",
} as const;
const short = (v: number): string => (Number.isFinite(v) ? String(Number(v.toPrecision(4))) : String(v));

/** What was measured and why it was decided so, for a person who signs it. */
export function reportOf(result: PromotionResult): Report {
  const { decision: d, evidence: e } = result;
  const entry = codeEntry(d.code);
  const battery = inBattery(e.measurements);
  const recorded = inField(e.measurements);
  return {
    title: `Promotion of ${e.kind} ${result.hash.slice(0, 16)}`,
    subtitle: `against ${result.baseline.slice(0, 16)}, ${battery.length} scenarios${recorded.length === 0 ? "" : `, ${recorded.length} recordings of the field`}`,
    verdict: {
      text: `${d.outcome}: ${entry.title}`,
      tone: d.outcome === "promoted" ? "good" : d.outcome === "refused" ? "bad" : "warn",
    },
    cards: [
      {
        title: "change of what is let happen, P95, upper bound",
        value: d.delta.p95Upper === null ? "none" : short(d.delta.p95Upper),
        detail: "must be ≤ 0",
        tone: d.delta.p95Upper !== null && d.delta.p95Upper <= 0 ? "good" : "bad",
      },
      ...energyCard(d),
      {
        title: "worse scenarios",
        value: `${d.delta.worse} of ${d.delta.n}`,
        detail: `allowed ${Math.max(0, d.delta.allowed)}`,
        tone: d.delta.worse <= d.delta.allowed ? "good" : "bad",
      },
      {
        title: "KL, upper bound",
        value: short(d.divergence.upper),
        detail: "trust region of decisions",
        tone: "plain",
      },
      {
        title: "hard cases lost",
        value: String(d.missedHard.length),
        detail: d.missedHard[0] ?? "none",
        tone: d.missedHard.length === 0 ? "good" : "bad",
      },
      {
        title: "worst scenario",
        value: d.delta.worst === null ? "none" : short(d.delta.worst.delta),
        detail: d.delta.worst?.scenario ?? "",
        tone: "plain",
      },
      ...worstRecording(e),
    ],
    timeline: null,
    plots: plotsOf(result),
    tables: tablesOf(result),
    facts: [
      ["candidate", result.hash],
      ["baseline", result.baseline],
      ["battery", e.battery],
      ["correlation of both sides", short(d.delta.correlation)],
      ["share of worse scenarios, upper bound", short(d.delta.worseShareUpper)],
      ["scenarios drawn after the freeze", String(d.untouched?.n ?? 0)],
    ],
    notes: [
      entry.meaning,
      entry.remedy,
      "What is let happen is the hindsight energy of the same scenario up to each side's stop, on one ruler that neither side made.",
      `ΔV_s is V_s of the candidate's head minus V_s of the baseline's, each in units of its own alarm threshold. ${energyWords(d)}`,
      "On a recording, what a side let happen is the highest reading as a share of the limit that the cell in use sets for it. Recordings are no random sample: they can refuse a candidate, never prove it.",
      "The bound holds for scenarios like those of the generator; it says nothing about a world that differs from them.",
    ],
  };
}

/** V_s of the candidate's head minus V_s of the baseline's in one scenario; NaN: one of them has none */
const scoreChange = ({ baseline, candidate }: Measurement): number =>
  (candidate.score ?? Number.NaN) - (baseline.score ?? Number.NaN);

const energyWords = ({ energyDelta: e }: PromotionResult["decision"]): string =>
  e === null
    ? "Here no head is compared with a head."
    : e.holds
      ? "ΔV_s ≤ 0 holds at the 95th percentile."
      : `ΔV_s ≤ 0 does not hold at the 95th percentile: ${e.because}.`;

function energyCard({ energyDelta: e }: PromotionResult["decision"]): Report["cards"] {
  if (e === null) return [];
  const value = e.p95Upper === null ? "none" : short(e.p95Upper);
  return [
    {
      title: "P95(ΔV_s), upper bound",
      value,
      detail: e.holds ? "≤ 0" : `${e.worse} of ${e.n} higher`,
      tone: e.holds ? "good" : "plain",
    },
  ];
}
function energyBars(
  all: readonly Measurement[],
  bars: (title: string, xTitle: string, values: readonly number[]) => Plot,
): Plot[] {
  const changes = all.map(scoreChange).filter((change) => change === change);
  return changes.length === 0 ? [] : [bars("change of V_s", "ΔV_s, share of the alarm threshold", changes)];
}

const inBattery = (all: readonly Measurement[]): readonly Measurement[] =>
  all.filter((m) => m.set !== "field");
const inField = (all: readonly Measurement[]): readonly Recorded[] =>
  all.filter((m): m is Recorded => m.field !== undefined);
type Recorded = Measurement & { readonly field: FieldFacts };
/** Hazards that the baseline answered and the candidate did not weigh most, then what was let happen. */
const byHarm = (a: Recorded, b: Recorded): number =>
  Number(b.field.trouble !== null) - Number(a.field.trouble !== null) ||
  Number(a.candidate.inTime) - Number(b.candidate.inTime) ||
  deltaOf(b) - deltaOf(a);

/** The recording on which the candidate does worst; null: none was judged. */
export function worstRecordingOf({ measurements }: Evidence): Measurement | null {
  return (
    inField(measurements)
      .filter((m) => m.field.trouble === null)
      .sort(byHarm)[0] ?? null
  );
}
function worstRecording(evidence: Evidence): Report["cards"] {
  const worst = worstRecordingOf(evidence);
  if (worst === null) return [];
  const lost = !worst.candidate.inTime;
  return [
    {
      title: "worst recording",
      value: lost ? "hazard missed" : short(deltaOf(worst)),
      detail: worst.scenario,
      tone: lost ? "bad" : "plain",
    },
  ];
}

export interface SideMetrics {
  readonly violations: Readonly<Record<string, number>>;
  /** share of scenarios in which nothing happened that must not */
  readonly satisfied: number;
  /** share of risky scenarios that it answered in time, and of harmless ones that it stopped */
  readonly inTime: number;
  readonly needless: number;
}
/** The metrics of the specification, for both sides: violation counts, constraint satisfaction, ΔV_s. */
export function metricsOf(evidence: Evidence): Record<"baseline" | "candidate", SideMetrics> {
  const measurements = inBattery(evidence.measurements);
  const share = (hits: number, of: number): number => (of === 0 ? 1 : hits / of);
  const of = (name: "baseline" | "candidate"): SideMetrics => {
    const violations: Record<string, number> = {};
    for (const m of measurements)
      for (const [what, n] of Object.entries(m[name].violations))
        violations[what] = (violations[what] ?? 0) + n;
    const risky = measurements.filter((m) => m.risky);
    const harmless = measurements.filter((m) => !m.risky);
    const clean = measurements.filter((m) => Object.keys(m[name].violations).length === 0).length;
    return {
      violations,
      satisfied: share(clean, measurements.length),
      inTime: share(risky.filter((m) => m[name].inTime).length, risky.length),
      needless: harmless.length === 0 ? 0 : harmless.filter((m) => m[name].stopped).length / harmless.length,
    };
  };
  return { baseline: of("baseline"), candidate: of("candidate") };
}

function plotsOf({ evidence }: PromotionResult): Plot[] {
  const bars = (title: string, xTitle: string, values: readonly number[]): Plot => {
    const { edges, counts } = histogram(values);
    const x = edges.flatMap((edge, i) => (i === 0 || i === edges.length - 1 ? [edge] : [edge, edge]));
    return {
      title,
      xTitle,
      yTitle: "scenarios",
      lines: [{ name: title, x, y: counts.flatMap((c) => [c, c]) }],
    };
  };
  const measurements = inBattery(evidence.measurements);
  const deltas = measurements.map(deltaOf);
  const plots = [
    bars("change of what is let happen", "hindsight energy", deltas),
    ...energyBars(measurements, bars),
    bars("divergence of decisions", "KL, nat", measurements.map(scenarioDivergence)),
  ];
  const scores = measurements.flatMap((m) => (m.candidate.score === null ? [] : [m.candidate.score]));
  return scores.length === 0
    ? plots
    : [...plots, bars("V_s of the candidate's head", "share of its alarm threshold", scores)];
}

/** Every recording, worst first; what could not be judged stands on top with its code. */
function fieldTables({ measurements, leftOut }: Evidence): Table[] {
  const recorded = [...inField(measurements)].sort(byHarm);
  if (recorded.length + leftOut.length === 0) return [];
  const row = (m: Recorded): Cell[] => {
    const { trouble, damage, seconds, readings, hazards, hazardsFrom, missedByBoth, sha256 } = m.field;
    const said =
      trouble !== null
        ? `${trouble.code}: ${trouble.detail}`
        : [
            m.candidate.inTime ? "" : "misses a hazard that the baseline answers",
            missedByBoth === 0 ? "" : `${missedByBoth} missed by both`,
            damage === null ? "" : `damaged: ${damage}`,
          ]
            .filter((words) => words !== "")
            .join("; ");
    const bad = trouble !== null || !m.candidate.inTime;
    return [
      m.scenario,
      `${seconds.toFixed(1)} s, ${readings} readings`,
      `${hazards} (${hazardsFrom})`,
      short(m.baseline.energy),
      short(m.candidate.energy),
      short(deltaOf(m)),
      { text: said, tone: bad ? "bad" : damage === null ? "plain" : "warn" },
      sha256.slice(0, 16),
    ];
  };
  return [
    {
      title: "Recordings of the field, worst first",
      head: ["recording", "holds", "hazards", "let happen before", "after", "change", "said", "SHA-256"],
      rows: [
        ...recorded.map(row),
        ...leftOut.map(({ name, why }): Cell[] => [name, "", "", "", "", "", `left out: ${why}`, ""]),
      ],
      empty: "",
    },
  ];
}

function tablesOf({ decision, evidence }: PromotionResult): Table[] {
  const reasons = decision.steps.flatMap((s) =>
    s.troubles.map((t): Cell[] => [s.step, { text: t.code, tone: "bad" }, t.detail]),
  );
  const worst = [...inBattery(evidence.measurements)]
    .sort((a, b) => deltaOf(b) - deltaOf(a))
    .slice(0, WORST_SHOWN);
  const metrics = metricsOf(evidence);
  const sides = [metrics.baseline, metrics.candidate] as const;
  const names = [...new Set(sides.flatMap((side) => Object.keys(side.violations)))].sort();
  const percent = (of: (side: SideMetrics) => number): string[] =>
    sides.map((side) => `${(100 * of(side)).toFixed(1)} %`);
  const sets = SCENARIO_SETS.map((set) => evidence.measurements.filter((m) => m.set === set));
  return [
    { title: "Reasons", head: ["step", "code", "detail"], rows: reasons, empty: "nothing against it" },
    {
      title: "Worst scenarios",
      head: ["scenario", "set", "let happen before", "after", "change", "ΔV_s"],
      rows: worst.map((m) => [
        m.scenario,
        m.set,
        short(m.baseline.energy),
        short(m.candidate.energy),
        short(deltaOf(m)),
        short(scoreChange(m)),
      ]),
      empty: "none measured",
    },
    {
      title: "Violations",
      head: ["what", "baseline", "candidate"],
      rows: [
        ...names.map((n) => [n, ...sides.map((side) => String(side.violations[n] ?? 0))]),
        ["scenarios without any (constraint satisfaction)", ...percent((side) => side.satisfied)],
        ["risky scenarios answered in time", ...percent((side) => side.inTime)],
        ["harmless scenarios stopped", ...percent((side) => side.needless)],
      ],
      empty: "none on either side",
    },
    {
      title: "Known and unseen",
      head: ["scenarios", "measured", "more let happen", "answered in time, of risky"],
      rows: SCENARIO_SETS.map((set, i) => [
        SET_WORDS[set],
        String(sets[i]!.length),
        String(sets[i]!.filter((m) => deltaOf(m) > 0).length),
        `${sets[i]!.filter((m) => m.risky && m.candidate.inTime).length} of ${sets[i]!.filter((m) => m.risky).length}`,
      ]),
      empty: "",
    },
    ...fieldTables(evidence),
    {
      title: "Policy checks",
      head: ["check", "passed", "detail"],
      rows: evidence.policies.map((p) => [
        p.name,
        { text: p.passed ? "yes" : "no", tone: p.passed ? "good" : "bad" },
        p.detail,
      ]),
      empty: "none ran",
    },
  ];
}
