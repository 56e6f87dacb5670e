import { HEARTBEAT_MISSES_TO_STOP, HEARTBEAT_PERIOD_US } from "../src/core/domain/index.ts";
import type { OutMessage } from "../src/edge/ports/index.ts";

/**
 * The reference of what the receiving side of the permit heartbeat must do. The arm may move only while a
 * counter grows that says so; three periods without it, a stuck counter, a foreign configuration or a stop
 * end the leave at once.
 */
export interface PermitReceiver {
  heartbeat(message: Extract<OutMessage, { kind: "heartbeat" }>, nowUs: number, standing: boolean): void;
  stop(): void;
  /** a permit marked as a retreat came: it alone may run, although the arm is stopped */
  backAway(): void;
  /** true until the next stop, or until heartbeats fail; a leave for everything ends it too */
  mayBackAway(nowUs: number): boolean;
  mayMove(nowUs: number): boolean;
  /** why the arm may not move, for status and reports */
  reason(nowUs: number): "none" | "never-heard" | "silent" | "stopped" | "not-permitted";
}
export const HEARTBEAT_SILENCE_US = HEARTBEAT_PERIOD_US * HEARTBEAT_MISSES_TO_STOP;
/** A stop is over only after this many permitting heartbeats in a row, so that one still under way cannot undo it. */
export const HEARTBEATS_TO_RELEASE = 2;

export function createPermitReceiver(): PermitReceiver {
  let counter = -1;
  let configHash = "";
  let heardUs = Number.NEGATIVE_INFINITY;
  let permitted = false;
  let stopped = false;
  let inARow = 0;
  let backingAway = false;
  const silent = (nowUs: number): boolean => nowUs - heardUs > HEARTBEAT_SILENCE_US;
  return {
    heartbeat(message, nowUs, standing) {
      // a lower counter or another configuration is a new sender: heard only by an arm that stands
      const known = message.configHash === configHash && message.counter > counter;
      if (!known && !(standing && (message.counter < counter || message.configHash !== configHash))) return;
      counter = message.counter;
      configHash = message.configHash;
      heardUs = nowUs;
      permitted = message.mayMove;
      if (permitted) backingAway = false;
      inARow = permitted ? inARow + 1 : 0;
      if (inARow >= HEARTBEATS_TO_RELEASE) stopped = false;
    },
    stop() {
      stopped = true;
      backingAway = false;
      inARow = 0;
    },
    backAway() {
      backingAway = true;
    },
    mayBackAway: (nowUs) => backingAway && !silent(nowUs),
    mayMove: (nowUs) => !stopped && permitted && !silent(nowUs),
    reason(nowUs) {
      if (stopped) return "stopped";
      if (counter < 0) return "never-heard";
      if (silent(nowUs)) return "silent";
      return permitted ? "none" : "not-permitted";
    },
  };
}
