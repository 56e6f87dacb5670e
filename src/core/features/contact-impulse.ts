import { hypot3 } from "../base/math.ts";
import { perChannel } from "./per-channel.ts";
import { Smooth } from "./smooth.ts";

/** force that counts only beyond this: noise and inertia of an ordinary motion */
const QUIET_N = 5;
const DECAY_MS = 100;
const BASELINE_MS = 500;

/** What pushes on the tool, added up: a short blow and a long squeeze both show. */
export const contactImpulse = perChannel({
  name: "contact_impulse",
  needs: "a wrench channel",
  quantities: ["wrench"],
  specs: () => [
    {
      name: "contact_impulse_ns",
      unit: "Ns",
      windowMs: DECAY_MS,
      direction: 1,
      meaning: `force beyond ${QUIET_N} N over its half-second mean, added up over time and fading within ${DECAY_MS} ms`,
    },
  ],
  track: () => {
    const mean = [new Smooth(BASELINE_MS), new Smooth(BASELINE_MS), new Smooth(BASELINE_MS)] as const;
    let at = -1;
    let impulse = 0;
    return {
      onSample({ t, values }) {
        const dt = at < 0 ? 0 : Math.max(0, t - at);
        at = t;
        let x = 0;
        let y = 0;
        let z = 0;
        for (let i = 0; i < 3; i++) {
          const value = values[i] as number;
          const off = value - (mean[i] as Smooth).add(t, value);
          if (i === 0) x = off;
          else if (i === 1) y = off;
          else z = off;
        }
        const push = Math.max(0, hypot3(x, y, z) - QUIET_N);
        impulse = (impulse + (push * dt) / 1e6) * (1 - dt / (DECAY_MS * 1_000 + dt));
      },
      write(_t, out, base) {
        out[base] = impulse;
        return at >= 0;
      },
    };
  },
});
