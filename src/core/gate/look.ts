import {
  GATE_GREEN_THRESHOLD,
  GATE_YELLOW_THRESHOLD,
  type GateConfig,
  type TrialSummary,
} from "../domain/index.ts";
import { sampleInformationValue } from "../stats/index.ts";
import { seesPeople } from "./persons.ts";
import { safeShareBound } from "./safe-share.ts";
import type { ChannelConfigs, Sight } from "./sight.ts";

/** Whether looking once more is worth more than it costs, and where to look. */
export interface Look {
  readonly value: number;
  readonly cost: number;
  /** null: there is nothing to look at */
  readonly channel: string | null;
  readonly worth: boolean;
}

/** What a wrong decision costs at each threshold: to run what should be refused, and to run unwatched what should be watched. */
const CHOICES = [
  { threshold: GATE_YELLOW_THRESHOLD, weight: 1 },
  { threshold: GATE_GREEN_THRESHOLD, weight: 0.5 },
] as const;

/**
 * Two choices hang on the share of safe trials: run or refuse, and watched or not. The margin of each is the bound on
 * that share minus what YELLOW or GREEN asks for, known as well as the trials tell it. One more reading is worth as
 * many trials again.
 */
export function worthLooking(
  summary: TrialSummary,
  sight: Sight,
  channels: ChannelConfigs,
  gate: GateConfig,
): Look {
  const share = summary.safe / summary.n;
  const sd = Math.sqrt(Math.max(share * (1 - share), 1 / summary.n));
  const bound = safeShareBound(summary.safe, summary.n);
  let value = 0;
  for (const { threshold, weight } of CHOICES)
    value += weight * sampleInformationValue(bound - threshold, sd / Math.sqrt(summary.n), sd, summary.n);
  const channel = channelToRead(sight, channels, gate);
  return {
    value,
    cost: gate.look.cost,
    channel,
    worth: gate.look.monitored && channel !== null && value > gate.look.cost,
  };
}

/** The channel that sees the nearest thing: its next reading says most. */
function channelToRead(sight: Sight, channels: ChannelConfigs, gate: GateConfig): string | null {
  let nearest = Number.POSITIVE_INFINITY;
  let name: string | null = null;
  for (const channel of sight.channels) {
    const quantity = channels[channel.name]?.quantity;
    if ((quantity !== "range" && quantity !== "scan") || !seesPeople(channel.name, gate)) continue;
    for (const value of channel.values)
      if (value < nearest) {
        nearest = value;
        name = channel.name;
      }
  }
  return name;
}
