import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBoundedMap } from "../../../src/core/base/bounded-map.ts";
import { createRing } from "../../../src/core/base/ring.ts";

describe("base/ring", () => {
  it("holds the last numbers and their sums, whatever came before", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.integer({ min: -99, max: 99 }), { maxLength: 60 }),
        (capacity, values) => {
          const ring = createRing(capacity);
          for (const value of values) ring.push(value);
          const held = values.slice(-capacity);
          expect(ring.length).toBe(held.length);
          expect(ring.sum).toBe(held.reduce((a, b) => a + b, 0));
          expect(ring.sumOfSquares).toBe(held.reduce((a, b) => a + b * b, 0));
          held.forEach((value, i) => expect(ring.at(held.length - 1 - i)).toBe(value));
          if (held.length > 0)
            expect([ring.min(), ring.max()]).toEqual([Math.min(...held), Math.max(...held)]);
        },
      ),
      { seed: 5 },
    );
  });
  it("does not let rounding pile up after a huge value has left", () => {
    const ring = createRing(4);
    ring.push(1e17);
    for (let i = 0; i < 9; i++) ring.push(0.1);
    expect(ring.sum).toBeCloseTo(0.4, 12);
    expect(ring.variance).toBeCloseTo(0, 12);
  });
  it("answers NaN beyond what it holds, and refuses an impossible capacity", () => {
    const ring = createRing(2);
    expect(ring.newest()).toBeNaN();
    expect(ring.at(-1)).toBeNaN();
    for (const capacity of [0, -1, 1.5, NaN]) expect(() => createRing(capacity)).toThrow("capacity");
  });
});

describe("base/bounded-map", () => {
  it("never outgrows its capacity and counts what it lost", () => {
    for (const eviction of ["oldest", "least-used", "refuse"] as const) {
      const map = createBoundedMap<number, number>(3, eviction);
      for (let i = 0; i < 10; i++) map.set(i, i);
      expect([map.size, map.lost]).toEqual([3, 7]);
    }
  });
  it("evicts by its rule", () => {
    const oldest = createBoundedMap<string, number>(2, "oldest");
    const used = createBoundedMap<string, number>(2, "least-used");
    const closed = createBoundedMap<string, number>(2, "refuse");
    for (const map of [oldest, used, closed]) {
      map.set("a", 1);
      map.set("b", 2);
      map.get("a");
      map.set("c", 3);
    }
    expect([...oldest.keys()]).toEqual(["b", "c"]);
    expect([...used.keys()]).toEqual(["a", "c"]);
    expect([...closed.keys()]).toEqual(["a", "b"]);
    expect(closed.set("d", 4)).toBe(false);
    expect(closed.set("a", 9)).toBe(true);
    expect(closed.get("a")).toBe(9);
  });
});
