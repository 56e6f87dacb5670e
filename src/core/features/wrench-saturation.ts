import { perChannel } from "./per-channel.ts";

/** How near the force/torque sensor is to the end of its range. */
export const wrenchSaturation = perChannel({
  name: "wrench_saturation",
  needs: "a wrench channel with min or max",
  quantities: ["wrench"],
  specs: () => [
    {
      name: "wrench_saturation_share",
      unit: "1",
      windowMs: 0,
      direction: 1,
      meaning: "largest axis as a share of the channel's believable range",
    },
  ],
  track: ({ config }) => {
    if (config.min === undefined && config.max === undefined) return null;
    const up = config.max === undefined ? Number.POSITIVE_INFINITY : Math.abs(config.max);
    const down = config.min === undefined ? Number.POSITIVE_INFINITY : Math.abs(config.min);
    let share = 0;
    return {
      onSample({ values }) {
        share = 0;
        for (let i = 0; i < 6; i++) {
          const value = values[i] as number;
          share = Math.max(share, value >= 0 ? value / up : -value / down);
        }
      },
      write(_t, out, base) {
        out[base] = share;
        return true;
      },
    };
  },
});
