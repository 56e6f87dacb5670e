import { cos, PI, sin } from "../../base/math.ts";
import type { Draw } from "./draws.ts";
import type { TrialProblem } from "./problem.ts";

/** Stands for "nobody is sensed": receipts carry finite numbers. */
export const NOBODY_M = 1_000;

/** The people of one trial, each walking straight on. */
export interface Walk {
  begin(draw: Draw): void;
  /**
   * After row[at] seconds: square of the smallest distance between the line of any link and any person whose place
   * is known, into row[to], and smallest distance of the others, into row[to + 1]
   */
  separation(row: Float64Array, at: number, body: Float64Array, to: number): void;
  /** x y from and x y to of each person whose place is known, after so many seconds; for who draws a trial */
  ways(seconds: number): number[];
  /** smallest distance at the start, as sensed, less the links' thickness */
  atStart(radiusM: number): number;
}
/** Turn of the heading from one person to the next, so that they do not all walk the same way (golden ratio). */
const HEADING_STEP_RAD = 2 * PI * 0.6180339887498949;
const HEIGHTS = 3;

export function createWalk(problem: TrialProblem, start: Float64Array): Walk {
  const rows = problem.persons;
  const persons = rows.length / 3;
  // per person: distance and closing speed (direction unknown), or place and velocity on the floor
  const base = new Float64Array(2 * persons);
  const rate = new Float64Array(2 * persons);
  const blind = Uint8Array.from({ length: persons }, (_, p) => (rows[3 * p] === 0 ? 1 : 0));

  const beginPerson = (p: number, headingRad: number, speed: number, distance: number): void => {
    const along = cos(headingRad) * speed;
    if (blind[p] === 1) {
      base[2 * p] = rows[3 * p + 1]! * distance;
      rate[2 * p] = -along;
      return;
    }
    const across = sin(headingRad) * speed;
    const dx = start[start.length - HEIGHTS]! - rows[3 * p + 1]!;
    const dy = start[start.length - HEIGHTS + 1]! - rows[3 * p + 2]!;
    const length = Math.max(1e-6, Math.sqrt(dx * dx + dy * dy));
    const ux = dx / length,
      uy = dy / length;
    // a sensed distance that is off moves the person along the line of sight
    base[2 * p] = rows[3 * p + 1]! + dx * (1 - distance);
    base[2 * p + 1] = rows[3 * p + 2]! + dy * (1 - distance);
    rate[2 * p] = ux * along - uy * across;
    rate[2 * p + 1] = uy * along + ux * across;
  };
  const begin = (headingRad: number, speed: number, distance: number): void => {
    for (let p = 0; p < persons; p++) beginPerson(p, headingRad + p * HEADING_STEP_RAD, speed, distance);
  };
  const separation = (row: Float64Array, at: number, body: Float64Array, to: number): void => {
    const walked = Math.min(problem.personHorizonS, row[at]!);
    let near = NOBODY_M * NOBODY_M;
    let unknown = NOBODY_M;
    for (let p = 0; p < persons; p++) {
      const x = base[2 * p]! + rate[2 * p]! * walked;
      if (blind[p] === 1) unknown = Math.min(unknown, x - farthestMoved(body, start));
      else {
        const square = nearestSquare(x, base[2 * p + 1]! + rate[2 * p + 1]! * walked, body);
        if (square < near) near = square;
      }
    }
    row[to] = near;
    row[to + 1] = unknown;
  };
  return {
    begin: (draw) => begin(draw.headingRad, draw.personMPerS, draw.distance),
    separation,
    ways(seconds) {
      const walked = Math.min(problem.personHorizonS, seconds);
      const ways: number[] = [];
      for (let p = 0; p < persons; p++) {
        if (blind[p] === 1) continue;
        const [x, y] = [base[2 * p]!, base[2 * p + 1]!];
        ways.push(x, y, x + rate[2 * p]! * walked, y + rate[2 * p + 1]! * walked);
      }
      return ways;
    },
    atStart(radiusM) {
      begin(0, 0, 1);
      const row = new Float64Array(3);
      separation(row, 0, start, 1);
      return Math.min(Math.sqrt(row[1]!) - radiusM, row[2]!);
    },
  };
}

/** How far any point has come from where it began: all of it counts as towards a person of unknown direction. */
function farthestMoved(body: Float64Array, start: Float64Array): number {
  let most = 0;
  for (let i = 0; i < body.length; i += 3) {
    const dx = body[i]! - start[i]!,
      dy = body[i + 1]! - start[i + 1]!,
      dz = body[i + 2]! - start[i + 2]!;
    const square = dx * dx + dy * dy + dz * dz;
    if (square > most) most = square;
  }
  return Math.sqrt(most);
}
/** On the floor plan: a person is as high as the arm reaches. Square of the distance to the nearest link. */
function nearestSquare(x: number, y: number, body: Float64Array): number {
  let dx = body[0]! - x,
    dy = body[1]! - y;
  let least = dx * dx + dy * dy;
  for (let i = 3; i < body.length; i += 3) {
    const ex = body[i]! - x,
      ey = body[i + 1]! - y;
    const square = ex * ex + ey * ey;
    if (square < least) least = square;
    const wx = ex - dx,
      wy = ey - dy;
    // the foot of the perpendicular lies between the two ends
    if (dx * wx + dy * wy < 0 && ex * wx + ey * wy > 0) {
      const cross = dx * wy - dy * wx;
      const perpendicular = (cross * cross) / (wx * wx + wy * wy);
      if (perpendicular < least) least = perpendicular;
    }
    dx = ex;
    dy = ey;
  }
  return least;
}
