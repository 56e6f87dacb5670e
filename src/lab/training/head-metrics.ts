import {
  auroc,
  type Head,
  isOfAction,
  positives,
  probabilityOf,
  type RiskDomain,
  selectRows,
  type WarningReport,
  judgeWarnings,
} from "../../core/risk/index.ts";
import { alarmFor, calibrate, warningsOf, windowOf } from "./alarm-of.ts";
import { type Figure, figuresOf, type ScoredRows } from "./figures.ts";
import type { FoldScores } from "./fold-scores.ts";
import type { LabelledTable } from "./growing-table.ts";
import { groupCount } from "./held-out.ts";
import { knownRows, scoreTable, silentWhereUnknown } from "./score-table.ts";
import { splitTable } from "./split-table.ts";

/** The figures of a model card on rows that nothing else saw. */
export function metricsOf(head: Head, table: LabelledTable, domain: RiskDomain): Record<string, number> {
  const scored = scoreTable(head, table);
  const known = selectRows(table, knownRows(scored));
  const energies = scored.filter((energy) => energy >= 0);
  const probabilities = energies.map((energy) => head.probability(energy));
  const warnings = warningsOf(table, silentWhereUnknown(scored), head.threshold, table.events, domain);
  const rows = { energies, probabilities, labels: known.labels, groups: known.groups };
  return { ...named(table, rows, warnings), ...actionFigures(table, scored) };
}
/** How well V_s of an action tells actions that ended in an event from those that did not. */
function actionFigures(table: LabelledTable, scored: Float64Array): Record<string, number> {
  const rows = Array.from(scored.keys()).filter((row) => isOfAction(table, row) && scored[row]! >= 0);
  if (rows.length === 0) return {};
  const part = selectRows(table, rows);
  const order = auroc(
    Float64Array.from(rows, (row) => scored[row]!),
    part.labels,
  );
  return {
    action_rows: rows.length,
    action_positives: positives(part),
    ...(Number.isFinite(order) && { action_auroc: order }),
  };
}
/**
 * The figures where every group was left out in turn. Calibration and alarm of each fold come from the others
 * too, so that nothing a figure rests on has seen its rows.
 */
export function foldMetrics(
  { table, energies, folds }: FoldScores,
  domain: RiskDomain,
): Record<string, number> {
  const probabilities = new Float64Array(table.rows);
  // above 0 where V_s reaches the alarm of its fold
  const excess = new Float64Array(table.rows);
  for (const fold of folds) {
    const inside = new Set(fold);
    const rest = Int32Array.from({ length: table.rows }, (_, i) => i).filter(
      (row) => !inside.has(row) && (energies[row] as number) >= 0,
    );
    const others = splitTable(table, rest);
    const own = Float64Array.from(rest, (row) => energies[row] as number);
    const calibration = calibrate(own, others);
    const { threshold } = alarmFor(domain, others, own, calibration, true);
    for (const row of fold) {
      const energy = energies[row] as number;
      probabilities[row] = energy >= 0 ? probabilityOf(calibration, energy) : 0;
      excess[row] = energy >= 0 ? energy - threshold : Number.NEGATIVE_INFINITY;
    }
  }
  const rows = knownRows(energies);
  const known = selectRows(table, rows);
  const pick = (from: Float64Array): Float64Array => Float64Array.from(rows, (row) => from[row] as number);
  const warnings = judgeWarnings(table, excess, table.events, { threshold: 0, ...windowOf(domain) });
  const scored = {
    energies: pick(energies),
    probabilities: pick(probabilities),
    labels: known.labels,
    groups: known.groups,
  };
  return {
    ...named(table, scored, warnings),
    ...actionFigures(table, energies),
    left_out_in_turn: folds.length,
  };
}

/** Plain numbers by name, each with the ends of its interval; what cannot be measured is left out. */
function named(table: LabelledTable, rows: ScoredRows, warnings: WarningReport): Record<string, number> {
  const figures = figuresOf(rows, warnings);
  const all: Record<string, number | null> = {
    evaluated: 1,
    test_groups: groupCount(table),
    test_rows: table.rows,
    test_positives: positives(table),
    test_rows_unknown: table.rows - rows.energies.length,
  };
  const put = (name: string, { value, interval }: Figure): void => {
    all[name] = value;
    all[`${name}_low`] = interval?.[0] ?? null;
    all[`${name}_high`] = interval?.[1] ?? null;
  };
  put("auroc", figures.auroc);
  put("average_precision", figures.averagePrecision);
  put("calibration_error", figures.calibrationError);
  put("brier", figures.brier);
  put("false_alarms_per_hour", figures.falseAlarmsPerHour);
  if (warnings.events > 0) {
    all.battery_events = warnings.events;
    all.battery_missed = warnings.events - (spans(table) ? warnings.found : warnings.warned);
    put("announced_share", figures.warned);
    put("found_share", figures.found);
    put("median_lead_ms", figures.medianLeadMs);
  }
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
  );
}
/** Labelled stretches are found while they last; moments must be announced before they come. */
export const spans = (table: LabelledTable): boolean => table.events.some((e) => e.until !== undefined);
