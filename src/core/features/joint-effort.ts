import { perChannel } from "./per-channel.ts";
import { BucketWindow } from "./bucket-window.ts";

const BASELINE_MS = 300;
const RATE_MS = 60;
const LAG_US = 6_000;

/** What the drives give: power, torque against their limits, and torque that was not there a moment ago. */
export const jointEffort = perChannel({
  name: "effort",
  needs: "a joints channel with efforts",
  quantities: ["joints"],
  specs: () => [
    {
      name: "joint_power_w",
      unit: "W",
      windowMs: 0,
      direction: 1,
      meaning: "sum of |effort × speed| over the joints",
    },
    {
      name: "effort_share",
      unit: "1",
      windowMs: 0,
      direction: 1,
      meaning: "largest effort as a share of the joint's limit (of 100 Nm where none is set)",
    },
    {
      name: "effort_excess_nm",
      unit: "Nm",
      windowMs: BASELINE_MS,
      direction: 1,
      meaning: "largest distance of an effort from its recent mean",
    },
    {
      name: "effort_rate_nm_s",
      unit: "Nm/s",
      windowMs: RATE_MS,
      direction: 1,
      meaning: "fastest change of one effort in the window",
    },
  ],
  track: (_channel, { deployment, kinematics }) => {
    const n = kinematics.joints;
    const limit = Float64Array.from({ length: n }, (_, i) => deployment.robot.joints[i]?.maxEffortNm ?? 100);
    const mean = new Float64Array(n);
    const held = new Float64Array(n);
    const rates = new BucketWindow(RATE_MS, 8);
    let power = 0;
    let share = 0;
    let excess = 0;
    let at = -1;
    let heldAt = -1;
    return {
      onSample({ t, values }) {
        const dt = at < 0 ? 0 : Math.max(0, t - at);
        const gain = at < 0 ? 1 : dt / (BASELINE_MS * 1_000 + dt);
        const lagged = heldAt >= 0 && t - heldAt >= LAG_US;
        power = 0;
        share = 0;
        excess = 0;
        let rate = 0;
        for (let i = 0; i < n; i++) {
          const effort = values[2 * n + i] as number;
          power += Math.abs(effort * (values[n + i] as number));
          share = Math.max(share, Math.abs(effort) / (limit[i] as number));
          mean[i] = (mean[i] as number) + gain * (effort - (mean[i] as number));
          excess = Math.max(excess, Math.abs(effort - (mean[i] as number)));
          if (lagged) rate = Math.max(rate, Math.abs(effort - (held[i] as number)) / ((t - heldAt) / 1e6));
          if (lagged || heldAt < 0) held[i] = effort;
        }
        if (lagged) rates.add(t, rate);
        if (lagged || heldAt < 0) heldAt = t;
        at = t;
      },
      write(t, out, base) {
        if (!rates.gather(t)) return false;
        out[base] = power;
        out[base + 1] = share;
        out[base + 2] = excess;
        out[base + 3] = rates.max;
        return true;
      },
    };
  },
});
