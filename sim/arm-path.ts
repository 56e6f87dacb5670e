import { assert } from "../src/core/base/assert.ts";
import { createKinematics, type Kinematics } from "../src/core/robot/index.ts";
import { type CellDescription, type Triple, robotConfigOf } from "../src/core/physics/index.ts";
import { reachDown } from "./ik.ts";
import { BLEND_RATE_MAX, BLEND_RATE_RATE_MAX, blend, blendRate, blendRateRate } from "./quintic.ts";

/** One stretch of the way: rest to rest from the stretch before, then a pause. */
export interface Stretch {
  readonly to: readonly number[];
  readonly moveS: number;
  readonly pauseS: number;
}
/** What the arm does: a way through joint space on its own clock, which a slow or stop stretches. */
export interface ArmPlan {
  readonly from: readonly number[];
  readonly stretches: readonly Stretch[];
  /** true: after the last stretch begins the first one again; its end must then be `from` */
  readonly repeats: boolean;
}
/** Share of the joints' limits and of the cell's tool speed that a planned move uses. */
const SPEED_SHARE = 0.9;
const MOVE_MIN_S = 0.05;
const SAMPLES = 16;

export interface Planner {
  readonly kinematics: Kinematics;
  /** joint angles for a tool point, tool down, near `from` */
  reach(target: Triple, from?: readonly number[]): readonly number[];
  /** the shortest rest-to-rest move within all limits, times `1 / pace` */
  stretch(from: readonly number[], to: readonly number[], pauseS: number, pace?: number): Stretch;
  /** a plan through tool points */
  through(
    points: readonly { readonly at: Triple; readonly pauseS: number }[],
    options?: { pace?: number; repeats?: boolean },
  ): ArmPlan;
}

/** Elbow up, tool down, in front of the base: every wanted posture lies near this one. */
const POSTURE: readonly number[] = [2.9, -1.2, 1.9, -2.27, -1.57, 1.3];

export function createPlanner(cell: CellDescription): Planner {
  const kinematics = createKinematics(robotConfigOf(cell));
  const reach = (target: Triple, from: readonly number[] = POSTURE): readonly number[] =>
    reachDown(kinematics, target, from);
  const stretch: Planner["stretch"] = (from, to, pauseS, pace = 1) => {
    const moveS = shortestMove(cell.arm, kinematics, from, to) / pace;
    return { to, moveS, pauseS };
  };
  return {
    kinematics,
    reach,
    stretch,
    through(points, { pace = 1, repeats = false } = {}) {
      assert(points.length > 1, "a plan has a start and an end");
      const knots = points.reduce<(readonly number[])[]>(
        (list, point) => [...list, reach(point.at, list.at(-1))],
        [],
      );
      const stretches = knots.slice(1).map((to, i) => stretch(knots[i]!, to, points[i + 1]!.pauseS, pace));
      if (repeats) stretches.push(stretch(knots.at(-1)!, knots[0]!, points[0]!.pauseS, pace));
      return { from: knots[0]!, stretches, repeats };
    },
  };
}

/** What a planned move keeps: the limits of each joint, and of the tool point. */
export interface MotionLimits {
  readonly joints: readonly {
    readonly name: string;
    readonly minRad: number;
    readonly maxRad: number;
    readonly maxRadPerS: number;
    readonly maxRadPerS2: number;
  }[];
  readonly maxToolSpeedMPerS: number;
}

/** Seconds of the quickest rest-to-rest move within a share of all limits. */
export function shortestMove(
  arm: MotionLimits,
  kinematics: Kinematics,
  from: readonly number[],
  to: readonly number[],
): number {
  let seconds = MOVE_MIN_S;
  arm.joints.forEach((joint, i) => {
    const way = Math.abs(to[i]! - from[i]!);
    seconds = Math.max(
      seconds,
      (way * BLEND_RATE_MAX) / (joint.maxRadPerS * SPEED_SHARE),
      Math.sqrt((way * BLEND_RATE_RATE_MAX) / (joint.maxRadPerS2 * SPEED_SHARE)),
    );
  });
  const delta = to.map((value, i) => value - from[i]!);
  for (let k = 1; k < SAMPLES; k++) {
    const u = k / SAMPLES;
    const q = from.map((value, i) => value + delta[i]! * blend(u));
    const perSecond = kinematics.toolSpeed(q, delta) * blendRate(u);
    seconds = Math.max(seconds, perSecond / (arm.maxToolSpeedMPerS * SPEED_SHARE));
  }
  return seconds;
}

/** The cell's own job: home, pick, place, home, again and again. */
export function workPlan(
  cell: CellDescription,
  planner: Planner,
  change: Partial<CellDescription["work"]> & { pace?: number } = {},
): ArmPlan {
  const { home, pick, place, liftM, dwellMs } = { ...cell.work, ...change };
  const above = ([x, y, z]: Triple): Triple => [x, y, z + liftM];
  const pauseS = dwellMs / 1000;
  return planner.through(
    [
      { at: home, pauseS: 0.1 },
      { at: above(pick), pauseS: 0 },
      { at: pick, pauseS },
      { at: above(pick), pauseS: 0 },
      { at: above(place), pauseS: 0 },
      { at: place, pauseS },
      { at: above(place), pauseS: 0 },
    ],
    { repeats: true, pace: change.pace ?? 1 },
  );
}

/** Where the plan is at its own time `s`: angles, first and second derivative by `s`. */
export interface PlanCursor {
  readonly q: Float64Array;
  readonly dq: Float64Array;
  readonly ddq: Float64Array;
  /** seconds of one pass */
  readonly lengthS: number;
  /** end of the plan reached (never for one that repeats) */
  done(s: number): boolean;
  seek(s: number): void;
}

export function createCursor(plan: ArmPlan): PlanCursor {
  const n = plan.from.length;
  const starts: number[] = [];
  let lengthS = 0;
  for (const stretch of plan.stretches) {
    starts.push(lengthS);
    lengthS += stretch.moveS + stretch.pauseS;
  }
  assert(lengthS > 0, "a plan lasts");
  const froms = [plan.from, ...plan.stretches.map((stretch) => stretch.to)];
  const q = Float64Array.from(plan.from);
  const dq = new Float64Array(n);
  const ddq = new Float64Array(n);
  let at = 0;
  return {
    q,
    dq,
    ddq,
    lengthS,
    done: (s) => !plan.repeats && s >= lengthS,
    seek(s) {
      const inside = plan.repeats ? s - Math.floor(s / lengthS) * lengthS : Math.min(s, lengthS);
      if (inside < starts[at]!) at = 0;
      while (at + 1 < starts.length && inside >= starts[at + 1]!) at++;
      const { to, moveS } = plan.stretches[at]!;
      const from = froms[at]!;
      const u = (inside - starts[at]!) / moveS;
      const b = blend(u);
      const rate = blendRate(u) / moveS;
      const rateRate = blendRateRate(u) / (moveS * moveS);
      for (let i = 0; i < n; i++) {
        const way = to[i]! - from[i]!;
        q[i] = from[i]! + way * b;
        dq[i] = way * rate;
        ddq[i] = way * rateRate;
      }
    },
  };
}
