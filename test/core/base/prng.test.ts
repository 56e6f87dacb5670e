import { describe, expect, it } from "vitest";
import { createPrng, type Prng } from "../../../src/core/base/prng.ts";

const take = (prng: Prng, n: number): number[] => Array.from({ length: n }, () => prng.nextUint32());

describe("base/prng", () => {
  it("a stream is named by seed and labels, not by the order of calls", () => {
    const first = createPrng(42);
    const second = createPrng(42);
    take(second, 100);
    second.nextGaussian();
    expect(take(first.split(17), 8)).toEqual(take(second.split(17), 8));
    expect(take(first.split("a").split(3), 8)).toEqual(take(second.split("a").split(3), 8));
  });
  it("gives pinned numbers: a replay of old receipts depends on them", () => {
    expect(take(createPrng(1), 4)).toEqual([1069500012, 1260736153, 670425081, 1165865007]);
    expect(createPrng(1).split("noise").split(7).nextFloat()).toBe(0.29457932366943174);
    expect(createPrng(1).nextGaussian()).toBe(-0.47271669956419193);
  });
  it("neighbouring seeds and labels give unrelated streams", () => {
    const seen = new Set<number>();
    for (let seed = 0; seed < 2_000; seed++) {
      seen.add(createPrng(seed).nextUint32());
      seen.add(createPrng(5).split(seed).nextUint32());
      seen.add(createPrng(5).split(String(seed)).nextUint32());
      seen.add(createPrng(-seed - 1).nextUint32());
      seen.add(createPrng(seed + 0.5).nextUint32());
    }
    expect(seen.size).toBeGreaterThan(9_990);
  });
  it("floats are uniform in [0, 1)", () => {
    const prng = createPrng(3);
    const bins = new Float64Array(100);
    const n = 200_000;
    let outside = 0;
    for (let i = 0; i < n; i++) {
      const x = prng.nextFloat();
      if (!(x >= 0 && x < 1)) outside++;
      bins[Math.floor(x * 100)]!++;
    }
    expect(outside).toBe(0);
    let chi = 0;
    for (const count of bins) chi += (count - n / 100) ** 2 / (n / 100);
    expect(chi).toBeLessThan(150);
    expect(chi).toBeGreaterThan(55);
  });
  it("streams of consecutive labels are uncorrelated", () => {
    const root = createPrng(11);
    let sum = 0;
    const n = 50_000;
    for (let i = 0; i < n; i++)
      sum += (root.split(i).nextFloat() - 0.5) * (root.split(i + 1).nextFloat() - 0.5);
    expect(Math.abs((sum / n) * 12)).toBeLessThan(0.02);
  });
  it("gaussians have mean 0, variance 1, kurtosis 3", () => {
    const prng = createPrng(9);
    const n = 200_000;
    let m1 = 0;
    let m2 = 0;
    let m4 = 0;
    for (let i = 0; i < n; i++) {
      const x = prng.nextGaussian();
      m1 += x / n;
      m2 += (x * x) / n;
      m4 += x ** 4 / n;
    }
    expect(Math.abs(m1)).toBeLessThan(0.01);
    expect(Math.abs(m2 - 1)).toBeLessThan(0.015);
    expect(Math.abs(m4 - 3)).toBeLessThan(0.1);
  });
});
