import type { Micros } from "../core/domain/index.ts";
import type { VirtualClock } from "./clock.ts";
import type { CellNode } from "./node.ts";
import type { VirtualScheduler } from "./scheduler.ts";

interface Stepped {
  readonly node: CellNode;
  readonly clock: VirtualClock;
  readonly scheduler: VirtualScheduler;
}

/**
 * What falls due between two readings that are given from elsewhere: ticks, and results of other threads, each
 * at its own time and in that order. `ticked` hears of every tick.
 */
export function createVirtualSteps({ node, clock, scheduler }: Stepped, ticked: (at: Micros) => void) {
  const { ingest } = node.door;
  const ticks = (t: Micros): void => {
    while (ingest.nextTickAt <= t && ingest.nextTickAt < scheduler.nextAt) {
      const at = ingest.nextTickAt;
      clock.moveTo(at);
      node.door.advance(at);
      ticked(at);
    }
  };
  return {
    /** when the next tick or result is due */
    nextAt: (): number => Math.min(ingest.nextTickAt, scheduler.nextAt),
    async advance(t: Micros): Promise<void> {
      ticks(t);
      while (scheduler.nextAt <= t) {
        clock.moveTo(scheduler.nextAt as Micros);
        await scheduler.deliverNext();
        ticks(t);
      }
      clock.moveTo(t);
    },
  };
}
