import { emptyDraw } from "./monte-carlo/draws.ts";
import type { TrialProblem } from "./monte-carlo/problem.ts";
import { Rollout } from "./monte-carlo/rollout.ts";
import { show } from "./check-motion.ts";

/** What is left of a motion, from the place at which the arm is measured. The place never goes back. */
export class RestOfWay {
  readonly #problem: TrialProblem;
  readonly #aheadS: number;
  #place = 0;

  /** `aheadMs`: how far ahead of its last place the arm is looked for */
  constructor(problem: TrialProblem, aheadMs = 1_000) {
    this.#problem = problem;
    this.#aheadS = aheadMs / 1_000;
  }
  /** the row of the motion at which the arm is */
  at(position: readonly number[]): number {
    const { q, steps, dtS, chain } = this.#problem;
    const end = Math.min(steps - 1, this.#place + Math.max(1, Math.ceil(this.#aheadS / dtS)));
    let nearest = Number.POSITIVE_INFINITY;
    for (let k = this.#place; k <= end; k++) {
      let off = 0;
      for (let j = 0; j < chain.joints; j++)
        off = Math.max(off, Math.abs(position[j]! - q[k * chain.joints + j]!));
      if (off < nearest) [nearest, this.#place] = [off, k];
    }
    return this.#place;
  }
  /**
   * Held against the people who are seen now, at a share of the judged speed. Null: nothing speaks against it. Persons: as
   * a problem has them, with distances of unknown direction measured now.
   */
  against(persons: readonly number[], share: number): string | null {
    const rollout = new Rollout(restOf(this.#problem, this.#place, persons, share));
    rollout.run(emptyDraw(this.#problem.chain.joints));
    if (rollout.cause !== "separation" && rollout.cause !== "zone") return null;
    return `${rollout.cause}, nearest ${show(rollout.minSeparationM)} m`;
  }
}

function restOf(
  problem: TrialProblem,
  place: number,
  persons: readonly number[],
  share: number,
): TrialProblem {
  const from = Math.min(place, problem.steps - 2);
  const { sweep } = problem;
  const rest = (row: readonly number[], factor = 1): readonly number[] =>
    factor === 1 ? row.slice(from) : row.slice(from).map((value) => value * factor);
  return {
    ...problem,
    steps: problem.steps - from,
    dtS: problem.dtS / share,
    q: problem.q.slice(from * problem.chain.joints),
    persons,
    sweep: {
      ...sweep,
      pace: rest(sweep.pace, share),
      toolExcess: rest(sweep.toolExcess, share),
      partExcess: rest(sweep.partExcess, share),
      accelExcess: rest(sweep.accelExcess, share * share),
      offM: rest(sweep.offM),
      clearM: rest(sweep.clearM),
      dipM: rest(sweep.dipM),
    },
  };
}
