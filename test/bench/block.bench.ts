import { createPipeline } from "../../src/core/cell/pipeline/index.ts";
import { parseDeployment } from "../../src/node/deployment/index.ts";
import { channelIndexOf, type EpochMicros, type Micros } from "../../src/core/domain/index.ts";
import { createNode, liveScheduler, rehearse, VirtualClock } from "../../src/node/index.ts";
import { SMALL_CELL } from "../core/cell/fixture.ts";
import type { Bench, Figure } from "./bench.ts";

/** Ten channels at 1 kHz: four wrenches, four distances, joints and e-stop, with the rules that a cell has. */
const CHANNELS = [
  ...[1, 2, 3, 4].map(
    (i) =>
      `  wrench${i}: { quantity: wrench, transport: test, address: w${i}, maxAgeMs: 100, minRateHz: 100, min: -500, max: 500 }`,
  ),
  ...[1, 2, 3, 4].map(
    (i) =>
      `  near${i}: { quantity: range, transport: test, address: n${i}, maxAgeMs: 100, minRateHz: 100, min: 0, max: 10 }`,
  ),
  "  joints: { quantity: joints, transport: test, address: joints, maxAgeMs: 100, minRateHz: 20, declaredConstant: true }",
  "  estop: { quantity: estop, transport: test, address: estop, maxAgeMs: 100, minRateHz: 20, declaredConstant: true }",
].join("\n");
const RULES = `rules:
  force:
${[1, 2, 3, 4].map((i) => `    f${i}: { channel: wrench${i}, maxForceN: 150, maxTorqueNm: 30 }`).join("\n")}
  contact:
${[1, 2, 3, 4].map((i) => `    c${i}: { channel: wrench${i} }`).join("\n")}
  proximity:
${[1, 2, 3, 4].map((i) => `    p${i}: { channel: near${i}, minM: 0.3, slowM: 0.8 }`).join("\n")}
  separation:
${[1, 2, 3, 4].map((i) => `    s${i}: { channel: near${i}, intrusionDistanceM: 0.2, humanUncertaintyM: 0.05 }`).join("\n")}
`;
const TEXT = SMALL_CELL.replace(
  /channels:\n[\s\S]*?rules:[\s\S]*?actuators:/,
  `channels:\n${CHANNELS}\n${RULES}actuators:`,
);

const quantile = (sorted: Float64Array, q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;

function rig() {
  const loaded = parseDeployment(TEXT, "bench.yaml");
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const clock = new VirtualClock();
  let blockedAt = 0;
  const actuator = {
    name: "drive",
    moves: true,
    slow: () => true,
    heartbeat: () => true,
    permit: () => true,
    revoke: () => true,
    block: () => {
      if (blockedAt === 0) blockedAt = performance.now();
      return true;
    },
  };
  const node = createNode({
    deployment: loaded.deployment,
    configHash: loaded.hash,
    clock,
    scheduler: liveScheduler,
    actuators: [actuator, actuator],
    receipts: {
      append: () => true,
      whenStored: async () => true,
      persistLatched: () => true,
      whenLatched: async () => true,
    },
    trials: { run: async () => ({ kind: "failed", reason: "refused", detail: "" }), help: async () => null },
    record: () => {},
    observe: () => {},
  });
  node.start({ boot: 1, latched: [], ledgerFault: null, seed: 1 });
  const rows = Array.from({ length: 10 }, (_, i) => new Float64Array(i < 4 ? 6 : i === 8 ? 6 : 1));
  rows[8]!.set([0.1, 0.2, 0, 0, 0, 0]);
  rows[9]![0] = 1;
  let t = 0;
  let seq = 0;
  return {
    node,
    /** one reading of each channel, a millisecond later */
    round(each: (channel: number, send: () => void) => void): void {
      t += 1_000;
      clock.moveTo(t as Micros);
      seq++;
      for (let c = 0; c < 10; c++) {
        const row = rows[c]!;
        if (c < 4) for (let i = 0; i < 6; i++) row[i] = 1 + ((seq * 7 + i * 13 + c) % 100) * 0.001;
        else if (c < 8) row[0] = 4 + ((seq * 11 + c) % 100) * 0.001;
        each(c, () =>
          node.door.sample(channelIndexOf(c), row, row.length, (clock.epoch + t) as EpochMicros, seq),
        );
      }
    },
    stop(): number {
      blockedAt = 0;
      seq++;
      rows[9]![0] = 0;
      const from = performance.now();
      node.door.sample(channelIndexOf(9), rows[9]!, 1, (clock.epoch + t) as EpochMicros, seq);
      const took = (blockedAt - from) * 1_000;
      rows[9]![0] = 1;
      return took;
    },
    free(): void {
      const ask = (act: object) =>
        node.door.operator({
          act: act as never,
          by: "b" as never,
          roles: ["reset", "resume"],
          requestId: `${seq}${JSON.stringify(act)}`,
          reason: "",
        });
      for (let i = 0; i < 300; i++) this.round((_c, send) => send());
      ask({ name: "reset", level: 1, retained: false });
      ask({ name: "reset", level: 0, retained: false });
      ask({ name: "resume" });
    },
  };
}

async function sampleToBlock(): Promise<readonly Figure[]> {
  rehearse(createPipeline);
  const { node, ...r } = rig();
  for (let i = 0; i < 3_000; i++) r.round((_c, send) => send());
  r.free();
  const STOPS = 1_500;
  /** a stop comes in the middle of the feed, not right behind a person's act */
  const FEED_BEFORE_STOP = 50;
  const took = new Float64Array(STOPS);
  for (let i = 0; i < STOPS; i++) {
    if (node.cell.state !== "RUNNING")
      throw new Error(`bench: ${node.cell.state} ${JSON.stringify(node.cell.why())}`);
    for (let k = 0; k < FEED_BEFORE_STOP; k++) r.round((_c, send) => send());
    took[i] = r.stop();
    r.free();
  }
  const empty = new Float64Array(STOPS);
  const callback = (row: Float64Array): number => performance.now() + row[0]! * 0;
  const row = new Float64Array(1);
  for (let i = 0; i < STOPS; i++) {
    const from = performance.now();
    empty[i] = (callback(row) - from) * 1_000;
  }
  took.sort();
  empty.sort();
  const figure = (name: string, q: number, target: string): Figure => ({
    name,
    value: quantile(took, q),
    unit: "µs",
    baseline: quantile(empty, q),
    ratio: quantile(took, q) / Math.max(0.05, quantile(empty, q)),
    target,
    note: "after a rehearsal, as a live node starts; baseline: empty callback on the same feed",
  });
  return [
    figure("block.sample_to_block.p50", 0.5, "≤ 5 µs"),
    figure("block.sample_to_block.p99", 0.99, "≤ 20 µs"),
  ];
}

async function wholeStep(): Promise<readonly Figure[]> {
  const { round } = rig();
  for (let i = 0; i < 5_000; i++) round((_c, send) => send());
  const ROUNDS = 20_000;
  const took = new Float64Array(ROUNDS * 10);
  const cpu = process.cpuUsage();
  const started = performance.now();
  let n = 0;
  for (let i = 0; i < ROUNDS; i++)
    round((_c, send) => {
      const from = performance.now();
      send();
      took[n++] = (performance.now() - from) * 1_000;
    });
  const used = process.cpuUsage(cpu);
  const share = (used.user + used.system) / 1e6 / (ROUNDS / 1_000);
  took.sort();
  return [
    { name: "block.step.p50", value: quantile(took, 0.5), unit: "µs" },
    { name: "block.step.p99", value: quantile(took, 0.99), unit: "µs", target: "≤ 40 µs" },
    {
      name: "block.core_share_real_time",
      value: share * 100,
      unit: "% of a core",
      target: "≤ 25 %",
      note: "10 channels × 1 kHz, incl. the bench's own clock reads",
    },
    {
      name: "block.throughput",
      value: (ROUNDS * 10) / ((performance.now() - started) / 1_000),
      unit: "samples/s",
    },
  ];
}

export const benches: Bench[] = [
  { name: "block.sample_to_block", run: sampleToBlock },
  { name: "block.step", run: wholeStep },
];
