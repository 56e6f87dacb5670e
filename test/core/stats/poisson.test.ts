import { describe, expect, test } from "vitest";
import { poissonCdf, poissonInterval } from "../../../src/core/stats/index.ts";

describe("the exact interval of a mean number of events", () => {
  // Garwood's intervals at 95 %, as published tables of them state
  test.each([
    [0, 0, 3.689],
    [1, 0.0253, 5.572],
    [2, 0.2422, 7.225],
    [5, 1.6235, 11.668],
    [10, 4.7954, 18.39],
    [20, 12.2165, 30.888],
    [50, 37.1105, 65.919],
  ])("%i events: %d to %d", (count, lower, upper) => {
    const [a, b] = poissonInterval(count);
    expect(a).toBeCloseTo(lower, 3);
    expect(b).toBeCloseTo(upper, 2);
  });
  test("its tails hold just what is left over", () => {
    for (const count of [1, 7, 300]) {
      const [a, b] = poissonInterval(count, 0.9);
      expect(1 - poissonCdf(count - 1, a)).toBeCloseTo(0.05, 9);
      expect(poissonCdf(count, b)).toBeCloseTo(0.05, 9);
    }
  });
});
