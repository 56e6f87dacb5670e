import { createPrng } from "../../base/prng.ts";
import { cos, sin } from "../../base/math.ts";
import { bodyOf, phasesOf, typedChain } from "./arm-chain.ts";
import { emptyDraw, emptyNumbers, fillDraw, fillNumbers } from "./draws.ts";
import type { TrialProblem } from "./problem.ts";
import { drawSetting } from "./run-trials.ts";
import { createWalk } from "./walk.ts";

/** One trial as it can be drawn. */
export interface TrialTrace {
  /** x y z of the tool at each row */
  readonly wayM: readonly number[];
  /** x y from and x y to of each person whose place is known */
  readonly walksM: readonly number[];
}

/** Makes trial `i` of a batch again, to be looked at: the same numbers that it was judged by. */
export function traceTrial(problem: TrialProblem, seed: number, noise: number, i: number): TrialTrace {
  const n = problem.chain.joints;
  const numbers = emptyNumbers(n);
  const draw = emptyDraw(n);
  fillNumbers(numbers, createPrng(seed).split(i));
  fillDraw(numbers, drawSetting(problem, noise), draw);
  const chain = typedChain(problem.chain);
  const phases = phasesOf(problem.chain);
  const [sines, cosines] = [new Float64Array(n), new Float64Array(n)];
  const body = new Float64Array(3 * (n + 1));
  const pose = (k: number, offset: (j: number) => number): void => {
    for (let j = 0; j < n; j++) {
      const angle = problem.q[k * n + j]! + phases[j]! + offset(j);
      sines[j] = sin(angle);
      cosines[j] = cos(angle);
    }
    bodyOf(chain, sines, cosines, body);
  };
  // people walk towards where the tool begins by plan
  pose(0, () => 0);
  const walk = problem.persons.length === 0 ? null : createWalk(problem, body.slice());
  walk?.begin(draw);
  const wayM: number[] = [];
  for (let k = 0; k < problem.steps; k++) {
    pose(k, (j) => draw.offsets[j]!);
    wayM.push(body.at(-3)!, body.at(-2)!, body.at(-1)!);
  }
  const lastS = draw.latencyS + (problem.dtS * (problem.steps - 1)) / draw.speed;
  return { wayM, walksM: walk?.ways(lastS) ?? [] };
}
