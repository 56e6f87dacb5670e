import type { FrameTable } from "./table.ts";

/** Something that should have been foreseen: a contact, a protective stop. */
export interface TableEvent {
  readonly source: number;
  readonly t: number;
}
/** Alarms of one event-free stretch closer together than this are one alarm. */
const MERGE_US = 1_000_000;

export interface WarningSetting {
  /** V_s at or above this is an alarm */
  readonly threshold: number;
  /** a warning counts from this long before the event on */
  readonly horizonUs: number;
  /** and must come at least this long before it */
  readonly leadUs: number;
}
export interface WarningReport {
  readonly events: number;
  /** events with an alarm early enough */
  readonly warned: number;
  /** microseconds from the first alarm in the horizon to the event, one per event; -1: no alarm before it */
  readonly leadsUs: readonly number[];
  readonly falseAlarms: number;
  /** time without an event in sight */
  readonly quietHours: number;
  readonly falseAlarmsPerHour: number;
}

/** Walks each source in the order of time. Rows after an event of the source are not judged. */
export function judgeWarnings(
  table: FrameTable,
  energies: ArrayLike<number>,
  events: readonly TableEvent[],
  setting: WarningSetting,
): WarningReport {
  const leadsUs: number[] = [];
  let warned = 0;
  let falseAlarms = 0;
  let quietUs = 0;
  for (const [source, rows] of rowsBySource(table)) {
    const own = events
      .filter((e) => e.source === source)
      .map((e) => e.t)
      .sort((a, b) => a - b);
    for (const t of own) {
      const first = rows.find(
        (r) =>
          inHorizon(table.times[r] as number, t, setting) && (energies[r] as number) >= setting.threshold,
      );
      const lead = first === undefined ? -1 : t - (table.times[first] as number);
      leadsUs.push(lead);
      if (lead >= setting.leadUs) warned++;
    }
    let lastAlarm = Number.NEGATIVE_INFINITY;
    for (let i = 1; i < rows.length; i++) {
      const t = table.times[rows[i] as number] as number;
      if (own.some((e) => t >= e - setting.horizonUs)) break;
      quietUs += t - (table.times[rows[i - 1] as number] as number);
      if ((energies[rows[i] as number] as number) < setting.threshold) continue;
      if (t - lastAlarm > MERGE_US) falseAlarms++;
      lastAlarm = t;
    }
  }
  const quietHours = quietUs / 3.6e9;
  return {
    events: leadsUs.length,
    warned,
    leadsUs,
    falseAlarms,
    quietHours,
    falseAlarmsPerHour: quietHours > 0 ? falseAlarms / quietHours : 0,
  };
}
const inHorizon = (t: number, event: number, setting: WarningSetting): boolean =>
  t < event && t >= event - setting.horizonUs;

/** Highest V_s of each event between the start of its horizon and the last moment that is early enough. */
export function eventScores(
  table: FrameTable,
  energies: ArrayLike<number>,
  events: readonly TableEvent[],
  setting: Omit<WarningSetting, "threshold">,
): Float64Array {
  const bySource = new Map(rowsBySource(table));
  return Float64Array.from(events, ({ source, t }) => {
    let most = 0;
    for (const row of bySource.get(source) ?? []) {
      const at = table.times[row] as number;
      if (at >= t - setting.horizonUs && at <= t - setting.leadUs)
        most = Math.max(most, energies[row] as number);
    }
    return most;
  });
}
/** Highest V_s of every source without an event. */
export function quietScores(
  table: FrameTable,
  energies: ArrayLike<number>,
  events: readonly TableEvent[],
): Float64Array {
  const risky = new Set(events.map((e) => e.source));
  const scores: number[] = [];
  for (const [source, rows] of rowsBySource(table))
    if (!risky.has(source)) scores.push(rows.reduce((most, r) => Math.max(most, energies[r] as number), 0));
  return Float64Array.from(scores);
}
function rowsBySource(table: FrameTable): [number, number[]][] {
  const map = new Map<number, number[]>();
  for (let row = 0; row < table.rows; row++) {
    const source = table.sourceOf[row] as number;
    const rows = map.get(source);
    if (rows === undefined) map.set(source, [row]);
    else rows.push(row);
  }
  return [...map];
}
