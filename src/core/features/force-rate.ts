import { hypot3 } from "../base/math.ts";
import { BucketWindow } from "./bucket-window.ts";
import { perChannel } from "./per-channel.ts";

/** Differences are taken over at least this long, or sensor noise would be all that they show. */
const LAG_US = 8_000;
const WINDOW_MS = 60;
/** samples kept to find one that is old enough, at up to 1 kHz and above */
const KEPT = 32;

/** How fast the force changes, and how fast that changes. */
export const forceRate = perChannel({
  name: "force_rate",
  needs: "a wrench channel",
  quantities: ["wrench"],
  specs: () => [
    {
      name: "force_rate_n_s",
      unit: "N/s",
      windowMs: WINDOW_MS,
      direction: 1,
      meaning: "fastest change of the force vector in the window",
    },
    {
      name: "force_jerk_n_s2",
      unit: "N/s²",
      windowMs: WINDOW_MS,
      direction: 1,
      meaning: "fastest change of the rate of the force's length in the window",
    },
  ],
  track: () => {
    const times = new Float64Array(KEPT).fill(-1);
    const rows = new Float64Array(KEPT * 4);
    const rates = new BucketWindow(WINDOW_MS, 8);
    const jerks = new BucketWindow(WINDOW_MS, 8);
    let next = 0;
    /** place of the youngest sample that is at least the lag older than t, -1: none */
    const older = (t: number): number => {
      for (let age = 1; age <= KEPT; age++) {
        const at = (next - age + 2 * KEPT) % KEPT;
        const then = times[at] as number;
        if (then < 0) return -1;
        if (t - then >= LAG_US) return at;
      }
      return next;
    };
    return {
      onSample({ t, values }) {
        const fx = values[0] as number;
        const fy = values[1] as number;
        const fz = values[2] as number;
        const length = hypot3(fx, fy, fz);
        const from = older(t);
        let rise = 0;
        if (from >= 0 && (times[from] as number) >= 0) {
          const dt = (t - (times[from] as number)) / 1e6;
          const b = from * 4;
          rates.add(
            t,
            hypot3(fx - (rows[b] as number), fy - (rows[b + 1] as number), fz - (rows[b + 2] as number)) / dt,
          );
          const before = hypot3(rows[b] as number, rows[b + 1] as number, rows[b + 2] as number);
          rise = (length - before) / dt;
          jerks.add(t, Math.abs(rise - (rows[b + 3] as number)) / dt);
        }
        times[next] = t;
        rows[next * 4] = fx;
        rows[next * 4 + 1] = fy;
        rows[next * 4 + 2] = fz;
        rows[next * 4 + 3] = rise;
        next = (next + 1) % KEPT;
      },
      write(t, out, base) {
        if (!rates.gather(t)) return false;
        jerks.gather(t);
        out[base] = rates.max;
        out[base + 1] = jerks.max;
        return true;
      },
    };
  },
});
