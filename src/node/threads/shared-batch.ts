import type { TrialSummary } from "../../core/domain/index.ts";
import { SLOT_SIZE, summarize } from "../../core/gate/index.ts";
import { CHUNK_TRIALS, CONTROL } from "./messages.ts";

/** Memory of one batch, shared with every thread that works on it. Used again when all of them have left it. */
export class SharedBatch {
  readonly control: SharedArrayBuffer;
  readonly slots: SharedArrayBuffer;
  readonly #flags: Int32Array;
  readonly #row: Float64Array;

  constructor(sims: number) {
    const chunks = Math.ceil(sims / CHUNK_TRIALS);
    this.control = new SharedArrayBuffer((CONTROL.finished + chunks) * Int32Array.BYTES_PER_ELEMENT);
    this.slots = new SharedArrayBuffer(sims * SLOT_SIZE * Float64Array.BYTES_PER_ELEMENT);
    this.#flags = new Int32Array(this.control);
    this.#row = new Float64Array(this.slots);
  }

  holds(sims: number): boolean {
    return sims * SLOT_SIZE <= this.#row.length;
  }
  clear(): void {
    this.#flags.fill(0);
  }
  cancel(): void {
    Atomics.store(this.#flags, CONTROL.cancelled, 1);
  }
  /** trials 0 … n−1 have ended, however many beyond a gap have as well */
  finished(sims: number): number {
    let chunk = 0;
    while (chunk * CHUNK_TRIALS < sims && Atomics.load(this.#flags, CONTROL.finished + chunk) === 1) chunk++;
    return Math.min(sims, chunk * CHUNK_TRIALS);
  }
  summary(n: number): TrialSummary {
    return summarize(this.#row, n);
  }
}
