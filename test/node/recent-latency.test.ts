import { expect, test } from "vitest";
import { RecentLatency } from "../../src/node/recent-latency.ts";

const HOUR_MS = 3_600_000;

test("a slow-down after 30 healthy days shows within seconds", () => {
  const latency = new RecentLatency();
  const began = 30 * 24 * HOUR_MS;
  // the last hour of them, 200 turns a second
  for (let t = began - HOUR_MS; t < began; t += 5) latency.add(800, t);
  expect(latency.quantile(0.99, began)).toBeLessThan(1_000);
  // every turn is 120 ms late from now on
  let seenAfterMs = -1;
  for (let t = began; t < began + 60_000 && seenAfterMs < 0; t += 120) {
    latency.add(120_000, t);
    if (latency.quantile(0.99, t) > 100_000) seenAfterMs = t - began;
  }
  expect(seenAfterMs).toBeGreaterThanOrEqual(0);
  expect(seenAfterMs).toBeLessThanOrEqual(5_000);
});

test("what comes only now and then counts for minutes, and is forgotten after that", () => {
  const latency = new RecentLatency();
  for (let t = 0; t < 600_000; t += 100) latency.add(t % 5_000 === 0 ? 90_000 : 500, t);
  expect(latency.quantile(0.99, 600_000)).toBeGreaterThan(80_000);
  for (let t = 600_000; t < 1_300_000; t += 100) latency.add(500, t);
  expect(latency.quantile(0.99, 1_300_000)).toBeLessThan(1_000);
  expect(latency.max(1_300_000)).toBe(500);
});

test("without values for longer than the window there is nothing to say", () => {
  const latency = new RecentLatency();
  latency.add(90_000, 0);
  expect(latency.count(0)).toBe(1);
  expect(latency.count(HOUR_MS)).toBe(0);
  expect(latency.quantile(0.99, HOUR_MS)).toBe(0);
});
