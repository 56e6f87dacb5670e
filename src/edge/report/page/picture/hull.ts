/** The convex shape around all points of the arm, seen from above, at a distance from them: x and y in turns. */
const CORNERS = 24;

export function hullAround(arm: readonly number[], distanceM: number): number[] {
  const points: [number, number][] = [];
  for (let i = 0; i + 1 < arm.length; i += 3)
    for (let k = 0; k < CORNERS; k++) {
      const angle = (2 * Math.PI * k) / CORNERS;
      points.push([arm[i]! + distanceM * Math.cos(angle), arm[i + 1]! + distanceM * Math.sin(angle)]);
    }
  if (points.length === 0) return [];
  points.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const lower = half(points);
  const upper = half(points.reverse());
  return [...lower.slice(0, -1), ...upper.slice(0, -1)].flat();
}

function half(points: readonly [number, number][]): [number, number][] {
  const side: [number, number][] = [];
  for (const point of points) {
    while (side.length >= 2 && turns(side.at(-2)!, side.at(-1)!, point) <= 0) side.pop();
    side.push(point);
  }
  return side;
}
const turns = (a: [number, number], b: [number, number], c: [number, number]): number =>
  (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
