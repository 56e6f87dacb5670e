import { describe, expect, it } from "vitest";
import { exp, normalCdf } from "../../../src/core/base/math.ts";
import { createPrng } from "../../../src/core/base/prng.ts";
import {
  createSobol,
  effectiveSampleSize,
  exceedanceEvidence,
  importanceMean,
  rankTest,
  sampleInformationValue,
  unitLoss,
} from "../../../src/core/stats/index.ts";

describe("stats: always-valid tests", () => {
  it("evidence against an exceedance rate meets reference values", () => {
    for (const [s, f, want] of [
      [0, 100, 33.25818],
      [3, 197, 14.69522],
      [10, 490, 136.81432],
    ] as const)
      expect(exceedanceEvidence(s, f, 0.05)).toBeCloseTo(want, 4);
    expect(exceedanceEvidence(20, 980, 0.05)).toBeCloseTo(41806.57, 1);
    expect(exceedanceEvidence(0, 87, 0.05)).toBeLessThan(20);
    expect(exceedanceEvidence(0, 88, 0.05)).toBeGreaterThanOrEqual(20);
  });
});

describe("stats: value of information", () => {
  it("meets reference values", () => {
    const units = [0.3989423, 0.1977966, 0.0833155, 0.0293068, 0.0084907, 0.00038215];
    [0, 0.5, 1, 1.5, 2, 3].forEach((u, i) => expect(unitLoss(u)).toBeCloseTo(units[i]!, 7));
    for (const [n, want] of [
      [1, 6.7359e-5],
      [10, 0.0100573],
      [25, 0.0199641],
      [100, 0.0322342],
      [1000, 0.0386967],
    ] as const)
      expect(sampleInformationValue(-0.1, 0.2, 1, n)).toBeCloseTo(want, 7);
    expect(sampleInformationValue(1, 0, 1, 10)).toBe(0);
  });
});

describe("stats: low-discrepancy points", () => {
  it("first points of Sobol", () => {
    const out = new Float64Array(2);
    const first = (sequence: ReturnType<typeof createSobol>, n: number): number[][] =>
      Array.from({ length: n }, (_, i) => {
        sequence.point(i, out);
        return [...out];
      });
    expect(first(createSobol(2), 8)).toEqual([
      [0, 0],
      [0.5, 0.5],
      [0.75, 0.25],
      [0.25, 0.75],
      [0.375, 0.375],
      [0.875, 0.875],
      [0.625, 0.125],
      [0.125, 0.625],
    ]);
  });
  it("every dimension and every scramble is a net: each interval of 1/256 holds one of 256 points", () => {
    const dimensions = 32;
    const out = new Float64Array(dimensions);
    for (const sequence of [createSobol(dimensions), createSobol(dimensions, createPrng(3))]) {
      const seen = Array.from({ length: dimensions }, () => new Set<number>());
      for (let i = 0; i < 256; i++) {
        sequence.point(i, out);
        out.forEach((x, d) => seen[d]!.add(Math.floor(x * 256)));
      }
      for (const set of seen) expect(set.size).toBe(256);
    }
  });
  it("scrambled Sobol reaches the reference accuracy on a product integral", () => {
    const out = new Float64Array(5);
    for (const [n, want] of [
      [256, 0.00226],
      [1024, 0.00024],
      [4096, 0.0000669],
    ] as const) {
      let squares = 0;
      for (let scramble = 0; scramble < 50; scramble++) {
        const sobol = createSobol(5, createPrng(19).split(scramble));
        let sum = 0;
        for (let i = 0; i < n; i++) {
          sobol.point(i, out);
          let term = 1;
          for (const u of out) term *= 1 + (u - 0.5);
          sum += term;
        }
        squares += (sum / n - 1) ** 2;
      }
      const rmse = Math.sqrt(squares / 50);
      expect(rmse).toBeLessThan(want * 2);
    }
  });
});

describe("stats: weights and families", () => {
  it("importance sampling finds a tail of 3.2e-5", () => {
    const prng = createPrng(21);
    const n = 10_000;
    const values = new Float64Array(n);
    const weights = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const x = 4 + prng.nextGaussian();
      values[i] = x > 4 ? 1 : 0;
      weights[i] = exp(8 - 4 * x);
    }
    const got = importanceMean(values, weights);
    expect(Math.abs(got.mean / normalCdf(-4) - 1)).toBeLessThan(0.08);
    expect(got.error / got.mean).toBeLessThan(0.03);
    expect(effectiveSampleSize([1, 1, 1, 1])).toBe(4);
    expect(effectiveSampleSize([1, 0, 0])).toBe(1);
    expect(effectiveSampleSize([])).toBe(0);
  });
  it("rank test sees a small number of large failures", () => {
    const baseline = new Array<number>(10).fill(1);
    const candidate = [100, 100, 100, 100, 100, 100, 100, 1, 1, 1];
    const got = rankTest(baseline, candidate);
    expect(got.superiority).toBeCloseTo(0.85, 12);
    expect(got.pValue).toBeLessThan(0.002);
    expect(rankTest([1, 1], [1, 1]).pValue).toBe(1);
  });
});
