/** Boxes: lower and upper corner, six numbers each. Body: x y z of each joint and of the tool; a link lies between two. */

/** Smallest distance of any link to any box, less the link's radius; below 0 it reaches into the box. */
export function clearanceM(boxes: Float64Array, body: Float64Array, radii: ArrayLike<number>): number {
  let least = FAR_M;
  for (let link = 0; 3 * link < body.length - 3; link++)
    for (let b = 0; b < boxes.length; b += 6) {
      const clear = linkToBoxM(boxes, b, body, 3 * link) - radii[link]!;
      if (clear < least) least = clear;
    }
  return least;
}
/** Stands for "there is no box": receipts and threads carry finite numbers. */
export const FAR_M = 1_000;

/**
 * Exact distance between the line from one body point to the next and a box. Along the line the squared
 * distance to the box is convex and made of parabolas that meet where the line passes a side of the box: its slope
 * is followed over those places to where it changes its sign, and is straight from there.
 */
export function linkToBoxM(boxes: Float64Array, b: number, body: Float64Array, at: number): number {
  let from = 0;
  let to = 1;
  let slopeFrom = slopeAt(boxes, b, body, at, from);
  if (slopeFrom >= 0) return distanceAt(boxes, b, body, at, from);
  let slopeTo = slopeAt(boxes, b, body, at, to);
  if (slopeTo <= 0) return distanceAt(boxes, b, body, at, to);
  for (let side = 0; side < 6; side++) {
    const axis = side % 3;
    const way = body[at + 3 + axis]! - body[at + axis]!;
    if (way === 0) continue;
    const u = (boxes[b + side]! - body[at + axis]!) / way;
    if (!(u > from && u < to)) continue;
    const slope = slopeAt(boxes, b, body, at, u);
    if (slope <= 0) {
      from = u;
      slopeFrom = slope;
    } else {
      to = u;
      slopeTo = slope;
    }
  }
  return distanceAt(boxes, b, body, at, from + ((to - from) * -slopeFrom) / (slopeTo - slopeFrom));
}

/** How far the point at share u of the link lies outside the box along one axis, with the side's sign. */
function outsideBy(
  boxes: Float64Array,
  b: number,
  axis: number,
  body: Float64Array,
  at: number,
  u: number,
): number {
  const from = body[at + axis]!;
  const x = from + (body[at + 3 + axis]! - from) * u;
  return x < boxes[b + axis]!
    ? x - boxes[b + axis]!
    : x > boxes[b + 3 + axis]!
      ? x - boxes[b + 3 + axis]!
      : 0;
}

const slopeAt = (boxes: Float64Array, b: number, body: Float64Array, at: number, u: number): number =>
  outsideBy(boxes, b, 0, body, at, u) * (body[at + 3]! - body[at]!) +
  outsideBy(boxes, b, 1, body, at, u) * (body[at + 4]! - body[at + 1]!) +
  outsideBy(boxes, b, 2, body, at, u) * (body[at + 5]! - body[at + 2]!);

function distanceAt(boxes: Float64Array, b: number, body: Float64Array, at: number, u: number): number {
  const x = outsideBy(boxes, b, 0, body, at, u);
  const y = outsideBy(boxes, b, 1, body, at, u);
  const z = outsideBy(boxes, b, 2, body, at, u);
  return Math.sqrt(x * x + y * y + z * z);
}
