import { type ActionId, type Micros, msToMicros } from "../../domain/index.ts";

/** Limits of a watched action: tighter than those of the cell. */
export interface WatchLimits {
  /** null: V_s is not monitored in this deployment */
  readonly energy: number | null;
  readonly forceN: number;
  readonly separationM: number;
}
/** What is measured now; null: not measurable, which breaks the limit. */
export interface Watched {
  readonly energy: number | null;
  readonly forceN: number;
  /** null: nobody is sensed by any channel that could */
  readonly separationM: number | null;
}
export interface Watcher {
  readonly actionId: ActionId;
  readonly endsAt: Micros;
  readonly limits: WatchLimits;
  /** worst values seen so far, for the receipt */
  readonly worst: { energy: number; forceN: number; separationM: number };
  /** the limit that broke, in words, or null */
  check(now: Watched): string | null;
}

export function createWatcher(
  actionId: ActionId,
  begins: Micros,
  durationMs: number,
  limits: WatchLimits,
): Watcher {
  const worst = { energy: 0, forceN: 0, separationM: Number.MAX_SAFE_INTEGER };
  return {
    actionId,
    endsAt: (begins + msToMicros(durationMs)) as Micros,
    limits,
    worst,
    check(now) {
      if (now.energy !== null) worst.energy = Math.max(worst.energy, now.energy);
      worst.forceN = Math.max(worst.forceN, now.forceN);
      if (now.separationM !== null) worst.separationM = Math.min(worst.separationM, now.separationM);
      // written so that NaN breaks the limit too
      if (limits.energy !== null && !(now.energy !== null && now.energy <= limits.energy))
        return `V_s ${now.energy ?? "unknown"} above ${limits.energy}`;
      if (!(now.forceN <= limits.forceN)) return `force ${now.forceN} N above ${limits.forceN}`;
      if (now.separationM !== null && !(now.separationM >= limits.separationM))
        return `separation ${now.separationM} m below ${limits.separationM}`;
      return null;
    },
  };
}
