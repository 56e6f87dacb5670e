import {
  type Micros,
  WOUND_DROP_THRESHOLD,
  WOUND_WINDOW_US,
  MAX_WOUNDS_PER_PROPOSAL,
} from "../../domain/index.ts";

/** A drop of confidence that is too large to be chance. */
export interface Wound {
  /** counts from 1 within the window */
  readonly index: number;
  readonly before: number;
  readonly after: number;
  readonly drop: number;
}
/**
 * Finds the drops within one action's confidence and counts those of one proposer. The confidences of two
 * actions are never compared: a harder action after an easy one is no drop.
 */
export interface WoundTracker {
  /** drops within one course of confidence, oldest first */
  note(trajectory: readonly number[], t: Micros): readonly Wound[];
  count(t: Micros): number;
  /** a person looked at it */
  heal(): void;
}
/** Differences of rounded confidences must not decide: 0.85 − 0.70 is no wound. */
const ROUNDING = 1e-9;

export function createWoundTracker(): WoundTracker {
  let times: number[] = [];
  const forget = (t: number): void => {
    times = times.filter((at) => t - at <= WOUND_WINDOW_US);
  };
  return {
    note(trajectory, t) {
      forget(t);
      const wounds: Wound[] = [];
      for (let i = 1; i < trajectory.length && wounds.length < MAX_WOUNDS_PER_PROPOSAL; i++) {
        const [before, after] = [trajectory[i - 1]!, trajectory[i]!];
        const drop = before - after;
        if (drop <= WOUND_DROP_THRESHOLD + ROUNDING) continue;
        times.push(t);
        wounds.push({ index: times.length, before, after, drop });
      }
      if (times.length > MAX_WOUNDS_PER_PROPOSAL * 2) times = times.slice(-MAX_WOUNDS_PER_PROPOSAL * 2);
      return wounds;
    },
    count(t) {
      forget(t);
      return times.length;
    },
    heal() {
      times = [];
    },
  };
}
