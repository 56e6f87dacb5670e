import { RETREAT_POINTS_PER_LINK } from "../../domain/index.ts";
import type { Kinematics } from "../../robot/index.ts";

/**
 * The arm as a row of points close enough that nothing between two joints can come nearer unseen. Rows are
 * made once and written anew.
 */
export interface ArmParts {
  readonly count: number;
  /** x y z of each point for these joint angles */
  at(q: ArrayLike<number>): Float64Array;
}

export function createArmParts(kinematics: Kinematics): ArmParts {
  const joints = kinematics.bodyPoints;
  const body = new Float64Array(3 * joints);
  const count = (joints - 1) * RETREAT_POINTS_PER_LINK + 1;
  const rows = new Float64Array(3 * count);
  return {
    count,
    at(q) {
      kinematics.body(q, body);
      for (let i = 0; i < count; i++) {
        const link = Math.min(joints - 2, Math.floor(i / RETREAT_POINTS_PER_LINK));
        const share = i / RETREAT_POINTS_PER_LINK - link;
        for (let axis = 0; axis < 3; axis++) {
          const from = body[3 * link + axis]!;
          rows[3 * i + axis] = from + (body[3 * link + 3 + axis]! - from) * share;
        }
      }
      return rows;
    },
  };
}

/** Distance on the floor plan between one part and a place: a person is as high as the arm reaches. */
export function floorDistance(
  parts: Float64Array,
  part: number,
  places: Float64Array,
  place: number,
): number {
  const dx = parts[3 * part]! - places[2 * place]!;
  const dy = parts[3 * part + 1]! - places[2 * place + 1]!;
  return Math.sqrt(dx * dx + dy * dy);
}

/** Smallest distance between any part and any place; Infinity when nobody is there. */
export function separationOf(parts: Float64Array, places: Float64Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let part = 0; 3 * part < parts.length; part++)
    for (let place = 0; 2 * place < places.length; place++)
      least = Math.min(least, floorDistance(parts, part, places, place));
  return least;
}

/** Those of the places that some part is nearer to than this. */
export function placesWithin(parts: Float64Array, places: Float64Array, withinM: number): Float64Array {
  const near: number[] = [];
  for (let place = 0; 2 * place < places.length; place++) {
    const one = places.subarray(2 * place, 2 * place + 2);
    if (separationOf(parts, one) < withinM) near.push(...one);
  }
  return Float64Array.from(near);
}
