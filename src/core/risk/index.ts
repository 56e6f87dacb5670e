export { ADDITIVE_DEFAULTS, type AdditiveSetting, type TrainingProgress } from "./additive-setting.ts";
export { createAdaptiveAlarm, type AdaptiveAlarm } from "./adaptive-alarm.ts";
export type { AdditiveModel, PairShape, Shape } from "./additive.ts";
export { type AlarmRule, conformalAlarm } from "./alarm.ts";
export {
  HEAD_SCHEMA,
  type HeadArtefact,
  type HeadBody,
  type HeadFault,
  readHead,
  sealHead,
} from "./artefact.ts";
export { type Calibration, fitLogistic, fitSteps, probabilityOf } from "./calibration.ts";
export type { RiskDomain, RiskEvent } from "./domains/domain.ts";
export { domainNamed, eventsByCode, metricsOfDomain, RISK_DOMAINS } from "./domains/registry.ts";
export {
  createLearnedEnergy,
  type EnergyOfAction,
  type FrameSource,
  type LearnedEnergy,
} from "./energy-model.ts";
export {
  eventScores,
  eventsOfLabels,
  judgeWarnings,
  quietScores,
  type TableEvent,
  type WarningReport,
  type WarningSetting,
} from "./episodes.ts";
export { featureListHash, type FrameView, type HeadFeature } from "./feature-list.ts";
export { groupFolds, type Split, timeSplit } from "./folds.ts";
export { ACTION_GROUPS, bindHead, type Head, loadHead } from "./head.ts";
export {
  aurocInterval,
  groupInterval,
  type Interval,
  type Labelled,
  medianInterval,
  rateInterval,
  shareInterval,
  weightedBrier,
  weightedCalibration,
  type WeightedFigure,
  weightedPrecision,
} from "./intervals.ts";
export {
  atThreshold,
  auroc,
  averagePrecision,
  brier,
  calibrationError,
  reliability,
  type ReliabilityBin,
} from "./metrics.ts";
export type { Activation, Layer, NetworkModel } from "./network.ts";
export { createSmellWatch, type SmellReport, type SmellWatch, type WorkMode } from "./smells.ts";
export { type FrameTable, isOfAction, positives, selectRows } from "./table.ts";
export { trainAdditive, type Trained } from "./train-additive.ts";
