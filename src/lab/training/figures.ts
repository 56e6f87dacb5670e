import {
  auroc,
  aurocInterval,
  averagePrecision,
  brier,
  calibrationError,
  groupInterval,
  type Interval,
  medianInterval,
  rateInterval,
  shareInterval,
  type WarningReport,
  weightedBrier,
  weightedCalibration,
  weightedPrecision,
} from "../../core/risk/index.ts";
import { sampleQuantile } from "../../core/stats/index.ts";

/** A number and what such data leave open about it. null: the data cannot say. */
export interface Figure {
  readonly value: number | null;
  readonly interval: Interval | null;
}
export interface Figures {
  readonly auroc: Figure;
  readonly averagePrecision: Figure;
  readonly calibrationError: Figure;
  readonly brier: Figure;
  /** share of events with an alarm that speaks of them, and of those that had it early enough */
  readonly found: Figure;
  readonly warned: Figure;
  readonly medianLeadMs: Figure;
  readonly falseAlarmsPerHour: Figure;
}
export interface ScoredRows {
  readonly energies: Float64Array;
  readonly probabilities: Float64Array;
  readonly labels: Uint8Array;
  readonly groups: Int32Array;
}
/** intervals are drawn from this: the same data give the same ones */
const SEED = 1;
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** Every figure of a head on rows whose V_s is known, each with its interval over groups or events. */
export function figuresOf(rows: ScoredRows, warnings: WarningReport): Figures {
  const { energies, probabilities, labels, groups } = rows;
  const byEnergy = { scores: energies, labels, groups };
  const byChance = { scores: probabilities, labels, groups };
  const figure = (value: number, interval: () => Interval | null): Figure =>
    finite(value) === null ? { value: null, interval: null } : { value, interval: interval() };
  const leads = warnings.leadsUs.filter((lead) => lead !== null).map((lead) => lead / 1_000);
  return {
    auroc: figure(auroc(energies, labels), () => aurocInterval(byEnergy, SEED)),
    averagePrecision: figure(averagePrecision(energies, labels), () =>
      groupInterval(groups, SEED, weightedPrecision(byEnergy)),
    ),
    calibrationError: figure(calibrationError(probabilities, labels), () =>
      groupInterval(groups, SEED, weightedCalibration(byChance)),
    ),
    brier: figure(brier(probabilities, labels), () => groupInterval(groups, SEED, weightedBrier(byChance))),
    found: figure(warnings.found / warnings.events, () => shareInterval(warnings.found, warnings.events)),
    warned: figure(warnings.warned / warnings.events, () => shareInterval(warnings.warned, warnings.events)),
    medianLeadMs: figure(leads.length === 0 ? Number.NaN : sampleQuantile(leads, 0.5), () =>
      medianInterval(leads),
    ),
    falseAlarmsPerHour: figure(warnings.quietHours > 0 ? warnings.falseAlarmsPerHour : Number.NaN, () =>
      rateInterval(warnings.falseAlarms, warnings.quietHours),
    ),
  };
}

const short = (value: number): string => String(Number(value.toPrecision(3)));
/** "0.93 (0.88 to 0.97)"; a dash where the data cannot say. */
export function figureText({ value, interval }: Figure, text: (value: number) => string = short): string {
  if (value === null) return "–";
  return interval === null
    ? `${text(value)} (no interval: too few groups or events)`
    : `${text(value)} (${text(interval[0])} to ${text(interval[1])})`;
}
