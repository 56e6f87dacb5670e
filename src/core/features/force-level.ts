import { hypot3 } from "../base/math.ts";
import { perChannel } from "./per-channel.ts";

/** How hard the tool is pushed and twisted now, and how much of that is new. */
const BASELINE_MS = 2_000;

export const forceLevel = perChannel({
  name: "force",
  needs: "a wrench channel",
  quantities: ["wrench"],
  specs: () => [
    { name: "force_n", unit: "N", windowMs: 0, direction: 1, meaning: "length of the force vector" },
    { name: "torque_nm", unit: "Nm", windowMs: 0, direction: 1, meaning: "length of the torque vector" },
    {
      name: "force_excess_n",
      unit: "N",
      windowMs: BASELINE_MS,
      direction: 1,
      meaning: "distance of the force vector from its mean over the last seconds: weight and bias drop out",
    },
    {
      name: "torque_excess_nm",
      unit: "Nm",
      windowMs: BASELINE_MS,
      direction: 1,
      meaning: "the same for the torque vector",
    },
  ],
  track: () => {
    // the mean follows in two speeds: fast at first, so that a young channel is not judged by one sample
    const mean = new Float64Array(6);
    const row = new Float64Array(6);
    let at = -1;
    let began = -1;
    return {
      onSample({ t, values }) {
        if (began < 0) began = t;
        const dt = at < 0 ? 0 : t - at;
        const tau = Math.min(BASELINE_MS * 1_000, Math.max(1, t - began));
        const gain = at < 0 ? 1 : dt / (tau + dt);
        for (let i = 0; i < 6; i++) {
          const value = values[i] as number;
          row[i] = value;
          mean[i] = (mean[i] as number) + gain * (value - (mean[i] as number));
        }
        at = t;
      },
      write(_t, out, base) {
        for (let half = 0; half < 6; half += 3) {
          const x = row[half] as number;
          const y = row[half + 1] as number;
          const z = row[half + 2] as number;
          out[base + half / 3] = hypot3(x, y, z);
          out[base + 2 + half / 3] = hypot3(
            x - (mean[half] as number),
            y - (mean[half + 1] as number),
            z - (mean[half + 2] as number),
          );
        }
        return true;
      },
    };
  },
});
