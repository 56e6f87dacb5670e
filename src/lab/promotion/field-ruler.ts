import type { Deployment } from "../../core/domain/index.ts";
import { bindChannels } from "../../node/index.ts";
import { ExceedanceWatch, type HazardWindow, signalsOf } from "../replay/index.ts";

/** Time is looked at in steps of a tick. */
export const STEP_US = 10_000;
/** So many times a limit is as far as the ruler reaches. */
const SHARE_MAX = 10;

/**
 * What a recording says by itself, whoever judges it: how near each reading comes to the limit that the cell in
 * use sets for it, and where one passes it. The same ruler for both sides; neither of them moves it.
 */
export class FieldRuler {
  readings = 0;
  readonly #signals;
  readonly #exceedances = new ExceedanceWatch();
  /** highest share of a limit in each step */
  #peaks = new Float32Array(1_024);
  #steps = 0;

  constructor(deployment: Deployment) {
    this.#signals = bindChannels(deployment).map((binding) => signalsOf(binding, deployment, 1, 1));
  }
  sample(t: number, channel: number, row: Float64Array, count: number): void {
    this.readings++;
    for (const { group, limit, dangerAbove, of, channel: name } of this.#signals[channel] ?? []) {
      if (limit === null || limit <= 0 || group === "level" || group === "speed") continue;
      const value = of(row, count);
      const share = dangerAbove ? value / limit : limit / Math.max(value, limit / SHARE_MAX);
      this.#exceedances.see(t, name, share > 1);
      if (share > 0) this.#raise(Math.floor(t / STEP_US), Math.min(SHARE_MAX, share));
    }
  }
  #raise(step: number, share: number): void {
    if (step >= this.#peaks.length) {
      const longer = new Float32Array(2 * step);
      longer.set(this.#peaks);
      this.#peaks = longer;
    }
    this.#steps = Math.max(this.#steps, step + 1);
    if (share > this.#peaks[step]!) this.#peaks[step] = share;
  }
  windows(): readonly HazardWindow[] {
    return this.#exceedances.windows();
  }
  /** Highest share of a limit outside the given stretches, which are in order. */
  worstOutside(held: readonly Stretch[]): number {
    let worst = 0;
    let next = 0;
    for (let step = 0; step < this.#steps; step++) {
      const t = step * STEP_US;
      while (next < held.length && held[next]!.toUs <= t) next++;
      const inside = next < held.length && held[next]!.fromUs <= t;
      if (!inside) worst = Math.max(worst, this.#peaks[step]!);
    }
    return worst;
  }
}
export interface Stretch {
  readonly fromUs: number;
  readonly toUs: number;
}
