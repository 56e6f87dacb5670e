import type { HazardWindow } from "./hazards.ts";

/** One stretch in one state of the cell. */
export interface StateSpan {
  readonly fromUs: number;
  readonly toUs: number;
  readonly state: string;
  readonly blocked: boolean;
  readonly code: string;
}
/** One figure of the card, with the mark it has to reach. */
export interface Kpi {
  readonly key: "time_to_stop_s" | "held_ratio" | "time_to_resume_s" | "false_stop_ratio";
  readonly title: string;
  readonly value: number | null;
  readonly limit: number;
  /** "max": the value must not exceed the limit */
  readonly side: "max" | "min";
  /** null: there was nothing to measure */
  readonly passed: boolean | null;
  readonly detail: string;
}
export interface KpiLimits {
  readonly timeToStopS: number;
  readonly heldRatio: number;
  readonly timeToResumeS: number;
  readonly falseStopRatio: number;
}
/** The marks of nav2's collision monitor bag test. */
export const DEFAULT_KPI_LIMITS: KpiLimits = {
  timeToStopS: 0.6,
  heldRatio: 0.9,
  timeToResumeS: 0.6,
  falseStopRatio: 0.05,
};

/**
 * How the cell did over a recording. Counted from the first moment in which it let the robot move: a node
 * that is still starting neither stops nor holds anything.
 */
export function measureKpis(
  spans: readonly StateSpan[],
  windows: readonly HazardWindow[],
  limits: KpiLimits = DEFAULT_KPI_LIMITS,
): Kpi[] {
  const from = spans.find((span) => !span.blocked)?.fromUs ?? Infinity;
  const judged = windows
    .filter((w) => w.toUs > from)
    .map((w) => ({ ...w, fromUs: Math.max(w.fromUs, from) }));
  const stops = judged.map((w) => stopTime(spans, w));
  const missed = stops.filter((s) => s === null).length;
  const worstStop = maxOf(stops.map((s) => s ?? Infinity));
  const resumes = judged.map((w, i) => resumeTime(spans, w, judged[i + 1])).filter((s) => s !== null);
  const worstResume = maxOf(resumes);
  const held = heldRatio(spans, judged, stops);
  const hazards = judged.length === 1 ? "1 hazard" : `${judged.length} hazards`;
  const falseStops = falseStopRatio(spans, judged, from, limits.timeToResumeS * 1e6);
  return [
    kpi(
      "time_to_stop_s",
      "longest time to stop",
      finite(worstStop),
      limits.timeToStopS,
      "max",
      worstStop === Infinity ? false : null,
      missed > 0 ? `${missed} of ${hazards} not stopped` : hazards,
    ),
    kpi("held_ratio", "held while the hazard lasted", held, limits.heldRatio, "min", null, hazards),
    kpi(
      "time_to_resume_s",
      "longest time to resume",
      worstResume,
      limits.timeToResumeS,
      "max",
      null,
      `${resumes.length} resumed`,
    ),
    kpi(
      "false_stop_ratio",
      "blocked without a hazard",
      falseStops,
      limits.falseStopRatio,
      "max",
      null,
      "share of the time outside hazards",
    ),
  ];
}
function kpi(
  key: Kpi["key"],
  title: string,
  value: number | null,
  limit: number,
  side: Kpi["side"],
  forced: boolean | null,
  detail: string,
): Kpi {
  const judged = value === null ? null : side === "max" ? value <= limit : value >= limit;
  return { key, title, value, limit, side, passed: forced ?? judged, detail };
}
const finite = (value: number | null): number | null =>
  value === null || !Number.isFinite(value) ? null : value;
const maxOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((a, b) => Math.max(a, b));
const overlap = (span: StateSpan, from: number, to: number): number =>
  Math.max(0, Math.min(span.toUs, to) - Math.max(span.fromUs, from));

/** Seconds from the hazard's begin to the block, null when it never came. */
function stopTime(spans: readonly StateSpan[], window: HazardWindow): number | null {
  const first = spans.find((s) => s.blocked && s.toUs > window.fromUs && s.fromUs <= window.toUs);
  return first === undefined ? null : Math.max(0, first.fromUs - window.fromUs) / 1e6;
}
/** Seconds from the hazard's end to motion, null when the next hazard or the end came first. */
function resumeTime(
  spans: readonly StateSpan[],
  window: HazardWindow,
  next: HazardWindow | undefined,
): number | null {
  const free = spans.find((s) => !s.blocked && s.toUs > window.toUs);
  if (free === undefined || (next !== undefined && free.fromUs >= next.fromUs)) return null;
  const wasBlocked = spans.some((s) => s.blocked && s.fromUs <= window.toUs && s.toUs >= window.fromUs);
  return wasBlocked ? Math.max(0, free.fromUs - window.toUs) / 1e6 : null;
}
/** Share of the time from the stop to the hazard's end in which the cell stayed blocked. */
function heldRatio(
  spans: readonly StateSpan[],
  windows: readonly HazardWindow[],
  stops: readonly (number | null)[],
): number | null {
  let blocked = 0;
  let whole = 0;
  windows.forEach((window, i) => {
    const from = window.fromUs + (stops[i] ?? 0) * 1e6;
    if (from >= window.toUs) return;
    whole += window.toUs - from;
    for (const span of spans) if (span.blocked) blocked += overlap(span, from, window.toUs);
  });
  return whole === 0 ? null : blocked / whole;
}
/** Share of the time outside hazards, each with the time to resume granted behind it, in which the cell was blocked. */
function falseStopRatio(
  spans: readonly StateSpan[],
  windows: readonly HazardWindow[],
  from: number,
  graceUs: number,
): number | null {
  const end = spans.at(-1)?.toUs ?? 0;
  if (from >= end) return null;
  let outside = 0;
  let blocked = 0;
  let at = from;
  for (const window of [...windows, { fromUs: end, toUs: end, what: "" }]) {
    if (window.fromUs > at) {
      outside += window.fromUs - at;
      for (const span of spans) if (span.blocked) blocked += overlap(span, at, window.fromUs);
    }
    at = Math.max(at, window.toUs + graceUs);
  }
  return outside === 0 ? null : blocked / outside;
}

/** A figure of the card in words: "0.324 s", "98.5 %", "never", "–" for what did not arise. */
export function kpiText({ key, value, passed }: Kpi): string {
  if (value === null) return passed === false ? "never" : "–";
  const short = (n: number): string => String(Number(n.toPrecision(4)));
  return key.endsWith("_ratio") ? `${short(value * 100)} %` : `${short(value)} s`;
}
