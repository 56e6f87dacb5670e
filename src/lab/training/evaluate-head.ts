import {
  atThreshold,
  auroc,
  type Head,
  judgeWarnings,
  positives,
  reliability,
  type ReliabilityBin,
  type RiskDomain,
  type WarningReport,
} from "../../core/risk/index.ts";
import { shareLowerBound } from "../../core/stats/index.ts";
import { type Figures, figuresOf } from "./figures.ts";
import type { LabelledTable } from "./growing-table.ts";
import { spans } from "./head-metrics.ts";
import { groupCount } from "./held-out.ts";
import { knownRows, scoreTable, silentWhereUnknown } from "./score-table.ts";
import { splitTable } from "./split-table.ts";

/** What a head is worth on labelled data. Numbers that the data cannot give are null. */
export interface Evaluation {
  readonly headHash: string;
  readonly domain: string;
  readonly threshold: number;
  readonly rows: number;
  readonly positives: number;
  readonly groups: number;
  /** recordings that the head was trained on; their figures tell what it remembers */
  readonly trainedOn: readonly string[];
  /** features of the head that the data do not have, and the share of V_s that rests on them */
  readonly absent: readonly string[];
  readonly absentShare: number;
  /** events are stretches of risky rows: they are found while they last */
  readonly fromLabels: boolean;
  /** each figure again with its 95 % interval over groups or events */
  readonly figures: Figures;
  /** rows whose V_s is not known: they are in no figure but this one and the warnings */
  readonly unknown: number;
  readonly auroc: number | null;
  readonly averagePrecision: number | null;
  readonly calibrationError: number | null;
  readonly brier: number | null;
  readonly precision: number;
  readonly recall: number;
  readonly warnings: WarningReport;
  /** share of events that are warned of in time, at 95 % confidence at least this */
  readonly warnedFloor: number | null;
  readonly medianLeadMs: number | null;
  readonly reliability: readonly ReliabilityBin[];
  readonly roc: Curve;
  readonly precisionRecall: Curve;
  readonly sources: readonly SourceFigures[];
  /** one line per source for the first sources: time in seconds and V_s */
  readonly traces: readonly Trace[];
}
export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
}
export interface SourceFigures {
  readonly name: string;
  readonly rows: number;
  readonly positives: number;
  readonly auroc: number | null;
  readonly highest: number;
  readonly events: number;
  readonly warned: number;
  readonly falseAlarms: number;
}
export interface Trace {
  readonly name: string;
  readonly timesS: readonly number[];
  readonly energies: readonly number[];
  readonly eventsS: readonly number[];
}
const CURVE_POINTS = 200;
const TRACES_MAX = 12;
const TRACE_POINTS = 600;
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

export interface EvaluationSetting {
  readonly trainedOn?: readonly string[];
  /** labelled stretches: an alarm counts at most this long after the stretch began */
  readonly withinUs?: number;
}
export function evaluateHead(
  head: Head,
  table: LabelledTable,
  domain: RiskDomain,
  { trainedOn = [], withinUs }: EvaluationSetting = {},
): Evaluation {
  const scored = scoreTable(head, table);
  const rows = knownRows(scored);
  const known = splitTable(table, rows);
  const energies = scored.filter((energy) => energy >= 0);
  const probabilities = energies.map((energy) => head.probability(energy));
  const silent = silentWhereUnknown(scored);
  const window = {
    threshold: head.threshold,
    horizonUs: domain.horizonMs * 1_000,
    leadUs: domain.leadMs * 1_000,
    ...(withinUs === undefined ? {} : { withinUs }),
  };
  const warnings = judgeWarnings(table, silent, table.events, window);
  const { precision, recall } = atThreshold(energies, known.labels, head.threshold);
  const figures = figuresOf(
    { energies, probabilities, labels: known.labels, groups: known.groups },
    warnings,
  );
  return {
    headHash: head.hash,
    domain: domain.name,
    threshold: head.threshold,
    rows: table.rows,
    positives: positives(table),
    groups: groupCount(table),
    trainedOn,
    absent: head.absent,
    absentShare: shareOf(head),
    fromLabels: spans(table),
    figures,
    unknown: table.rows - known.rows,
    auroc: figures.auroc.value,
    averagePrecision: figures.averagePrecision.value,
    calibrationError: figures.calibrationError.value,
    brier: figures.brier.value,
    precision,
    recall,
    warnings,
    warnedFloor: warnings.events === 0 ? null : shareLowerBound(warnings.warned, warnings.events),
    medianLeadMs: figures.medianLeadMs.value,
    reliability: reliability(probabilities, known.labels),
    ...curvesOf(energies, known.labels),
    sources: sourceFigures(table, silent, window),
    traces: tracesOf(table, silent),
  };
}

const shareOf = ({ absent, artefact }: Head): number =>
  artefact.features.reduce(
    (sum, { name }, i) => sum + (absent.includes(name) ? (artefact.importance[i] as number) : 0),
    0,
  );

function curvesOf(energies: Float64Array, labels: Uint8Array): { roc: Curve; precisionRecall: Curve } {
  const order = Int32Array.from({ length: energies.length }, (_, i) => i).sort(
    (a, b) => (energies[b] as number) - (energies[a] as number) || a - b,
  );
  const risky = labels.reduce((sum, y) => sum + y, 0);
  const harmless = labels.length - risky;
  const roc = { x: [0], y: [0] };
  const precisionRecall = { x: [] as number[], y: [] as number[] };
  const stride = Math.max(1, Math.floor(order.length / CURVE_POINTS));
  let hits = 0;
  for (let i = 0; i < order.length; i++) {
    hits += labels[order[i] as number] as number;
    const tied = i + 1 < order.length && energies[order[i + 1] as number] === energies[order[i] as number];
    if (tied || ((i + 1) % stride !== 0 && i + 1 < order.length)) continue;
    roc.x.push(harmless === 0 ? 0 : (i + 1 - hits) / harmless);
    roc.y.push(risky === 0 ? 0 : hits / risky);
    precisionRecall.x.push(risky === 0 ? 0 : hits / risky);
    precisionRecall.y.push(hits / (i + 1));
  }
  return { roc, precisionRecall };
}

function rowsOfSources(table: LabelledTable): number[][] {
  const rows: number[][] = table.sources.map(() => []);
  for (let row = 0; row < table.rows; row++) rows[table.sourceOf[row] as number]?.push(row);
  return rows;
}
function sourceFigures(
  table: LabelledTable,
  energies: Float64Array,
  window: Parameters<typeof judgeWarnings>[3],
): SourceFigures[] {
  return rowsOfSources(table).flatMap((rows, source) => {
    if (rows.length === 0) return [];
    const part = splitTable(table, rows);
    const own = Float64Array.from(rows, (row) => energies[row] as number);
    const warnings = judgeWarnings(
      part,
      own,
      table.events.filter((e) => e.source === source),
      window,
    );
    return [
      {
        name: table.sources[source] as string,
        rows: rows.length,
        positives: positives(part),
        auroc: finite(auroc(own, part.labels)),
        highest: own.reduce((a, b) => Math.max(a, b), 0),
        events: warnings.events,
        warned: spans(table) ? warnings.found : warnings.warned,
        falseAlarms: warnings.falseAlarms,
      },
    ];
  });
}
/** Sources with an event first: they are what one wants to look at. */
function tracesOf(table: LabelledTable, energies: Float64Array): Trace[] {
  const eventful = new Set(table.events.map((e) => e.source));
  const all = rowsOfSources(table)
    .map((rows, source) => ({ rows, source }))
    .filter(({ rows }) => rows.length > 1);
  const ordered = [
    ...all.filter((s) => eventful.has(s.source)),
    ...all.filter((s) => !eventful.has(s.source)),
  ];
  return ordered.slice(0, TRACES_MAX).map(({ rows, source }) => {
    const stride = Math.max(1, Math.ceil(rows.length / TRACE_POINTS));
    const kept = rows.filter((_, i) => i % stride === 0);
    return {
      name: table.sources[source] as string,
      timesS: kept.map((row) => (table.times[row] as number) / 1e6),
      energies: kept.map((row) => energies[row] as number),
      eventsS: table.events.filter((e) => e.source === source).map((e) => e.t / 1e6),
    };
  });
}
