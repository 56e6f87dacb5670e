import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { requireDeployment } from "../../src/cli/config.ts";
import { ownInUse, sidesOf } from "../../src/node/in-use/index.ts";
import { planTasks, runBattery } from "../../src/lab/promotion/index.ts";
import { CANDIDATE_KINDS, type CandidateKind } from "../../src/core/promotion/index.ts";
import { type HeadBody, sealHead } from "../../src/core/risk/index.ts";
import { audit, type AuditEdge, type AuditNode } from "../../src/core/audit/index.ts";
import { shareUpperBound } from "../../src/core/stats/index.ts";
import { ROOT } from "../node/processes.ts";
import { ADAPTER, changed, GATE, RULES, workplace } from "../lab/promotion/crafted-cell.ts";
import { runFleet } from "../core/rollout/fleet.ts";
import type { Bench } from "./bench.ts";

const SCENARIOS = Number(process.env["CELLGATE_BENCH_SCENARIOS"] ?? 500);
const SEEDS = Number(process.env["CELLGATE_BENCH_SEEDS"] ?? 1_000);
const NODES = 1_000;
const seconds = async (of: () => unknown): Promise<number> => {
  const start = performance.now();
  await of();
  return (performance.now() - start) / 1_000;
};

/** A candidate of each kind that nothing speaks against, for the cell of the demonstration. */
function candidateOf(kind: CandidateKind): string {
  const { hash: _, ...head } = JSON.parse(
    readFileSync(join(ROOT, "launch/robot-factory.head.json"), "utf8"),
  ) as HeadBody & { hash: string };
  if (kind === "calibration")
    return JSON.stringify(
      sealHead({ ...head, alarm: { ...head.alarm, threshold: head.alarm.threshold * 0.99 } }),
    );
  if (kind === "head") {
    const { model } = head;
    if (model.kind !== "additive") throw new Error("the shipped head is additive");
    const shapes = model.shapes.map((s, i) => (i > 0 ? s : { ...s, values: s.values.map((v) => 1.02 * v) }));
    return JSON.stringify(sealHead({ ...head, model: { ...model, shapes } }));
  }
  if (kind === "rules") return changed(RULES, "withinM: 0.9", "withinM: 0.92");
  return kind === "gate"
    ? `${GATE}  limits: { horizonMs: 20000 }\n`
    : `${ADAPTER}trajectory: { timeScale: 1.2 }\n`;
}

/** The whole command on two threads, with its ledger, checks and report; the baseline is measuring alone, on one. */
const promoting = (kind: CandidateKind): Bench => ({
  name: `promotion-${kind}`,
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "cellgate-bench-"));
    try {
      const shop = workplace(folder);
      const text = candidateOf(kind);
      let outcome = "";
      const value = await seconds(async () => {
        outcome = (await shop.promote(text, SCENARIOS, "--kind", kind, "--threads", "2")).decision.outcome;
      });
      const own = requireDeployment(shop.cell);
      const sides = sidesOf(kind, ownInUse(own), own, null, text);
      const planned = planTasks("robot-factory", "bench", SCENARIOS);
      if (!planned.ok || !sides.ok) throw new Error("the bench's own candidate does not load");
      const some = planned.value.tasks.filter((_, i) => i % 10 === 0);
      const alone = await seconds(() =>
        runBattery({ sides: sides.value, tasks: some, partial: null, threads: 1 }),
      );
      const baseline = (alone * SCENARIOS) / some.length;
      return [
        {
          name: `${kind}: ${SCENARIOS} scenarios by the command, two threads`,
          value,
          unit: "s",
          baseline,
          ratio: baseline / value,
          target: "≤ 60 s on two cores",
          note: `${outcome}; ${cpus().length} cores`,
        },
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});
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
export const benches: Bench[] = [...CANDIDATE_KINDS.map(promoting), auditing, verdicts];
