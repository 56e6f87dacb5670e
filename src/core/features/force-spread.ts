import { BucketWindow } from "./bucket-window.ts";
import { perChannel } from "./per-channel.ts";

const WINDOW_MS = 320;

/** How far force and torque moved about in the last third of a second. */
export const forceSpread = perChannel({
  name: "force_spread",
  needs: "a wrench channel",
  quantities: ["wrench"],
  specs: () => [
    {
      name: "force_range_n",
      unit: "N",
      windowMs: WINDOW_MS,
      direction: 1,
      meaning: "largest range of one force axis in the window",
    },
    {
      name: "force_std_n",
      unit: "N",
      windowMs: WINDOW_MS,
      direction: 1,
      meaning: "root of the summed variances of the force axes in the window",
    },
    {
      name: "torque_range_nm",
      unit: "Nm",
      windowMs: WINDOW_MS,
      direction: 1,
      meaning: "largest range of one torque axis in the window",
    },
    {
      name: "torque_std_nm",
      unit: "Nm",
      windowMs: WINDOW_MS,
      direction: 1,
      meaning: "root of the summed variances of the torque axes in the window",
    },
    {
      name: "force_side_mean_n",
      unit: "N",
      windowMs: WINDOW_MS,
      direction: 1,
      meaning: "mean force across the tool's axis (x, y) in the window",
    },
    {
      name: "torque_mean_nm",
      unit: "Nm",
      windowMs: WINDOW_MS,
      direction: 1,
      meaning: "length of the mean torque in the window",
    },
  ],
  track: () => {
    const axes = Array.from({ length: 6 }, () => new BucketWindow(WINDOW_MS));
    return {
      onSample({ t, values }) {
        for (let i = 0; i < 6; i++) (axes[i] as BucketWindow).add(t, values[i] as number);
      },
      write(t, out, base) {
        for (let i = 0; i < 6; i++) if (!(axes[i] as BucketWindow).gather(t)) return false;
        for (let half = 0; half < 2; half++) {
          let range = 0;
          let variance = 0;
          for (let i = 3 * half; i < 3 * half + 3; i++) {
            const axis = axes[i] as BucketWindow;
            range = Math.max(range, axis.max - axis.min);
            variance += axis.std * axis.std;
          }
          out[base + 2 * half] = range;
          out[base + 2 * half + 1] = Math.sqrt(variance);
        }
        const at = (i: number): number => square(axes[i] as BucketWindow);
        out[base + 4] = Math.sqrt(at(0) + at(1));
        out[base + 5] = Math.sqrt(at(3) + at(4) + at(5));
        return true;
      },
    };
  },
});
const square = (axis: BucketWindow): number => axis.mean * axis.mean;
