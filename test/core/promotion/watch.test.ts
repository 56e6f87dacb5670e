import { describe, expect, test } from "vitest";
import { createPrng } from "../../../src/core/base/prng.ts";
import { createPromotionWatch, DEFAULT_WATCH } from "../../../src/core/promotion/index.ts";

describe("F35 rollback without network, on any violation", () => {
  const good = (i: number) => ({
    falseStop: i % 200 === 0,
    late: i % 400 === 0,
    energy: 1 + (i % 7),
    energyBefore: 2 + (i % 7),
  });
  test("a good head stays for 20,000 decisions", () => {
    const watch = createPromotionWatch();
    for (let i = 1; i <= 20_000; i++) expect(watch.observe(good(i))).toBeNull();
  });
  test.each([
    ["ROLLBACK_FALSE_STOPS", (i: number) => ({ falseStop: i % 10 === 0 })],
    ["ROLLBACK_LATENCY", (i: number) => ({ late: i % 20 === 0 })],
    ["ROLLBACK_ENERGY_DRIFT", (i: number) => ({ energy: i % 5 === 0 ? 9 + i : i / 1e6, energyBefore: 1 })],
    ["ROLLBACK_SMELL", () => ({ energy: 0.25 })],
    ["ROLLBACK_SMELL", () => ({ energy: Number.NaN })],
    ["ROLLBACK_SMELL", () => ({ energy: -1 })],
    ["ROLLBACK_SMELL", () => ({ missed: true })],
  ] as const)("%s", (code, seen) => {
    const watch = createPromotionWatch();
    let at = 0;
    for (let i = 1; i <= 5_000 && watch.trigger === null; i++) {
      watch.observe(seen(i));
      at = i;
    }
    expect(watch.trigger?.code).toBe(code);
    expect(at).toBeLessThan(5_000);
  });
  test("the first trigger stays", () => {
    const watch = createPromotionWatch();
    watch.observe({ missed: true });
    expect(watch.observe({ energy: Number.NaN })?.detail).toMatch(/reflex/);
  });
  test("a head exactly at its limits is rolled back in at most 5 % of lives", () => {
    let back = 0;
    for (let seed = 0; seed < 400; seed++) {
      const prng = createPrng(seed).split("life");
      const watch = createPromotionWatch();
      for (let i = 0; i < 1_000; i++)
        watch.observe({
          falseStop: prng.nextFloat() < DEFAULT_WATCH.falseStopRateMax,
          late: prng.nextFloat() < DEFAULT_WATCH.lateRateMax,
          energy: prng.nextFloat(),
          energyBefore: 0.95,
        });
      if (watch.trigger !== null) back++;
    }
    expect(back / 400).toBeLessThanOrEqual(0.05);
  });
});
