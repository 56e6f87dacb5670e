import { type FrameTable, isOfAction } from "./table.ts";

/** Something that should have been foreseen: a contact, a protective stop. */
export interface TableEvent {
  readonly source: number;
  readonly t: number;
  /** end of what a label calls risky; absent: a moment that should have been announced before it came */
  readonly until?: number;
}
/** Alarms of one event-free stretch closer together than this are one alarm. */
const MERGE_US = 1_000_000;
/** Rows this long after an event belong to it: the cell is recovering. */
const RECOVERY_US = 2_000_000;
/** A hole in the rows counts at most this long as time without an event. */
const HOLE_US = 10_000_000;

export interface WarningSetting {
  /** V_s at or above this is an alarm */
  readonly threshold: number;
  /** a warning counts from this long before the event on */
  readonly horizonUs: number;
  /** and must come at least this long before it */
  readonly leadUs: number;
  /** labelled stretches: an alarm counts at most this long after the stretch began; absent: until it ends */
  readonly withinUs?: number;
}
export interface WarningReport {
  readonly events: number;
  /** events with an alarm early enough */
  readonly warned: number;
  /** events with an alarm in their horizon or, of labelled stretches, in time after they began */
  readonly found: number;
  /** microseconds from the first such alarm to the event, one per event; below 0: after it began; null: not found */
  readonly leadsUs: readonly (number | null)[];
  readonly falseAlarms: number;
  /** time without an event in sight */
  readonly quietHours: number;
  readonly falseAlarmsPerHour: number;
}

/** Walks each source in the order of time. Rows in sight of an event and shortly after it are no quiet time. */
export function judgeWarnings(
  table: FrameTable,
  energies: ArrayLike<number>,
  events: readonly TableEvent[],
  setting: WarningSetting,
): WarningReport {
  const leadsUs: (number | null)[] = [];
  const quiet = { us: 0, alarms: 0 };
  for (const [source, rows] of rowsBySource(table)) {
    const own = events.filter((e) => e.source === source).sort((a, b) => a.t - b.t);
    for (const event of own) {
      const first = rows.find(
        (r) =>
          counts(table.times[r] as number, event, setting) && (energies[r] as number) >= setting.threshold,
      );
      leadsUs.push(first === undefined ? null : event.t - (table.times[first] as number));
    }
    judgeQuiet(table, energies, { rows, own }, setting, quiet);
  }
  const quietHours = quiet.us / 3.6e9;
  return {
    events: leadsUs.length,
    warned: leadsUs.filter((lead) => lead !== null && lead >= setting.leadUs).length,
    found: leadsUs.filter((lead) => lead !== null).length,
    leadsUs,
    falseAlarms: quiet.alarms,
    quietHours,
    falseAlarmsPerHour: quietHours > 0 ? quiet.alarms / quietHours : 0,
  };
}
function judgeQuiet(
  table: FrameTable,
  energies: ArrayLike<number>,
  { rows, own }: { readonly rows: readonly number[]; readonly own: readonly TableEvent[] },
  setting: WarningSetting,
  sum: { us: number; alarms: number },
): void {
  let lastAlarm = Number.NEGATIVE_INFINITY;
  let before = Number.NaN;
  let next = 0;
  for (const row of rows) {
    const t = table.times[row] as number;
    while (next < own.length && t > ends(own[next] as TableEvent) + RECOVERY_US) next++;
    const coming = own[next];
    if (coming !== undefined && t >= coming.t - setting.horizonUs) {
      before = Number.NaN;
      // an alarm that goes on after its event is still that alarm
      if ((energies[row] as number) >= setting.threshold) lastAlarm = t;
      continue;
    }
    // a row counts from the quiet row before it on: the first one after an event or of a source only begins
    if (before === before) {
      sum.us += Math.max(0, Math.min(HOLE_US, t - before));
      if ((energies[row] as number) >= setting.threshold) {
        if (!(t - lastAlarm <= MERGE_US)) sum.alarms++;
        lastAlarm = t;
      }
    }
    before = t;
  }
}
const ends = (event: TableEvent): number => event.until ?? event.t;
/** Whether an alarm at this time speaks of the event. */
function counts(t: number, event: TableEvent, setting: WarningSetting): boolean {
  if (t < event.t - setting.horizonUs) return false;
  if (event.until === undefined) return t < event.t;
  return t <= Math.min(event.until, event.t + (setting.withinUs ?? Number.POSITIVE_INFINITY));
}

/**
 * Rows that carry labels tell of events too: risky rows of one source and group that follow each other are one.
 * A harmless row or two between them, for less than a second, do not make two events of one.
 */
export function eventsOfLabels(table: FrameTable): TableEvent[] {
  const events: TableEvent[] = [];
  for (const [source, rows] of rowsBySource(table)) {
    let open: { t: number; until: number; group: number; row: number } | null = null;
    const close = (): void => {
      if (open !== null) events.push({ source, t: open.t, until: open.until });
      open = null;
    };
    rows.forEach((row, at) => {
      if (table.labels[row] !== 1) return;
      const t = table.times[row] as number;
      const group = table.groups[row] as number;
      const follows: boolean =
        open !== null && group === open.group && (at === open.row + 1 || t - open.until <= MERGE_US);
      if (open === null || !follows) {
        close();
        open = { t, until: t, group, row: at };
      } else open = { ...open, until: Math.max(open.until, t), row: at };
    });
    close();
  }
  return events;
}

/** Highest V_s of each event between the start of its horizon and the last moment at which an alarm still counts. */
export function eventScores(
  table: FrameTable,
  energies: ArrayLike<number>,
  events: readonly TableEvent[],
  setting: Omit<WarningSetting, "threshold">,
): Float64Array {
  const bySource = new Map(rowsBySource(table));
  return Float64Array.from(events, (event) => {
    let most = 0;
    for (const row of bySource.get(event.source) ?? []) {
      const at = table.times[row] as number;
      const early = event.until !== undefined || at <= event.t - setting.leadUs;
      if (early && counts(at, event, { ...setting, threshold: 0 }))
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
    // alarms are raised by V_s of the cell
    if (isOfAction(table, row)) continue;
    const source = table.sourceOf[row] as number;
    const rows = map.get(source);
    if (rows === undefined) map.set(source, [row]);
    else rows.push(row);
  }
  return [...map];
}
