import { log } from "../base/math.ts";
import { type Code, PROMOTION_ALPHA } from "../domain/index.ts";
import { logExcessEvidence } from "./interim.ts";

/** What is followed after a promotion. The rates were measured at promotion; the margins are the plan's. */
export interface WatchSetting {
  readonly alpha?: number;
  /** share of decisions that may be needless stops */
  readonly falseStopRateMax: number;
  /** share of decisions that may exceed the latency limit; 0.01 is "p99 within the limit" */
  readonly lateRateMax: number;
  /** share of ticks on which the new head may lie above the old one */
  readonly riseRateMax: number;
  /** share of looks in which the cell goes on, or lets an action through, where the artefact before would not */
  readonly throughRateMax: number;
  /** so many equal values of V_s in a row are a collapsed head */
  readonly constantAfter: number;
}
export const DEFAULT_WATCH: WatchSetting = {
  falseStopRateMax: 0.02,
  lateRateMax: 0.01,
  riseRateMax: 0.05,
  throughRateMax: 0.02,
  constantAfter: 2_000,
};

/** One thing seen after the promotion. Absent fields say nothing. */
export interface Observation {
  readonly falseStop?: boolean;
  readonly late?: boolean;
  /** V_s of the new head, and of the last good one that listens beside it */
  readonly energy?: number | null;
  readonly energyBefore?: number | null;
  /** it goes on where the artefact before would have stopped */
  readonly through?: boolean;
  /** a reflex had to catch what the head called harmless */
  readonly missed?: boolean;
  /** what the head's own smell watch said, in words */
  readonly smell?: string;
}
export interface Trigger {
  readonly code: Code;
  readonly detail: string;
}
export interface PromotionWatch {
  /** null while nothing speaks against the promotion; the first trigger stays */
  readonly trigger: Trigger | null;
  observe(seen: Observation): Trigger | null;
  view(): Readonly<Record<string, number>>;
}

interface Rate {
  hits: number;
  others: number;
  evidence: number;
}

/**
 * Always-valid: it may be asked after every decision for as long as the head is in use, and a good head is
 * rolled back with at most probability alpha, split over the rates. Needs no network.
 */
export function createPromotionWatch(setting: WatchSetting = DEFAULT_WATCH): PromotionWatch {
  const rates = { falseStop: newRate(), late: newRate(), rise: newRate(), through: newRate() };
  const bar = log(Object.keys(rates).length / (setting.alpha ?? PROMOTION_ALPHA));
  let trigger: Trigger | null = null;
  let last = Number.NaN;
  let equal = 0;

  const count = (rate: Rate, hit: boolean, max: number, code: Code, words: string): Trigger | null => {
    if (hit) rate.hits++;
    else rate.others++;
    rate.evidence = logExcessEvidence(rate.hits, rate.others, max);
    if (rate.evidence < bar) return null;
    return { code, detail: `${words} in ${rate.hits} of ${rate.hits + rate.others}, allowed ${max}` };
  };
  const smell = (seen: Observation): Trigger | null => {
    if (seen.missed === true)
      return { code: "ROLLBACK_SMELL", detail: "a reflex caught what V_s did not see" };
    if (seen.smell !== undefined) return { code: "ROLLBACK_SMELL", detail: seen.smell };
    const { energy } = seen;
    if (energy === undefined) return null;
    if (energy !== null && !(energy >= 0 && energy < Number.POSITIVE_INFINITY))
      return { code: "ROLLBACK_SMELL", detail: `V_s is ${energy}` };
    equal = energy !== null && energy === last ? equal + 1 : 0;
    last = energy ?? Number.NaN;
    return equal < setting.constantAfter
      ? null
      : { code: "ROLLBACK_SMELL", detail: `V_s has been ${last} ${equal} times in a row` };
  };
  const look = (seen: Observation): Trigger | null =>
    smell(seen) ??
    (seen.falseStop === undefined
      ? null
      : count(
          rates.falseStop,
          seen.falseStop,
          setting.falseStopRateMax,
          "ROLLBACK_FALSE_STOPS",
          "needless stop",
        )) ??
    (seen.late === undefined
      ? null
      : count(rates.late, seen.late, setting.lateRateMax, "ROLLBACK_LATENCY", "decision too late")) ??
    (seen.through === undefined
      ? null
      : count(
          rates.through,
          seen.through,
          setting.throughRateMax,
          "ROLLBACK_LETS_THROUGH",
          "goes on where the artefact before would not",
        )) ??
    (typeof seen.energy !== "number" || typeof seen.energyBefore !== "number"
      ? null
      : count(
          rates.rise,
          seen.energy > seen.energyBefore,
          setting.riseRateMax,
          "ROLLBACK_ENERGY_DRIFT",
          "V_s above the old head",
        ));
  return {
    get trigger() {
      return trigger;
    },
    observe(seen) {
      trigger ??= look(seen);
      return trigger;
    },
    view: () => ({
      falseStops: rates.falseStop.hits,
      late: rates.late.hits,
      rises: rates.rise.hits,
      through: rates.through.hits,
      observed: Math.max(...Object.values(rates).map((r) => r.hits + r.others)),
      evidence: Math.max(...Object.values(rates).map((r) => r.evidence)),
    }),
  };
}
const newRate = (): Rate => ({ hits: 0, others: 0, evidence: 0 });
