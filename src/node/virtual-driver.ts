import type { Micros } from "../core/domain/index.ts";
import type { VirtualClock } from "./clock.ts";
import type { DrivenDoor } from "./door.ts";
import type { VirtualScheduler } from "./scheduler.ts";

/** A source of simulated readings: each step moves its world on by `stepUs` and reports what is due. */
export interface SteppedWorld {
  readonly stepUs: number;
  /** a promise where the physics runs in another process */
  step(): void | Promise<void>;
}
export interface VirtualRun {
  readonly clock: VirtualClock;
  readonly scheduler: VirtualScheduler;
  readonly door: DrivenDoor;
  readonly world: SteppedWorld;
  /** end of the run in simulated time, Infinity for none */
  readonly endUs: number;
  /** 1: as fast as the wall clock; Infinity: as fast as the machine */
  readonly speed: number;
  readonly signal: AbortSignal;
  /** ends the run before its time */
  readonly done?: () => boolean;
}

/** Steps between two looks at the event loop when nothing paces the run. */
const STEPS_PER_TURN = 250;
const PACE_SLACK_US = 2_000;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Moves simulated time on. Results of other threads enter at their due time, whatever the machine's speed. */
export async function driveVirtual(run: VirtualRun): Promise<void> {
  const { clock, scheduler, door, world, endUs, speed, signal } = run;
  const startedAt = performance.now();
  const ahead = (): number => clock.now() - (performance.now() - startedAt) * 1_000 * speed;
  let steps = 0;
  while (!signal.aborted && clock.now() < endUs && run.done?.() !== true) {
    const target = (clock.now() + world.stepUs) as Micros;
    while (scheduler.nextAt <= target) {
      clock.moveTo(scheduler.nextAt as Micros);
      await scheduler.deliverNext();
    }
    clock.moveTo(target);
    const moved = world.step();
    if (moved !== undefined) await moved;
    door.advance(target);
    if (Number.isFinite(speed)) {
      const lead = ahead();
      if (lead > PACE_SLACK_US) await sleep(lead / 1_000 / speed);
      else if (++steps % 16 === 0) await turn();
    } else if (++steps % STEPS_PER_TURN === 0) await turn();
  }
  while (scheduler.nextAt < Infinity) await scheduler.deliverNext();
}
