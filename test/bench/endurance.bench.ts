import { runInProcess } from "../node/in-process.ts";
import type { Bench, Figure } from "./bench.ts";

/** Simulated hours of the demonstration cell at full speed; CELLGATE_HOURS=10 for the long run. */
const HOURS = Number(process.env["CELLGATE_HOURS"] ?? 0.5);
const SLICES = 10;

async function speed(): Promise<readonly Figure[]> {
  await runInProcess({ seed: 1, seconds: 20 });
  const seconds = 240;
  const started = performance.now();
  const cpu = process.cpuUsage();
  await runInProcess({ seed: 2, seconds });
  const used = process.cpuUsage(cpu);
  const wall = (performance.now() - started) / 1_000;
  return [
    {
      name: "demo.speed",
      value: seconds / wall,
      unit: "× real time",
      target: "≥ 50",
      note: "cell, rules, simulated arm and sensors, wall clock",
    },
    {
      name: "demo.speed_per_core",
      value: seconds / ((used.user + used.system) / 1e6),
      unit: "× real time",
      target: "≥ 50",
      note: "by CPU time",
    },
  ];
}

/** Resident memory while simulated hours pass; the slope is a least-squares line over the second half. */
async function memory(): Promise<readonly Figure[]> {
  const points: [hours: number, megabytes: number][] = [];
  let events = 0;
  const every = Math.round((HOURS * 3_600 * 1_710) / (SLICES * 4));
  await runInProcess({
    seed: 1,
    seconds: HOURS * 3_600,
    record: (event) => {
      if (++events % every !== 0) return;
      globalThis.gc?.();
      points.push([event.t / 3.6e9, process.memoryUsage.rss() / 1e6]);
    },
  });
  const half = points.slice(Math.floor(points.length / 2));
  const meanX = half.reduce((s, [x]) => s + x, 0) / half.length;
  const meanY = half.reduce((s, [, y]) => s + y, 0) / half.length;
  const slope =
    half.reduce((s, [x, y]) => s + (x - meanX) * (y - meanY), 0) /
    half.reduce((s, [x]) => s + (x - meanX) * (x - meanX), 0);
  return [
    {
      name: "demo.memory_slope",
      value: slope,
      unit: "MB per simulated hour",
      target: "flat",
      note: `${HOURS} simulated hours`,
    },
    {
      name: "demo.memory_end",
      value: points.at(-1)![1],
      unit: "MB",
      baseline: points[0]![1],
      ratio: points.at(-1)![1] / points[0]![1],
    },
  ];
}

export const benches: Bench[] = [
  { name: "demo.speed", run: speed },
  { name: "demo.memory", run: memory },
];
