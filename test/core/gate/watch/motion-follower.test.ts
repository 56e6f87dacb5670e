import { describe, expect, it } from "vitest";
import type { Micros } from "../../../../src/core/domain/index.ts";
import { createMotionFollower, type MotionSeen } from "../../../../src/core/gate/watch/index.ts";
import { sampled } from "../../../../src/core/gate/path.ts";

const LIMITS = { pathToleranceRad: 0.1, goalToleranceRad: 0.02, standstillRadPerS: 0.01 };
const way = (...points: readonly (readonly [tS: number, ...q: number[]])[]) =>
  sampled(
    points.map(([tS, ...q]) => ({ tS, q, qd: null })),
    50,
  );
/** Feeds a motion at 100 Hz and returns what was seen, changes only, with the times. */
function watch(
  path: ReturnType<typeof way>,
  measured: (tS: number) => readonly number[],
  seconds: number,
): [MotionSeen["kind"], number][] {
  const follower = createMotionFollower(path, measured(0), LIMITS);
  const seen: [MotionSeen["kind"], number][] = [];
  for (let k = 0; k <= seconds * 100; k++) {
    const tS = k / 100;
    const { kind } = follower.check(measured(tS), (tS * 1e6) as Micros);
    if (seen.at(-1)?.[0] !== kind) seen.push([kind, tS]);
    if (kind === "arrived" || kind === "left") break;
  }
  return seen;
}
const kinds = (seen: [string, number][]): string[] => seen.map(([kind]) => kind);
/** at constant speed from a to b, beginning at `from`, with a sensor's noise */
const moving =
  (a: readonly number[], b: readonly number[], from: number, takes: number) =>
  (tS: number): number[] => {
    const u = Math.min(1, Math.max(0, (tS - from) / takes));
    return a.map((v, j) => v + (b[j]! - v) * u + 1e-4 * Math.sin(37 * tS + j));
  };

describe("begin and end of a permitted motion, read off the joints", () => {
  const path = way([0, 0, 0], [2, 0.6, -0.3]);
  it("begins late, follows and stands at the goal", () => {
    const seen = watch(path, moving([0, 0], [0.6, -0.3], 0.3, 2), 5);
    expect(kinds(seen)).toEqual(["waiting", "moving", "arrived"]);
    expect(seen[1]![1]).toBeGreaterThan(0.3);
    expect(seen[2]![1]).toBeGreaterThan(2.3);
  });
  it("an arm that does not move never begins", () => {
    expect(kinds(watch(path, moving([0, 0], [0, 0], 0, 1), 4))).toEqual(["waiting"]);
  });
  it("an arm that stops half way has not arrived", () => {
    expect(kinds(watch(path, moving([0, 0], [0.3, -0.15], 0, 1), 4))).toEqual(["waiting", "moving"]);
  });
  it("leaving the path is seen within the tolerance", () => {
    const seen = watch(path, moving([0, 0], [0.6, 0.3], 0, 2), 4);
    expect(kinds(seen)).toEqual(["waiting", "moving", "left"]);
    expect(seen[2]![1]).toBeLessThan(0.6);
  });
  it("a jump to the goal, or a way three times too fast, is no permitted motion", () => {
    expect(kinds(watch(way([0, 0], [4, 2]), moving([0], [2], 0.1, 1), 4)).at(-1)).toBe("left");
    expect(kinds(watch(way([0, 0], [4, 2]), (t) => [t > 0.1 ? 2 : 0], 4)).at(-1)).toBe("left");
  });
  it("slowed to a quarter it takes four times as long and still arrives", () => {
    const seen = watch(path, moving([0, 0], [0.6, -0.3], 0.1, 8), 12);
    expect(kinds(seen)).toEqual(["waiting", "moving", "arrived"]);
    expect(seen[2]![1]).toBeGreaterThan(8);
  });
  it("a way that ends where it began has to be gone all the way", () => {
    const there = moving([0], [0.5], 0, 1);
    const back = moving([0.5], [0], 1, 1);
    const loop = way([0, 0], [1, 0.5], [2, 0]);
    const seen = watch(loop, (t) => (t < 1 ? there(t) : back(t)), 4);
    expect(kinds(seen)).toEqual(["waiting", "moving", "arrived"]);
    expect(seen[2]![1]).toBeGreaterThan(2);
    // begun, and back at the start at once: that is not the way that was permitted
    const twitch = watch(loop, (t) => [t > 0.1 && t < 0.2 ? 0.01 : 0], 4);
    expect(kinds(twitch)).not.toContain("arrived");
  });
  it("a pause on the way is waited out", () => {
    const paused = way([0, 0], [1, 0.5], [3, 0.5], [4, 1]);
    const seen = watch(paused, (t) => [t < 1 ? 0.5 * t : t < 3 ? 0.5 : Math.min(1, 0.5 + 0.5 * (t - 3))], 6);
    expect(kinds(seen)).toEqual(["waiting", "moving", "arrived"]);
    expect(seen[2]![1]).toBeGreaterThan(4);
  });
  it("holding a pose begins at once and lasts its stated time", () => {
    const seen = watch(way([0, 1], [1, 1]), () => [1], 3);
    expect(kinds(seen)).toEqual(["moving", "arrived"]);
    expect(seen[1]![1]).toBeGreaterThanOrEqual(1);
  });
  it("a measured pose that is no number is off the path", () => {
    expect(kinds(watch(path, (t) => [t > 0.5 ? Number.NaN : t * 0.3, -t * 0.15], 3)).at(-1)).toBe("left");
  });
});
