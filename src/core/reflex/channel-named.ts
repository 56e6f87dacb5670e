import { assert } from "../base/assert.ts";
import type { ChannelInfo } from "./rule.ts";

/** The channel that a checked deployment names. */
export function channelNamed(channels: readonly ChannelInfo[], name: string): ChannelInfo {
  const channel = channels.find((c) => c.name === name);
  assert(channel !== undefined, `a rule names channel "${name}", which the deployment does not have`);
  return channel;
}
export const channelsMeasuring = (
  channels: readonly ChannelInfo[],
  quantity: ChannelInfo["config"]["quantity"],
): number[] => channels.filter((c) => c.config.quantity === quantity).map((c) => c.index);
