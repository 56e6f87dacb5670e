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
/** Follows the confidence of one proposer, over its own trajectories and over the gate's scores. */
export interface WoundTracker {
  /** new wounds that this trajectory and the score after it show */
  note(trajectory: readonly number[], score: number, t: Micros): readonly Wound[];
  count(t: Micros): number;
  /** a person looked at it */
  heal(): void;
}
/** Differences of rounded confidences must not decide: 0.85 − 0.70 is no wound. */
const ROUNDING = 1e-9;

export function createWoundTracker(): WoundTracker {
  let times: number[] = [];
  let last: number | null = null;
  const forget = (t: number): void => {
    times = times.filter((at) => t - at <= WOUND_WINDOW_US);
  };
  return {
    note(trajectory, score, t) {
      forget(t);
      const wounds: Wound[] = [];
      const compare = (before: number, after: number): void => {
        const drop = before - after;
        if (drop <= WOUND_DROP_THRESHOLD + ROUNDING || wounds.length >= MAX_WOUNDS_PER_PROPOSAL) return;
        times.push(t);
        wounds.push({ index: times.length, before, after, drop });
      };
      for (let i = 1; i < trajectory.length; i++) compare(trajectory[i - 1]!, trajectory[i]!);
      if (last !== null) compare(last, score);
      last = score;
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
