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
  const maxLagUs = maxLoopLagMs * 1_000;
  let expected = clock.now() + TIMER_MS * 1_000;
  let lateSince = -1;
  let gapAt = -1;
  door.advance(clock.now() as Micros);
  door.watchGaps(maxLagUs + TIMER_MS * 1_000);
  return new Promise((resolve) => {
    const beat = (): void => {
      const now = clock.now();
      const lag = now - expected;
      run.onLag(Math.max(0, lag));
      door.advance(now as Micros);
      if (door.lateAt > gapAt) lateSince = gapAt = door.lateAt;
      // the door heard of no gap: samples came in, and only the timer was starved
      else if (lag > maxLagUs) {
        lateSince = now;
        const detail = `timer ${Math.round(lag / 1_000)} ms late, limit ${maxLoopLagMs} ms`;
        door.health("event-loop", "LOOP_LAG", true, detail);
      }
      if (lateSince >= 0 && now - lateSince > PUNCTUAL_FOR_MS * 1_000) {
        lateSince = -1;
        door.health("event-loop", "LOOP_LAG", false, "punctual again");
      }
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
