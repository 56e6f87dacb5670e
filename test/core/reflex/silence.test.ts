import { describe, expect, test } from "vitest";
import { Rig } from "./rig.ts";

const range = { quantity: "range", maxAgeMs: 100, minRateHz: 20 } as const;

describe("B8 silence", () => {
  test("B8 missing at start is not fine: starting, then a fault after the start time", () => {
    const rig = new Rig({ near: range }, {}, { extra: { self: { startTimeoutMs: 1_000 } } });
    expect(rig.reflex.starting).toBe(true);
    expect(rig.reflex.worst).toBe("stop");
    rig.at(900);
    expect(rig.active()).toEqual(["SOURCE_MISSING"]);
    rig.at(1_100);
    expect(rig.active()).toEqual(["SOURCE_MISSING", "SOURCE_NEVER_HEARD"]);
    rig.send("near", [1]);
    rig.feed("near", [1], 20);
    expect(rig.reflex.starting).toBe(false);
    expect(rig.active()).toEqual([]);
  });

  test("B8 a required source that falls silent stops the cell; reset only after it is back for a while", () => {
    const rig = new Rig({ near: range }).feed("near", [1], 500);
    expect(rig.reflex.worst).toBe("none");
    rig.after(90);
    expect(rig.reflex.worst).toBe("none");
    rig.after(30);
    expect(rig.active()).toEqual(["SOURCE_SILENT"]);
    rig.feed("near", [1], 300);
    expect(rig.reflex.reset().ok).toBe(false);
    rig.feed("near", [1], 400);
    expect(rig.active()).toEqual([]);
    expect(rig.reflex.reset().ok).toBe(true);
  });

  test("B8 too low a rate stops the cell though no reading is too old", () => {
    const rig = new Rig({ near: { ...range, maxAgeMs: 200, minRateHz: 20 } }).feed("near", [1], 3_000, 10);
    expect(rig.active()).toEqual([]);
    rig.feed("near", [1], 2_000, 100);
    expect(rig.active()).toEqual(["SOURCE_SLOW"]);
    rig.feed("near", [1], 3_000, 10);
    expect(rig.active()).toEqual([]);
    expect(rig.latched()).toEqual(["SOURCE_SLOW"]);
  });

  test("B8 an optional source only warns", () => {
    const rig = new Rig({ near: { ...range, required: false } });
    expect(rig.active()).toEqual(["OPTIONAL_SOURCE_LOST"]);
    rig.feed("near", [1], 500);
    expect(rig.active()).toEqual([]);
    rig.after(500);
    expect(rig.active()).toEqual(["OPTIONAL_SOURCE_LOST"]);
    expect(rig.reflex.worst).toBe("warn");
    expect(rig.latched()).toEqual([]);
    rig.feed("near", [1], 3_000);
    expect(rig.active()).toEqual([]);
  });

  test("B17 every silent source is listed, not the first", () => {
    const rig = new Rig({ a: range, b: range, c: range });
    for (let i = 0; i < 30; i++) for (const name of ["a", "b", "c"]) rig.at(i * 10 + 10).send(name, [1]);
    rig.after(200);
    expect(rig.reflex.causes().map((c) => [c.code, c.source])).toEqual([
      ["SOURCE_SILENT", "a"],
      ["SOURCE_SILENT", "b"],
      ["SOURCE_SILENT", "c"],
    ]);
  });

  test("H39 a node that was stopped for two seconds finds every source silent before it believes anything", () => {
    const rig = new Rig({ near: range }).feed("near", [1], 500);
    rig.after(2_000);
    expect(rig.active()).toContain("SOURCE_SILENT");
    rig.send("near", [1]);
    expect(rig.reflex.reset().ok).toBe(false);
  });
});

describe("B11 unreadable, out of range, too many", () => {
  test("B11 NaN, infinity, wrong length and out of range count as missing", () => {
    const rig = new Rig({ near: { ...range, max: 10, maxRejectsPerSecond: 100 } }).feed("near", [1], 200);
    for (const bad of [
      [Number.NaN],
      [Number.POSITIVE_INFINITY],
      [Number.NEGATIVE_INFINITY],
      [1, 2],
      [],
      [-0.1],
      [10.1],
    ])
      expect(rig.send("near", bad)).toBe(false);
    expect(rig.active()).toEqual(["SAMPLE_NOT_FINITE", "SAMPLE_OUT_OF_RANGE", "SAMPLE_WRONG_LENGTH"]);
    expect(rig.reflex.worst).toBe("warn");
    rig.feed("near", [Number.NaN], 120, 10);
    expect(rig.active()).toContain("SOURCE_SILENT");
  });

  test("B11 more than K rejects in a second stop the cell, K do not", () => {
    const rig = new Rig({ near: { ...range, maxRejectsPerSecond: 3 } }).feed("near", [1], 200);
    for (let i = 0; i < 3; i++) {
      rig.after(10).send("near", [Number.NaN]);
      rig.send("near", [1]);
    }
    expect(rig.reflex.worst).toBe("warn");
    rig.after(10).send("near", [Number.NaN]);
    expect(rig.active()).toContain("REJECTS_EXCEEDED");
    rig.feed("near", [1], 900);
    expect(rig.active()).toContain("REJECTS_EXCEEDED");
    rig.feed("near", [1], 200);
    expect(rig.active()).toEqual([]);
    expect(rig.latched()).toEqual(["REJECTS_EXCEEDED"]);
  });

  test("B11 a scan that loses rays is refused: half blind is blind", () => {
    const rig = new Rig({ fan: { quantity: "scan" } });
    expect(rig.send("fan", new Array<number>(20).fill(2))).toBe(true);
    expect(rig.send("fan", new Array<number>(10).fill(2))).toBe(false);
    expect(rig.active()).toContain("SAMPLE_WRONG_LENGTH");
  });

  test("B11 a fault of the wire is shown under its own code and counts", () => {
    const rig = new Rig({ near: { ...range, maxRejectsPerSecond: 2 } }).feed("near", [1], 200);
    rig.fault("near", "DEVICE_CHECKSUM").fault("near", "DEVICE_CHECKSUM");
    expect(rig.active()).toEqual(["DEVICE_CHECKSUM"]);
    rig.fault("near", "DEVICE_CHECKSUM");
    expect(rig.active()).toEqual(["DEVICE_CHECKSUM", "REJECTS_EXCEEDED"]);
  });
});
