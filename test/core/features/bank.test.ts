import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cell, fed, type Fed } from "./setting.ts";

const CHANNELS = {
  ft: { quantity: "wrench", min: -100, max: 100 },
  prox: { quantity: "range", max: 4 },
  scan: { quantity: "scan", max: 10, angleMinRad: -1, angleStepRad: 0.5 },
  js: { quantity: "joints" },
  cur: { quantity: "currents" },
  err: { quantity: "jointErrors" },
  es: { quantity: "estop" },
  temp: { quantity: "scalar" },
  cmd: { quantity: "twist" },
  hid: { quantity: "hidden" },
};
const WIDTH: Record<string, number> = {
  ft: 6,
  prox: 1,
  scan: 5,
  js: 6,
  cur: 2,
  err: 2,
  es: 1,
  temp: 1,
  cmd: 6,
  hid: 8,
};
type Reading = { channel: string; ms: number; values: number[] };
const readings = fc
  .array(
    fc.record({
      channel: fc.constantFrom(...Object.keys(CHANNELS)),
      gap: fc.integer({ min: 0, max: 30 }),
      seed: fc.double({ min: -50, max: 50, noNaN: true }),
    }),
    { minLength: 1, maxLength: 120 },
  )
  .map((list) => {
    let ms = 0;
    return list.map(
      ({ channel, gap, seed }): Reading => ({
        channel,
        ms: (ms += gap),
        values: Array.from({ length: WIDTH[channel]! }, (_, i) => seed * Math.cos(i + seed)),
      }),
    );
  });
const feedAll = (f: Fed, list: readonly Reading[]): void => {
  for (const { channel, ms, values } of list) f.feed(channel, ms, ...values);
};

describe("the bank of features", () => {
  it("chunked and whole feeding give equal frames: looking does not change what is seen", () => {
    fc.assert(
      fc.property(readings, (list) => {
        const deployment = cell(CHANNELS);
        const whole = fed(deployment);
        const chunked = fed(deployment);
        for (const reading of list) {
          feedAll(chunked, [reading]);
          chunked.bank.frame(reading.ms * 1_000);
          chunked.bank.frame(reading.ms * 1_000 + 400);
        }
        feedAll(whole, list);
        const end = list[list.length - 1]!.ms * 1_000 + 500;
        const a = whole.bank.frame(end);
        const b = chunked.bank.frame(end);
        expect([...b.present]).toEqual([...a.present]);
        expect([...b.values]).toEqual([...a.values]);
      }),
      { seed: 71, numRuns: 60 },
    );
  });
  it("every present value is finite on finite readings, every missing one is 0", () => {
    fc.assert(
      fc.property(readings, (list) => {
        const f = fed(cell(CHANNELS));
        feedAll(f, list);
        const { values, present } = f.bank.frame(list[list.length - 1]!.ms * 1_000);
        values.forEach((value, i) =>
          expect(present[i] === 1 ? Number.isFinite(value) : value === 0).toBe(true),
        );
      }),
      { seed: 72, numRuns: 60 },
    );
  });
  it("nothing is known before the first reading, and silence makes a group missing", () => {
    const f = fed(cell(CHANNELS));
    expect(f.bank.frame(0).present.every((p) => p === 0)).toBe(true);
    f.feed("ft", 0, 1, 2, 3, 0, 0, 0);
    expect(f.at(100, "force_n")).toBeDefined();
    expect(f.at(101, "force_n")).toBeUndefined();
    expect(f.at(50, "distance_m")).toBeUndefined();
  });
  it("a fault makes its group missing until the next good reading", () => {
    const f = fed(cell(CHANNELS));
    f.feed("prox", 0, 1);
    f.bank.fault({ channel: Object.keys(CHANNELS).indexOf("prox") });
    expect(f.at(1, "distance_m")).toBeUndefined();
    f.feed("prox", 10, 0.9);
    expect(f.at(10, "distance_m")).toBe(0.9);
  });
  it("several channels of a kind: the worst counts", () => {
    const f = fed(
      cell({
        one: { quantity: "wrench" },
        two: { quantity: "wrench" },
        left: { quantity: "range" },
        right: { quantity: "range" },
      }),
    );
    f.feed("one", 0, 3, 4, 0, 0, 0, 0);
    f.feed("two", 0, 0, 0, 12, 0, 0, 0);
    f.feed("left", 0, 2);
    f.feed("right", 0, 1.5);
    expect(f.at(0, "force_n")).toBe(12);
    expect(f.at(0, "distance_m")).toBe(1.5);
    f.feed("one", 100, 3, 4, 0, 0, 0, 0);
    expect(f.at(101, "force_n")).toBe(5);
  });
  it("a channel that is not monitored gives nothing", () => {
    const f = fed(
      cell({
        ft: { quantity: "wrench", monitored: false, because: "sensor is being replaced" },
        temp: { quantity: "scalar" },
      }),
    );
    expect(f.bank.features.some((feature) => feature.group === "force")).toBe(false);
  });
  it("allocates nothing per sample and frame once it runs", () => {
    const f = fed(
      cell({ ft: { quantity: "wrench" }, prox: { quantity: "range" }, js: { quantity: "joints" } }),
    );
    const frame = f.bank.frame(0);
    expect(f.bank.frame(1)).toBe(frame);
    expect(f.bank.frame(2).values).toBe(frame.values);
  });
});
