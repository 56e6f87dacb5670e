import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isInside } from "../../../src/core/reflex/seen-point.ts";
import { polygonDistance } from "../../../src/core/reflex/polygon-distance.ts";
import type { ChannelInfo } from "../../../src/core/reflex/index.ts";

const RAYS = 9;
const scanner = (): ChannelInfo =>
  ({
    index: 0,
    name: "scan",
    config: { quantity: "scan", angleMinRad: -1.2, angleStepRad: 0.3 },
  }) as unknown as ChannelInfo;

const corner = fc.tuple(
  fc.double({ min: -4, max: 4, noNaN: true }),
  fc.double({ min: -4, max: 4, noNaN: true }),
);
const polygon = fc.array(corner, { minLength: 3, maxLength: 7 });
const ranges = fc.array(fc.double({ min: 0.05, max: 6, noNaN: true }), { minLength: RAYS, maxLength: RAYS });

describe("how far a scan is from occupying a polygon", () => {
  test("negative exactly where the zone is occupied, for any corners and readings", () => {
    fc.assert(
      fc.property(polygon, ranges, fc.integer({ min: 1, max: 3 }), (corners, row, minRays) => {
        const values = Float64Array.from(row);
        const left = polygonDistance(corners, scanner(), { minRays })(values);
        const inside = row.filter((r, i) => {
          const angle = -1.2 + i * 0.3;
          return isInside(corners, r * Math.cos(angle), r * Math.sin(angle));
        }).length;
        // an end point on an edge may fall on either side
        if (Math.abs(left) > 1e-6) expect(left < 0).toBe(inside >= minRays);
      }),
      { numRuns: 2_000 },
    );
  });

  test("shortening the rays by what is left occupies the zone, and by a little less does not", () => {
    const square = [
      [1, -1],
      [2, -1],
      [2, 1],
      [1, 1],
    ] as const;
    const read = polygonDistance(square, scanner(), { minRays: 1 });
    const away = Float64Array.from({ length: RAYS }, () => 3);
    const left = read(away);
    expect(left).toBeGreaterThan(0);
    expect(read(away.map((r) => r - left - 1e-6))).toBeLessThan(0);
    expect(read(away.map((r) => r - left + 1e-6))).toBeGreaterThan(0);
  });

  test("a scan with too few rays counts as occupied", () => {
    const square = [
      [1, -1],
      [2, -1],
      [2, 1],
      [1, 1],
    ] as const;
    expect(polygonDistance(square, scanner(), { minRays: 3 })(Float64Array.of(9))).toBeLessThan(0);
  });
});
