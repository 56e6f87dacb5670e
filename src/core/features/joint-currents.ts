import { numbered } from "./numbered.ts";
import { perChannel } from "./per-channel.ts";

const BASELINE_MS = 3_000;

/** Motor currents: the force sensor of arms that have none. */
export const jointCurrents = perChannel({
  name: "currents",
  needs: "a currents channel",
  quantities: ["currents"],
  specs: (joints) => [
    { name: "current_max_a", unit: "A", windowMs: 0, direction: 1, meaning: "largest current of one joint" },
    {
      name: "current_excess_a",
      unit: "A",
      windowMs: BASELINE_MS,
      direction: 1,
      meaning: "largest distance of a current from its recent mean",
    },
    {
      name: "current_step_a",
      unit: "A",
      windowMs: 0,
      direction: 1,
      meaning: "largest change of a current since the last sample",
    },
    ...numbered(joints, (i) => ({
      name: `current_${i}_a`,
      unit: "A",
      windowMs: 0,
      direction: 0 as const,
      meaning: `current of joint ${i}`,
    })),
    ...numbered(joints, (i) => ({
      name: `current_${i}_excess_a`,
      unit: "A",
      windowMs: BASELINE_MS,
      direction: 0 as const,
      meaning: `current of joint ${i} minus its recent mean`,
    })),
  ],
  track: (_channel, { kinematics }) => {
    const n = kinematics.joints;
    const held = new Float64Array(n);
    const mean = new Float64Array(n);
    let step = 0;
    let at = -1;
    return {
      onSample({ t, values }) {
        const dt = at < 0 ? 0 : Math.max(0, t - at);
        const gain = at < 0 ? 1 : dt / (BASELINE_MS * 1_000 + dt);
        step = 0;
        for (let i = 0; i < n; i++) {
          const value = values[i] as number;
          if (at >= 0) step = Math.max(step, Math.abs(value - (held[i] as number)));
          held[i] = value;
          mean[i] = (mean[i] as number) + gain * (value - (mean[i] as number));
        }
        at = t;
      },
      write(_t, out, base) {
        let most = 0;
        let excess = 0;
        for (let i = 0; i < n; i++) {
          const value = held[i] as number;
          const off = value - (mean[i] as number);
          most = Math.max(most, Math.abs(value));
          excess = Math.max(excess, Math.abs(off));
          out[base + 3 + i] = value;
          out[base + 3 + n + i] = off;
        }
        out[base] = most;
        out[base + 1] = excess;
        out[base + 2] = step;
        return true;
      },
    };
  },
});
