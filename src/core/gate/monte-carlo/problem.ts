import type { Deployment } from "../../domain/index.ts";
import { type ArmChain, reducedMassKg, robotEffectiveMassKg } from "../../robot/index.ts";
import type { Action } from "../compile-action.ts";
import { personsOf } from "../persons.ts";
import { motionThrough } from "../motion.ts";
import { sensedForceN, type Sight } from "../sight.ts";
import { type Sweep, sweepOf } from "./sweep.ts";

/** Everything a trial needs, as plain data: a thread looks nothing up. */
export interface TrialProblem {
  readonly form: "cellgate.trial/2";
  readonly chain: ArmChain;
  readonly steps: number;
  readonly dtS: number;
  /** row k: joints at k · dtS */
  readonly q: readonly number[];
  /** 3 per person: 0 distance 0 (direction unknown) or 1 x y */
  readonly persons: readonly number[];
  readonly minRad: readonly number[];
  readonly maxRad: readonly number[];
  readonly maxRadPerS: readonly number[];
  /** 6 per forbidden box: lower and upper corner */
  readonly forbidden: readonly number[];
  /** thickness of each link, base to tool */
  readonly linkRadiiM: readonly number[];
  /** what happens between the rows */
  readonly sweep: Sweep;
  readonly toolMPerS: number;
  readonly minSeparationM: number;
  readonly uncertaintyM: number;
  readonly reactionS: number;
  readonly stopS: number;
  readonly maxForceN: number;
  readonly payloadKg: number;
  readonly standingForceN: number;
  /** newton per m/s at first contact */
  readonly contactNsPerM: number;
  readonly personMPerS: number;
  readonly personHorizonS: number;
  /** null: V_s is not scored, with the deployment's reason */
  readonly energyLimit: number | null;
  readonly energy: EnergyShares;
  /** the arm moves out of a block: people stand where they are, and no distance may shrink */
  readonly backsAway?: true;
}
/** V_s now, by what would change it during the action. */
export interface EnergyShares {
  readonly rest: number;
  readonly separation: number;
  readonly force: number;
  readonly speed: number;
}
export interface ProblemSetting {
  readonly deployment: Deployment;
  readonly chain: ArmChain;
  readonly linkRadiiM: readonly number[];
  readonly energyLimit: number | null;
}

/** The problem of an arm that goes straight from row to row. */
export const straightProblem = (problem: Omit<TrialProblem, "sweep">): TrialProblem => ({
  ...problem,
  sweep: sweepOf(motionThrough(problem.q, problem.chain.joints, problem.dtS), problem),
});

export function trialProblem(action: Action, sight: Sight, setting: ProblemSetting): TrialProblem {
  const { robot, gate, channels, self } = setting.deployment;
  const moving = reducedMassKg(
    robotEffectiveMassKg(robot.massMovingKg, action.payloadKg),
    gate.person.massKg,
  );
  const { chain, linkRadiiM } = setting;
  const maxRadPerS = robot.joints.map((j) => j.maxRadPerS);
  const forbidden = Object.values(gate.zones)
    .filter((z) => z.kind === "forbidden")
    .flatMap((z) => [...z.min, ...z.max]);
  const { steps, motion } = action.path;
  return {
    form: "cellgate.trial/2",
    chain,
    steps,
    dtS: action.path.dtS,
    q: Array.from(action.path.q),
    persons: personRows(sight, setting.deployment),
    minRad: robot.joints.map((j) => j.minRad),
    maxRad: robot.joints.map((j) => j.maxRad),
    maxRadPerS,
    forbidden,
    linkRadiiM,
    sweep: sweepOf(motion, { chain, linkRadiiM, forbidden, maxRadPerS, steps }),
    toolMPerS: robot.maxToolSpeedMPerS,
    minSeparationM: gate.limits.minSeparationM,
    uncertaintyM: gate.person.uncertaintyM + robot.positionUncertaintyM,
    reactionS: self.reactionTimeMs / 1_000,
    stopS: robot.stopTimeMs / 1_000,
    maxForceN: gate.limits.maxForceN,
    payloadKg: action.payloadKg,
    standingForceN: Math.max(action.gripperForceN, sensedForceN(sight, channels)),
    contactNsPerM: Math.sqrt(moving * gate.person.stiffnessNPerM),
    // a person who walks while the arm backs away is met by the guard, which looks at every reading
    personMPerS: action.retreat ? 0 : gate.person.speedMPerS,
    personHorizonS: gate.person.horizonMs / 1_000,
    energyLimit: setting.energyLimit,
    energy: energyShares(sight),
    ...(action.retreat && { backsAway: true }),
  };
}

export const personRows = (sight: Sight, deployment: Deployment): number[] =>
  personsOf(sight, deployment).flatMap((p) => (p.kind === "blind" ? [0, p.distanceM, 0] : [1, p.xM, p.yM]));

const BY_SEPARATION = /separat|proxim|range|scan|dist|clear/;
const BY_FORCE = /force|wrench|torque|contact|effort|current/;
const BY_SPEED = /speed|veloc|twist|rate/;

/**
 * The head's own shares of V_s tell what the trials may extrapolate: shares that come from closeness, force
 * or speed grow with them, the others stay. Shares that lower V_s are not extrapolated.
 */
export function energyShares(sight: Sight): EnergyShares {
  const total = sight.energy ?? 0;
  let separation = 0;
  let force = 0;
  let speed = 0;
  for (const name of Object.keys(sight.energyContributions).sort()) {
    const share = Math.max(0, sight.energyContributions[name]!);
    if (BY_SEPARATION.test(name)) separation += share;
    else if (BY_FORCE.test(name)) force += share;
    else if (BY_SPEED.test(name)) speed += share;
  }
  return { rest: total - separation - force - speed, separation, force, speed };
}
