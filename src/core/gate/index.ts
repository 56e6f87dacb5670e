export { readProposal } from "./read-proposal.ts";
export { plainText, type Refusal, refusal } from "./refusal.ts";
export { isPlainName, type NameSpace, resolveName } from "./resolve-name.ts";
export { type Action, compileAction, type CompileSetting, type PartOfPlan } from "./compile-action.ts";
export { type PlanStep, takesSkillsByName } from "./plan-steps.ts";
export { checkPlan } from "./plan-check.ts";
export { type ChannelConfigs, poseTime, sensedForceN, type Sight } from "./sight.ts";
export { personsOf, scanPlace } from "./persons.ts";
export { armChainOf } from "./monte-carlo/arm-chain.ts";
export { RestOfWay } from "./rest-of-way.ts";
export { personRows, straightProblem, trialProblem, type TrialProblem } from "./monte-carlo/problem.ts";
export {
  createTrialBatch,
  isTrialProblem,
  runTrials,
  SLOT_SIZE,
  summarize,
  type TrialBatch,
} from "./monte-carlo/run-trials.ts";
export { traceTrial, type TrialTrace } from "./monte-carlo/trace-trial.ts";
export { deepLook, type DeepFinding } from "./monte-carlo/deep-look.ts";
export { type Nominal, nominalRun } from "./nominal.ts";
export { decisionEntropy, type Measured, reasoningInstability } from "./reasoning.ts";
export {
  type Context,
  type ContextMemory,
  contextOf,
  createContextMemory,
  type NoiseFloors,
} from "./context-memory.ts";
export { contextDrift, type Drift } from "./drift.ts";
export { loopPenalty } from "./loop.ts";
export { actionQuestion, argsHash, questionHash } from "./proposal-hash.ts";
export {
  actionFeatures,
  createFamiliarities,
  createFamiliarity,
  type Familiarities,
  type Familiarity,
  fewestKnown,
  type Strangeness,
} from "./familiarity.ts";
export { type Look, worthLooking } from "./look.ts";
export { type Confidence, confidenceOf, safeShareCap, type Term } from "./confidence.ts";
export {
  type Ceiling,
  type Decision,
  decide,
  hardCeiling,
  NO_DECISION,
  softCeiling,
  type Verdict,
} from "./decide.ts";
export {
  type HelperFinding,
  type HelperTask,
  readFinding,
  runHelperTask,
  type SandboxFinding,
  type SandboxTask,
  type Variant,
} from "./helper-task.ts";
export { crossCheck } from "./cross-check.ts";
export { type VariantProposal, variantsOf } from "./variants.ts";
export { badRetreat } from "./retreat/prove-retreat.ts";
export { createRetreatGuard, type RetreatGuard } from "./retreat/guard-retreat.ts";
