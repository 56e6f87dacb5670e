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
export {
  klCategorical,
  klGaussian,
  klGaussianDiagonal,
  klSampled,
  pinskerBound,
  totalVariation,
  worstGaussianMean,
  worstMeanWithin,
  type SampledDivergence,
} from "./divergence.ts";
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
export {
  confidenceSequenceRadius,
  createMixtureTest,
  exceedanceEvidence,
  exceedanceEvidenceFixed,
  logExceedanceEvidence,
  mixtureRatio,
  type MixtureTest,
} from "./always-valid.ts";
export {
  fixedSequence,
  riskControlChoice,
  riskControlLimit,
  riskPValue,
  riskPValueBinary,
} from "./risk-control.ts";
export { perfectInformationValue, sampleInformationValue, unitLoss } from "./value-of-information.ts";
export { createHalton, createSobol, SOBOL_DIMENSIONS_MAX, type Sequence } from "./low-discrepancy.ts";
export { effectiveSampleSize, importanceMean, type WeightedMean } from "./importance.ts";
export { eBenjaminiHochberg, holm } from "./multiple-testing.ts";
export { rankTest, type RankTest } from "./rank-test.ts";
