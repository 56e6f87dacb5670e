import type { Quantity } from "../domain/index.ts";
import type { FeatureFamily, FeatureSource } from "./feature.ts";

const RECENT_S = 60;
const HEALTHY = 1;
const KINDS: readonly Quantity[] = ["estop", "estopDual", "protectiveStop", "safetyMode"];
const isEstop = (quantity: Quantity): boolean => quantity === "estop" || quantity === "estopDual";

/** Stops that act now, and how long ago the last one did. */
export const stopState: FeatureFamily = {
  name: "stop",
  needs: "an estop, estopDual, protectiveStop or safetyMode channel",
  quantities: KINDS,
  specs: () => [
    {
      name: "estop_active",
      unit: "0|1",
      windowMs: 0,
      direction: 1,
      meaning: "1 while an emergency stop input is off",
    },
    {
      name: "protective_stop_active",
      unit: "0|1",
      windowMs: 0,
      direction: 1,
      meaning: "1 while a protective stop or an abnormal safety mode is on",
    },
    {
      name: "since_stop_s",
      unit: "s",
      windowMs: RECENT_S * 1_000,
      direction: -1,
      meaning: `time since a stop last acted, at most ${RECENT_S} s`,
    },
  ],
  build(setting): FeatureSource | null {
    const channels = setting.channels.filter((c) => KINDS.includes(c.config.quantity) && c.config.monitored);
    if (channels.length === 0) return null;
    const place = new Map(channels.map((c, i) => [c.index, i]));
    const active = new Uint8Array(channels.length);
    const newest = new Float64Array(channels.length).fill(-1);
    const trusted = new Uint8Array(channels.length);
    const emergency = Uint8Array.from(channels, (c) => (isEstop(c.config.quantity) ? 1 : 0));
    const maxAge = Float64Array.from(channels, (c) => c.config.maxAgeMs * 1_000);
    let lastStop = -1;
    return {
      specs: stopState.specs(setting.kinematics.joints),
      listens: channels.map((c) => c.index),
      onSample({ channel, t, values }) {
        const at = place.get(channel) as number;
        let off = 0;
        for (let i = 0; i < values.length; i++) if (values[i] !== HEALTHY) off = 1;
        active[at] = off;
        newest[at] = t;
        trusted[at] = 1;
        if (off === 1) lastStop = t;
      },
      onFault(channel) {
        trusted[place.get(channel) as number] = 0;
      },
      write(t, out, base) {
        let estop = 0;
        let protective = 0;
        let found = false;
        for (let i = 0; i < channels.length; i++) {
          if (trusted[i] === 0 || t - (newest[i] as number) > (maxAge[i] as number)) continue;
          found = true;
          if (active[i] === 1 && emergency[i] === 1) estop = 1;
          if (active[i] === 1 && emergency[i] === 0) protective = 1;
        }
        out[base] = estop;
        out[base + 1] = protective;
        out[base + 2] = lastStop < 0 ? RECENT_S : Math.min(RECENT_S, (t - lastStop) / 1e6);
        return found;
      },
    };
  },
};
