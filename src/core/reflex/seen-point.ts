import { PI } from "../base/math.ts";
import { raysOf, type Sector } from "./distance-reading.ts";
import { RayDirections } from "./ray-directions.ts";
import type { ChannelInfo } from "./rule.ts";

export type Corners = readonly (readonly [number, number])[];
/** The nearest point of a scan that lies in a zone, in the scanner's own frame. */
export interface SeenPoint {
  readonly distanceM: number;
  /** from straight ahead, positive to the left */
  readonly angleRad: number;
}

/** `corners`: only what lies inside them; null: everything in the sector. A range channel looks straight ahead. */
export function seenPoint(
  channel: ChannelInfo,
  sector: Sector,
  corners: Corners | null,
  values: Float64Array,
): SeenPoint | null {
  const { first, last } = raysOf(channel, sector);
  const rays = new RayDirections(channel);
  rays.reach(values.length);
  let nearest = -1;
  for (let i = first; i <= Math.min(last, values.length - 1); i++) {
    const r = values[i]!;
    if (nearest >= 0 && r >= values[nearest]!) continue;
    if (corners === null || isInside(corners, r * rays.x(i), r * rays.y(i))) nearest = i;
  }
  if (nearest < 0) return null;
  const { angleMinRad = 0, angleStepRad = 0 } = channel.config;
  return { distanceM: values[nearest]!, angleRad: angleMinRad + nearest * angleStepRad };
}

/** `0.74 m at -23°`; a range channel has no direction */
export const pointWords = ({ distanceM, angleRad }: SeenPoint, { config }: ChannelInfo): string =>
  `${distanceM.toFixed(2)} m${config.quantity === "scan" ? ` at ${((angleRad * 180) / PI).toFixed(0)}°` : ""}`;

/** Even-odd rule: how many edges lie to the right of the point. */
export function isInside(corners: Corners, x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const a = corners[i]!;
    const b = corners[j]!;
    if (a[1] > y !== b[1] > y && x < ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]) + a[0]) inside = !inside;
  }
  return inside;
}
