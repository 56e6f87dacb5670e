export {
  type ArtefactPart,
  CANDIDATE_KINDS,
  type CandidateKind,
  freeze,
  type Manifest,
  manifestHash,
  PART_OF,
  type Parts,
  slotOf,
  type Trouble,
  verifyParts,
} from "./candidate.ts";
export {
  type Decision,
  type DecisionLimits,
  decide,
  DEFAULT_LIMITS,
  outcomeOf,
  type Step,
  type StepResult,
} from "./decide.ts";
export type { EnergyDelta } from "./energy-delta.ts";
export { type DeltaReport, deltaOf, deltaReport, histogram } from "./delta.ts";
export {
  type Evidence,
  type FieldFacts,
  type LeftOut,
  type Measurement,
  POLICIES_OF,
  type PolicyCheck,
  type Probe,
  SCENARIO_SETS,
  type ScenarioSet,
  type Side,
} from "./evidence.ts";
export { createInterimTest, type InterimTest, type Look } from "./interim.ts";
export { adaptProposal, type PolicyAdapter, policyAdapterSchema } from "./policy-adapter.ts";
export {
  AGAIN_STEP,
  alphaOf,
  MEASURED_STEP,
  type Past,
  type WatchedRates,
  type Plan,
  PLAN_STEP,
  BY_FLEET_ORDER,
  readPast,
  type RunMark,
} from "./past.ts";
export { separationOf } from "./separation.ts";
export { fisherUpper } from "./smells.ts";
export {
  type DivergenceReport,
  divergenceReport,
  scenarioDivergence,
} from "./trust-region.ts";
export {
  createPromotionWatch,
  DEFAULT_WATCH,
  type Observation,
  type PromotionWatch,
  type Trigger,
  type WatchSetting,
} from "./watch.ts";
