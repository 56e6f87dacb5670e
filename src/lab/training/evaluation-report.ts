import type { Card, Report, Table, Tone } from "../../edge/report/index.ts";
import type { Evaluation } from "./evaluate-head.ts";

const SOURCES_MAX = 500;
const BUCKET_MS = 50;
const number = (value: number | null, digits = 4): string =>
  value === null ? "–" : String(Number(value.toPrecision(digits)));
const percent = (value: number | null): string => (value === null ? "–" : `${(100 * value).toFixed(1)} %`);

/** An evaluation as a report: the one place that draws it. */
export function reportOfEvaluation(evaluation: Evaluation, title: string): Report {
  const { warnings } = evaluation;
  const missed = warnings.events - warnings.warned;
  return {
    title,
    subtitle: `Head ${evaluation.headHash.slice(0, 16)}… of ${evaluation.domain} on ${evaluation.rows.toLocaleString("en")} frames, ${evaluation.positives.toLocaleString("en")} of them risky`,
    verdict:
      warnings.events === 0
        ? null
        : missed === 0
          ? { text: "every event announced", tone: "good" }
          : { text: `${missed} of ${warnings.events} events not announced in time`, tone: "warn" },
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
      "Frames that belong to the same recording or group are never split between training and test.",
      "Not a safety-rated device: V_s is an early warning, the hard rules act without it.",
    ],
  };
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
    card("AUROC", number(e.auroc), "chance that a risky frame scores above a harmless one"),
    card(
      "Average precision",
      number(e.averagePrecision),
      `base rate ${percent(e.rows > 0 ? e.positives / e.rows : null)}`,
    ),
    card(
      "Calibration error",
      number(e.calibrationError, 3),
      "expected, 15 bins",
      e.calibrationError === null ? "plain" : e.calibrationError <= 0.05 ? "good" : "warn",
    ),
    card(
      "Announced in time",
      warnings.events === 0 ? "–" : `${warnings.warned} of ${warnings.events}`,
      `at least ${percent(e.warnedFloor)} with 95 % confidence`,
    ),
    card(
      "Median lead",
      e.medianLeadMs === null ? "–" : `${Math.round(e.medianLeadMs)} ms`,
      "from the first alarm to the event",
    ),
    card(
      "False alarms",
      `${number(warnings.falseAlarmsPerHour, 3)} /h`,
      `${warnings.falseAlarms} in ${warnings.quietHours.toFixed(2)} h without an event`,
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
  const leads = e.warnings.leadsUs.filter((lead) => lead >= 0).map((lead) => lead / 1_000);
  const most = Math.ceil(leads.reduce((a, b) => Math.max(a, b), BUCKET_MS) / BUCKET_MS);
  const counts = Array.from({ length: most + 1 }, () => 0);
  for (const lead of leads) counts[Math.floor(lead / BUCKET_MS)]!++;
  return {
    title: "Lead before the event",
    xTitle: "milliseconds",
    yTitle: "events",
    lines: [{ name: "events", x: counts.map((_, i) => i * BUCKET_MS), y: counts, points: true }],
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
