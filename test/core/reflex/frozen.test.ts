import { describe, expect, test } from "vitest";
import { Rig } from "./rig.ts";

const range = {
  quantity: "range",
  maxAgeMs: 1_000,
  minRateHz: 1,
  frozenAfterMs: 500,
  declaredConstant: false,
  maxRejectsPerSecond: 10_000,
} as const;

describe("B10 frozen sources", () => {
  test("B10 identical values for too long are frozen; the first change ends the condition, a person the latch", () => {
    const rig = new Rig({ near: range }).feed("near", (ms) => [ms / 1_000], 300);
    rig.feed("near", [0.5], 490);
    expect(rig.active()).toEqual([]);
    rig.feed("near", [0.5], 30);
    expect(rig.active()).toEqual(["SOURCE_FROZEN"]);
    rig.feed("near", [0.6], 10);
    expect(rig.active()).toEqual([]);
    expect(rig.latched()).toEqual(["SOURCE_FROZEN"]);
  });

  test("B10 a declared constant may stand still, its stamp may not", () => {
    const rig = new Rig({ near: { ...range, declaredConstant: true, stamped: true } });
    for (let i = 0; i < 100; i++) rig.after(10).send("near", [1], rig.nowMs);
    expect(rig.active()).toEqual([]);
    const stuck = rig.nowMs;
    for (let i = 0; i < 60; i++) rig.after(10).send("near", [1], stuck);
    expect(rig.active()).toContain("SOURCE_FROZEN");
  });

  test("B10 a stuck counter is frozen though values move", () => {
    const rig = new Rig({ near: range });
    for (let i = 0; i < 60; i++) rig.after(10).send("near", [i], null, 42);
    expect(rig.active()).toContain("SOURCE_FROZEN");
  });

  test("B10 e-stops and flags are never frozen by value", () => {
    const rig = new Rig({
      stop: { quantity: "estop", declaredConstant: false },
      door: { quantity: "flag", declaredConstant: false },
    });
    for (let i = 0; i < 200; i++) {
      rig.after(10).send("stop", [1]);
      rig.send("door", [1]);
    }
    expect(rig.active()).toEqual([]);
  });

  test("B10 a scan is frozen only when every ray stands still", () => {
    const rig = new Rig({ fan: { quantity: "scan", declaredConstant: false, frozenAfterMs: 300 } });
    rig.feed("fan", (ms) => Array.from({ length: 50 }, (_, i) => (i === 49 ? 2 + ms / 1e6 : 2)), 1_000);
    expect(rig.active()).toEqual([]);
    rig.feed("fan", new Array<number>(50).fill(2), 400);
    expect(rig.active()).toEqual(["SOURCE_FROZEN"]);
  });

  test("B10 an optional frozen source only warns", () => {
    const rig = new Rig({ near: { ...range, required: false } }).feed("near", [1], 1_000);
    expect(rig.active()).toEqual(["OPTIONAL_SOURCE_FROZEN"]);
    expect(rig.reflex.worst).toBe("warn");
  });
});

describe("B14 heartbeats", () => {
  const pulse = { quantity: "heartbeat", maxAgeMs: 5_000 } as const;
  test("B14 arrival alone does not keep a heartbeat alive", () => {
    const rig = new Rig({ pulse }).feed("pulse", (ms) => [ms], 300);
    expect(rig.active()).toEqual([]);
    rig.feed("pulse", [310], 490);
    expect(rig.active()).toEqual([]);
    rig.feed("pulse", [310], 50);
    expect(rig.active()).toEqual(["HEARTBEAT_STUCK"]);
    rig.feed("pulse", (ms) => [ms], 20);
    expect(rig.active()).toEqual([]);
    expect(rig.latched()).toEqual(["HEARTBEAT_STUCK"]);
  });

  test("B14 a counter that jumps back does not restart the time", () => {
    const rig = new Rig({ pulse }).feed("pulse", (ms) => [ms], 300);
    // alternates between two old values: arrives, changes, never advances beyond what it was
    rig.feed("pulse", (ms) => [ms % 20 === 0 ? 5 : 4], 10);
    expect(rig.active()).toEqual(["HEARTBEAT_JUMPED"]);
    rig.feed("pulse", [3], 10).feed("pulse", [2], 10).feed("pulse", [1], 10).feed("pulse", [1], 500);
    expect(rig.active()).toContain("HEARTBEAT_STUCK");
  });
});
