import { type Micros, microsOf } from "../../core/domain/index.ts";

/** A longer silence of the whole recording is cut: a stepped clock must not cost a day of ticks. */
const MAX_GAP_US = 60_000_000;

/**
 * Turns the log times of a bag into the monotonic time of a run. Time never goes back; a gap of the whole
 * recording beyond a minute is cut to a minute and counted.
 */
export class Timeline {
  gapsCut = 0;
  cutUs = 0;
  backwards = 0;
  readonly #startMicros: number;
  #shift = 0;
  #last = 0;

  constructor(startMicros: number) {
    this.#startMicros = startMicros;
  }
  at(micros: number): Micros {
    let t = micros - this.#startMicros - this.#shift;
    if (t < this.#last) {
      this.backwards++;
      t = this.#last;
    } else if (t - this.#last > MAX_GAP_US) {
      const cut = t - this.#last - MAX_GAP_US;
      this.gapsCut++;
      this.cutUs += cut;
      this.#shift += cut;
      t = this.#last + MAX_GAP_US;
    }
    this.#last = t;
    return microsOf(t);
  }
  get now(): Micros {
    return microsOf(this.#last);
  }
  /** what a source stamp has lost to cut gaps, so that stamps and times stay comparable */
  get shiftUs(): number {
    return this.#shift;
  }
}
