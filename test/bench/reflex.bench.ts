import { createReflex, type Reflex } from "../../src/core/reflex/index.ts";
import {
  type ChannelIndex,
  type EpochMicros,
  type Micros,
  NO_SOURCE_SEQ,
  NO_STAMP,
  type Sample,
  type Seq,
  TICK_PERIOD_US,
} from "../../src/core/domain/index.ts";
import { createKinematics } from "../../src/core/robot/index.ts";
import { type ChannelInput, deploymentOf, infosOf } from "../core/reflex/rig.ts";
import type { Bench } from "./bench.ts";

const SECONDS = 20;
const WARM_UP = 3;
const CHANNELS: Record<string, ChannelInput> = {
  wrist: { quantity: "wrench", min: -400, max: 400 },
  tool: { quantity: "wrench", min: -400, max: 400 },
  arm: { quantity: "joints" },
  near: { quantity: "range" },
  left: { quantity: "range" },
  right: { quantity: "range" },
  stop: { quantity: "estop" },
  pair: { quantity: "estopDual" },
  guard: { quantity: "protectiveStop" },
  pulse: { quantity: "heartbeat" },
};
const RULES = {
  force: {
    flange: { channel: "wrist", maxForceN: 100, slowForceN: 60 },
    grip: { channel: "tool", maxForceN: 100 },
  },
  contact: { touch: { channel: "wrist" } },
  proximity: { hand: { channel: "near", minM: 0.2, slowM: 0.5 } },
  zones: { side: { channel: "left", action: "slow", withinM: 0.5 } },
  separation: { walk: { channel: "right", intrusionDistanceM: 0.1, humanUncertaintyM: 0.05 } },
};

/** Ten channels at 1 kHz, all healthy, with the rules of a full cell. */
function feed(reflex: Reflex | null, times: Float64Array | null): number {
  const widths = [6, 6, 6, 1, 1, 1, 1, 2, 1, 1];
  const samples = widths.map((width, channel) => ({
    kind: "sample" as const,
    t: 0 as Micros,
    seq: 0 as Seq,
    channel: channel as ChannelIndex,
    stamp: NO_STAMP as EpochMicros,
    sourceSeq: NO_SOURCE_SEQ,
    values: new Float64Array(width).fill(channel === 2 ? 0.1 : 1),
  }));
  let n = 0;
  let seen = 0;
  const empty = (sample: Sample): void => {
    seen += sample.values[0]!;
  };
  for (let ms = 1; ms <= SECONDS * 1_000; ms++) {
    if ((ms * 1_000) % TICK_PERIOD_US === 0) reflex?.tick((ms * 1_000) as Micros);
    for (let c = 0; c < samples.length; c++) {
      const sample = samples[c]!;
      sample.t = (ms * 1_000) as Micros;
      sample.values[0] =
        c < 2
          ? 10 + (ms % 17) * 0.01
          : c === 2
            ? (ms % 100) * 1e-4
            : c <= 5
              ? 3 + (ms % 13) * 0.001
              : c === 9
                ? ms
                : 1;
      const from = times === null ? 0 : performance.now();
      if (reflex === null) empty(sample);
      else {
        reflex.sample(sample);
        if (reflex.worst === "stop" && ms > 100)
          throw new Error(
            `the bench cell must be healthy: ${reflex.causes()[0]?.code} ${reflex.causes()[0]?.detail}`,
          );
      }
      if (times !== null) times[n] = (performance.now() - from) * 1_000;
      n++;
    }
  }
  return seen;
}
function build(): Reflex {
  const deployment = deploymentOf(CHANNELS, RULES);
  return createReflex({
    deployment,
    channels: infosOf(deployment),
    kinematics: createKinematics(deployment.robot),
  });
}
const at = (sorted: Float64Array, q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;

export const benches: Bench[] = [
  {
    name: "reflex-sample",
    async run() {
      const n = SECONDS * 1_000 * 10;
      for (let i = 0; i < WARM_UP; i++) feed(build(), null);
      const ours = new Float64Array(n);
      const theirs = new Float64Array(n);
      feed(build(), ours);
      feed(null, theirs);
      ours.sort();
      theirs.sort();
      const heapBefore = process.memoryUsage().heapUsed;
      const start = performance.now();
      feed(build(), null);
      const each = ((performance.now() - start) * 1_000) / n;
      const startEmpty = performance.now();
      feed(null, null);
      const eachEmpty = ((performance.now() - startEmpty) * 1_000) / n;
      const grown = (process.memoryUsage().heapUsed - heapBefore) / n;
      const target = "sample → worst severity known ≤ 2 µs typical";
      return [
        {
          name: "mean",
          value: each,
          unit: "µs",
          baseline: eachEmpty,
          ratio: each / eachEmpty,
          target,
          note: "baseline: an empty callback on the same feed",
        },
        {
          name: "p50",
          value: at(ours, 0.5),
          unit: "µs",
          baseline: at(theirs, 0.5),
          ratio: at(ours, 0.5) / at(theirs, 0.5),
          target,
          note: "clock read before and after each",
        },
        {
          name: "p99",
          value: at(ours, 0.99),
          unit: "µs",
          baseline: at(theirs, 0.99),
          ratio: at(ours, 0.99) / at(theirs, 0.99),
        },
        {
          name: "heap growth",
          value: grown,
          unit: "B/sample",
          note: "garbage left by one whole run, its making included",
        },
      ];
    },
  },
];
