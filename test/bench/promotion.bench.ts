import { cpus } from "node:os";
import { planTasks, runBattery } from "../../src/promote/index.ts";
import { audit, type AuditEdge, type AuditNode } from "../../src/rollout/index.ts";
import { shareUpperBound } from "../../src/stats/index.ts";
import { demo } from "../node/in-process.ts";
import { headText } from "../promote/head-fixture.ts";
import { runFleet } from "../rollout/fleet.ts";
import type { Bench } from "./bench.ts";

const SCENARIOS = Number(process.env["CELLGATE_BENCH_SCENARIOS"] ?? 500);
const SEEDS = Number(process.env["CELLGATE_BENCH_SEEDS"] ?? 1_000);
const NODES = 1_000;
const seconds = async (of: () => unknown): Promise<number> => {
  const start = performance.now();
  await of();
  return (performance.now() - start) / 1_000;
};

/** Measuring of a head against another on two threads; the baseline is the same work on one. */
const measuring: Bench = {
  name: "promotion",
  async run() {
    const planned = planTasks("robot-factory", "bench", SCENARIOS);
    if (!planned.ok) throw new Error(planned.error);
    const sides = {
      kind: "head",
      deployment: JSON.stringify({ ...demo().deployment, risk: {} }),
      files: {},
      head: null,
      baseline: headText(),
      candidate: headText({ nearM: 0.95 }),
    } as const;
    const of = (tasks: typeof planned.value.tasks, threads: number) =>
      seconds(() => runBattery({ sides, tasks, partial: null, threads }));
    const value = await of(planned.value.tasks, 2);
    const some = planned.value.tasks.slice(0, Math.ceil(SCENARIOS / 10));
    const baseline = ((await of(some, 1)) * SCENARIOS) / some.length;
    return [
      {
        name: `${SCENARIOS} scenarios, two threads`,
        value,
        unit: "s",
        baseline,
        ratio: baseline / value,
        target: "≤ 60 s on two cores",
        note: `${cpus().length} cores`,
      },
    ];
  },
};

const auditing: Bench = {
  name: "audit",
  async run() {
    const nodes: AuditNode[] = Array.from({ length: NODES }, (_, i) => ({
      id: `n${i}`,
      kind: i % 2 === 0 ? "part" : "topic",
      place: null,
    }));
    const edges: AuditEdge[] = Array.from({ length: 4 * NODES }, (_, i) => ({
      kind: "sends",
      from: `n${i % NODES}`,
      to: `n${(i * 7 + 1) % NODES}`,
    }));
    const value = await seconds(() => audit({ subject: "bench", nodes, edges, unknown: [], machine: null }));
    return [{ name: `audit of ${NODES} nodes`, value, unit: "s", target: "≤ 1 s" }];
  },
};

const verdicts: Bench = {
  name: "rollout",
  async run() {
    const share = (of: (seed: number) => boolean): number => {
      let count = 0;
      for (let seed = 1; seed <= SEEDS; seed++) if (of(seed)) count++;
      return count;
    };
    const stateOf = (shape: Parameters<typeof runFleet>[0]) => runFleet(shape).rollout.state;
    const bad = share((seed) => stateOf({ seed, cellFailure: 0.05 }) === "aborted");
    const good = share((seed) => stateOf({ seed, lost: 0.05 }) === "done");
    // exactly as bad as the margin allows at most; one cell alone has one stage, so nothing asks a second time
    const atMargin = (cells: number, maxTicks: number): number =>
      share((seed) => stateOf({ seed, cells, failureNew: 0.02, failureOld: 0.02, maxTicks }) === "done");
    const marginFigure = (cells: number, maxTicks: number) => {
      const promoted = atMargin(cells, maxTicks);
      return {
        name: `false promotions at the margin, ${cells} ${cells === 1 ? "cell" : "cells"}, ${maxTicks} looks`,
        value: promoted / SEEDS,
        unit: "share",
        baseline: 0.05,
        target: "≤ 0.05 (Ville's inequality)",
        note: `95 % upper bound ${shareUpperBound(promoted, SEEDS).toFixed(4)}`,
      };
    };
    return [
      { name: "5 % of 1,000 cells fail: aborted", value: bad, unit: `of ${SEEDS}`, target: "≥ 999 of 1,000" },
      {
        name: "5 % of messages lost, good candidate: done",
        value: good,
        unit: `of ${SEEDS}`,
        target: "≥ 999 of 1,000",
      },
      marginFigure(9, 60),
      marginFigure(1, 400),
    ];
  },
};
export const benches: Bench[] = [measuring, auditing, verdicts];
