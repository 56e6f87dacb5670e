import { createPrng } from "../../../src/core/base/prng.ts";
import {
  ADDITIVE_DEFAULTS,
  type AdditiveSetting,
  type FrameTable,
  type HeadFeature,
  trainAdditive,
  type Trained,
} from "../../../src/core/risk/index.ts";

export const FEATURES: readonly HeadFeature[] = [
  { name: "force", unit: "N", group: "force", direction: 1 },
  { name: "distance", unit: "m", group: "near", direction: -1 },
  { name: "phase", unit: "1", group: "job", direction: 0 },
  { name: "noise", unit: "1", group: "job", direction: 1 },
];
/** Risk grows with force, shrinks with distance, is highest in the middle of the phase; the fourth says nothing. */
export function table(rows: number, seed = 1, missing = 0): FrameTable {
  const prng = createPrng(seed);
  const width = FEATURES.length;
  const made = {
    features: FEATURES,
    rows,
    sources: ["made"],
    values: new Float64Array(rows * width),
    present: new Uint8Array(rows * width).fill(1),
    labels: new Uint8Array(rows),
    groups: new Int32Array(rows),
    times: new Float64Array(rows),
    sourceOf: new Int32Array(rows),
  };
  for (let row = 0; row < rows; row++) {
    const [force, distance, phase, noise] = [
      prng.nextFloat() * 100,
      prng.nextFloat() * 2,
      prng.nextFloat() * 4 - 2,
      prng.nextGaussian(),
    ];
    const z = 0.05 * force - 2 * distance - phase * phase + (force > 60 && distance < 0.5 ? 2 : 0) - 1;
    made.values.set([force, distance, phase, noise], row * width);
    made.labels[row] = prng.nextFloat() < 1 / (1 + Math.exp(-z)) ? 1 : 0;
    made.groups[row] = Math.floor(row / 10);
    made.times[row] = row * 10_000;
    if (prng.nextFloat() < missing) made.present[row * width + 2] = 0;
  }
  return made;
}
export function train(data: FrameTable, setting: Partial<AdditiveSetting> = {}): Trained {
  const steps = trainAdditive(data, { ...ADDITIVE_DEFAULTS, epochs: 60, ...setting });
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
