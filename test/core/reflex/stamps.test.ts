import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rig } from "./rig.ts";

const HOUR_MS = 3_600_000;
const range = {
  quantity: "range",
  maxAgeMs: 100,
  minRateHz: 10,
  stamped: true,
  maxRejectsPerSecond: 10_000,
} as const;
const rig = () => new Rig({ near: range }, { proximity: { hand: { channel: "near", minM: 0.3 } } });
const feedStamped = (r: Rig, forMs: number, offsetMs: number, value = 1): void => {
  const end = r.nowMs + forMs;
  while (r.nowMs < end) {
    r.after(10);
    r.send("near", [value], r.nowMs + offsetMs);
  }
};

describe("B10 stamps", () => {
  test("B10 a stamp up to 50 ms ahead is fine, more is not", () => {
    const r = rig().at(1_000);
    expect(r.send("near", [1], 1_050)).toBe(true);
    r.after(10);
    expect(r.send("near", [1], 1_060.001)).toBe(false);
    expect(r.active()).toContain("STAMP_FUTURE");
  });

  test("B10 backward, repeated, absent and old stamps are refused", () => {
    const r = rig().at(1_000);
    expect(r.send("near", [1], 1_000)).toBe(true);
    expect(r.send("near", [1], 1_000)).toBe(false);
    expect(r.send("near", [1], 999)).toBe(false);
    expect(r.send("near", [1], null)).toBe(false);
    r.after(200);
    expect(r.send("near", [1], 1_099.9)).toBe(false);
    expect(r.active()).toEqual(
      expect.arrayContaining(["STAMP_ABSENT", "STAMP_BACKWARD", "STAMP_OLD", "STAMP_REPEATED"]),
    );
  });

  test("B10 repeated and backward counters are refused; a restarted source is heard again", () => {
    const r = new Rig({ near: { ...range, stamped: false } }).at(10);
    expect(r.send("near", [1], null, 7)).toBe(true);
    expect(r.send("near", [1], null, 7)).toBe(false);
    expect(r.send("near", [1], null, 0)).toBe(false);
    expect(r.send("near", [1], null, 1)).toBe(true);
    expect(r.active()).toEqual(expect.arrayContaining(["SEQUENCE_BACKWARD", "SEQUENCE_REPEATED"]));
  });

  test("B10 a doubtful reading may stop but never release", () => {
    const r = rig();
    feedStamped(r, 300, 0);
    expect(r.reflex.worst).toBe("none");
    r.send("near", [0.1], r.nowMs + HOUR_MS);
    expect(r.active()).toContain("PROXIMITY_MIN");
    for (let i = 0; i < 300; i++) r.after(10).send("near", [2], r.nowMs + HOUR_MS);
    expect(r.active()).toContain("PROXIMITY_MIN");
    feedStamped(r, 600, 0, 2);
    expect(r.active()).not.toContain("PROXIMITY_MIN");
  });
});

describe("B9 clock steps", () => {
  for (const stepMs of [HOUR_MS, -HOUR_MS])
    test(`B9 a source clock set by ${stepMs / HOUR_MS} h stops the cell once, makes no storm, and recovers`, () => {
      const r = rig();
      feedStamped(r, 500, 0);
      expect(r.reflex.worst).toBe("none");
      let edges = 0;
      r.reflex.changed = false;
      for (let i = 0; i < 1_000; i++) {
        r.after(10).send("near", [1], r.nowMs + stepMs);
        if (r.reflex.changed) edges++;
        r.reflex.changed = false;
      }
      expect(r.active()).toContain("SOURCE_SILENT");
      expect(r.reflex.worst).toBe("stop");
      expect(edges).toBeLessThan(6);
      // the clock is set right again: nothing of the wild stamps is remembered
      feedStamped(r, 2_000, 0);
      expect(r.active()).toEqual([]);
      expect(r.reflex.reset()).toEqual({ ok: true });
    });

  test("B9 readings that arrive in time but were measured long ago are silence", () => {
    const r = rig();
    feedStamped(r, 500, 0);
    // a queue grows: each reading is 5 ms older on arrival than the one before
    for (let lag = 5; lag <= 200; lag += 5) r.after(10).send("near", [1], r.nowMs - lag);
    expect(r.active()).toContain("SOURCE_SILENT");
  });

  test("B9 content that was old on arrival goes stale sooner than its arrival does", () => {
    const r = rig();
    feedStamped(r, 500, 0);
    r.after(80).send("near", [1], r.nowMs - 70);
    expect(r.active()).toEqual([]);
    r.after(50);
    expect(r.active()).toEqual(["SOURCE_SILENT"]);
  });

  test("B14 a doubtful heartbeat keeps nothing alive", () => {
    const r = new Rig({
      pulse: { quantity: "heartbeat", stamped: true, maxAgeMs: 60_000, maxRejectsPerSecond: 10_000 },
    }).at(10);
    r.send("pulse", [1], 10);
    for (let i = 2; i < 60; i++) r.after(10).send("pulse", [i], r.nowMs + HOUR_MS);
    expect(r.active()).toContain("HEARTBEAT_STUCK");
  });

  test("B9 whatever clocks do, a source without a fresh trusted reading never looks alive", () => {
    const jump = fc.record({
      offsetMs: fc.integer({ min: -2 * HOUR_MS, max: 2 * HOUR_MS }),
      readings: fc.integer({ min: 1, max: 30 }),
    });
    fc.assert(
      fc.property(fc.array(jump, { minLength: 1, maxLength: 8 }), (jumps) => {
        const r = rig();
        let trustedAt = Number.NEGATIVE_INFINITY;
        for (const { offsetMs, readings } of jumps)
          for (let i = 0; i < readings; i++) {
            r.after(10);
            if (r.nowMs - trustedAt > 100 && trustedAt >= 0)
              expect(r.reflex.isActive("SOURCE_SILENT")).toBe(true);
            if (r.send("near", [1], r.nowMs + offsetMs)) trustedAt = r.nowMs;
          }
      }),
      { seed: 9, numRuns: 200 },
    );
  });
});
