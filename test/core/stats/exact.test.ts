import { describe, expect, it } from "vitest";
import { createPrng } from "../../../src/core/base/prng.ts";
import {
  acceptanceProbability,
  allowedExceedances,
  betaQuantile,
  binomialCdf,
  binomialPmf,
  fewestForShare,
  quantileBoundRank,
  quantileUpperBound,
  regularizedBeta,
  sampleQuantile,
  scenariosNeeded,
  sequentialTest,
  shareLowerBound,
  shareUpperBound,
  trialsToSeeFailure,
} from "../../../src/core/stats/index.ts";

describe("stats: exact binomial bounds", () => {
  it("meets reference values of Clopper and Pearson", () => {
    for (const [k, n, want] of [
      [0, 59, 0.0495076],
      [1, 93, 0.049994],
      [3, 200, 0.0383097],
      [16, 500, 0.0481981],
      [39, 1000, 0.050634],
    ] as const)
      expect(shareUpperBound(k, n)).toBeCloseTo(want, 7);
    for (const [n, want] of [
      [1, 0.95],
      [10, 0.259],
      [100, 0.0295],
    ] as const)
      expect(shareUpperBound(0, n)).toBeCloseTo(want, 3);
  });
  it("C20 with 100 trials GREEN needs 96 safe and YELLOW 78", () => {
    expect(fewestForShare(100, 0.9)).toBe(96);
    expect(fewestForShare(100, 0.7)).toBe(78);
    expect(shareLowerBound(96, 100)).toBeGreaterThanOrEqual(0.9);
    expect(shareLowerBound(95, 100)).toBeLessThan(0.9);
    expect(shareLowerBound(78, 100)).toBeGreaterThanOrEqual(0.7);
    expect(shareLowerBound(77, 100)).toBeLessThan(0.7);
    expect(fewestForShare(10, 0.9)).toBeNull();
    expect([shareLowerBound(0, 0), shareUpperBound(0, 0)]).toEqual([0, 1]);
  });
  it("says how many units a failure needs to be seen", () => {
    for (const [p, want] of [
      [0.1, 29],
      [0.05, 59],
      [0.03, 99],
      [0.01, 299],
      [0.001, 2995],
    ] as const)
      expect(trialsToSeeFailure(p)).toBe(want);
  });
  it("sequential test: 1.609 per failure, -0.0412 per success, bounds 2.944, clean acceptance after 72", () => {
    const test = sequentialTest(0.01, 0.05, 0.05, 0.05);
    expect(
      [test.perFailure, test.perSuccess, test.upper, test.lower].map((x) => Number(x.toFixed(4))),
    ).toEqual([1.6094, -0.0412, 2.9444, -2.9444]);
    expect(Math.ceil(test.lower / test.perSuccess)).toBe(72);
  });
  it("cdf is the sum of its masses", () => {
    let total = 0;
    for (let k = 0; k <= 40; k++) {
      total += binomialPmf(k, 40, 0.3);
      expect(binomialCdf(k, 40, 0.3)).toBeCloseTo(total, 12);
    }
  });
  it("incomplete beta has its closed forms and its inverse", () => {
    for (const x of [0.01, 0.2, 0.5, 0.77, 0.999]) {
      expect(regularizedBeta(x, 1, 1)).toBeCloseTo(x, 14);
      expect(regularizedBeta(x, 3, 1)).toBeCloseTo(x ** 3, 14);
      expect(regularizedBeta(x, 2.5, 4)).toBeCloseTo(1 - regularizedBeta(1 - x, 4, 2.5), 13);
      expect(regularizedBeta(betaQuantile(x, 2.5, 4), 2.5, 4)).toBeCloseTo(x, 13);
    }
    expect(regularizedBeta(-1, 2, 2)).toBe(0);
    expect(regularizedBeta(2, 2, 2)).toBe(1);
  });
});

describe("stats: quantile bound by order statistics", () => {
  it("F33 meets the table of fewest scenarios", () => {
    const rows: readonly (readonly [number, readonly number[], readonly number[]])[] = [
      [0.05, [59, 93, 124, 153, 181, 208, 234, 260, 286, 311, 336], [4, 16, 38, 83, 224, 463]],
      [0.01, [90, 130, 165, 198, 229, 259, 288, 316, 344, 371, 398], [3, 13, 34, 77, 214, 449]],
      [0.001, [135, 181, 220, 257, 291, 324, 356, 387, 417, 447, 476], [1, 10, 29, 70, 203, 433]],
    ];
    for (const [delta, needed, allowed] of rows) {
      needed.forEach((n, c) => expect(scenariosNeeded(c, 0.95, delta)).toBe(n));
      [200, 500, 1000, 2000, 5000, 10000].forEach((n, i) =>
        expect(allowedExceedances(n, 0.95, delta)).toBe(allowed[i]),
      );
    }
    expect([200, 500, 1000, 2000, 5000, 10000].map((n) => quantileBoundRank(n))).toEqual([
      196, 484, 962, 1917, 4776, 9537,
    ]);
    expect(allowedExceedances(58)).toBe(-1);
    expect(quantileUpperBound(new Float64Array(58))).toBeNull();
    expect(quantileUpperBound(Float64Array.from({ length: 59 }, (_, i) => i))).toBe(58);
  });
  it("meets the table of power", () => {
    const rows: readonly (readonly [number, readonly number[]])[] = [
      [200, [0.095, 0.281, 0.629, 0.948]],
      [500, [0.216, 0.666, 0.974, 1]],
      [1000, [0.414, 0.938, 0.9999, 1]],
      [2000, [0.661, 0.998, 1, 1]],
    ];
    for (const [n, wants] of rows)
      wants.forEach((want, i) =>
        expect(Math.abs(acceptanceProbability(n, [0.04, 0.03, 0.02, 0.01][i]!) - want)).toBeLessThan(0.0006),
      );
  });
  it("holds its promise on random samples", () => {
    const prng = createPrng(1);
    let covered = 0;
    for (let run = 0; run < 1000; run++) {
      const values = Float64Array.from({ length: 100 }, () => prng.nextFloat());
      if ((quantileUpperBound(values) ?? 0) >= 0.95) covered++;
    }
    expect(covered).toBeGreaterThan(935);
  });
  it("sample quantile is a value of the sample", () => {
    expect(sampleQuantile([3, 1, 2], 0.5)).toBe(2);
    expect(sampleQuantile([1, 2, 3, 4], 0.95)).toBe(4);
    expect(sampleQuantile([], 0.5)).toBeNaN();
  });
});
