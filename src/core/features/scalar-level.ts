import type { FeatureFamily, FeatureSource, FeatureSpec } from "./feature.ts";
import { Smooth } from "./smooth.ts";

const BASELINE_MS = 5_000;
const specsOf = (name: string): readonly FeatureSpec[] => [
  {
    name: `scalar_${name}`,
    unit: "1",
    windowMs: 0,
    direction: 0,
    meaning: `value of the scalar channel ${name}`,
  },
  {
    name: `scalar_${name}_change`,
    unit: "1",
    windowMs: BASELINE_MS,
    direction: 0,
    meaning: `the same minus its mean of the last seconds`,
  },
];

/** Whatever else a cell measures: temperatures, tool currents, pressures. */
export const scalarLevel: FeatureFamily = {
  name: "scalar",
  needs: "scalar channels",
  quantities: ["scalar"],
  specs: () => specsOf("<channel>"),
  build(setting): FeatureSource | null {
    const channels = setting.channels.filter((c) => c.config.quantity === "scalar" && c.config.monitored);
    if (channels.length === 0) return null;
    const place = new Map(channels.map((c, i) => [c.index, i]));
    const held = new Float64Array(channels.length);
    const newest = new Float64Array(channels.length).fill(-1);
    const maxAge = Float64Array.from(channels, (c) => c.config.maxAgeMs * 1_000);
    const mean = channels.map(() => new Smooth(BASELINE_MS));
    return {
      specs: channels.flatMap((c) => specsOf(c.name)),
      listens: channels.map((c) => c.index),
      onSample({ channel, t, values }) {
        const at = place.get(channel) as number;
        held[at] = values[0] as number;
        newest[at] = t;
        (mean[at] as Smooth).add(t, values[0] as number);
      },
      onFault(channel) {
        newest[place.get(channel) as number] = -1;
      },
      write(t, out, base) {
        for (let i = 0; i < channels.length; i++) {
          const at = newest[i] as number;
          if (at < 0 || t - at > (maxAge[i] as number)) return false;
          out[base + 2 * i] = held[i] as number;
          out[base + 2 * i + 1] = (held[i] as number) - (mean[i] as Smooth).value;
        }
        return true;
      },
    };
  },
};
