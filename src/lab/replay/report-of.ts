import { basename } from "node:path";
import type { Band, Card, Report, Table, TimeChart, Tone } from "../../edge/report/index.ts";
import { type Kpi, kpiText } from "./kpi.ts";
import { OUTCOME_WORDS, wasJudged } from "./outcome.ts";
import { priceCard, priceTable, stopTable } from "./price-words.ts";
import type { MarginResult, ReplayResult, SignalResult } from "./result.ts";
import type { SignalGroup } from "./signals.ts";

const seconds = (us: number): number => us / 1e6;
const atText = (us: number): string => `${seconds(us).toFixed(3)} s`;
const number = (value: number): string => String(Number(value.toPrecision(4)));
const MAX_ROWS = 500;
/** below this share of decided time the card warns */
const WELL_DECIDED = 0.95;
const counted = (n: number, what: string): string => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;

/** A replay as a report. */
export function reportOfReplay(result: ReplayResult): Report {
  const failed = result.kpis.filter((kpi) => kpi.passed === false);
  const blocks = Object.values(result.blocksByCode).reduce((a, b) => a + b, 0);
  return {
    title: basename(result.bag),
    subtitle: `${result.kind === "tape" ? "Tape" : "Recording"} of ${atText(result.spanUs)}, ${result.messages.toLocaleString("en")} messages, judged by cell ${result.cell}`,
    verdict: verdictOf(result, failed.length, blocks),
    cards: cardsOf(result, blocks),
    timeline: {
      spanS: Math.max(0.001, seconds(result.spanUs)),
      charts: chartsOf(result),
      bands: result.states.map(bandOf),
      shades: result.hazards.map((w) => ({ fromS: seconds(w.fromUs), toS: seconds(w.toUs), text: w.what })),
      marks: [
        ...result.blocks.map((b) => ({
          atS: seconds(b.tUs),
          text: [b.title, b.source, b.detail].filter((part) => part !== "").join(": "),
          tone: "bad" as Tone,
        })),
        ...result.verdicts
          .filter((v) => v.verdict !== "GREEN")
          .map((v) => ({ atS: seconds(v.tUs), text: `${v.verdict} ${v.actionId}`, tone: "warn" as Tone })),
      ].slice(0, 2_000),
    },
    ...(result.film !== null && { film: result.film }),
    plots: [],
    tables: [
      ...(result.stops.length > 0 ? [priceTable(result.price), stopTable(result.stops)] : []),
      blockTable(result),
      verdictTable(result),
      hazardTable(result),
      marginTable(result),
      channelTable(result),
      lossTable(result),
    ].filter((t) => t !== null),
    notes: notesOf(result),
    facts: factsOf(result),
  };
}

/** Nothing reassuring is said of a recording that was not judged. */
function verdictOf({ outcome }: ReplayResult, missed: number, blocks: number): Report["verdict"] {
  if (!wasJudged(outcome)) return { text: OUTCOME_WORDS[outcome.kind], tone: "bad" };
  const text = blocks > 0 ? `guarded, ${counted(blocks, "block")}` : OUTCOME_WORDS[outcome.kind];
  if (missed > 0) return { text: `${text}; ${counted(missed, "mark")} missed`, tone: "bad" };
  return { text, tone: outcome.kind === "guarded" ? "warn" : "good" };
}
function outcomeCard({ outcome }: ReplayResult): Card {
  return {
    title: "of the time the node could decide",
    value: `${number(100 * outcome.decidedShare)} %`,
    detail: [OUTCOME_WORDS[outcome.kind], ...outcome.why].join("; "),
    tone: !wasJudged(outcome) ? "bad" : outcome.decidedShare < WELL_DECIDED ? "warn" : "good",
  };
}

const bandOf = ({ fromUs, toUs, state, blocked }: ReplayResult["states"][number]): Band => ({
  fromS: seconds(fromUs),
  toS: seconds(toUs),
  text: state.toLowerCase().replace("_", " "),
  tone: blocked ? "bad" : state === "SLOW" ? "warn" : "good",
});

const TONE_OF = (kpi: Kpi): Tone => (kpi.passed === null ? "plain" : kpi.passed ? "good" : "bad");
const markText = (kpi: Kpi): string =>
  `${kpi.side === "max" ? "≤" : "≥"} ${kpi.key.endsWith("_ratio") ? `${kpi.limit * 100} %` : `${kpi.limit} s`}; ${kpi.detail}`;

function cardsOf(result: ReplayResult, blocks: number): Card[] {
  const { energy, nearestMiss, verdictCounts, losses } = result;
  const proposals = Object.values(verdictCounts).reduce((a, b) => a + b, 0);
  const cards: Card[] = [outcomeCard(result)];
  const marks = result.kpis.map((kpi) => ({
    title: kpi.title,
    value: kpiText(kpi),
    detail: markText(kpi),
    tone: TONE_OF(kpi),
  }));
  cards.push(...marks);
  cards.push({
    title: "blocks",
    value: String(blocks),
    detail: Object.entries(result.blocksByCode)
      .map(([code, n]) => `${n} × ${code}`)
      .join(", "),
    tone: blocks > 0 ? "warn" : wasJudged(result.outcome) ? "good" : "plain",
  });
  if (result.stops.length > 0) cards.push(priceCard(result.price));
  if (result.firstExceedanceUs !== null)
    cards.push({
      title: "first limit exceeded at",
      value: atText(result.firstExceedanceUs),
      detail: firstReaction(result),
      tone: "plain",
    });
  if (energy.peak !== null)
    cards.push({
      title: "highest V_s",
      value: number(energy.peak),
      detail:
        energy.threshold === null
          ? `at ${atText(energy.peakAtUs)}`
          : `threshold ${number(energy.threshold)}, at ${atText(energy.peakAtUs)}`,
      tone: energy.threshold !== null && energy.peak > energy.threshold ? "warn" : "plain",
    });
  if (nearestMiss !== null)
    cards.push({
      title: "nearest miss",
      value: `${number(nearestMiss.value)} ${nearestMiss.unit}`,
      detail: `${nearestMiss.source} (${nearestMiss.channel}) at ${atText(nearestMiss.atUs)}, limit ${number(nearestMiss.limit)} ${nearestMiss.unit}`,
      tone: "plain",
    });
  if (proposals > 0)
    cards.push({
      title: "verdicts",
      value: `${verdictCounts["GREEN"]} · ${verdictCounts["YELLOW"]} · ${verdictCounts["RED"]}`,
      detail: "GREEN · YELLOW · RED",
      tone: "plain",
    });
  if (losses.count > 0)
    cards.push({
      title: "damage",
      value: `${losses.count}`,
      detail: `${losses.bytes.toLocaleString("en")} bytes not used`,
      tone: "warn",
    });
  return cards;
}
function firstReaction(result: ReplayResult): string {
  const first = result.blocks.find((b) => b.tUs >= result.firstExceedanceUs!);
  return first === undefined
    ? "no block followed"
    : `block ${number((first.tUs - result.firstExceedanceUs!) / 1_000)} ms later`;
}

const GROUPS: readonly (readonly [SignalGroup, string])[] = [
  ["force", "Force"],
  ["torque", "Torque"],
  ["distance", "Distance"],
  ["speed", "Speed"],
  ["other", "Other channels"],
  ["level", "Inputs"],
];
function chartsOf(result: ReplayResult): TimeChart[] {
  const charts: TimeChart[] = [];
  const { energy } = result;
  if (energy.series.timesS.length > 0)
    charts.push({
      title: "Risk energy V_s",
      unit: "",
      lines: [energy.series],
      limits: energy.threshold === null ? [] : [{ value: energy.threshold, text: "threshold" }],
    });
  for (const [group, title] of GROUPS) {
    const signals = result.signals.filter((s) => s.group === group && s.series.timesS.length > 0);
    if (signals.length > 0)
      charts.push({
        title,
        unit: signals[0]!.series.unit,
        lines: signals.map((s) => s.series),
        limits: limitsOf(signals),
      });
  }
  return charts;
}
const limitsOf = (signals: readonly SignalResult[]): { value: number; text: string }[] =>
  signals.flatMap((s) =>
    s.limit === null
      ? []
      : [{ value: s.limit, text: `${s.channel} ${s.dangerAbove ? "max" : "min"} ${number(s.limit)}` }],
  );

const blockTable = (result: ReplayResult): Table => ({
  title: "Blocks",
  head: ["Time", "Code", "What", "Source", "Detail"],
  rows: result.blocks
    .slice(0, MAX_ROWS)
    .map((b) => [
      { text: atText(b.tUs), atS: seconds(b.tUs) },
      { text: b.code, tone: "bad" },
      b.title,
      b.source,
      b.detail,
    ]),
  empty: wasJudged(result.outcome)
    ? "The node blocked nothing."
    : "No block, and none could be expected: the recording was not judged.",
});
function verdictTable(result: ReplayResult): Table | null {
  if (result.verdicts.length === 0) return null;
  const tone = (verdict: string): Tone =>
    verdict === "GREEN" ? "good" : verdict === "YELLOW" ? "warn" : "bad";
  return {
    title: "Verdicts",
    head: ["Time", "Action", "Verdict", "Confidence", "Why"],
    rows: result.verdicts
      .slice(0, MAX_ROWS)
      .map((v) => [
        { text: atText(v.tUs), atS: seconds(v.tUs) },
        v.actionId,
        { text: v.verdict, tone: tone(v.verdict) },
        v.confidence === null ? "–" : number(v.confidence),
        [v.code, v.detail].filter((part) => part !== "").join(": "),
      ]),
    empty: "",
  };
}
const hazardTable = (result: ReplayResult): Table => ({
  title:
    result.hazardsFrom === "labels"
      ? "Hazards, from the labels"
      : "Hazards, where a reading lay beyond a rule's limit",
  head: ["From", "To", "What"],
  rows: result.hazards
    .slice(0, MAX_ROWS)
    .map((w) => [{ text: atText(w.fromUs), atS: seconds(w.fromUs) }, atText(w.toUs), w.what]),
  empty: "None.",
});
/** Every rule that measured something, the one nearest to its limit first. */
function marginTable(result: ReplayResult): Table {
  const share = ({ above, value, limitThen }: MarginResult): number =>
    limitThen <= 0 || value <= 0 ? 0 : above ? value / limitThen : limitThen / value;
  return {
    title: "How near each rule came to its limit",
    head: ["Rule", "What it would say", "Channel", "Least distance to the limit", "Reading", "Limit", "At"],
    rows: [...result.margins]
      .sort((a, b) => Number(a.leastLeft >= 0) - Number(b.leastLeft >= 0) || share(b) - share(a))
      .slice(0, MAX_ROWS)
      .map((m) => [
        m.source,
        m.code,
        m.channel,
        {
          text: `${number(m.leastLeft)} ${m.unit}`,
          tone: (m.leastLeft >= 0 ? "plain" : m.blocks ? "bad" : "warn") as Tone,
        },
        number(m.value),
        m.limit === null ? `${number(m.limitThen)} (moves)` : number(m.limit),
        { text: atText(m.leastLeftAtUs), atS: seconds(m.leastLeftAtUs) },
      ]),
    empty: "No rule with a limit heard a reading.",
  };
}
const channelTable = (result: ReplayResult): Table => ({
  title: "Channels",
  head: ["Signal", "Unit", "Smallest", "at", "Largest", "at", "Limit"],
  rows: result.signals.map((s) => [
    s.series.name,
    s.series.unit,
    s.smallest === null ? "–" : { text: number(s.smallest), atS: seconds(s.smallestAtUs) },
    s.smallest === null ? "" : atText(s.smallestAtUs),
    s.largest === null ? "–" : number(s.largest),
    s.largest === null ? "" : atText(s.largestAtUs),
    s.limit === null ? "" : `${s.dangerAbove ? "≤" : "≥"} ${number(s.limit)}`,
  ]),
  empty: "No channel has numbers to draw.",
});
function lossTable(result: ReplayResult): Table | null {
  if (result.losses.count === 0) return null;
  return {
    title: "Damage",
    head: ["Kind", "Bytes", "Chunk", "What"],
    rows: result.losses.listed
      .slice(0, MAX_ROWS)
      .map((l) => [l.kind, `${l.fromByte} – ${l.toByte}`, l.chunk < 0 ? "–" : String(l.chunk), l.detail]),
    empty: "",
  };
}
function notesOf(result: ReplayResult): string[] {
  const { absent, unused, losses, unreadable } = result;
  return [
    ...result.notes,
    ...(absent.length > 0
      ? [`No topic brings ${absent.join(", ")}: the node counts these channels as silent.`]
      : []),
    ...(unused.length > 0
      ? [
          `Topics that no channel uses: ${unused.slice(0, 40).join(", ")}${unused.length > 40 ? ` and ${unused.length - 40} more` : ""}.`,
        ]
      : []),
    ...(unreadable > 0 ? [`${unreadable} messages could not be read; each counted as missing.`] : []),
    ...(losses.unprotected > 0
      ? [
          `No checksum covers ${losses.unprotected.toLocaleString("en")} of the messages: a flipped bit in them would not be noticed.`,
        ]
      : []),
  ];
}
const factsOf = (result: ReplayResult): [string, string][] => [
  ["Recording", result.bag],
  ["Begins", new Date(result.startMicros / 1_000).toISOString()],
  ["Configuration", result.configHash],
  ["Risk head", result.modelHash],
  ["Seed", String(result.seed)],
  ["Receipts", `${result.receipts} of ${result.events.toLocaleString("en")} events`],
  ["Root over all receipts", result.root],
  ["Digest of their bytes", result.digest],
];
