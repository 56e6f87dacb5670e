import { createPrng, type Prng } from "../../../src/core/base/prng.ts";
import {
  createRollout,
  makePlan,
  type PlanDraft,
  type Rollout,
  type RolloutEffect,
} from "../../../src/core/rollout/index.ts";

/** A fleet in this process: cells that change, fail, lose messages and count decisions. */
export interface FleetShape {
  readonly cells?: number;
  readonly seed: number;
  /** share of cells that cannot change */
  readonly cellFailure?: number;
  /** share of decisions that fail on changed cells, and on the others */
  readonly failureNew?: number;
  readonly failureOld?: number;
  /** share of messages that are lost */
  readonly lost?: number;
  readonly plan?: Partial<PlanDraft>;
  readonly maxTicks?: number;
  readonly decisionsPerReport?: number;
}
export interface FleetRun {
  readonly rollout: Rollout;
  readonly effects: RolloutEffect[];
  readonly holds: Map<string, string>;
  readonly ticks: number;
}
export const NEW = "new".padEnd(64, "0");
export const OLD = "old".padEnd(64, "0");
export const SECOND = 1_000_000;

export const planOf = (cells: number, more: Partial<PlanDraft> = {}) => {
  const made = makePlan({
    id: "p1",
    automation: "promote-head",
    artefact: NEW,
    previous: OLD,
    cells: Array.from({ length: cells }, (_, i) => `c${i}`),
    baselineCells: cells > 1 ? Array.from({ length: 5 }, (_, i) => `k${i}`) : [],
    pauseAfterStage: false,
    judge: { dwellUs: 10 * SECOND },
    ...more,
  });
  if (!made.ok) throw new Error(`${made.error.code} ${made.error.detail}`);
  return made.value;
};
/** A rollout whose audits are answered at once, as the centre does. */
export function audited(
  plan: Parameters<typeof createRollout>[0],
  passes: () => boolean = () => true,
): Rollout {
  const rollout = createRollout(plan);
  const step: Rollout["step"] = (event) =>
    rollout.step(event).flatMap((effect): readonly RolloutEffect[] => {
      if (effect.kind !== "audit") return [effect];
      return step({ kind: "audit", atUs: event.atUs, passed: passes(), hash: "a" });
    });
  return {
    plan,
    get state() {
      return rollout.state;
    },
    get memory() {
      return rollout.memory;
    },
    view: () => rollout.view(),
    step,
  };
}
function binomial(prng: Prng, n: number, p: number): number {
  let hits = 0;
  // by geometric gaps: few draws when p is small
  if (p <= 0) return 0;
  for (let at = Math.floor(Math.log(1 - prng.nextFloat()) / Math.log(1 - p)); at < n; ) {
    hits++;
    at += 1 + Math.floor(Math.log(1 - prng.nextFloat()) / Math.log(1 - p));
  }
  return hits;
}

export function runFleet(shape: FleetShape): FleetRun {
  const { cells = 1_000, seed, cellFailure = 0, failureNew = 0.002, failureOld = 0.002, lost = 0 } = shape;
  const rollout = audited(planOf(cells, shape.plan));
  const prng = createPrng(seed).split("fleet");
  const holds = new Map<string, string>();
  const seqs = new Map<string, number>();
  const effects: RolloutEffect[] = [];
  const inbox: Extract<RolloutEffect, { kind: "order" }>[] = [];
  const take = (out: readonly RolloutEffect[]): void => {
    for (const effect of out) {
      if (effect.kind === "order") {
        if (prng.nextFloat() >= lost) inbox.push(effect);
      } else effects.push(effect);
    }
  };
  let now = 0;
  const report = (cell: string, decisions: number, p: number): void => {
    const seq = (seqs.get(cell) ?? -1) + 1;
    seqs.set(cell, seq);
    if (prng.nextFloat() < lost) return;
    const failures = binomial(prng, decisions, p);
    take(
      rollout.step({
        kind: "report",
        atUs: now,
        cell,
        seq,
        holds: holds.get(cell) ?? OLD,
        decisions,
        failures,
      }),
    );
  };
  take(rollout.step({ kind: "person", atUs: 0, by: "lead", act: "start", reason: "test" }));
  let ticks = 0;
  const n = shape.decisionsPerReport ?? 40;
  const busy = (): boolean =>
    rollout.state === "running" || inbox.length > 0 || rollout.view().stillToGoBack > 0;
  for (; ticks < (shape.maxTicks ?? 400) && busy(); ticks++) {
    now += 5 * SECOND;
    for (const order of inbox.splice(0)) {
      const bad = prng.split(order.cell).nextFloat() < cellFailure;
      holds.set(order.cell, order.do === "rollback" ? OLD : bad ? "failed" : order.artefact);
      report(order.cell, 0, 0);
    }
    for (const keeper of rollout.plan.baselineCells) report(keeper, n, failureOld);
    // of many cells a part reports in each period
    const changed = [...holds.keys()];
    for (let i = ticks % 4; i < changed.length; i += changed.length > 120 ? 4 : 1)
      if (holds.get(changed[i]!) === NEW) report(changed[i]!, n, failureNew);
    take(rollout.step({ kind: "tick", atUs: now }));
  }
  return { rollout, effects, holds, ticks };
}
