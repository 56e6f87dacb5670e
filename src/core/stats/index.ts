export { regularizedBeta, logRegularizedBeta, betaQuantile, logBeta } from "./incomplete-beta.ts";
export {
  binomialCdf,
  binomialPmf,
  fewestForShare,
  sequentialTest,
  shareLowerBound,
  shareUpperBound,
  trialsToSeeFailure,
  type SequentialTest,
} from "./binomial.ts";
export { poissonCdf, poissonInterval } from "./poisson.ts";
export {
  acceptanceProbability,
  allowedExceedances,
  quantileBoundRank,
  quantileUpperBound,
  sampleQuantile,
  scenariosNeeded,
} from "./quantile-bound.ts";
export { klCategorical } from "./divergence.ts";
export {
  conformalQuantile,
  conformalQuantileSorted,
  conformalRank,
  coverageFloor,
  coverageLaw,
  coverageRange,
  scoresForCoverage,
} from "./conformal.ts";
export { adaptiveGuarantee, createAdaptiveConformal, type AdaptiveConformal } from "./adaptive-conformal.ts";
export { conformalPValue, createSimpleJumper, type ShiftMartingale } from "./martingale.ts";
export { exceedanceEvidence, logExceedanceEvidence } from "./always-valid.ts";
export { sampleInformationValue, unitLoss } from "./value-of-information.ts";
export { createSobol, SOBOL_DIMENSIONS_MAX, type Sequence } from "./low-discrepancy.ts";
export { effectiveSampleSize, importanceMean, type WeightedMean } from "./importance.ts";
export { rankTest, type RankTest } from "./rank-test.ts";
