import { assert } from "../../core/base/assert.ts";
import { err, ok, type Result } from "../../core/base/result.ts";
import {
  type AdditiveSetting,
  type AlarmRule,
  auroc,
  averagePrecision,
  bindHead,
  brier,
  type Calibration,
  calibrationError,
  conformalAlarm,
  eventScores,
  featureListHash,
  fitLogistic,
  fitSteps,
  type FrameTable,
  groupFolds,
  HEAD_SCHEMA,
  type Head,
  type HeadArtefact,
  type HeadBody,
  judgeWarnings,
  positives,
  probabilityOf,
  type RiskDomain,
  sealHead,
  type TableEvent,
  trainAdditive,
  type TrainingProgress,
} from "../../core/risk/index.ts";
import { sampleQuantile } from "../../core/stats/index.ts";
import type { LabelledTable } from "./growing-table.ts";
import { knownRows, scoreTable, silentWhereUnknown } from "./score-table.ts";
import { splitTable } from "./split-table.ts";

export interface DataItem {
  readonly name: string;
  readonly sha256: string;
  readonly rows: number;
  readonly positives: number;
}
export interface HeadRequest {
  readonly domain: RiskDomain;
  readonly setting: AdditiveSetting;
  readonly train: LabelledTable;
  /** set aside for calibration and for the figures of the model card; null: groups of `train` are set aside */
  readonly calibration: LabelledTable | null;
  readonly test: LabelledTable | null;
  readonly data: readonly DataItem[];
}
/** Below this an isotonic fit would draw its steps from noise. */
const STEPS_POSITIVES_MIN = 200;
const ORDINARY_KEPT = 256;
const FOLDS = 5;

/** Trains, calibrates, measures and names a head. Same request, same bytes. */
export function* trainHead(request: HeadRequest): Generator<TrainingProgress, Result<HeadArtefact, string>> {
  const parts = partsOf(request);
  for (const [name, table] of Object.entries(parts)) {
    const risky = positives(table);
    if (risky === 0 || risky === table.rows)
      return err(
        `the ${name} rows are all ${risky === 0 ? "harmless" : "risky"}; a head needs both, in enough separate groups`,
      );
  }
  const trained = yield* trainAdditive(parts.training, request.setting);
  if (trained.model.shapes.length === 0) return err("no feature tells risky from harmless rows in this data");
  const bare = bareBody(request, trained.importance, trained.model);
  const head = bound(sealHead(bare));
  const scored = scoreTable(head, parts.calibration);
  const known = splitTable(parts.calibration, knownRows(scored));
  const energies = scored.filter((energy) => energy >= 0);
  const calibration = calibrate(energies, known);
  const alarm = alarmFor(request.domain, parts.calibration, silentWhereUnknown(scored), calibration);
  const ordinary = ordinaryOf(known, energies, alarm, request.domain);
  const finished = { ...bare, calibration, alarm, ordinary };
  const metrics = measure(bound(sealHead(finished)), parts.test, request.domain);
  return ok(sealHead({ ...finished, metrics: { ...metrics, epochs: trained.epochs } }));
}

interface Parts {
  readonly training: LabelledTable;
  readonly calibration: LabelledTable;
  readonly test: LabelledTable;
}
function partsOf({ train, calibration, test, setting }: HeadRequest): Parts {
  if (calibration !== null) return { training: train, calibration, test: test ?? calibration };
  if (new Set(train.groups).size < FOLDS) return { training: train, calibration: train, test: test ?? train };
  const [first, second] = groupFolds(train, FOLDS, setting.seed).map((split) => split.test) as [
    Int32Array,
    Int32Array,
  ];
  const away = new Set([...first, ...second]);
  const rest = Int32Array.from({ length: train.rows }, (_, i) => i).filter((row) => !away.has(row));
  return {
    training: splitTable(train, rest),
    calibration: splitTable(train, first),
    test: test ?? splitTable(train, second),
  };
}

function bareBody(request: HeadRequest, importance: Float64Array, model: HeadBody["model"]): HeadBody {
  const { domain, setting, train } = request;
  // rounding must not leave the sum above 1
  const shares = Array.from(importance, (share) => Math.min(1, Math.max(0, share)));
  return {
    schema: HEAD_SCHEMA,
    domain: domain.name,
    horizonMs: domain.horizonMs,
    features: train.features.map((f) => ({ ...f })),
    featuresHash: featureListHash(train.features),
    model,
    importance: shares,
    calibration: { kind: "logistic", slope: 1, offset: 0 },
    alarm: { threshold: 0, missRate: domain.missRate, events: 0, coverageFloor: 0, scores: [] },
    ordinary: { energies: [], spread: 0, falseAlarmsPerHour: 0 },
    training: {
      seed: setting.seed,
      method: "additive",
      setting: { ...setting },
      data: request.data.map((d) => ({ ...d })),
    },
    metrics: {},
  };
}
export function bound(artefact: HeadArtefact): Head {
  const head = bindHead(artefact, artefact.features);
  assert(head.ok, `a head that was just made must bind: ${head.ok ? "" : head.error.detail}`);
  return head.value;
}

function calibrate(energies: Float64Array, table: FrameTable): Calibration {
  return positives(table) >= STEPS_POSITIVES_MIN
    ? fitSteps(energies, table.labels)
    : fitLogistic(energies, table.labels);
}

/** Without events the risky rows of one group are one event. */
export function eventsOrGroups(
  table: LabelledTable,
  energies: Float64Array,
  domain: RiskDomain,
): Float64Array {
  const window = { horizonUs: domain.horizonMs * 1_000, leadUs: domain.leadMs * 1_000 };
  if (table.events.length > 0) return eventScores(table, energies, table.events, window);
  const most = new Map<number, number>();
  for (let row = 0; row < table.rows; row++)
    if (table.labels[row] === 1)
      most.set(
        table.groups[row] as number,
        Math.max(most.get(table.groups[row] as number) ?? 0, energies[row] as number),
      );
  return Float64Array.from(most.values());
}
function alarmFor(
  domain: RiskDomain,
  table: LabelledTable,
  energies: Float64Array,
  calibration: Calibration,
): AlarmRule {
  const rule = conformalAlarm(eventsOrGroups(table, energies, domain), domain.missRate);
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

function ordinaryOf(
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
const warningsOf = (
  table: FrameTable,
  energies: Float64Array,
  threshold: number,
  events: readonly TableEvent[],
  domain: RiskDomain,
) =>
  judgeWarnings(table, energies, events, {
    threshold,
    horizonUs: domain.horizonMs * 1_000,
    leadUs: domain.leadMs * 1_000,
  });

/** The figures of a model card: plain numbers by name; what cannot be measured is left out. */
function measure(head: Head, table: LabelledTable, domain: RiskDomain): Record<string, number> {
  const scored = scoreTable(head, table);
  const known = splitTable(table, knownRows(scored));
  const energies = scored.filter((energy) => energy >= 0);
  const probabilities = energies.map((energy) => head.probability(energy));
  const warnings = warningsOf(table, silentWhereUnknown(scored), head.threshold, table.events, domain);
  const leads = warnings.leadsUs.filter((lead) => lead >= 0);
  const figures: Record<string, number> = {
    test_rows: table.rows,
    test_positives: positives(table),
    test_rows_unknown: table.rows - known.rows,
    auroc: auroc(energies, known.labels),
    average_precision: averagePrecision(energies, known.labels),
    calibration_error: calibrationError(probabilities, known.labels),
    brier: brier(probabilities, known.labels),
    false_alarms_per_hour: warnings.falseAlarmsPerHour,
  };
  if (warnings.events > 0) {
    figures.battery_events = warnings.events;
    figures.battery_missed = warnings.events - warnings.warned;
    figures.median_lead_ms = sampleQuantile(leads, 0.5) / 1_000;
  }
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => Number.isFinite(value)));
}
