import { describe, expect, it } from "vitest";
import { createPrng } from "../../../src/core/base/prng.ts";
import {
  conformalPValue,
  conformalQuantile,
  conformalRank,
  coverageFloor,
  coverageLaw,
  coverageRange,
  createAdaptiveConformal,
  createSimpleJumper,
  klCategorical,
  scoresForCoverage,
} from "../../../src/core/stats/index.ts";

describe("stats: divergence", () => {
  it("meets reference values of KL", () => {
    const p = [0.7, 0.2, 0.1];
    const q = [0.5, 0.3, 0.2];
    expect(klCategorical(p, q)).toBeCloseTo(0.0851228, 7);
    expect(klCategorical(q, p)).toBeCloseTo(0.0920329, 7);
    expect(klCategorical([1, 0], [0, 1])).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("stats: conformal", () => {
  it("ranks and laws of coverage", () => {
    expect([conformalRank(19, 0.05), conformalRank(99, 0.05), conformalRank(100, 0.1)]).toEqual([19, 95, 91]);
    const near = (got: readonly [number, number], low: number, high: number): void => {
      expect(got[0]).toBeCloseTo(low, 4);
      expect(got[1]).toBeCloseTo(high, 4);
    };
    near(coverageRange(99, 0.05), 0.9099, 0.9799);
    near(coverageRange(100, 0.1), 0.8482, 0.9447);
    near(coverageRange(500, 0.1), 0.8773, 0.9213);
    near(coverageRange(1000, 0.1), 0.8841, 0.9152);
    const { a, b } = coverageLaw(100, 0.1);
    expect(a / (a + b)).toBeCloseTo(0.90099, 5);
    expect(coverageFloor(1000, 0.1)).toBeCloseTo(0.8841, 4);
  });
  it("scores needed for a tolerance", () => {
    for (const [epsilon, want] of [
      [0.1, 11],
      [0.05, 90],
      [0.01, 2429],
      [0.005, 9733],
    ] as const)
      expect(scoresForCoverage(epsilon)).toBe(want);
  });
  it("threshold is infinite with too few scores, and covers otherwise", () => {
    expect(conformalQuantile([1, 2, 3], 0.05)).toBe(Number.POSITIVE_INFINITY);
    expect(
      conformalQuantile(
        Array.from({ length: 19 }, (_, i) => i),
        0.05,
      ),
    ).toBe(18);
    const prng = createPrng(4);
    let covered = 0;
    for (let run = 0; run < 2000; run++) {
      const scores = Array.from({ length: 50 }, () => prng.nextGaussian());
      if (prng.nextGaussian() <= conformalQuantile(scores, 0.1)) covered++;
    }
    expect(covered / 2000).toBeGreaterThan(0.88);
    expect(covered / 2000).toBeLessThan(0.94);
  });
});

describe("stats: adaptive conformal inference", () => {
  const run = (gamma: number): { share: number; second: number; guarantee: number } => {
    const prng = createPrng(8).split(String(gamma));
    const calibration = Float64Array.from({ length: 1000 }, () => Math.abs(prng.nextGaussian())).sort();
    const aci = createAdaptiveConformal({ alpha: 0.1, gamma: gamma === 0 ? 1e-12 : gamma });
    const T = 4000;
    let second = 0;
    for (let t = 0; t < T; t++) {
      const score = Math.abs(prng.nextGaussian()) * (t < T / 2 ? 1 : 3);
      const missed = score > aci.threshold(calibration);
      aci.update(missed);
      if (t >= T / 2 && !missed) second++;
    }
    return { share: 1 - aci.misses / T, second: second / (T / 2), guarantee: aci.guarantee() };
  };
  it("recovers coverage after a shift as the reference does, within its guarantee", () => {
    const frozen = run(0);
    expect(Math.abs(frozen.share - 0.6305)).toBeLessThan(0.05);
    expect(Math.abs(frozen.second - 0.391)).toBeLessThan(0.05);
    for (const [gamma, want, bound] of [
      [0.005, 0.895, 0.0453],
      [0.01, 0.8975, 0.0228],
      [0.05, 0.8995, 0.00475],
    ] as const) {
      const got = run(gamma);
      expect(Math.abs(got.guarantee - bound)).toBeLessThanOrEqual(0.00005001);
      expect(Math.abs(got.share - 0.9)).toBeLessThanOrEqual(got.guarantee);
      expect(Math.abs(got.share - want)).toBeLessThan(0.006);
    }
  });
  it("does not clip its state: the guarantee holds against an adversary", () => {
    for (const always of [true, false]) {
      const aci = createAdaptiveConformal({ alpha: 0.1, gamma: 0.3 });
      for (let t = 0; t < 500; t++) {
        const threshold = aci.threshold([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        aci.update(always ? threshold !== Number.POSITIVE_INFINITY : threshold === Number.NEGATIVE_INFINITY);
      }
      expect(Math.abs(aci.misses / 500 - 0.1)).toBeLessThanOrEqual(aci.guarantee());
    }
  });
});

describe("stats: shift martingale", () => {
  it("meets reference values of the Simple Jumper", () => {
    const path = (values: readonly number[]): number[] => {
      const jumper = createSimpleJumper();
      return values.map((p) => Number(jumper.update(p).toFixed(7)));
    };
    expect(path([0.1, 0.1, 0.1, 0.1, 0.1])).toEqual([1, 1.1056, 1.315744, 1.6460578, 2.1284605]);
    expect(path([0.01, 0.02, 0.03, 0.5, 0.9])).toEqual([1, 1.155232, 1.454606, 1.454606, 1.0535432]);
    const long = path(new Array<number>(18).fill(0.1));
    expect(long.findIndex((m) => m >= 20) + 1).toBe(13);
    expect(long.findIndex((m) => m >= 100) + 1).toBe(18);
  });
  it("keeps false alarms below 5 % over 1000 steps", () => {
    let alarms = 0;
    for (let run = 0; run < 1000; run++) {
      const prng = createPrng(77).split(run);
      const jumper = createSimpleJumper();
      for (let t = 0; t < 1000; t++) jumper.update(prng.nextFloat());
      if (jumper.highest >= 20) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(60);
    expect(alarms).toBeGreaterThan(15);
  });
  it("p-values split ties, the new score included", () => {
    expect(conformalPValue([1, 2, 3], 2, 0.5)).toBe(0.5);
    expect(conformalPValue([], 7, 0.25)).toBe(0.25);
    expect(conformalPValue([1, 2, 3], 9, 1)).toBe(0.25);
  });
  it("survives a shift that lasts for ever without overflow", () => {
    const jumper = createSimpleJumper();
    for (let t = 0; t < 20_000; t++) jumper.update(0.001);
    expect(Number.isFinite(jumper.capital)).toBe(true);
    jumper.restart();
    expect(jumper.capital).toBeCloseTo(1, 12);
  });
});
