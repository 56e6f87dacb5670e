import { perChannel } from "./per-channel.ts";
import { Smooth } from "./smooth.ts";

const NEAR_M = 0.6;
const WIDE_M = 1.5;
const TREND_MS = 300;

/** How much of a scan is taken up by things near it, and whether that grows. */
export const zoneOccupancy = perChannel({
  name: "occupancy",
  needs: "a scan channel",
  quantities: ["scan"],
  specs: () => [
    {
      name: "occupied_near_share",
      unit: "1",
      windowMs: 0,
      direction: 1,
      meaning: `share of rays that end within ${NEAR_M} m`,
    },
    {
      name: "occupied_wide_share",
      unit: "1",
      windowMs: 0,
      direction: 1,
      meaning: `share of rays that end within ${WIDE_M} m`,
    },
    {
      name: "occupied_growth_share",
      unit: "1",
      windowMs: TREND_MS,
      direction: 1,
      meaning: "how far the wide share lies above its recent mean",
    },
  ],
  track: () => {
    const mean = new Smooth(TREND_MS);
    let near = 0;
    let wide = 0;
    let growth = 0;
    return {
      onSample({ t, values }) {
        near = 0;
        wide = 0;
        for (let i = 0; i < values.length; i++) {
          const range = values[i] as number;
          if (range < WIDE_M) wide++;
          if (range < NEAR_M) near++;
        }
        near /= Math.max(1, values.length);
        wide /= Math.max(1, values.length);
        growth = wide - mean.add(t, wide);
      },
      write(_t, out, base) {
        out[base] = near;
        out[base + 1] = wide;
        out[base + 2] = growth;
        return true;
      },
    };
  },
});
