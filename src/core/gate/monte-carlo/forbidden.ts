/** Boxes: lower and upper corner, six numbers each. Body: x y z of each point. */

/** True when a body point or the middle of a link lies in a box. */
export function insideForbidden(boxes: Float64Array, body: Float64Array): boolean {
  for (let at = 0; at < body.length; at += 3) {
    const x = body[at]!,
      y = body[at + 1]!,
      z = body[at + 2]!;
    if (distanceM(boxes, x, y, z) === 0) return true;
    if (
      at > 0 &&
      distanceM(boxes, (x + body[at - 3]!) / 2, (y + body[at - 2]!) / 2, (z + body[at - 1]!) / 2) === 0
    )
      return true;
  }
  return false;
}

/** Smallest distance of any body point or middle of a link from any box. */
export function clearanceM(boxes: Float64Array, body: Float64Array): number {
  let least = Number.MAX_VALUE;
  for (let at = 0; at < body.length; at += 3) {
    const x = body[at]!,
      y = body[at + 1]!,
      z = body[at + 2]!;
    least = Math.min(least, distanceM(boxes, x, y, z));
    if (at > 0)
      least = Math.min(
        least,
        distanceM(boxes, (x + body[at - 3]!) / 2, (y + body[at - 2]!) / 2, (z + body[at - 1]!) / 2),
      );
  }
  return least;
}

function distanceM(boxes: Float64Array, x: number, y: number, z: number): number {
  let least = Number.MAX_VALUE;
  for (let b = 0; b < boxes.length; b += 6) {
    const dx = Math.max(0, boxes[b]! - x, x - boxes[b + 3]!);
    const dy = Math.max(0, boxes[b + 1]! - y, y - boxes[b + 4]!);
    const dz = Math.max(0, boxes[b + 2]! - z, z - boxes[b + 5]!);
    least = Math.min(least, dx * dx + dy * dy + dz * dz);
  }
  return Math.sqrt(least);
}
