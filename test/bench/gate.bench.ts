import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPipeline } from "../../src/core/cell/pipeline/index.ts";
import {
  channelIndexOf,
  type Deployment,
  type Effect,
  operatorIdOf,
  type TrialRequest,
} from "../../src/core/domain/index.ts";
import { armChainOf, runTrials, straightProblem, type TrialProblem } from "../../src/core/gate/index.ts";
import { openLedger } from "../../src/edge/ledger/index.ts";
import { bindChannels, createLiveClock, createNode, liveScheduler, rehearse } from "../../src/node/index.ts";
import { createKinematics, type Kinematics } from "../../src/core/robot/index.ts";
import { createTrialPool } from "../../src/node/threads/index.ts";
import { calmMove, gateDeployment, HOME, NO_DEFERRAL } from "../core/cell/pipeline/fake-host.ts";
import type { Bench, Figure } from "./bench.ts";

const ROUNDS = 400;
const WARM_UP = 60;
const { deployment } = gateDeployment();
const arm = createKinematics(deployment.robot);
const chain = armChainOf(arm);

function problemOf(steps = 50): TrialProblem {
  const q: number[] = [];
  for (let k = 0; k < steps; k++) q.push(...HOME.map((v, j) => (j < 3 ? v + (0.5 * k) / (steps - 1) : v)));
  return straightProblem({
    form: "cellgate.trial/2",
    linkRadiiM: HOME.map(() => 0.05),
    chain,
    steps,
    dtS: 2 / (steps - 1),
    q,
    persons: [0, 3.5, 0, 1, 2, 3],
    minRad: HOME.map(() => -6.2),
    maxRad: HOME.map(() => 6.2),
    maxRadPerS: HOME.map(() => 3.1),
    forbidden: [1, 1, 0, 2, 2, 2],
    toolMPerS: 1.5,
    minSeparationM: 0.2,
    uncertaintyM: 0.1,
    reactionS: 0.02,
    stopS: 0.3,
    maxForceN: 140,
    payloadKg: 3,
    standingForceN: 10,
    contactNsPerM: 500,
    personMPerS: 1.6,
    personHorizonS: 2,
    energyLimit: 1,
    energy: { rest: 0.1, separation: 0.1, force: 0.1, speed: 0.1 },
  });
}
const requestOf = (seed: number, sims = 100, steps = 50): TrialRequest => ({
  requestId: seed,
  actionId: "bench" as never,
  seed,
  sims,
  noise: 0.05,
  budgetMs: 5_000,
  problem: problemOf(steps),
});
const at = (times: number[], q: number): number =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(q * times.length))]!;

/** Processor time of this thread: on a busy machine it says more than the clock on the wall. */
function cpuMs(rounds: number, act: (i: number) => void): number {
  const from = process.threadCpuUsage();
  for (let i = 0; i < rounds; i++) act(i);
  const spent = process.threadCpuUsage(from);
  return (spent.user + spent.system) / 1_000 / rounds;
}

/** The least that any rollout of as many poses must do: where is the body. */
function bodyOnly(kinematics: Kinematics, poses: number): void {
  const q = Float64Array.from(HOME);
  const out = new Float64Array(3 * kinematics.bodyPoints);
  for (let i = 0; i < poses; i++) {
    q[0] = i * 1e-4;
    kinematics.body(q, out);
  }
}
function timed(rounds: number, act: (i: number) => void): number[] {
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const from = performance.now();
    act(i);
    times.push(performance.now() - from);
  }
  return times;
}

async function trialFigures(): Promise<Figure[]> {
  timed(WARM_UP, (i) => void runTrials(requestOf(i)));
  timed(WARM_UP, () => bodyOnly(arm, 5_000));
  const here = timed(ROUNDS, (i) => void runTrials(requestOf(i)));
  const least = timed(ROUNDS, () => bodyOnly(arm, 5_000));
  const pool = createTrialPool();
  await pool.ready();
  const pooled: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const request = requestOf(i);
    const from = performance.now();
    await pool.run(request);
    pooled.push(performance.now() - from);
  }
  await pool.close();
  const note = "100 trials, 6 joints, 2 s, 50 steps; baseline: forward kinematics of as many poses";
  const figure = (name: string, times: number[], q: number, target: string): Figure => ({
    name,
    value: at(times, q),
    unit: "ms",
    baseline: at(least, q),
    ratio: at(times, q) / at(least, q),
    target,
    note,
  });
  const cpu = cpuMs(ROUNDS, (i) => void runTrials(requestOf(i)));
  const cpuLeast = cpuMs(ROUNDS, () => bodyOnly(arm, 5_000));
  return [
    {
      name: "gate trials, processor time, mean",
      value: cpu,
      unit: "ms",
      baseline: cpuLeast,
      ratio: cpu / cpuLeast,
      note,
    },
    figure("gate trials, calling thread, p50", here, 0.5, "p50 ≤ 2 ms"),
    figure("gate trials, calling thread, p99", here, 0.99, "p99 ≤ 8 ms"),
    figure("gate trials, through the pool, p50", pooled, 0.5, "p50 ≤ 2 ms"),
    figure("gate trials, through the pool, p99", pooled, 0.99, "p99 ≤ 8 ms"),
  ];
}

/** Processor nanoseconds per trial and step at sizes that differ by 64: linear when they hardly differ. */
async function linearFigures(): Promise<Figure[]> {
  const sizes = [
    [50, 25],
    [100, 50],
    [200, 100],
    [400, 200],
  ] as const;
  const each = sizes.map(([sims, steps]) => {
    const work = sims * steps;
    const rounds = Math.max(12, Math.round(400_000 / work));
    return (cpuMs(rounds, (i) => void runTrials(requestOf(i, sims, steps))) * 1e6) / work;
  });
  return sizes.map(
    ([sims, steps], i): Figure => ({
      name: `gate trials, ${sims} × ${steps}`,
      value: each[i]!,
      unit: "ns/(trial·step)",
      baseline: each[1]!,
      ratio: each[i]! / each[1]!,
      target: "linear: ratios near 1",
      note: "baseline: 100 × 50",
    }),
  );
}

/** A live node on a real ledger and real threads, fed as a cell feeds it; nothing moves behind it. */
async function liveNode(cell: Deployment, hash: string, hear: (effect: Effect) => void) {
  rehearse(createPipeline);
  const dir = mkdtempSync(join(tmpdir(), "cellgate-bench-"));
  const ledger = await openLedger({
    dir,
    cell: cell.cell,
    configHash: hash,
    settings: cell.ledger,
    onStored: () => {},
    onHealth: () => {},
  });
  const pool = createTrialPool();
  await pool.ready();
  const clock = createLiveClock();
  const node = createNode({
    deployment: cell,
    configHash: hash,
    clock,
    scheduler: liveScheduler,
    actuators: Object.keys(cell.actuators).map((name) => ({
      name,
      moves: true,
      block: () => true,
      slow: () => true,
      heartbeat: () => true,
      permit: () => true,
      revoke: () => true,
    })),
    receipts: ledger,
    trials: pool,
    createPipeline,
    record: () => {},
    observe: hear,
  });
  node.start({ boot: ledger.recovered.boot, latched: [], ledgerFault: null, seed: 3 });
  const names = bindChannels(cell).map((c) => c.name);
  let n = 0;
  const feed = (): void => {
    node.door.advance(clock.now());
    n++;
    const stamp = clock.epoch + clock.now();
    const rows: Record<string, number[]> = {
      near: [8 + (n % 13) * 1e-3],
      joints: [...HOME, ...HOME.map(() => 0), ...HOME.map(() => 0)],
      wrist: [0, 0, 5 + (n % 7) * 0.01, 0, 0, 0],
    };
    names.forEach((name, index) =>
      node.door.sample(channelIndexOf(index), rows[name]!, rows[name]!.length, stamp, n),
    );
  };
  const timer = setInterval(feed, 5);
  const wait = (ms: number) => new Promise((wake) => setTimeout(wake, ms));
  await wait(600);
  node.door.operator({
    act: { name: "resume" },
    by: operatorIdOf("anna"),
    roles: ["resume"],
    requestId: "bench",
    reason: "bench",
  });
  await wait(300);
  return {
    node,
    ledger,
    wait,
    async close(): Promise<void> {
      clearInterval(timer);
      await pool.close();
      await ledger.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const PROPOSALS = 160;
const PER_SECOND = 20;

async function verdictFigures(): Promise<Figure[]> {
  // a busy bench machine must not look like a silent sensor
  const { deployment: cell, hash } = gateDeployment(
    `  stage: 3\n  energy: { monitored: false, because: "no head in this bench" }\n${NO_DEFERRAL}`,
    (text) =>
      text.replaceAll("maxAgeMs: 100, minRateHz: 20", "maxAgeMs: 5000, minRateHz: 0.1, frozenAfterMs: 60000"),
  );
  const begun = new Map<string, number>();
  const times: number[] = [];
  const blocked = new Set<string>();
  let finish: (id: string) => void = () => {};
  const live = await liveNode(cell, hash, (effect) => {
    if (effect.kind === "receipt" && effect.receipt.body.receipt_type === "block")
      blocked.add(effect.receipt.body.code);
    if (effect.kind !== "permit") return;
    times.push(performance.now() - begun.get(effect.actionId)!);
    setImmediate(() => finish(effect.actionId));
  });
  finish = (id) => live.node.door.actuator("drive", "completed", id, "");
  const bare: number[] = [];
  for (let i = 0; i < PROPOSALS; i++) {
    const id = `bench-${i}`;
    begun.set(id, performance.now());
    live.node.door.proposal(calmMove(id, {}, 0.1 + i / 1_000), { transport: "bench", caller: "bench" });
    await live.wait(1_000 / PER_SECOND / 2);
    const from = performance.now();
    await live.ledger.whenStored((await storedProbe(live.ledger, cell, hash, i)) as never);
    bare.push(performance.now() - from);
    await live.wait(1_000 / PER_SECOND / 2);
  }
  await live.close();
  if (times.length === 0) throw new Error(`nothing was released: ${[...blocked].join(", ")}`);
  const note = `${times.length} of ${PROPOSALS} released at ${PER_SECOND}/s; baseline: one durable receipt of the ledger`;
  const figure = (q: number, target: string): Figure => ({
    name: `gate proposal → permit on a durable receipt, p${q * 100}`,
    value: at(times, q),
    unit: "ms",
    baseline: at(bare, q),
    ratio: at(times, q) / at(bare, q),
    target,
    note,
  });
  return [figure(0.5, "p50 ≤ 5 ms"), figure(0.99, "p99 ≤ 20 ms")];
}

/** A receipt of its own, appended beside the node's, to know what durability alone costs now. */
async function storedProbe(
  ledger: Awaited<ReturnType<typeof openLedger>>,
  cell: Deployment,
  hash: string,
  i: number,
): Promise<string> {
  const id = `probe-${i}`;
  ledger.append({
    receipt_id: id,
    at: Date.now() * 1_000,
    cell: cell.cell,
    config_hash: hash,
    body: { receipt_type: "audit", subject: id, findings: [], passed: true, by: "bench" },
  });
  return id;
}

const STOPS = 150;
const STOPS_WARM_UP = 30;
const WAITING = 1_000;

/**
 * From a sample that breaks a limit to the block command. Judging a thousand proposals leaves cold caches
 * and garbage behind, whoever did it; what the waiting ones themselves cost is seen against a cell without
 * proposals beside one that has them.
 */
async function stopFigures(): Promise<Figure[]> {
  const { StoppingCell } = await import("./stopping-cell.ts");
  const stopTime = (name: string, own: number, others: number): number => {
    const cell = new StoppingCell();
    const other = new StoppingCell();
    cell.run();
    other.run();
    for (let p = 0; p < own; p++) cell.propose(`${name}-${p}`);
    for (let p = 0; p < others; p++) other.propose(`${name}-${p}`);
    cell.breathe();
    return cell.stop();
  };
  const quiet: number[] = [];
  const beside: number[] = [];
  const full: number[] = [];
  // in turn, so that whatever else the machine does meets all of them
  for (let i = -STOPS_WARM_UP; i < STOPS; i++) {
    const round = [
      stopTime(`q${i}`, 0, 0),
      stopTime(`b${i}`, 0, WAITING),
      stopTime(`f${i}`, WAITING, 0),
    ] as const;
    if (i < 0) continue;
    quiet.push(round[0]);
    beside.push(round[1]);
    full.push(round[2]);
  }
  const figure = (name: string, times: number[], base: number[], q: number, note: string): Figure => ({
    name: `sample → block, ${name}, p${q * 100}`,
    value: at(times, q) * 1_000,
    unit: "µs",
    baseline: at(base, q) * 1_000,
    ratio: at(times, q) / at(base, q),
    target: "p99 ≤ 1.2 × idle",
    note,
  });
  return [0.5, 0.99].flatMap((q) => [
    figure(
      `${WAITING} proposals waiting`,
      full,
      beside,
      q,
      "baseline: the same work was done by another cell",
    ),
    figure(`${WAITING} proposals in another cell`, beside, quiet, q, "baseline: no proposal anywhere"),
  ]);
}

export const benches: Bench[] = [
  { name: "gate-trials", run: trialFigures },
  { name: "gate-linear", run: linearFigures },
  { name: "gate-verdict", run: verdictFigures },
  { name: "gate-stop", run: stopFigures },
];
