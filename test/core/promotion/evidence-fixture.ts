import { createPrng } from "../../../src/core/base/prng.ts";
import {
  type Evidence,
  type Measurement,
  POLICIES_OF,
  type Side,
} from "../../../src/core/promotion/index.ts";

/** A made-up measurement; the numbers are the test's, the deciding is the product's. */
export interface Shape {
  readonly n?: number;
  readonly seed?: number;
  /** changes what the candidate did in scenario i */
  readonly candidate?: (side: Side, m: { index: number; risky: boolean; set: Measurement["set"] }) => Side;
  readonly evidence?: Partial<Evidence>;
  readonly share?: number;
}

export function sideOf(risky: boolean, draw: number): Side {
  return {
    energy: risky ? 0.5 + draw : 0.1 * draw,
    score: risky ? 1.2 + draw : 0.2 + 0.5 * draw,
    stopped: risky,
    inTime: risky,
    decisions: risky ? [300, 0, 0, 270] : [570, 0, 0, 0],
    violations: {},
  };
}

/** An honest candidate: a little better than the baseline on risky scenarios, the same elsewhere. */
export function evidenceOf({ n = 500, seed = 1, candidate, evidence, share = 0.5 }: Shape = {}): Evidence {
  const prng = createPrng(seed);
  const measurements = Array.from({ length: n }, (_, index): Measurement => {
    const draw = prng.split(index).nextFloat();
    const risky = index % 2 === 0;
    const set = index < n * share ? "shown" : "untouched";
    const baseline = sideOf(risky, draw);
    const better: Side = { ...baseline, energy: risky ? baseline.energy * 0.9 : baseline.energy };
    return {
      scenario: `s${index}`,
      family: "walk-by",
      set,
      sampled: true,
      hard: index % 50 === 0,
      risky,
      baseline,
      candidate: candidate?.(better, { index, risky, set }) ?? better,
    };
  });
  const [c, b, battery] = ["c".repeat(64), "b".repeat(64), "battery"];
  return {
    kind: "head",
    candidate: c,
    baseline: b,
    active: b,
    battery,
    measuredWith: { candidate: c, baseline: b, battery },
    planned: measurements.map((m) => m.scenario),
    measurements,
    leftOut: [],
    probes: [{ name: "all zero", trouble: null }],
    policies: POLICIES_OF.head.map((name) => ({ name, passed: true, detail: "" })),
    tampered: null,
    refusedBefore: null,
    attempt: 1,
    ownChanged: null,
    planChanged: null,
    ...evidence,
  };
}
