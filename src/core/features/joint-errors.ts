import { BucketWindow } from "./bucket-window.ts";
import { numbered } from "./numbered.ts";
import { perChannel } from "./per-channel.ts";
import { Smooth } from "./smooth.ts";

const WINDOW_MS = 150;
const EARLY_MS = 80;

/** Tracking error: where the joints were told to be minus where they are. A touch bends it away from its course. */
export const jointErrors = perChannel({
  name: "tracking",
  needs: "a jointErrors channel",
  quantities: ["jointErrors"],
  specs: (joints) => [
    {
      name: "tracking_error_rad",
      unit: "rad",
      windowMs: 0,
      direction: 1,
      meaning: "largest tracking error of one joint",
    },
    {
      name: "tracking_range_rad",
      unit: "rad",
      windowMs: WINDOW_MS,
      direction: 1,
      meaning: "largest range of one joint's tracking error in the window",
    },
    {
      name: "tracking_change_rad",
      unit: "rad",
      windowMs: EARLY_MS,
      direction: 1,
      meaning: "largest distance of a tracking error from its recent mean",
    },
    {
      name: "tracking_bend_rad",
      unit: "rad",
      windowMs: WINDOW_MS,
      direction: 1,
      meaning: "largest distance of a tracking error from the straight line that the window began with",
    },
    ...numbered(joints, (i) => ({
      name: `tracking_${i}_range_rad`,
      unit: "rad",
      windowMs: WINDOW_MS,
      direction: 1 as const,
      meaning: `range of joint ${i}'s tracking error in the window`,
    })),
    ...numbered(joints, (i) => ({
      name: `tracking_${i}_rad`,
      unit: "rad",
      windowMs: EARLY_MS / 4,
      direction: 0 as const,
      meaning: `tracking error of joint ${i}, smoothed`,
    })),
    ...numbered(joints, (i) => ({
      name: `tracking_${i}_mean_rad`,
      unit: "rad",
      windowMs: WINDOW_MS,
      direction: 0 as const,
      meaning: `mean tracking error of joint ${i} in the window`,
    })),
    ...numbered(joints, (i) => ({
      name: `tracking_${i}_trend_rad`,
      unit: "rad",
      windowMs: EARLY_MS,
      direction: 0 as const,
      meaning: `smoothed tracking error of joint ${i} minus its slower mean`,
    })),
  ],
  track: (_channel, { kinematics }) => {
    const n = kinematics.joints;
    const held = new Float64Array(n);
    const windows = Array.from({ length: n }, () => new BucketWindow(WINDOW_MS));
    const slow = Array.from({ length: n }, () => new Smooth(EARLY_MS));
    const fast = Array.from({ length: n }, () => new Smooth(EARLY_MS / 4));
    return {
      onSample({ t, values }) {
        for (let i = 0; i < n; i++) {
          const value = values[i] as number;
          held[i] = value;
          (windows[i] as BucketWindow).add(t, value);
          (slow[i] as Smooth).add(t, value);
          (fast[i] as Smooth).add(t, value);
        }
      },
      write(t, out, base) {
        let most = 0;
        let widest = 0;
        let change = 0;
        let bend = 0;
        for (let i = 0; i < n; i++) {
          const window = windows[i] as BucketWindow;
          if (!window.gather(t)) return false;
          const value = held[i] as number;
          const slowly = (slow[i] as Smooth).value;
          const range = window.max - window.min;
          most = Math.max(most, Math.abs(value));
          widest = Math.max(widest, range);
          change = Math.max(change, Math.abs(value - slowly));
          bend = Math.max(bend, Math.abs(value - 2 * (fast[i] as Smooth).value + slowly));
          const quickly = (fast[i] as Smooth).value;
          out[base + 4 + i] = range;
          out[base + 4 + n + i] = quickly;
          out[base + 4 + 2 * n + i] = window.mean;
          out[base + 4 + 3 * n + i] = quickly - slowly;
        }
        out[base] = most;
        out[base + 1] = widest;
        out[base + 2] = change;
        out[base + 3] = bend;
        return true;
      },
    };
  },
});
