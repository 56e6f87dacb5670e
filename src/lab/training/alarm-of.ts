import {
  type AlarmRule,
  type Calibration,
  conformalAlarm,
  eventScores,
  fitLogistic,
  fitSteps,
  type FrameTable,
  type HeadBody,
  judgeWarnings,
  positives,
  probabilityOf,
  type RiskDomain,
  type TableEvent,
  type WarningReport,
  type WarningSetting,
} from "../../core/risk/index.ts";
import type { LabelledTable } from "./growing-table.ts";

/** Below this an isotonic fit would draw its steps from noise. */
const STEPS_POSITIVES_MIN = 200;
const ORDINARY_KEPT = 256;

export const windowOf = (domain: RiskDomain): Omit<WarningSetting, "threshold"> => ({
  horizonUs: domain.horizonMs * 1_000,
  leadUs: domain.leadMs * 1_000,
});
export const calibrate = (energies: Float64Array, table: FrameTable): Calibration =>
  positives(table) >= STEPS_POSITIVES_MIN
    ? fitSteps(energies, table.labels)
    : fitLogistic(energies, table.labels);

/** Without events the risky rows of one group are one event. */
function eventsOrGroups(table: LabelledTable, energies: Float64Array, domain: RiskDomain): Float64Array {
  if (table.events.length > 0) return eventScores(table, energies, table.events, windowOf(domain));
  const most = new Map<number, number>();
  for (let row = 0; row < table.rows; row++)
    if (table.labels[row] === 1)
      most.set(
        table.groups[row] as number,
        Math.max(most.get(table.groups[row] as number) ?? 0, energies[row] as number),
      );
  return Float64Array.from(most.values());
}
/** The threshold with its promise; events that were trained on promise nothing. */
export function alarmFor(
  domain: RiskDomain,
  table: LabelledTable,
  energies: Float64Array,
  calibration: Calibration,
  promised: boolean,
): AlarmRule {
  const rule = promised ? conformalAlarm(eventsOrGroups(table, energies, domain), domain.missRate) : null;
  if (rule !== null) return rule;
  return {
    threshold: energyAtHalf(energies, calibration),
    missRate: domain.missRate,
    events: 0,
    coverageFloor: 0,
    scores: [],
  };
}
/** Too few events for a promise: the alarm is where risk becomes likelier than not. */
function energyAtHalf(energies: Float64Array, calibration: Calibration): number {
  const sorted = Float64Array.from(energies).sort();
  const found = sorted.find((energy) => probabilityOf(calibration, energy) >= 0.5);
  return found ?? (sorted[sorted.length - 1] as number);
}

export function ordinaryOf(
  table: LabelledTable,
  energies: Float64Array,
  alarm: AlarmRule,
  domain: RiskDomain,
): HeadBody["ordinary"] {
  const quiet = Float64Array.from(energies.filter((_, row) => table.labels[row] === 0)).sort();
  const kept = Math.min(ORDINARY_KEPT, quiet.length);
  const thinned = Array.from(
    { length: kept },
    (_, i) => quiet[Math.round((i / Math.max(1, kept - 1)) * (quiet.length - 1))] as number,
  );
  const mean = quiet.reduce((sum, x) => sum + x, 0) / Math.max(1, quiet.length);
  const spread = Math.sqrt(
    quiet.reduce((sum, x) => sum + (x - mean) * (x - mean), 0) / Math.max(1, quiet.length),
  );
  return {
    energies: thinned,
    spread,
    falseAlarmsPerHour: warningsOf(table, energies, alarm.threshold, table.events, domain).falseAlarmsPerHour,
  };
}
export const warningsOf = (
  table: FrameTable,
  energies: Float64Array,
  threshold: number,
  events: readonly TableEvent[],
  domain: RiskDomain,
): WarningReport => judgeWarnings(table, energies, events, { threshold, ...windowOf(domain) });
