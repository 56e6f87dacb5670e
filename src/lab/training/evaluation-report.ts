import type { Card, Report, Table, Tone } from "../../edge/report/index.ts";
import type { Evaluation } from "./evaluate-head.ts";
import type { Figure } from "./figures.ts";

const SOURCES_MAX = 500;
const BUCKET_MS = 50;
const BUCKETS_MAX = 2_000;
const number = (value: number | null, digits = 4): string =>
  value === null ? "–" : String(Number(value.toPrecision(digits)));
const percent = (value: number | null): string => (value === null ? "–" : `${(100 * value).toFixed(1)} %`);

const range = ({ interval }: Figure, text: (value: number) => string = (v) => number(v, 3)): string =>
  interval === null ? "not known" : `${text(interval[0])} to ${text(interval[1])}`;

/** An evaluation as a report: the one place that draws it. */
export function reportOfEvaluation(evaluation: Evaluation, title: string): Report {
  const { warnings } = evaluation;
  const missed = warnings.events - (evaluation.fromLabels ? warnings.found : warnings.warned);
  return {
    title,
    subtitle: `Head ${evaluation.headHash.slice(0, 16)}… of ${evaluation.domain} on ${evaluation.rows.toLocaleString("en")} frames, ${evaluation.positives.toLocaleString("en")} of them risky`,
    verdict: verdictOf(evaluation, missed),
    cards: cardsOf(evaluation),
    timeline: timelineOf(evaluation),
    plots: plotsOf(evaluation),
    tables: [sourceTable(evaluation), reliabilityTable(evaluation)],
    facts: [
      ["head", evaluation.headHash],
      ["alarm threshold", number(evaluation.threshold)],
      [
        "precision and recall of single frames at the threshold",
        `${percent(evaluation.precision)}, ${percent(evaluation.recall)}`,
      ],
      ["frames whose V_s is not known", evaluation.unknown.toLocaleString("en")],
      ["event-free time", `${warnings.quietHours.toFixed(3)} h`],
    ],
    notes: [
      ...notesOf(evaluation),
      "Not a safety-rated device: V_s is an early warning, the hard rules act without it.",
    ],
  };
}

function verdictOf(e: Evaluation, missed: number): Report["verdict"] {
  if (e.trainedOn.length > 0)
    return { text: "measured on data that the head was trained on: no evidence", tone: "bad" };
  if (e.warnings.events === 0) return null;
  if (missed > 0)
    return {
      text: `${missed} of ${e.warnings.events} events not ${e.fromLabels ? "found" : "announced in time"}`,
      tone: "warn",
    };
  return { text: e.fromLabels ? "every event found" : "every event announced", tone: "good" };
}
function notesOf(e: Evaluation): string[] {
  return [
    ...(e.trainedOn.length > 0
      ? [
          `The head was trained on ${e.trainedOn.join(", ")} (same SHA-256): what stands here is what it remembers.`,
        ]
      : ["None of these recordings is among those that the head was trained on (by SHA-256)."]),
    ...(e.absent.length > 0
      ? [
          `These data lack ${e.absent.join(", ")}: ${percent(e.absentShare)} of what V_s rests on counts its mean.`,
        ]
      : []),
    "Intervals hold for 95 % of draws of such groups, events or hours.",
  ];
}

function cardsOf(e: Evaluation): Card[] {
  const { warnings } = e;
  const card = (title: string, value: string, detail: string, tone: Tone = "plain"): Card => ({
    title,
    value,
    detail,
    tone,
  });
  return [
    card(
      "AUROC",
      number(e.auroc),
      `chance that a risky frame scores above a harmless one; 95 %: ${range(e.figures.auroc)} over ${e.groups} groups`,
    ),
    card(
      "Average precision",
      number(e.averagePrecision),
      `base rate ${percent(e.rows > 0 ? e.positives / e.rows : null)}; 95 %: ${range(e.figures.averagePrecision)}`,
    ),
    card(
      "Calibration error",
      number(e.calibrationError, 3),
      `expected, 15 bins; 95 %: ${range(e.figures.calibrationError)}`,
      e.calibrationError === null ? "plain" : e.calibrationError <= 0.05 ? "good" : "warn",
    ),
    e.fromLabels
      ? card(
          "Found",
          `${warnings.found} of ${warnings.events}`,
          `95 %: ${range(e.figures.found, percent)}; ${warnings.warned} of them announced in time`,
        )
      : card(
          "Announced in time",
          warnings.events === 0 ? "–" : `${warnings.warned} of ${warnings.events}`,
          `95 %: ${range(e.figures.warned, percent)}`,
        ),
    card(
      "Median lead",
      e.medianLeadMs === null ? "–" : `${Math.round(e.medianLeadMs)} ms`,
      `from the first alarm to the event, below 0 after it began; 95 %: ${range(e.figures.medianLeadMs)}`,
    ),
    card(
      "False alarms",
      `${number(warnings.falseAlarmsPerHour, 3)} /h`,
      `${warnings.falseAlarms} in ${warnings.quietHours.toFixed(2)} h without an event; 95 %: ${range(e.figures.falseAlarmsPerHour)}`,
    ),
  ];
}

function timelineOf(e: Evaluation): Report["timeline"] {
  if (e.traces.length === 0) return null;
  const spanS = e.traces.reduce((most, trace) => Math.max(most, trace.timesS.at(-1) ?? 0), 0.001);
  return {
    spanS,
    charts: e.traces.map((trace) => ({
      title: `V_s · ${trace.name}${eventsIn(trace.eventsS)}`,
      unit: "1",
      lines: [{ name: "V_s", timesS: trace.timesS, min: trace.energies, max: trace.energies }],
      limits: [{ value: e.threshold, text: "alarm" }],
    })),
    bands: [],
    shades: [],
    // a mark crosses all charts: it says something only where all are one recording
    marks: (e.traces.length === 1 ? e.traces : []).flatMap((trace) =>
      trace.eventsS.map((atS) => ({ atS, text: `event in ${trace.name}`, tone: "bad" as Tone })),
    ),
  };
}
const eventsIn = (eventsS: readonly number[]): string =>
  eventsS.length === 0 ? "" : ` · event at ${eventsS.map((atS) => `${atS.toFixed(2)} s`).join(", ")}`;

function plotsOf(e: Evaluation): Report["plots"] {
  const filled = e.reliability.filter((bin) => bin.count > 0);
  const diagonal = { name: "ideal", x: [0, 1], y: [0, 1] };
  const plots = [
    {
      title: "ROC",
      xTitle: "false positive rate",
      yTitle: "true positive rate",
      lines: [
        { name: "head", ...e.roc },
        { ...diagonal, name: "chance" },
      ],
    },
    {
      title: "Precision and recall",
      xTitle: "recall",
      yTitle: "precision",
      lines: [{ name: "head", ...e.precisionRecall }],
    },
    {
      title: "Calibration",
      xTitle: "predicted probability",
      yTitle: "share of risky frames",
      lines: [
        { name: "head", x: filled.map((b) => b.meanPredicted), y: filled.map((b) => b.share), points: true },
        diagonal,
      ],
    },
  ];
  return e.warnings.leadsUs.length === 0 ? plots : [...plots, leadPlot(e)];
}
function leadPlot(e: Evaluation): Report["plots"][number] {
  const leads = e.warnings.leadsUs.filter((lead) => lead !== null).map((lead) => lead / 1_000);
  const least = Math.floor(leads.reduce((a, b) => Math.min(a, b), 0) / BUCKET_MS);
  const most = Math.ceil(leads.reduce((a, b) => Math.max(a, b), BUCKET_MS) / BUCKET_MS);
  const counts = Array.from({ length: Math.min(BUCKETS_MAX, most - least + 1) }, () => 0);
  for (const lead of leads) counts[Math.min(counts.length - 1, Math.floor(lead / BUCKET_MS) - least)]!++;
  return {
    title: "Lead before the event",
    xTitle: "milliseconds",
    yTitle: "events",
    lines: [{ name: "events", x: counts.map((_, i) => (i + least) * BUCKET_MS), y: counts, points: true }],
  };
}

function sourceTable(e: Evaluation): Table {
  const worst = [...e.sources].sort(
    (a, b) =>
      b.events - b.warned - (a.events - a.warned) || b.falseAlarms - a.falseAlarms || b.highest - a.highest,
  );
  return {
    title:
      e.sources.length > SOURCES_MAX
        ? `Sources (worst ${SOURCES_MAX} of ${e.sources.length})`
        : "Sources, worst first",
    head: ["source", "frames", "risky", "AUROC", "highest V_s", "events", "announced", "false alarms"],
    rows: worst
      .slice(0, SOURCES_MAX)
      .map((s) => [
        s.name,
        String(s.rows),
        String(s.positives),
        number(s.auroc, 3),
        number(s.highest, 3),
        String(s.events),
        { text: String(s.warned), tone: s.warned < s.events ? ("bad" as Tone) : ("plain" as Tone) },
        { text: String(s.falseAlarms), tone: s.falseAlarms > 0 ? ("warn" as Tone) : ("plain" as Tone) },
      ]),
    empty: "no source",
  };
}
function reliabilityTable(e: Evaluation): Table {
  return {
    title: "Calibration by bin",
    head: ["predicted", "frames", "mean predicted", "share risky"],
    rows: e.reliability
      .filter((b) => b.count > 0)
      .map((b) => [
        `${b.from.toFixed(2)}–${b.to.toFixed(2)}`,
        String(b.count),
        b.meanPredicted.toFixed(4),
        b.share.toFixed(4),
      ]),
    empty: "no frame",
  };
}
