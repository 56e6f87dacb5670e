import { assert } from "../../core/base/assert.ts";
import { err, ok, type Result } from "../../core/base/result.ts";
import {
  type AdditiveSetting,
  bindHead,
  featureListHash,
  HEAD_SCHEMA,
  type Head,
  type HeadArtefact,
  type HeadBody,
  type RiskDomain,
  sealHead,
  trainAdditive,
  type Trained,
  type TrainingProgress,
} from "../../core/risk/index.ts";
import { alarmFor, calibrate, ordinaryOf } from "./alarm-of.ts";
import type { LabelledTable } from "./growing-table.ts";
import { foldSeed, type HeldOutPlan, oneSided, planOf } from "./held-out.ts";
import { foldScores, type FoldScores } from "./fold-scores.ts";
import { foldMetrics, metricsOf } from "./head-metrics.ts";
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
  /** set aside for calibration and for the figures of the model card; null: groups of `train` are held out */
  readonly calibration: LabelledTable | null;
  readonly test: LabelledTable | null;
  readonly data: readonly DataItem[];
  /** events that the labels are made of; left out: contact and collision */
  readonly events?: readonly string[];
}
/** What a training tells: several models are trained where groups are held out in turn. */
export interface HeadProgress extends TrainingProgress {
  readonly part: number;
  readonly parts: number;
}

/** Trains, calibrates, measures and names a head. Same request, same bytes. */
export function* trainHead(request: HeadRequest): Generator<HeadProgress, Result<HeadArtefact, string>> {
  const plan = planOf(request.train, request, request.setting.seed);
  for (const [name, table] of Object.entries(partsOf(request, plan))) {
    const side = oneSided(table);
    if (side !== null)
      return err(`the ${name} rows are all ${side}; a head needs both, in enough separate groups`);
  }
  const parts = plan.kind === "folds" ? plan.splits.length + 1 : 1;
  const training = plan.kind === "aside" ? plan.training : request.train;
  const trained = yield* inPart(trainAdditive(training, request.setting), parts - 1, parts);
  if (trained.model.shapes.length === 0) return err("no feature tells risky from harmless rows in this data");
  const bare = bareBody(request, trained);
  if (plan.kind !== "folds") return ok(withPlan(request, plan, bare, trained.epochs));
  const scores = yield* scoreFolds(request, plan.splits, parts);
  return ok(withFolds(request, scores, bare, trained.epochs));
}
function partsOf(request: HeadRequest, plan: HeldOutPlan): Record<string, LabelledTable> {
  if (plan.kind !== "aside") return { training: request.train };
  const { training, calibration, test } = plan;
  return { training, calibration, test };
}
function* inPart<R>(
  steps: Generator<TrainingProgress, R>,
  part: number,
  parts: number,
): Generator<HeadProgress, R> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    yield { ...step.value, part, parts };
  }
}

/** One descent per fold is enough: the head itself is the mean of several and no worse. */
function* scoreFolds(
  request: HeadRequest,
  splits: readonly { readonly train: Int32Array; readonly test: Int32Array }[],
  parts: number,
): Generator<HeadProgress, FoldScores> {
  const { train, setting } = request;
  const scores = foldScores(train);
  for (const [fold, split] of splits.entries()) {
    const seed = foldSeed(setting.seed, fold);
    const trained = yield* inPart(
      trainAdditive(splitTable(train, split.train), { ...setting, seed, bags: 1 }),
      fold,
      parts,
    );
    const head = trained.model.shapes.length === 0 ? null : bound(sealHead(bareBody(request, trained)));
    scores.add(split.test, head);
  }
  return scores;
}

/** Calibration and alarm from rows that were set aside, or, where there are none, from the training's own. */
function withPlan(
  { domain, train }: HeadRequest,
  plan: Exclude<HeldOutPlan, { kind: "folds" }>,
  bare: HeadBody,
  epochs: number,
): HeadArtefact {
  const table = plan.kind === "aside" ? plan.calibration : train;
  const scored = scoreTable(bound(sealHead(bare)), table);
  const known = splitTable(table, knownRows(scored));
  const energies = scored.filter((energy) => energy >= 0);
  const calibration = calibrate(energies, known);
  const promised = plan.kind === "aside";
  const alarm = alarmFor(domain, table, silentWhereUnknown(scored), calibration, promised);
  const finished = { ...bare, calibration, alarm, ordinary: ordinaryOf(known, energies, alarm, domain) };
  const metrics =
    plan.kind === "aside"
      ? metricsOf(bound(sealHead(finished)), plan.test, domain)
      : { evaluated: 0, groups: plan.groups };
  return sealHead({ ...finished, metrics: { ...metrics, epochs } });
}
/** Calibration and alarm from rows that each were scored by a model without their group. */
function withFolds(
  { domain, train }: HeadRequest,
  scores: FoldScores,
  bare: HeadBody,
  epochs: number,
): HeadArtefact {
  const known = splitTable(train, knownRows(scores.energies));
  const energies = scores.energies.filter((energy) => energy >= 0);
  const calibration = calibrate(energies, known);
  const alarm = alarmFor(domain, train, silentWhereUnknown(scores.energies), calibration, true);
  const finished = { ...bare, calibration, alarm, ordinary: ordinaryOf(known, energies, alarm, domain) };
  return sealHead({ ...finished, metrics: { ...foldMetrics(scores, domain), epochs } });
}

function bareBody(request: HeadRequest, { importance, model }: Trained): HeadBody {
  const { domain, setting, train } = request;
  // rounding must not leave the sum above 1
  const shares = Array.from(importance, (share) => Math.min(1, Math.max(0, share)));
  return {
    schema: HEAD_SCHEMA,
    domain: domain.name,
    ...(request.events && { events: [...request.events] }),
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
