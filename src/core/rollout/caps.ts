import {
  type Code,
  MAX_GENERATIONS,
  MAX_ITEMS_PER_DAY,
  MAX_ITEMS_PER_RUN,
  MAX_TOTAL_BEFORE_ABORT,
} from "../domain/index.ts";

/** How much an automation may do. A plan may state smaller numbers, never larger ones. */
export interface Caps {
  readonly generations: number;
  readonly itemsPerRun: number;
  readonly itemsPerDay: number;
  readonly total: number;
}
export const STRUCTURAL_CAPS: Caps = {
  generations: MAX_GENERATIONS,
  itemsPerRun: MAX_ITEMS_PER_RUN,
  itemsPerDay: MAX_ITEMS_PER_DAY,
  total: MAX_TOTAL_BEFORE_ABORT,
};
const DAY_US = 86_400_000_000;

/** The first cap that is no whole number from 1 to the structural one; null: all are fine. */
export function raisedCap(caps: Caps): string | null {
  for (const name of Object.keys(STRUCTURAL_CAPS) as (keyof Caps)[]) {
    const value = caps[name];
    if (!Number.isInteger(value) || value < 1 || value > STRUCTURAL_CAPS[name])
      return `${name}: expected a whole number from 1 to ${STRUCTURAL_CAPS[name]}, got ${value}`;
  }
  return null;
}

/** Counts what an automation does. The first cap that is hit stays: nothing is admitted after it. */
export interface CapGuard {
  readonly tripped: Code | null;
  readonly total: number;
  readonly inRun: number;
  /** begins a run; false: a cap has been hit */
  beginRun(): boolean;
  /** may one more item be touched at this time? false trips the guard for good */
  admit(atUs: number): boolean;
  /** what must survive a restart: a cap that starts anew with the process is none */
  readonly memory: GuardMemory;
}
export interface GuardMemory {
  readonly tripped: Code | null;
  readonly total: number;
  readonly inRun: number;
  readonly today: number;
  readonly day: number;
}
export const FRESH_GUARD: GuardMemory = { tripped: null, total: 0, inRun: 0, today: 0, day: 0 };

export function createCapGuard(
  caps: Caps = STRUCTURAL_CAPS,
  generation = 1,
  restored: GuardMemory = FRESH_GUARD,
): CapGuard {
  let { tripped, total, inRun, today, day } = restored;
  if (tripped === null && raisedCap(caps) !== null) tripped = "CAP_RAISED";
  if (tripped === null && generation > caps.generations) tripped = "CAP_GENERATIONS";
  return {
    get memory() {
      return { tripped, total, inRun, today, day };
    },
    get tripped() {
      return tripped;
    },
    get total() {
      return total;
    },
    get inRun() {
      return inRun;
    },
    beginRun() {
      if (tripped === null) inRun = 0;
      return tripped === null;
    },
    admit(atUs) {
      if (tripped !== null) return false;
      const now = Math.floor(atUs / DAY_US);
      // a clock that was set back does not begin a new day
      if (now > day) {
        day = now;
        today = 0;
      }
      if (inRun >= caps.itemsPerRun) tripped = "CAP_ITEMS_PER_RUN";
      else if (today >= caps.itemsPerDay) tripped = "CAP_ITEMS_PER_DAY";
      else if (total >= caps.total) tripped = "CAP_TOTAL";
      if (tripped !== null) return false;
      inRun++;
      today++;
      total++;
      return true;
    },
  };
}
