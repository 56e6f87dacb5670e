import type { Micros } from "../core/domain/index.ts";
import type { Clock } from "../edge/ports/index.ts";
import type { DrivenDoor } from "./door.ts";

export interface LiveRun {
  readonly clock: Clock;
  readonly door: DrivenDoor;
  readonly endUs: number;
  readonly maxLoopLagMs: number;
  readonly signal: AbortSignal;
  /** what the loop's lateness was, for metrics */
  onLag(lagUs: number): void;
}

const TIMER_MS = 5;
/** The lag has ended when the loop was punctual for this long. */
const PUNCTUAL_FOR_MS = 1_000;

/**
 * Moves live time on: a timer delivers the ticks that are due and measures how late it was itself. A loop
 * that lags too long declares the node stale, and the reflex blocks.
 */
export function driveLive(run: LiveRun): Promise<void> {
  const { clock, door, endUs, maxLoopLagMs, signal } = run;
  let expected = clock.now() + TIMER_MS * 1_000;
  let lateSince = -1;
  return new Promise((resolve) => {
    const beat = (): void => {
      const now = clock.now();
      const lag = now - expected;
      run.onLag(Math.max(0, lag));
      if (lag > maxLoopLagMs * 1_000) {
        lateSince = now;
        door.health(
          "event-loop",
          "LOOP_LAG",
          true,
          `timer ${Math.round(lag / 1_000)} ms late, limit ${maxLoopLagMs} ms`,
        );
      } else if (lateSince >= 0 && now - lateSince > PUNCTUAL_FOR_MS * 1_000) {
        lateSince = -1;
        door.health("event-loop", "LOOP_LAG", false, "punctual again");
      }
      door.advance(clock.now() as Micros);
      expected = clock.now() + TIMER_MS * 1_000;
      if (signal.aborted || now >= endUs) {
        clearInterval(timer);
        resolve();
      }
    };
    const timer = setInterval(beat, TIMER_MS);
    signal.addEventListener("abort", () => {
      clearInterval(timer);
      resolve();
    });
  });
}
