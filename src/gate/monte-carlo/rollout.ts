import { cos, PI, sin } from "../../base/math.ts";
import { bodyOf, reachOf, type TypedChain, typedChain } from "./arm-chain.ts";
import type { Draw } from "./draws.ts";
import type { TrialProblem } from "./problem.ts";
import { clearanceM, insideForbidden } from "./forbidden.ts";
import { createWalk, NOBODY_M, type Walk } from "./walk.ts";

/** What breaks a trial; the worst rank that occurred names its cause. */
export const CAUSES = ["none", "energy", "speed", "joint", "force", "zone", "separation"] as const;
export type Cause = (typeof CAUSES)[number];
const ENERGY = 1;
const SPEED = 2;
const JOINT = 3;
const FORCE = 4;
const ZONE = 5;
const SEPARATION = 6;

/** A controller follows a little above its nominal speed before it faults. */
const SPEED_ROOM = 1.1;
const STANDING_M_PER_S = 0.02;
const NEAR_M = 0.05;
const ENERGY_GROWTH_MAX = 10;

/**
 * Rolls one problem forward, trial by trial. All memory is made here; a trial allocates nothing, and its
 * result stays in the fields until the next one.
 */
export class Rollout {
  /** 0 when a limit broke, else between 0.5 and 1 by the smallest margin */
  outcome = 0;
  cause: Cause = "none";
  minSeparationM = NOBODY_M;
  maxForceN = 0;
  maxEnergy = 0;

  readonly #problem: TrialProblem;
  readonly #chain: TypedChain;
  readonly #forbidden: Float64Array;
  /** how far every point of the body is from all forbidden boxes in step k of the nominal motion */
  readonly #clearance: Float64Array;
  readonly #reachM: number;
  readonly #walk: Walk | null;
  readonly #startSeparationM: number;
  readonly #nominalSin: Float64Array;
  readonly #nominalCos: Float64Array;
  /** how far step k is from both ends, for the warp of time */
  readonly #bulge: Float64Array;
  /** fastest joint of step k, share of its limit */
  readonly #pace: Float64Array;
  readonly #lowest: Float64Array;
  readonly #highest: Float64Array;
  readonly #rowSin: Float64Array;
  readonly #rowCos: Float64Array;
  readonly #offSin: Float64Array;
  readonly #offCos: Float64Array;
  readonly #body: Float64Array;
  readonly #velocity = new Float64Array(3);
  #broke = 0;
  #margin = 1;
  #accel = 0;
  /** farthest that the offsets of this trial can move any point of the body */
  #swayM = 0;

  constructor(problem: TrialProblem) {
    const n = problem.chain.joints;
    const { steps, q } = problem;
    this.#problem = problem;
    this.#chain = typedChain(problem.chain);
    this.#forbidden = Float64Array.from(problem.forbidden);
    this.#reachM = reachOf(problem.chain);
    this.#nominalSin = Float64Array.from(q, sin);
    this.#nominalCos = Float64Array.from(q, cos);
    this.#bulge = Float64Array.from({ length: steps }, (_, k) => sin((PI * k) / (steps - 1)));
    this.#pace = Float64Array.from({ length: steps }, (_, k) => paceOf(problem, k));
    this.#lowest = new Float64Array(n).fill(Number.MAX_VALUE);
    this.#highest = new Float64Array(n).fill(-Number.MAX_VALUE);
    for (let k = 0; k < q.length; k++) {
      this.#lowest[k % n] = Math.min(this.#lowest[k % n]!, q[k]!);
      this.#highest[k % n] = Math.max(this.#highest[k % n]!, q[k]!);
    }
    this.#rowSin = new Float64Array(n);
    this.#rowCos = new Float64Array(n);
    this.#offSin = new Float64Array(n);
    this.#offCos = new Float64Array(n).fill(1);
    this.#body = new Float64Array(3 * (n + 1));
    const start = new Float64Array(3 * (n + 1));
    this.#clearance = Float64Array.from({ length: steps }, (_, k) => this.#clearanceOf(k));
    bodyOf(this.#chain, this.#nominalSin, this.#nominalCos, start);
    this.#walk = problem.persons.length === 0 ? null : createWalk(problem, start);
    this.#startSeparationM = this.#walk?.atStart() ?? NOBODY_M;
  }

  run(draw: Draw): void {
    const { steps, dtS } = this.#problem;
    const duration = dtS * (steps - 1);
    this.#begin(draw);
    let before = 0;
    for (let k = 0; k < steps; k++) {
      this.#turn(k);
      const t = draw.latencyS + (k * dtS + draw.warp * duration * this.#bulge[k]!) / draw.speed;
      this.#step(k, t, k === 0 ? dtS : t - before, draw);
      before = t;
    }
    this.#end();
  }

  #begin(draw: Draw): void {
    const problem = this.#problem;
    this.#broke = 0;
    this.#margin = 1;
    this.minSeparationM = NOBODY_M;
    this.maxForceN = 0;
    this.maxEnergy = 0;
    this.#velocity.fill(0);
    let turnedRad = 0;
    for (let j = 0; j < this.#offSin.length; j++) {
      const offset = draw.offsets[j]!;
      this.#offSin[j] = sin(offset);
      this.#offCos[j] = cos(offset);
      turnedRad += Math.abs(offset);
      if (this.#lowest[j]! + offset < problem.minRad[j]! || this.#highest[j]! + offset > problem.maxRad[j]!)
        this.#broke = JOINT;
    }
    this.#swayM = turnedRad * this.#reachM;
    this.#walk?.begin(draw);
  }

  #clearanceOf(k: number): number {
    if (this.#forbidden.length === 0) return Number.MAX_VALUE;
    this.#turn(k);
    bodyOf(this.#chain, this.#rowSin, this.#rowCos, this.#body);
    return clearanceM(this.#forbidden, this.#body);
  }

  /** Sine and cosine of nominal angle plus offset, without computing either anew. */
  #turn(k: number): void {
    const n = this.#rowSin.length;
    const at = k * n;
    for (let j = 0; j < n; j++) {
      const s = this.#nominalSin[at + j]!;
      const c = this.#nominalCos[at + j]!;
      this.#rowSin[j] = s * this.#offCos[j]! + c * this.#offSin[j]!;
      this.#rowCos[j] = c * this.#offCos[j]! - s * this.#offSin[j]!;
    }
  }

  #step(k: number, t: number, dt: number, draw: Draw): void {
    const problem = this.#problem;
    const speed = this.#advance(k, dt);
    if (k > 0 && (speed > problem.toolMPerS * SPEED_ROOM || this.#pace[k]! * (problem.dtS / dt) > SPEED_ROOM))
      this.#breaks(SPEED);
    if (this.#clearance[k]! <= this.#swayM && insideForbidden(this.#forbidden, this.#body))
      this.#breaks(ZONE);
    let force = problem.standingForceN * draw.sensed + problem.payloadKg * draw.payload * this.#accel;
    let separation = NOBODY_M;
    if (this.#walk !== null) {
      separation = this.#walk.separation(t, this.#body);
      this.#keepAway(separation, speed, draw.personMPerS);
      if (separation <= 0) force += (speed + draw.personMPerS) * problem.contactNsPerM;
    }
    if (force > problem.maxForceN) this.#breaks(FORCE);
    const energy = this.#energy(draw, separation, force, speed);
    if (problem.energyLimit !== null && energy > problem.energyLimit) this.#breaks(ENERGY);
    if (separation < this.minSeparationM) this.minSeparationM = separation;
    if (force > this.maxForceN) this.maxForceN = force;
    if (energy > this.maxEnergy) this.maxEnergy = energy;
  }

  #breaks(cause: number): void {
    if (cause > this.#broke) this.#broke = cause;
  }

  /** Moves the body to the present row; gives the tool's speed and keeps its acceleration. */
  #advance(k: number, dt: number): number {
    const body = this.#body;
    const at = body.length - 3;
    const x = body[at]!,
      y = body[at + 1]!,
      z = body[at + 2]!;
    bodyOf(this.#chain, this.#rowSin, this.#rowCos, body);
    if (k === 0) {
      this.#accel = 0;
      return 0;
    }
    const velocity = this.#velocity;
    const vx = (body[at]! - x) / dt,
      vy = (body[at + 1]! - y) / dt,
      vz = (body[at + 2]! - z) / dt;
    const ax = vx - velocity[0]!,
      ay = vy - velocity[1]!,
      az = vz - velocity[2]!;
    this.#accel = Math.sqrt(ax * ax + ay * ay + az * az) / dt;
    velocity[0] = vx;
    velocity[1] = vy;
    velocity[2] = vz;
    return Math.sqrt(vx * vx + vy * vy + vz * vz);
  }

  #keepAway(separation: number, speed: number, personMPerS: number): void {
    if (speed <= STANDING_M_PER_S) return;
    const need = needM(this.#problem, speed, personMPerS);
    if (separation < need) this.#breaks(SEPARATION);
    this.#margin = Math.min(this.#margin, (separation - need) / need);
  }

  #energy(draw: Draw, nowM: number, forceN: number, speed: number): number {
    const e = this.#problem.energy;
    if (e.separation === 0 && e.force === 0 && e.speed === 0) return e.rest * draw.sensed;
    const closer = Math.min(
      ENERGY_GROWTH_MAX,
      Math.max(this.#startSeparationM, NEAR_M) / Math.max(nowM, NEAR_M),
    );
    const harder = Math.min(
      ENERGY_GROWTH_MAX,
      Math.max(1, forceN / Math.max(1, this.#problem.standingForceN)),
    );
    const faster = 1 + speed / this.#problem.toolMPerS;
    return draw.sensed * (e.rest + e.separation * closer + e.force * harder + e.speed * faster);
  }

  #end(): void {
    const problem = this.#problem;
    let margin = Math.min(this.#margin, 1 - this.maxForceN / problem.maxForceN);
    if (problem.energyLimit !== null) margin = Math.min(margin, 1 - this.maxEnergy / problem.energyLimit);
    this.cause = CAUSES[this.#broke]!;
    this.outcome = this.#broke === 0 ? 0.5 + 0.5 * Math.max(0, margin) : 0;
  }
}

/** Distance that must remain while the arm moves: reaction and stopping of both, and what is not known. */
export const needM = (problem: TrialProblem, toolMPerS: number, personMPerS: number): number =>
  problem.minSeparationM +
  problem.uncertaintyM +
  (toolMPerS + personMPerS) * problem.reactionS +
  (personMPerS + toolMPerS / 2) * problem.stopS;

function paceOf(problem: TrialProblem, k: number): number {
  const n = problem.chain.joints;
  let most = 0;
  if (k > 0)
    for (let j = 0; j < n; j++) {
      const rate = Math.abs(problem.q[k * n + j]! - problem.q[(k - 1) * n + j]!) / problem.dtS;
      most = Math.max(most, rate / problem.maxRadPerS[j]!);
    }
  return most;
}
