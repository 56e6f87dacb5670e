import { describe, expect, it } from "vitest";
import { createPrng } from "../../../src/core/base/prng.ts";
import {
  auroc,
  averagePrecision,
  brier,
  calibrationError,
  conformalAlarm,
  eventScores,
  fitLogistic,
  fitSteps,
  groupFolds,
  judgeWarnings,
  positives,
  probabilityOf,
  quietScores,
  selectRows,
  timeSplit,
} from "../../../src/core/risk/index.ts";
import { table } from "./tables.ts";

describe("risk: figures by hand", () => {
  it("AUROC with ties, average precision, Brier", () => {
    expect(auroc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75);
    expect(auroc([1, 1, 1, 1], [0, 1, 0, 1])).toBe(0.5);
    expect(auroc([1, 2], [1, 1])).toBeNaN();
    expect(averagePrecision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBeCloseTo((1 + 2 / 3) / 2, 12);
    expect(averagePrecision([1, 1, 1, 1], [0, 1, 0, 1])).toBe(0.5);
    expect(brier([0.5, 1], [0, 1])).toBe(0.125);
  });
  it("calibration error is 0 for perfect bins and the gap for others", () => {
    expect(calibrationError([0, 0, 1, 1], [0, 0, 1, 1])).toBe(0);
    expect(calibrationError([0.9, 0.9, 0.9, 0.9], [1, 0, 1, 0])).toBeCloseTo(0.4, 12);
  });
});

describe("risk: splits never leak", () => {
  it("a group is on one side only, folds cover everything once, both classes everywhere", () => {
    const data = table(2_000, 9);
    const seen = new Int32Array(data.rows);
    for (const { train, test } of groupFolds(data, 5, 1)) {
      const inTrain = new Set(Array.from(train, (row) => data.groups[row]));
      for (const row of test) {
        expect(inTrain.has(data.groups[row])).toBe(false);
        seen[row]!++;
      }
      expect(positives(selectRows(data, test))).toBeGreaterThan(0);
    }
    expect(seen.every((count) => count === 1)).toBe(true);
    const { train, test } = timeSplit(data, 0.7);
    expect(Math.max(...train)).toBeLessThan(Math.min(...test));
  });
});

describe("risk: calibration", () => {
  const prng = createPrng(12);
  const energies = Float64Array.from({ length: 20_000 }, () => prng.nextFloat() * 10);
  const truth = (v: number): number => 1 / (1 + Math.exp(-(1.3 * v - 6)));
  const labels = Uint8Array.from(energies, (v) => (prng.nextFloat() < truth(v) ? 1 : 0));
  it("both fits recover the chance of risk", () => {
    for (const fit of [fitLogistic(energies, labels), fitSteps(energies, labels)]) {
      for (let v = 0.5; v < 10; v += 0.5)
        expect(Math.abs(probabilityOf(fit, v) - truth(v))).toBeLessThan(0.05);
      expect(
        calibrationError(
          energies.map((v) => probabilityOf(fit, v)),
          labels,
        ),
      ).toBeLessThan(0.02);
    }
  });
  it("probabilities never fall with V_s, also on separable or tiny data", () => {
    for (const [e, y] of [
      [
        [1, 2, 3, 4],
        [0, 0, 1, 1],
      ],
      [
        [1, 1, 1],
        [0, 1, 0],
      ],
      [
        [4, 3, 2, 1],
        [0, 0, 1, 1],
      ],
    ] as const)
      for (const fit of [fitLogistic(e, y), fitSteps(e, y)]) {
        let last = 0;
        for (let v = -1; v < 6; v += 0.1) {
          const p = probabilityOf(fit, v);
          expect(p).toBeGreaterThanOrEqual(last - 1e-12);
          expect(p >= 0 && p <= 1).toBe(true);
          last = p;
        }
      }
  });
});

describe("risk: alarms", () => {
  it("the conformal threshold keeps its miss rate, and is refused when events are too few", () => {
    expect(
      conformalAlarm(
        Array.from({ length: 18 }, (_, i) => i),
        0.05,
      ),
    ).toBeNull();
    expect(
      conformalAlarm(
        Array.from({ length: 19 }, (_, i) => i + 1),
        0.05,
      )?.threshold,
    ).toBe(1);
    const prng = createPrng(31);
    let missed = 0;
    for (let run = 0; run < 2_000; run++) {
      const alarm = conformalAlarm(
        Array.from({ length: 60 }, () => prng.nextGaussian() + 5),
        0.1,
      )!;
      if (prng.nextGaussian() + 5 < alarm.threshold) missed++;
    }
    expect(missed / 2_000).toBeLessThanOrEqual(0.115);
    expect(missed / 2_000).toBeGreaterThan(0.07);
  });
  it("warnings by hand: one in time, one too late, one false alarm, merged crossings", () => {
    const s = 1e6;
    const rows = 80;
    const base = table(rows, 1);
    const data = {
      ...base,
      times: Float64Array.from({ length: rows }, (_, i) => (i % 40) * 0.1 * s),
      sourceOf: Int32Array.from({ length: rows }, (_, i) => Math.floor(i / 40)),
      sources: ["a", "b"],
    };
    const energies = new Float64Array(rows);
    // source a: quiet alarm at 1.0 and 1.2 s (one alarm), event at 3.5 s warned from 3.1 s on
    energies[10] = energies[12] = 9;
    for (let i = 31; i < 35; i++) energies[i] = 9;
    // source b: event at 3.9 s, warned 0.1 s before only
    energies[40 + 38] = 9;
    const events = [
      { source: 0, t: 3.5 * s },
      { source: 1, t: 3.9 * s },
    ];
    const setting = { threshold: 5, horizonUs: 0.6 * s, leadUs: 0.2 * s };
    const report = judgeWarnings(data, energies, events, setting);
    expect([report.events, report.warned, report.falseAlarms]).toEqual([2, 1, 1]);
    expect(report.leadsUs.map((x) => Math.round(x! / 1e5))).toEqual([4, 1]);
    expect(report.quietHours * 3600).toBeCloseTo(2.8 + 3.2, 5);
    expect([...eventScores(data, energies, events, setting)]).toEqual([9, 0]);
    expect(quietScores(data, energies, []).length).toBe(2);
  });
});
