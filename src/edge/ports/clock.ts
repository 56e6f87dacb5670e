import type { EpochMicros, Micros } from "../../core/domain/index.ts";

/** The one monotonic clock. Read once per event, at the door, by the driver. */
export interface Clock {
  now(): Micros;
  /** wall time at now() = 0 */
  readonly epoch: EpochMicros;
  /** microseconds that the machine has slept since it started: `now` does not count them */
  sleptUs?(): number;
}
