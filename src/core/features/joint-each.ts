import { perChannel } from "./per-channel.ts";
import { numbered } from "./numbered.ts";

/** Speed of every joint, with its sign: which way a joint goes matters in some jobs. */
export const jointEach = perChannel({
  name: "joint_each",
  needs: "a joints channel",
  quantities: ["joints"],
  specs: (joints) =>
    numbered(joints, (i) => ({
      name: `velocity_${i}_rad_s`,
      unit: "rad/s",
      windowMs: 0,
      direction: 0,
      meaning: `speed of joint ${i}`,
    })),
  track: (_channel, { kinematics }) => {
    const n = kinematics.joints;
    const held = new Float64Array(n);
    return {
      onSample({ values }) {
        for (let i = 0; i < n; i++) held[i] = values[n + i] as number;
      },
      write(_t, out, base) {
        for (let i = 0; i < n; i++) out[base + i] = held[i] as number;
        return true;
      },
    };
  },
});
