import { cos, PI, sin } from "../../base/math.ts";
import { clearanceM } from "../../robot/index.ts";
import { bodyOf, phasesOf, reachOf, type TypedChain, typedChain } from "./arm-chain.ts";
import type { Draw } from "./draws.ts";
import type { TrialProblem } from "./problem.ts";
import type { Sweep } from "./sweep.ts";
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
 * Places in the row of numbers that the parts of a step hand on to each other. A number that goes from
 * function to function costs memory, thousands of them cost a pause of the whole thread; one in a row does not.
 */
const NOW = {
  t: 0,
  dt: 1,
  speed: 2,
  accel: 3,
  separation: 4,
  force: 5,
  velocity: 6,
  minSeparation: 9,
  maxForce: 10,
  maxEnergy: 11,
  margin: 12,
  begun: 13,
  /** square of the distance to people whose place is known, then the distance to the others; and one row before */
  square: 14,
  blind: 15,
  squareBefore: 16,
  blindBefore: 17,
  /** of the part of the arm that moved most since the row before */
  moved: 18,
  partSpeed: 19,
} as const;
const NOW_SIZE = 20;
/** Distances of one trial that differ by less are the same. */
const SAME_M = 1e-6;

/**
 * Rolls one problem forward, trial by trial. All memory is made here; a trial allocates nothing, and its
 * result stays in the fields until the next one.
 */
export class Rollout {
  /** the smallest margin as a share of its limit: 0 to 1 while all hold, below 0 down to −1 by how far one broke */
  outcome = 0;
  cause: Cause = "none";

  readonly #problem: TrialProblem;
  readonly #chain: TypedChain;
  readonly #forbidden: Float64Array;
  readonly #radii: Float64Array;
  readonly #thickestM: number;
  readonly #sweep: TypedSweep;
  readonly #reachM: number;
  readonly #walk: Walk | null;
  readonly #startSeparationM: number;
  readonly #nominalSin: Float64Array;
  readonly #nominalCos: Float64Array;
  /** how far step k is from both ends, for the warp of time */
  readonly #bulge: Float64Array;
  readonly #rowSin: Float64Array;
  readonly #rowCos: Float64Array;
  readonly #offSin: Float64Array;
  readonly #offCos: Float64Array;
  #body: Float64Array;
  #bodyBefore: Float64Array;
  readonly #now = new Float64Array(NOW_SIZE);
  #broke = 0;
  /** farthest that the offsets of this trial can move any point of the body */
  #swayM = 0;

  constructor(problem: TrialProblem) {
    const n = problem.chain.joints;
    const { steps, q } = problem;
    this.#problem = problem;
    this.#chain = typedChain(problem.chain);
    this.#forbidden = Float64Array.from(problem.forbidden);
    this.#radii = Float64Array.from(problem.linkRadiiM);
    this.#thickestM = Math.max(0, ...problem.linkRadiiM);
    this.#sweep = typedSweep(problem.sweep);
    this.#reachM = reachOf(problem.chain);
    const phases = phasesOf(problem.chain);
    this.#nominalSin = new Float64Array(q.length);
    this.#nominalCos = new Float64Array(q.length);
    this.#bulge = new Float64Array(steps);
    for (let k = 0; k < steps; k++) {
      this.#bulge[k] = sin((PI * k) / (steps - 1));
      this.#readNominal(k, phases);
    }
    this.#rowSin = new Float64Array(n);
    this.#rowCos = new Float64Array(n);
    this.#offSin = new Float64Array(n);
    this.#offCos = new Float64Array(n).fill(1);
    this.#body = new Float64Array(3 * (n + 1));
    this.#bodyBefore = new Float64Array(3 * (n + 1));
    const start = new Float64Array(3 * (n + 1));
    bodyOf(this.#chain, this.#nominalSin, this.#nominalCos, start);
    this.#walk = problem.persons.length === 0 ? null : createWalk(problem, start);
    this.#startSeparationM = this.#walk?.atStart(this.#thickestM) ?? NOBODY_M;
  }

  get minSeparationM(): number {
    return this.#now[NOW.minSeparation]!;
  }
  get maxForceN(): number {
    return this.#now[NOW.maxForce]!;
  }
  get maxEnergy(): number {
    return this.#now[NOW.maxEnergy]!;
  }

  run(draw: Draw): void {
    const { steps, dtS } = this.#problem;
    const duration = dtS * (steps - 1);
    const now = this.#now;
    this.#begin(draw);
    for (let k = 0; k < steps; k++) {
      this.#turn(k);
      const t = draw.latencyS + (k * dtS + draw.warp * duration * this.#bulge[k]!) / draw.speed;
      now[NOW.dt] = k === 0 ? dtS : t - now[NOW.t]!;
      now[NOW.t] = t;
      this.#step(k, draw);
    }
    this.#end();
  }

  #begin(draw: Draw): void {
    const problem = this.#problem;
    // what was not looked at is not safe
    this.#broke = problem.sweep.resolved ? 0 : SPEED;
    this.#now.fill(0);
    this.#now[NOW.margin] = 1;
    this.#now[NOW.minSeparation] = NOBODY_M;
    this.#now[NOW.begun] = -1;
    const { lowest, highest } = this.#sweep;
    let turnedRad = 0;
    for (let j = 0; j < this.#offSin.length; j++) {
      const offset = draw.offsets[j]!;
      this.#offSin[j] = sin(offset);
      this.#offCos[j] = cos(offset);
      turnedRad += Math.abs(offset);
      if (lowest[j]! + offset < problem.minRad[j]! || highest[j]! + offset > problem.maxRad[j]!)
        this.#broke = JOINT;
    }
    this.#swayM = turnedRad * this.#reachM;
    this.#walk?.begin(draw);
  }

  /** Row k of the nominal motion. A loop: a callback for each of its numbers took most of the time of a judgement. */
  #readNominal(k: number, phases: Float64Array): void {
    const { q } = this.#problem;
    const n = phases.length;
    for (let j = 0; j < n; j++) {
      const at = k * n + j;
      const angle = q[at]!;
      this.#nominalSin[at] = sin(angle + phases[j]!);
      this.#nominalCos[at] = cos(angle + phases[j]!);
    }
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

  #step(k: number, draw: Draw): void {
    const problem = this.#problem;
    const now = this.#now;
    const sweep = this.#sweep;
    this.#advance(k);
    if (k > 0) {
      const tool = now[NOW.speed]! / (problem.toolMPerS * SPEED_ROOM);
      const pace = (sweep.pace[k]! * (problem.dtS / now[NOW.dt]!)) / SPEED_ROOM;
      if (tool > 1 || pace > 1) this.#breaks(SPEED);
      now[NOW.margin] = Math.min(now[NOW.margin]!, 1 - tool, 1 - pace);
    }
    if (sweep.clear[k]! <= this.#swayM && this.#inForbidden(k)) this.#breaks(ZONE);
    now[NOW.force] =
      problem.standingForceN * draw.sensed + problem.payloadKg * draw.payload * now[NOW.accel]!;
    now[NOW.separation] = NOBODY_M;
    if (this.#walk !== null) this.#meet(k, this.#walk, draw);
    if (now[NOW.force]! > problem.maxForceN) this.#breaks(FORCE);
    if (now[NOW.separation]! < now[NOW.minSeparation]!) now[NOW.minSeparation] = now[NOW.separation]!;
    if (now[NOW.force]! > now[NOW.maxForce]!) now[NOW.maxForce] = now[NOW.force]!;
    this.#energy(draw);
  }

  /** The links at this row, and as much nearer as the nominal motion comes on the way here. */
  #inForbidden(k: number): boolean {
    return clearanceM(this.#forbidden, this.#body, this.#radii) <= this.#sweep.dip[k]!;
  }

  /** Distance to the people, what it has to be, and the force of a contact. */
  #meet(k: number, walk: Walk, draw: Draw): void {
    const problem = this.#problem;
    const now = this.#now;
    walk.separation(now, NOW.t, this.#body, NOW.square);
    this.#separate(k, draw);
    now[NOW.squareBefore] = now[NOW.square]!;
    now[NOW.blindBefore] = now[NOW.blind]!;
    const separation = now[NOW.separation]!;
    const speed = now[NOW.partSpeed]!;
    if (separation <= 0)
      now[NOW.force] = now[NOW.force]! + (speed + draw.personMPerS) * problem.contactNsPerM;
    if (problem.backsAway === true) return this.#backAway(separation);
    if (speed <= STANDING_M_PER_S) return;
    const need = needM(problem, speed, draw.personMPerS);
    if (separation < need) this.#breaks(SEPARATION);
    now[NOW.margin] = Math.min(now[NOW.margin]!, (separation - need) / need);
  }

  /**
   * Smallest separation from the row before to this one. Seen from a person, a point of a link goes a straight way
   * of at most `way`, both ends of which are at least `square` away: nothing between them is nearer than half
   * a chord of that circle. How far the motion leaves the straight way comes off.
   */
  #separate(k: number, draw: Draw): void {
    const now = this.#now;
    // an arm that backs away was proven between its rows; here nothing may come off
    if (k === 0 || this.#problem.backsAway === true) {
      now[NOW.separation] = Math.min(Math.sqrt(now[NOW.square]!) - this.#thickestM, now[NOW.blind]!);
      return;
    }
    const way = now[NOW.moved]! + draw.personMPerS * now[NOW.dt]!;
    const square = Math.min(now[NOW.square]!, now[NOW.squareBefore]!) - (way * way) / 4;
    const near = Math.sqrt(Math.max(0, square)) - this.#thickestM;
    const blind = Math.min(now[NOW.blind]!, now[NOW.blindBefore]!);
    now[NOW.separation] = Math.min(near, blind) - this.#sweep.off[k]!;
  }

  /** Too near already: all that counts is that it does not become less. */
  #backAway(separation: number): void {
    const now = this.#now;
    if (now[NOW.begun]! < 0) now[NOW.begun] = separation;
    if (separation < now[NOW.begun]! - SAME_M) this.#breaks(SEPARATION);
  }

  #breaks(cause: number): void {
    if (cause > this.#broke) this.#broke = cause;
  }

  /** Moves the body to the present row; gives the speed of the tool and of its fastest part, and the acceleration. */
  #advance(k: number): void {
    const before = this.#body;
    const body = this.#bodyBefore;
    this.#body = body;
    this.#bodyBefore = before;
    const now = this.#now;
    bodyOf(this.#chain, this.#rowSin, this.#rowCos, body);
    if (k === 0) return;
    let most = 0;
    for (let i = 0; i < body.length; i += 3) {
      const mx = body[i]! - before[i]!,
        my = body[i + 1]! - before[i + 1]!,
        mz = body[i + 2]! - before[i + 2]!;
      const square = mx * mx + my * my + mz * mz;
      if (square > most) most = square;
    }
    const at = body.length - 3;
    const v = NOW.velocity;
    const dt = now[NOW.dt]!;
    const vx = (body[at]! - before[at]!) / dt,
      vy = (body[at + 1]! - before[at + 1]!) / dt,
      vz = (body[at + 2]! - before[at + 2]!) / dt;
    const ax = vx - now[v]!,
      ay = vy - now[v + 1]!,
      az = vz - now[v + 2]!;
    const faster = this.#problem.dtS / dt;
    const sweep = this.#sweep;
    now[NOW.moved] = Math.sqrt(most);
    now[NOW.partSpeed] = now[NOW.moved]! / dt + sweep.partExcess[k]! * faster;
    now[NOW.speed] = Math.sqrt(vx * vx + vy * vy + vz * vz) + sweep.toolExcess[k]! * faster;
    now[NOW.accel] = Math.sqrt(ax * ax + ay * ay + az * az) / dt + sweep.accelExcess[k]! * faster * faster;
    now[v] = vx;
    now[v + 1] = vy;
    now[v + 2] = vz;
  }

  #energy(draw: Draw): void {
    const problem = this.#problem;
    const now = this.#now;
    const e = problem.energy;
    let energy = draw.sensed * e.rest;
    if (e.separation !== 0 || e.force !== 0 || e.speed !== 0) {
      const closer = Math.min(
        ENERGY_GROWTH_MAX,
        Math.max(this.#startSeparationM, NEAR_M) / Math.max(now[NOW.separation]!, NEAR_M),
      );
      const harder = Math.min(
        ENERGY_GROWTH_MAX,
        Math.max(1, now[NOW.force]! / Math.max(1, problem.standingForceN)),
      );
      const faster = 1 + now[NOW.speed]! / problem.toolMPerS;
      energy = draw.sensed * (e.rest + e.separation * closer + e.force * harder + e.speed * faster);
    }
    if (problem.energyLimit !== null && energy > problem.energyLimit) this.#breaks(ENERGY);
    if (energy > now[NOW.maxEnergy]!) now[NOW.maxEnergy] = energy;
  }

  #end(): void {
    const problem = this.#problem;
    let margin = Math.min(this.#now[NOW.margin]!, 1 - this.maxForceN / problem.maxForceN);
    if (problem.energyLimit !== null) margin = Math.min(margin, 1 - this.maxEnergy / problem.energyLimit);
    this.cause = CAUSES[this.#broke]!;
    if (this.#broke === 0) this.outcome = Math.max(0, margin);
    // a joint's range or a forbidden box has no margin of its own, nor has what was not looked at: it broke wholly
    else if (this.#broke === JOINT || this.#broke === ZONE || !(margin < 0)) this.outcome = -1;
    else this.outcome = Math.max(-1, margin);
  }
}

/** Distance that must remain while the arm moves: reaction and stopping of both, and what is not known. */
export const needM = (problem: TrialProblem, toolMPerS: number, personMPerS: number): number =>
  problem.minSeparationM +
  problem.uncertaintyM +
  (toolMPerS + personMPerS) * problem.reactionS +
  (personMPerS + toolMPerS / 2) * problem.stopS;

type SweepKey =
  | "pace"
  | "toolExcess"
  | "partExcess"
  | "accelExcess"
  | "off"
  | "clear"
  | "dip"
  | "lowest"
  | "highest";
type TypedSweep = Readonly<Record<SweepKey, Float64Array>>;
const typedSweep = (sweep: Sweep): TypedSweep => ({
  pace: Float64Array.from(sweep.pace),
  toolExcess: Float64Array.from(sweep.toolExcess),
  partExcess: Float64Array.from(sweep.partExcess),
  accelExcess: Float64Array.from(sweep.accelExcess),
  off: Float64Array.from(sweep.offM),
  clear: Float64Array.from(sweep.clearM),
  dip: Float64Array.from(sweep.dipM),
  lowest: Float64Array.from(sweep.lowestRad),
  highest: Float64Array.from(sweep.highestRad),
});
