import { uptime } from "node:os";
import { type EpochMicros, epochMicrosOf, type Micros } from "../core/domain/index.ts";
import type { Clock } from "../edge/ports/index.ts";

/** The machine's monotonic clock in microseconds since the start of the run. */
export function createLiveClock(): Clock {
  const zero = process.hrtime.bigint();
  return {
    epoch: epochMicrosOf(Date.now() * 1_000),
    now: () => Number((process.hrtime.bigint() - zero) / 1_000n) as Micros,
    // on Linux the system's uptime goes on while the machine sleeps, the monotonic clock does not
    ...(process.platform === "linux" && {
      sleptUs: () => uptime() * 1e6 - Number(process.hrtime.bigint() / 1_000n),
    }),
  };
}

/** Wall time of simulated runs: fixed, so that a seed gives the same bytes on any day. 2026-01-01T00:00:00Z. */
export const SIMULATED_EPOCH = epochMicrosOf(1_767_225_600_000_000);

/** A clock that only its driver moves. */
export class VirtualClock implements Clock {
  readonly epoch: EpochMicros;
  #now = 0 as Micros;

  constructor(epoch: EpochMicros = SIMULATED_EPOCH) {
    this.epoch = epoch;
  }
  now(): Micros {
    return this.#now;
  }
  moveTo(t: Micros): void {
    if (t > this.#now) this.#now = t;
  }
}
