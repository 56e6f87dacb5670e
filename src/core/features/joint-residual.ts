import { perChannel } from "./per-channel.ts";
import { BucketWindow } from "./bucket-window.ts";

const WINDOW_MS = 100;

/** Motion that the last reading did not announce: a joint that is pushed or held. */
export const jointResidual = perChannel({
  name: "residual",
  needs: "a joints channel",
  quantities: ["joints"],
  specs: () => [
    {
      name: "joint_residual_rad",
      unit: "rad",
      windowMs: WINDOW_MS,
      direction: 1,
      meaning: "largest distance of a joint from where its last position and speed led",
    },
    {
      name: "joint_acceleration_rad_s2",
      unit: "rad/s²",
      windowMs: WINDOW_MS,
      direction: 1,
      meaning: "largest change of a joint's speed in the window, per second",
    },
  ],
  track: (_channel, { kinematics }) => {
    const n = kinematics.joints;
    const q = new Float64Array(n);
    const qd = new Float64Array(n);
    const residuals = new BucketWindow(WINDOW_MS, 8);
    const accelerations = new BucketWindow(WINDOW_MS, 8);
    let at = -1;
    return {
      onSample({ t, values }) {
        const dt = at < 0 ? 0 : (t - at) / 1e6;
        let residual = 0;
        let acceleration = 0;
        for (let i = 0; i < n; i++) {
          const position = values[i] as number;
          const velocity = values[n + i] as number;
          const mean = (velocity + (qd[i] as number)) / 2;
          residual = Math.max(residual, Math.abs(position - (q[i] as number) - mean * dt));
          if (dt > 0) acceleration = Math.max(acceleration, Math.abs(velocity - (qd[i] as number)) / dt);
          q[i] = position;
          qd[i] = velocity;
        }
        if (dt > 0) {
          residuals.add(t, residual);
          accelerations.add(t, acceleration);
        }
        at = t;
      },
      write(t, out, base) {
        if (!residuals.gather(t)) return false;
        accelerations.gather(t);
        out[base] = residuals.max;
        out[base + 1] = accelerations.max;
        return true;
      },
    };
  },
});
