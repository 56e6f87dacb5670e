import type { FeatureFamily, FeatureSource } from "./feature.ts";
import { Smooth } from "./smooth.ts";

const JITTER_MS = 500;
/** older than this many times its allowed age is simply gone */
const STALENESS_MAX = 10;

/** How old and how irregular the sources are: a node that is fed badly knows less than its numbers say. */
export const sourceHealth: FeatureFamily = {
  name: "sources",
  needs: "any channel",
  quantities: [],
  specs: () => [
    {
      name: "staleness_share",
      unit: "1",
      windowMs: 0,
      direction: 1,
      meaning: "age of the oldest required source as a share of its allowed age",
    },
    {
      name: "jitter_share",
      unit: "1",
      windowMs: JITTER_MS,
      direction: 1,
      meaning:
        "mean deviation of the intervals of the most irregular source, as a share of its mean interval",
    },
    {
      name: "faults_share",
      unit: "1",
      windowMs: 0,
      direction: 1,
      meaning: "share of sources whose newest reading could not be trusted",
    },
  ],
  build(setting): FeatureSource | null {
    const channels = setting.channels.filter((c) => c.config.monitored);
    if (channels.length === 0) return null;
    const place = new Map(channels.map((c, i) => [c.index, i]));
    const newest = new Float64Array(channels.length).fill(-1);
    const faulty = new Uint8Array(channels.length);
    const interval = channels.map(() => new Smooth(JITTER_MS));
    const deviation = channels.map(() => new Smooth(JITTER_MS));
    let began = -1;
    return {
      specs: sourceHealth.specs(setting.kinematics.joints),
      listens: channels.map((c) => c.index),
      onSample({ channel, t }) {
        const at = place.get(channel) as number;
        const before = newest[at] as number;
        if (began < 0) began = t;
        if (before >= 0) {
          const gap = t - before;
          const mean = (interval[at] as Smooth).add(t, gap);
          (deviation[at] as Smooth).add(t, Math.abs(gap - mean));
        }
        newest[at] = t;
        faulty[at] = 0;
      },
      onFault(channel) {
        faulty[place.get(channel) as number] = 1;
      },
      write(t, out, base) {
        let stale = 0;
        let jitter = 0;
        let faults = 0;
        for (let i = 0; i < channels.length; i++) {
          const { config } = channels[i] as (typeof channels)[number];
          const since = (newest[i] as number) < 0 ? began : (newest[i] as number);
          if (config.required) stale = Math.max(stale, (t - since) / (config.maxAgeMs * 1_000));
          const mean = (interval[i] as Smooth).value;
          if (mean > 0) jitter = Math.max(jitter, (deviation[i] as Smooth).value / mean);
          faults += faulty[i] as number;
        }
        out[base] = Math.min(STALENESS_MAX, stale);
        out[base + 1] = jitter;
        out[base + 2] = faults / channels.length;
        return began >= 0;
      },
    };
  },
};
