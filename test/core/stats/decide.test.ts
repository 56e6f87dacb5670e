import { describe, expect, it } from "vitest";
import { exp, normalCdf } from "../../../src/core/base/math.ts";
import { createPrng } from "../../../src/core/base/prng.ts";
import {
  confidenceSequenceRadius,
  createHalton,
  createMixtureTest,
  createSobol,
  eBenjaminiHochberg,
  effectiveSampleSize,
  exceedanceEvidence,
  exceedanceEvidenceFixed,
  fixedSequence,
  holm,
  importanceMean,
  mixtureRatio,
  perfectInformationValue,
  rankTest,
  riskControlChoice,
  riskControlLimit,
  riskPValue,
  riskPValueBinary,
  sampleInformationValue,
  unitLoss,
} from "../../../src/core/stats/index.ts";

describe("stats: always-valid tests", () => {
  it("mixture ratios and confidence sequences meet reference values", () => {
    for (const [n, mean, want] of [
      [10, 0, 0.3015113],
      [10, 0.5, 0.9393342],
      [100, 0.3, 8.5667231],
      [100, 0.1, 0.1632438],
    ] as const)
      expect(mixtureRatio(n, mean, 1, 1)).toBeCloseTo(want, 7);
    for (const [n, want] of [
      [1, 3.6563949],
      [10, 0.9606402],
      [100, 0.3273019],
      [1000, 0.1136359],
    ] as const)
      expect(confidenceSequenceRadius(n, 1, 1)).toBeCloseTo(want, 7);
  });
  it("the sequential p-value only falls, and rarely reaches 5 % under the null", () => {
    let alarms = 0;
    for (let run = 0; run < 400; run++) {
      const prng = createPrng(5).split(run);
      const test = createMixtureTest(1, 1);
      let last = 1;
      for (let i = 0; i < 500; i++) {
        const p = test.update(prng.nextGaussian());
        expect(p).toBeLessThanOrEqual(last);
        last = p;
      }
      if (last <= 0.05) alarms++;
    }
    expect(alarms / 400).toBeLessThanOrEqual(0.06);
  });
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
    expect(exceedanceEvidenceFixed(0, 72, 0.05, 0.01)).toBeLessThan(20);
    expect(exceedanceEvidenceFixed(0, 73, 0.05, 0.01)).toBeGreaterThanOrEqual(20);
  });
});

describe("stats: risk control", () => {
  it("conformal risk control meets reference values", () => {
    for (const [n, want] of [
      [10, 0.01],
      [100, 0.091],
      [1000, 0.0991],
    ] as const)
      expect(riskControlLimit(n, 0.1)).toBeCloseTo(want, 10);
    expect(riskControlLimit(8, 0.1)).toBeLessThan(0);
    expect(riskControlChoice([1, 2, 3], [0.3, 0.09, 0], 100, 0.1)).toBe(2);
    expect(riskControlChoice([1, 2], [0.3, 0.2], 100, 0.1)).toBeNull();
  });
  it("learn-then-test meets reference values", () => {
    const rows = [
      [0.05, 100, 0.15651, 0.0575769],
      [0.02, 100, 0.00528674, 0.00194488],
      [0, 50, 0.00515378, 0.00515378],
      [0.08, 500, 0.204114, 0.0750893],
      [0.08, 1000, 0.0478732, 0.0176116],
    ] as const;
    for (const [risk, n, general, binary] of rows) {
      expect(riskPValueBinary(Math.round(risk * n), n, 0.1)).toBeCloseTo(binary, 6);
      expect(riskPValue(risk, n, 0.1)).toBeCloseTo(general, 5);
    }
    expect(fixedSequence([0.01, 0.02, 0.2, 0.01], 0.05)).toBe(2);
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
    expect(perfectInformationValue(-0.1, 0.2)).toBeCloseTo(0.0395593, 7);
    expect(sampleInformationValue(1, 0, 1, 10)).toBe(0);
  });
});

describe("stats: low-discrepancy points", () => {
  it("first points of Sobol and Halton", () => {
    const out = new Float64Array(2);
    const first = (sequence: ReturnType<typeof createHalton>, n: number): number[][] =>
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
    expect(first(createHalton(2), 5)).toEqual([
      [0, 0],
      [0.5, 1 / 3],
      [0.25, 2 / 3],
      [0.75, 1 / 9],
      [0.125, 4 / 9],
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
  it("Holm and e-BH by hand", () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([true, false, false, true]);
    expect(holm([0.06, 0.001], 0.05)).toEqual([false, true]);
    expect(eBenjaminiHochberg([100, 1, 45, 20])).toEqual([true, false, true, false]);
    expect(eBenjaminiHochberg([1, 2])).toEqual([false, false]);
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
