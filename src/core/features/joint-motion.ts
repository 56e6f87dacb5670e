import { perChannel } from "./per-channel.ts";

/** How fast the arm moves. */
export const jointMotion = perChannel({
  name: "motion",
  needs: "a joints channel",
  quantities: ["joints"],
  specs: () => [
    { name: "tool_speed_m_s", unit: "m/s", windowMs: 0, direction: 1, meaning: "speed of the tool point" },
    {
      name: "joint_speed_share",
      unit: "1",
      windowMs: 0,
      direction: 1,
      meaning: "fastest joint as a share of its allowed speed",
    },
    {
      name: "joint_limit_margin_rad",
      unit: "rad",
      windowMs: 0,
      direction: -1,
      meaning: "distance of the nearest joint from the end of its range",
    },
  ],
  track: (_channel, { deployment, kinematics }) => {
    const n = kinematics.joints;
    const limits = deployment.robot.joints;
    const q = new Float64Array(n);
    const qd = new Float64Array(n);
    return {
      onSample({ values }) {
        for (let i = 0; i < n; i++) {
          q[i] = values[i] as number;
          qd[i] = values[n + i] as number;
        }
      },
      write(_t, out, base) {
        let share = 0;
        let margin = Number.MAX_VALUE;
        for (let i = 0; i < n; i++) {
          const limit = limits[i];
          if (limit === undefined) continue;
          share = Math.max(share, Math.abs(qd[i] as number) / limit.maxRadPerS);
          margin = Math.min(margin, (q[i] as number) - limit.minRad, limit.maxRad - (q[i] as number));
        }
        out[base] = kinematics.toolSpeed(q, qd);
        out[base + 1] = share;
        out[base + 2] = Math.max(0, margin);
        return true;
      },
    };
  },
});
