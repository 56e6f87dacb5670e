import { perChannel } from "./per-channel.ts";
import { Smooth } from "./smooth.ts";

const SLOW_MS = 60;
const FAST_MS = 8;
const ENERGY_MS = 100;

/** Energy of the force in two bands: pushes and swings below about 20 Hz, chatter and impacts above. */
export const forceBand = perChannel({
  name: "force_band",
  needs: "a wrench channel",
  quantities: ["wrench"],
  specs: () => [
    {
      name: "force_energy_low_n2",
      unit: "N²",
      windowMs: ENERGY_MS,
      direction: 1,
      meaning: "mean square of the force between about 3 and 20 Hz",
    },
    {
      name: "force_energy_high_n2",
      unit: "N²",
      windowMs: ENERGY_MS,
      direction: 1,
      meaning: "mean square of the force above about 20 Hz",
    },
  ],
  track: () => {
    const slow = [new Smooth(SLOW_MS), new Smooth(SLOW_MS), new Smooth(SLOW_MS)] as const;
    const fast = [new Smooth(FAST_MS), new Smooth(FAST_MS), new Smooth(FAST_MS)] as const;
    const low = new Smooth(ENERGY_MS);
    const high = new Smooth(ENERGY_MS);
    return {
      onSample({ t, values }) {
        let lowSquare = 0;
        let highSquare = 0;
        for (let i = 0; i < 3; i++) {
          const value = values[i] as number;
          const f = (fast[i] as Smooth).add(t, value);
          const s = (slow[i] as Smooth).add(t, value);
          lowSquare += (f - s) * (f - s);
          highSquare += (value - f) * (value - f);
        }
        low.add(t, lowSquare);
        high.add(t, highSquare);
      },
      write(_t, out, base) {
        out[base] = low.value;
        out[base + 1] = high.value;
        return low.started;
      },
    };
  },
});
