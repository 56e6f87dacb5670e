/** Spheres of one link at most: long thin links get larger ones. */
const MAX_PER_STRETCH = 64;

/** Spheres along a line through points that hide a tube of this radius. */
export function spheresAlong(points: readonly (readonly number[])[], radiusM: number): number[][] {
  const spheres: number[][] = [];
  for (let i = 1; i < points.length; i++) {
    const [from, to] = [points[i - 1]!, points[i]!];
    const way = [0, 1, 2].map((k) => to[k]! - from[k]!);
    const length = Math.sqrt(way.reduce((sum, x) => sum + x * x, 0));
    const count = Math.min(MAX_PER_STRETCH, Math.ceil(length / radiusM));
    const gap = count === 0 ? 0 : length / count;
    const radius = Math.sqrt(radiusM * radiusM + (gap * gap) / 4);
    for (let n = i === 1 ? 0 : 1; n <= count; n++)
      spheres.push([...from.map((x, k) => x + (way[k]! * n) / Math.max(1, count)), radius]);
  }
  return spheres;
}
