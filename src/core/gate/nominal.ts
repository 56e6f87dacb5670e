import type { Code } from "../domain/index.ts";
import { show } from "./check-motion.ts";
import { emptyDraw } from "./monte-carlo/draws.ts";
import type { TrialProblem } from "./monte-carlo/problem.ts";
import { type Cause, Rollout } from "./monte-carlo/rollout.ts";
import { SWEEP_WORK_MAX } from "./monte-carlo/sweep.ts";
import { type Refusal, refusal } from "./refusal.ts";

const HARD_CODE: Readonly<Record<Exclude<Cause, "none">, Code>> = {
  joint: "JOINT_LIMIT_EXCEEDED",
  zone: "ZONE_FORBIDDEN",
  separation: "SEPARATION_TOO_SMALL",
  speed: "TOOL_SPEED_EXCEEDED",
  force: "FORCE_LIMIT_EXCEEDED",
  energy: "ENERGY_ABOVE_LIMIT",
};

/** What the action does when nothing disturbs it and nobody moves. What breaks then is a hard rule, no score. */
export interface Nominal {
  readonly refusal: Refusal | null;
  readonly minSeparationM: number;
  readonly maxForceN: number;
  readonly maxEnergy: number;
}
export function nominalRun(problem: TrialProblem): Nominal {
  if (!problem.sweep.resolved)
    return {
      refusal: refusal("MOTION_UNRESOLVED", `more than ${SWEEP_WORK_MAX} poses to look at`),
      minSeparationM: 0,
      maxForceN: 0,
      maxEnergy: 0,
    };
  const rollout = new Rollout(problem);
  rollout.run(emptyDraw(problem.chain.joints));
  const { cause, minSeparationM, maxForceN, maxEnergy } = rollout;
  const detail = `nearest ${show(minSeparationM)} m, most force ${show(maxForceN)} N, V_s up to ${show(maxEnergy)}`;
  return {
    refusal: cause === "none" ? null : refusal(HARD_CODE[cause], detail),
    minSeparationM,
    maxForceN,
    maxEnergy,
  };
}
