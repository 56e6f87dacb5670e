import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FENCE_FILE, type Fence, MEASURES } from "./measure.ts";

/** Nothing that a user sees changes by accident; a wanted change is written with `npm run fence:update`. */
const fence = JSON.parse(readFileSync(FENCE_FILE, "utf8")) as Fence;

describe("fence: as it was, or changed on purpose (npm run fence:update)", () => {
  test.each(Object.keys(MEASURES) as (keyof Fence)[])("%s", async (part) => {
    expect(await MEASURES[part]()).toEqual(fence[part]);
  });
  test("it sees a change: another seed gives other receipts", () => {
    const digests = Object.values(fence.runs).map((line) => line.split(" ")[0]);
    expect(new Set(digests).size).toBe(digests.length);
    for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });
});
