import { insertSorted } from "./insert-sorted.ts";
import type { ChannelInfo } from "./rule.ts";

/** Which rays of a scan count; a range channel has one ray, which always counts. */
export interface Sector {
  readonly fromRad?: number | undefined;
  readonly toRad?: number | undefined;
  readonly minRays: number;
}

/** First and last ray of a sector; for a range channel its only value. */
export function raysOf(channel: ChannelInfo, sector: Sector): { first: number; last: number } {
  if (channel.config.quantity !== "scan") return { first: 0, last: 0 };
  const start = channel.config.angleMinRad ?? 0;
  const step = channel.config.angleStepRad ?? 1;
  const first = sector.fromRad === undefined ? 0 : Math.max(0, Math.ceil((sector.fromRad - start) / step));
  const last =
    sector.toRad === undefined ? Number.POSITIVE_INFINITY : Math.floor((sector.toRad - start) / step);
  return { first, last };
}

/**
 * The distance that a channel reads in a sector: the nearest ray, or the n-th nearest when n rays must agree.
 * A sector in which the scanner has too few rays sees nothing, and who sees nothing must assume the worst: 0.
 */
export function createDistanceReading(
  channel: ChannelInfo,
  sector: Sector,
): (values: Float64Array) => number {
  const { first, last } = raysOf(channel, sector);
  const wanted = channel.config.quantity === "scan" ? sector.minRays : 1;
  const nearest = new Float64Array(wanted);
  return (values) => {
    const end = Math.min(last, values.length - 1);
    if (end - first + 1 < wanted) return 0;
    if (wanted === 1) {
      let least = values[first]!;
      for (let i = first + 1; i <= end; i++) if (values[i]! < least) least = values[i]!;
      return least;
    }
    nearest.fill(Number.POSITIVE_INFINITY);
    for (let i = first; i <= end; i++)
      if (values[i]! < nearest[wanted - 1]!) insertSorted(nearest, values[i]!);
    return nearest[wanted - 1]!;
  };
}
