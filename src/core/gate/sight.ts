import type { ChannelConfig, Micros } from "../domain/index.ts";

/** What is known at one moment, as the cell froze it. */
export interface Sight {
  readonly t: Micros;
  readonly seq: number;
  readonly channels: readonly {
    readonly name: string;
    readonly t: Micros;
    readonly values: readonly number[];
  }[];
  readonly position: readonly number[];
  readonly velocity: readonly number[];
  readonly energy: number | null;
  readonly energyContributions: Readonly<Record<string, number>>;
  readonly modelHash: string;
}
/** How the channels of a sight are meant. */
export type ChannelConfigs = Readonly<Record<string, ChannelConfig>>;

/** Somebody or something that must be kept away from. */
export type Person =
  /** at this distance from the arm, direction unknown: each metre the arm moves counts as towards it */
  | { readonly kind: "blind"; readonly distanceM: number }
  /** at this place on the floor, in the cell's frame */
  | { readonly kind: "point"; readonly xM: number; readonly yM: number };

/** Largest norm of the forces that the wrench channels report, 0 without one. */
export function sensedForceN(sight: Sight, channels: ChannelConfigs): number {
  let most = 0;
  for (const channel of sight.channels) {
    if (channels[channel.name]?.quantity !== "wrench") continue;
    const [x = 0, y = 0, z = 0] = channel.values;
    most = Math.max(most, Math.sqrt(x * x + y * y + z * z));
  }
  return most;
}

/** Time of the newest trusted joint reading, -1 without one. */
export function poseTime(sight: Sight, channels: ChannelConfigs): number {
  let newest = -1;
  for (const channel of sight.channels)
    if (channels[channel.name]?.quantity === "joints") newest = Math.max(newest, channel.t);
  return newest;
}
