import {
  type ChannelIndex,
  type Deployment,
  epochMicrosOf,
  type Micros,
  microsOf,
  seqOf,
} from "../../core/domain/index.ts";
import { createReflex, JUDGES, type Margin, type Reflex, RULES, usedShare } from "../../core/reflex/index.ts";
import { createKinematics } from "../../core/robot/index.ts";
import type { DeploymentParts } from "../../node/deployment/index.ts";
import { bindChannels } from "../../node/index.ts";
import { type HazardWindow, MarginWatch } from "../replay/index.ts";

/** Time is looked at in steps of a tick. */
export const STEP_US = 10_000;
/** So many times a limit is as far as the ruler reaches. */
const SHARE_MAX = 10;

/**
 * What a recording says by itself, whoever judges it: how near each reading comes to the limit that a rule of the
 * cell in use sets for it, as the rule itself measures it, and where one passes it. The same ruler for both sides;
 * neither of them moves it. Inputs such as an emergency stop have no distance, and no candidate answers for them.
 */
export class FieldRuler {
  readings = 0;
  readonly #reflex: Reflex;
  readonly #watch: MarginWatch;
  readonly #margins: readonly (readonly Margin[])[];
  /** highest share of a limit in each step */
  #peaks = new Float32Array(1_024);
  #steps = 0;

  /** `startMicros`: wall time at which the recording begins; stamps are judged against it */
  constructor(deployment: Deployment, { urdf, pflLimits, guests }: DeploymentParts, startMicros: number) {
    const channels = bindChannels(deployment);
    const kinematics = createKinematics(deployment.robot, urdf);
    this.#reflex = createReflex(
      { deployment, channels, kinematics, pflLimits },
      RULES,
      JUDGES,
      guests ?? null,
    );
    this.#reflex.start({ t: microsOf(0), epoch: epochMicrosOf(startMicros) });
    const { measured, entryOf } = this.#reflex;
    const rules = measured.map(({ margins = [], listens }) => ({
      listens,
      margins: margins.filter((margin) => !margin.isLevel),
    }));
    this.#watch = new MarginWatch(rules, channels.length, entryOf);
    this.#margins = channels.map(({ index }) => this.#watch.blocking(index));
  }
  sample(t: Micros, channel: ChannelIndex, values: Float64Array, stamp: number, sourceSeq: number): void {
    const seq = seqOf(this.readings++);
    // rules that measure against the robot's speed learn it here
    this.#reflex.sample({ kind: "sample", t, seq, channel, stamp: epochMicrosOf(stamp), sourceSeq, values });
    this.#reflex.measure({ t, channel, values });
    this.#watch.look(t, channel);
    for (const margin of this.#margins[channel]!) {
      const share = usedShare(margin);
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
    return this.#watch.hazards();
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
