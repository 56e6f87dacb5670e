import { log } from "../../base/math.ts";
import { createPrng } from "../../base/prng.ts";
import { SAFE_SHARE_CONFIDENCE } from "../../domain/index.ts";
import { createSobol, importanceMean, shareLowerBound, SOBOL_DIMENSIONS_MAX } from "../../stats/index.ts";
import {
  drawSize,
  emptyDraw,
  emptyNumbers,
  fillDraw,
  fillNumbers,
  spreadNumbers,
  tilt,
  WEIGHT_MAX,
} from "./draws.ts";
import type { TrialProblem } from "./problem.ts";
import { Rollout } from "./rollout.ts";
import { drawSetting, runTrials } from "./run-trials.ts";

/** What a deeper Monte Carlo found. Three ways of drawing, each with the error that belongs to it. */
export interface DeepFinding {
  readonly kind: "deep";
  /** independent draws: the only ones that a binomial bound may be taken from */
  readonly n: number;
  readonly safe: number;
  readonly shareLower: number;
  /** mean outcome from scrambled Sobol points, and its standard error over independent scrambles */
  readonly meanOutcome: number;
  readonly meanError: number;
  /** share of unsafe trials from importance draws; the upper bound holds with 95 % for any law of the weights */
  readonly unsafeShare: number;
  readonly unsafeError: number;
  readonly unsafeUpper: number;
  readonly effectiveDraws: number;
}
export interface DeepRequest {
  readonly problem: TrialProblem;
  readonly seed: number;
  readonly noise: number;
  readonly sims: number;
}
/** Fewer scrambles give no error bar worth its name. */
const SCRAMBLES = 8;

export function deepLook(request: DeepRequest): DeepFinding {
  const { problem, seed, noise, sims } = request;
  const independent = runTrials({
    requestId: 0,
    actionId: "" as never,
    seed,
    sims,
    noise,
    budgetMs: 0,
    problem,
  });
  const spread = spreadMean(request);
  const rare = rareShare(request);
  return {
    kind: "deep",
    n: independent.n,
    safe: independent.safe,
    shareLower: shareLowerBound(independent.safe, independent.n, SAFE_SHARE_CONFIDENCE),
    ...spread,
    ...rare,
  };
}

function spreadMean({ problem, seed, noise, sims }: DeepRequest): { meanOutcome: number; meanError: number } {
  const joints = problem.chain.joints;
  const dimensions = drawSize(joints);
  const perScramble = Math.max(1, Math.floor(sims / SCRAMBLES));
  const rollout = new Rollout(problem);
  const numbers = emptyNumbers(joints);
  const draw = emptyDraw(joints);
  const point = new Float64Array(Math.min(dimensions, SOBOL_DIMENSIONS_MAX));
  const setting = drawSetting(problem, noise);
  const means: number[] = [];
  for (let s = 0; s < SCRAMBLES; s++) {
    const sobol = createSobol(point.length, createPrng(seed).split("spread").split(s));
    let sum = 0;
    for (let i = 0; i < perScramble; i++) {
      sobol.point(i, point);
      spreadNumbers(numbers, point);
      fillDraw(numbers, setting, draw);
      rollout.run(draw);
      sum += rollout.outcome;
    }
    means.push(sum / perScramble);
  }
  return meanOf(means);
}
function meanOf(means: readonly number[]): { meanOutcome: number; meanError: number } {
  let sum = 0;
  for (const m of means) sum += m;
  const mean = sum / means.length;
  let squares = 0;
  for (const m of means) squares += (m - mean) * (m - mean);
  return { meanOutcome: mean, meanError: Math.sqrt(squares / (means.length - 1) / means.length) };
}

function rareShare({ problem, seed, noise, sims }: DeepRequest) {
  const joints = problem.chain.joints;
  const rollout = new Rollout(problem);
  const numbers = emptyNumbers(joints);
  const draw = emptyDraw(joints);
  const setting = drawSetting(problem, noise);
  const root = createPrng(seed).split("rare");
  const unsafe = new Float64Array(sims);
  const weights = new Float64Array(sims);
  for (let i = 0; i < sims; i++) {
    const stream = root.split(i);
    fillNumbers(numbers, stream);
    weights[i] = tilt(numbers, stream.nextFloat());
    fillDraw(numbers, setting, draw);
    rollout.run(draw);
    unsafe[i] = rollout.cause === "none" ? 0 : 1;
  }
  const share = importanceMean(unsafe, weights);
  return {
    unsafeShare: share.mean,
    unsafeError: share.error,
    effectiveDraws: share.effective,
    unsafeUpper: Math.min(1, share.mean + bernsteinRadius(share.error * share.error * sims, sims)),
  };
}

/** Empirical Bernstein bound (Maurer and Pontil 2009) for terms between 0 and WEIGHT_MAX. */
function bernsteinRadius(variance: number, n: number): number {
  const spread = log(2 / (1 - SAFE_SHARE_CONFIDENCE));
  return Math.sqrt((2 * variance * spread) / n) + (7 * WEIGHT_MAX * spread) / (3 * (n - 1));
}
