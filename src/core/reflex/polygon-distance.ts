import { insertSorted } from "./insert-sorted.ts";
import { raysOf, type Sector } from "./distance-reading.ts";
import { RayDirections } from "./ray-directions.ts";
import type { ChannelInfo } from "./rule.ts";
import type { Corners } from "./seen-point.ts";

/**
 * How far a scan is from occupying a polygon, in metres along the rays: by how much the n-th nearest ray would have
 * to be shorter to end inside it. Negative: the zone is occupied, and that far the rays would have to move out.
 */
export function polygonDistance(
  corners: Corners,
  channel: ChannelInfo,
  sector: Sector,
): (values: Float64Array) => number {
  const { first, last } = raysOf(channel, sector);
  const rays = new RayDirections(channel);
  const crossings: Float64Array[] = [];
  const nearest = new Float64Array(sector.minRays);
  return (values) => {
    const end = Math.min(last, values.length - 1);
    if (end - first + 1 < sector.minRays) return -Number.MIN_VALUE;
    rays.reach(values.length);
    while (crossings.length <= end)
      crossings.push(crossingsOf(corners, rays.x(crossings.length), rays.y(crossings.length)));
    nearest.fill(Number.POSITIVE_INFINITY);
    for (let i = first; i <= end; i++) {
      const away = distanceAlong(crossings[i]!, values[i]!);
      if (away < nearest[sector.minRays - 1]!) insertSorted(nearest, away);
    }
    return nearest[sector.minRays - 1]!;
  };
}

/** Where a ray from the scanner crosses the polygon's edges; a corner on the ray belongs to one side of it only. */
function crossingsOf(corners: Corners, dx: number, dy: number): Float64Array {
  const found: number[] = [];
  const side = ([x, y]: readonly [number, number]): number => dx * y - dy * x;
  const along = ([x, y]: readonly [number, number]): number => dx * x + dy * y;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [a, b] = [corners[j]!, corners[i]!];
    const [sideA, sideB] = [side(a), side(b)];
    if (sideA > 0 === sideB > 0) continue;
    const at = along(a) + ((along(b) - along(a)) * sideA) / (sideA - sideB);
    if (at > 0) found.push(at);
  }
  return Float64Array.from(found).sort();
}

/** Shortening that would put the ray's end into the polygon; negative when it ends inside. */
function distanceAlong(crossings: Float64Array, range: number): number {
  let beyond = 0;
  let before = Number.NEGATIVE_INFINITY;
  let behind = Number.POSITIVE_INFINITY;
  for (const at of crossings) {
    if (at > range) {
      beyond++;
      if (at < behind) behind = at;
    } else if (at > before) before = at;
  }
  const inside = beyond % 2 === 1;
  if (!inside) return range - before;
  return (
    -Math.min(behind - range, before === Number.NEGATIVE_INFINITY ? behind - range : range - before) ||
    -Number.MIN_VALUE
  );
}
