import { describe, expect, it } from "vitest";
import { createPrng } from "../../../src/core/base/prng.ts";
import { channelIndexOf, epochMicrosOf, microsOf, seqOf } from "../../../src/core/domain/index.ts";
import {
  bindHead,
  createAdaptiveAlarm,
  createLearnedEnergy,
  createSmellWatch,
  type HeadBody,
  sealHead,
  type SmellWatch,
} from "../../../src/core/risk/index.ts";
import { bodyOf, trainedOnce } from "./heads.ts";
import { FEATURES } from "./tables.ts";

const S = 1e6;
function watch(change: Partial<HeadBody> = {}): {
  smells: SmellWatch;
  log: string[];
  last: Map<string, boolean>;
} {
  const log: string[] = [];
  const last = new Map<string, boolean>();
  const smells = createSmellWatch(sealHead(bodyOf(trainedOnce(), change)), 7, (code, active) => {
    log.push(`${code}:${active}`);
    last.set(code, active);
  });
  return { smells, log, last };
}
const ordinary = createPrng(55);
/** ordinary operation: the same law as the calibration energies, uniform in [0, 2) */
const calm = (): number => ordinary.nextFloat() * 2;

describe("risk: the ways a head goes bad", () => {
  it("ordinary operation smells of nothing", () => {
    const { smells, log } = watch();
    for (let t = 0; t < 2_000; t++) smells.energy(t * S, calm(), 1);
    expect(log).toEqual([]);
  });
  it("an event without warning is reported and lowers the threshold; announced ones let it rise again, never above the head's", () => {
    const { smells, log } = watch();
    const before = smells.threshold;
    for (let i = 1; i <= 5; i++) {
      smells.energy(i * 10 * S, 1, 1);
      smells.event((i * 10 + 0.1) * S, "contact");
    }
    // after the third no finite threshold covers what was asked: everything is an alarm, and nothing is missed any more
    expect(log.filter((l) => l === "VS_MISSED_EVENT:true").length).toBe(3);
    const lowered = smells.threshold;
    expect(lowered).toBeLessThan(before);
    for (let i = 6; i < 400; i++) {
      smells.energy(i * 10 * S, 9.9, 1);
      smells.event((i * 10 + 0.1) * S, "contact");
    }
    expect(smells.threshold).toBeGreaterThanOrEqual(lowered);
    expect(smells.threshold).toBeLessThanOrEqual(before);
  });
  it("an event just after an alarm is no miss", () => {
    const { smells, log } = watch();
    smells.energy(10 * S, 6, 1);
    smells.event(10.3 * S, "contact");
    expect(log).toEqual(["VS_ALARM:true"]);
    expect([smells.events, smells.misses]).toEqual([1, 0]);
  });
  it("a constant V_s over moving features has collapsed; over still features it has not", () => {
    const stuck = watch();
    const still = watch();
    for (let t = 0; t < 200; t++) {
      stuck.smells.energy(t * S, 1.5, 1);
      still.smells.energy(t * S, 1.5, 0);
    }
    expect(stuck.last.get("VS_CONSTANT")).toBe(true);
    expect(still.last.get("VS_CONSTANT")).toBeUndefined();
    for (let t = 200; t < 400; t++) stuck.smells.energy(t * S, calm(), 1);
    expect(stuck.last.get("VS_CONSTANT")).toBe(false);
  });
  it("alarms that nothing follows are counted, and forgotten after an hour", () => {
    const { smells, last } = watch();
    for (let i = 1; i <= 6; i++) {
      smells.energy(i * 20 * S, 6, 1);
      for (let k = 1; k < 20; k++) smells.energy((i * 20 + k) * S, calm(), 1);
    }
    expect(last.get("VS_FALSE_ALARMS")).toBe(true);
    for (let t = 200; t < 4_500; t += 10) smells.energy(t * S, calm(), 1);
    expect(last.get("VS_FALSE_ALARMS")).toBe(false);
  });
  it("a shift against the cell's own beginning is found, and rarely imagined", () => {
    const { smells, last } = watch();
    for (let t = 0; t < 1_200; t++) smells.energy(t * S, calm() * 0.5, 1);
    expect(last.get("VS_SHIFT")).toBeUndefined();
    for (let t = 1_200; t < 2_000; t++) smells.energy(t * S, 1 + calm() * 0.5, 1);
    expect(last.get("VS_SHIFT")).toBe(true);
    let imagined = 0;
    for (let run = 0; run < 40; run++) {
      const other = watch();
      for (let t = 0; t < 2_000; t++) other.smells.energy(t * S, calm(), 1);
      if (other.last.get("VS_SHIFT") === true) imagined++;
    }
    expect(imagined).toBeLessThanOrEqual(2);
  });
  it("a cell unlike the battery is no shift, and standing and moving are judged each by itself", () => {
    const { smells, last } = watch();
    for (let t = 0; t < 5_000; t++)
      if (t % 100 < 50) smells.energy(t * S, 3.4 + 0.4 * calm(), 1, "moving");
      else smells.energy(t * S, 0.02 * calm(), 0.1, "standing");
    expect(last.get("VS_SHIFT")).toBeUndefined();
    for (let t = 5_000; t < 6_500; t++) smells.energy(t * S, 0.5 + 0.02 * calm(), 0.1, "standing");
    expect(last.get("VS_SHIFT")).toBe(true);
  });
  it("more misses in the field than the battery can explain is overfit; a few are not", () => {
    const bad = watch({ metrics: { battery_events: 200, battery_missed: 2 } });
    const fair = watch({ metrics: { battery_events: 200, battery_missed: 2 } });
    for (let i = 1; i <= 60; i++) {
      if (i % 3 !== 0) bad.smells.energy(i * 10 * S, 9.9, 1);
      bad.smells.event((i * 10 + 0.1) * S, "contact");
      if (i !== 30) fair.smells.energy(i * 10 * S, 9.9, 1);
      fair.smells.event((i * 10 + 0.1) * S, "contact");
    }
    expect(bad.last.get("VS_BATTERY_OVERFIT")).toBe(true);
    expect(fair.last.get("VS_BATTERY_OVERFIT")).toBeUndefined();
  });
  it("adaptive inference without calibration scores keeps the head's threshold", () => {
    const alarm = createAdaptiveAlarm({
      threshold: 3,
      missRate: 0.05,
      events: 0,
      coverageFloor: 0,
      scores: [],
    });
    for (let i = 0; i < 100; i++) alarm.event(false);
    expect(alarm.threshold).toBe(3);
  });
});

describe("risk: the energy that the cell asks", () => {
  it("knows, alarms, loses and finds its value again", () => {
    const artefact = sealHead(bodyOf(trainedOnce()));
    const head = bindHead(artefact, FEATURES);
    if (!head.ok) throw new Error(head.error.detail);
    const frame = { values: Float64Array.from([10, 1.5, 0, 0]), present: new Uint8Array(4).fill(1) };
    const heard: number[] = [];
    const log: string[] = [];
    const energy = createLearnedEnergy({
      bank: {
        sample: (s) => heard.push(s.channel),
        fault: (f) => heard.push(-f.channel),
        frame: () => frame,
        acted: () => frame,
      },
      head: head.value,
      seed: 1,
      report: (code, active) => log.push(`${code}:${active}`),
    });
    energy.sample({
      kind: "sample",
      t: microsOf(0),
      seq: seqOf(0),
      channel: channelIndexOf(3),
      stamp: epochMicrosOf(-1),
      sourceSeq: -1,
      values: new Float64Array(1),
    });
    expect(heard).toEqual([3]);
    const low = energy.evaluate(microsOf(0))!;
    expect(low).toBeGreaterThanOrEqual(0);
    const sum = Object.values(energy.contributions()).reduce((a, b) => a + b, 0);
    expect(sum).toBeCloseTo(low, 10);
    frame.present.fill(0);
    expect(energy.evaluate(microsOf(10_000))).toBeNull();
    expect(energy.contributions()).toEqual({});
    frame.present.fill(1);
    frame.values.set([100, 0, 0, 0]);
    expect(energy.evaluate(microsOf(20_000))).toBeGreaterThan(low);
    expect(log).toContain("VS_UNKNOWN:true");
    expect(log).toContain("VS_UNKNOWN:false");
    expect(energy.modelHash).toBe(artefact.hash);
  });
});
