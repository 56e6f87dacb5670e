import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_ITEMS_PER_RUN, MAX_TOTAL_BEFORE_ABORT } from "../../../src/core/domain/index.ts";
import {
  CHANGING,
  createCapGuard,
  createRollout,
  judgeValues,
  makePlan,
  type RolloutEffect,
  stageTargets,
  STRUCTURAL_CAPS,
} from "../../../src/core/rollout/index.ts";
import { shareUpperBound } from "../../../src/core/stats/index.ts";
import { audited, NEW, OLD, planOf, runFleet, SECOND } from "./fleet.ts";
import { count } from "../../count.ts";

const orders = (out: readonly RolloutEffect[]) => out.filter((e) => e.kind === "order");

describe("F36 stages 1 → 10 → 100 → all", () => {
  test("targets for fleets of every size", () => {
    expect(stageTargets(1)).toEqual([1]);
    expect(stageTargets(7)).toEqual([1, 7]);
    expect(stageTargets(10)).toEqual([1, 10]);
    expect(stageTargets(1000)).toEqual([1, 10, 100, 1000]);
  });
  test("a good candidate reaches 1,000 cells; runs keep their cap; each stage has a receipt", () => {
    const { rollout, effects, holds } = runFleet({ seed: 1 });
    expect(rollout.state).toBe("done");
    expect([...holds.values()].filter((h) => h === NEW)).toHaveLength(1000);
    const verdicts = effects
      .flatMap((e) => (e.kind === "receipt" ? [e.verdict] : []))
      .filter((v) => v !== "hold");
    expect(verdicts).toEqual(["start", "advance", "advance", "advance", "done"]);
  });
  test("no run tells more than MAX_ITEMS_PER_RUN cells at once", () => {
    const rollout = audited(planOf(1000));
    let most = 0;
    let now = 0;
    const inbox: string[] = [];
    const step = (event: Parameters<typeof rollout.step>[0]) => {
      const out = orders(rollout.step(event));
      most = Math.max(most, out.length);
      inbox.push(...out.map((o) => o.cell));
    };
    step({ kind: "person", atUs: 0, by: "a", act: "start", reason: "" });
    const seqs = new Map<string, number>();
    const say = (cell: string, decisions: number) => {
      seqs.set(cell, (seqs.get(cell) ?? 0) + 1);
      step({
        kind: "report",
        atUs: now,
        cell,
        seq: seqs.get(cell)!,
        holds: cell.startsWith("k") ? OLD : NEW,
        decisions,
        failures: 0,
      });
    };
    for (let i = 0; i < 100 && rollout.state === "running"; i++) {
      now += 11 * SECOND;
      for (const cell of inbox.splice(0)) say(cell, 300);
      say("k0", 300);
      say("c0", 300);
      step({ kind: "tick", atUs: now });
    }
    expect(rollout.state).toBe("done");
    expect(most).toBe(MAX_ITEMS_PER_RUN);
  });
  test("after a success it waits for a person, and only a person's advance goes on", () => {
    const { rollout } = runFleet({ seed: 2, plan: { pauseAfterStage: true } });
    expect(rollout.state).toBe("paused");
    const at = 1e12;
    expect(rollout.view().told).toBe(1);
    rollout.step({ kind: "tick", atUs: at });
    expect(rollout.view().told).toBe(1);
    const still = { cell: "c0", seq: 1e6, holds: NEW, decisions: 1, failures: 0 };
    expect(rollout.step({ kind: "report", atUs: at, ...still })).toEqual([]);
    const out = rollout.step({ kind: "person", atUs: at, by: "lead", act: "advance", reason: "audited" });
    expect(orders(out)).toHaveLength(9);
  });
  test("no stage begins without an audit of this plan that passed now", () => {
    let passes = false;
    const rollout = audited(planOf(30, { pauseAfterStage: true }), () => passes);
    const by = { kind: "person", by: "lead", reason: "" } as const;
    const refused = rollout.step({ ...by, atUs: 0, act: "start" });
    expect(refused).toMatchObject([{ kind: "receipt", verdict: "hold", code: "ROLLOUT_UNAUDITED" }]);
    expect(rollout.state).toBe("planned");
    passes = true;
    expect(orders(rollout.step({ ...by, atUs: 1, act: "start" }))).toHaveLength(1);
    for (const cell of ["c0", "k0"])
      rollout.step({
        kind: "report",
        atUs: 2,
        cell,
        seq: 1,
        holds: cell === "k0" ? OLD : NEW,
        decisions: 900,
        failures: 0,
      });
    rollout.step({ kind: "tick", atUs: 60 * SECOND });
    expect(rollout.state).toBe("paused");
    passes = false;
    expect(orders(rollout.step({ ...by, atUs: 60 * SECOND, act: "advance" }))).toEqual([]);
    expect(rollout.state).toBe("paused");
    passes = true;
    expect(orders(rollout.step({ ...by, atUs: 60 * SECOND, act: "advance" }))).toHaveLength(9);
  });
  test("no data is neither a pass nor a failure", () => {
    const { rollout, effects } = runFleet({ seed: 3, decisionsPerReport: 0, maxTicks: 300 });
    expect(rollout.state).toBe("running");
    expect(rollout.view().told).toBe(1);
    expect(effects.filter((e) => e.kind === "receipt" && e.verdict === "hold")).toHaveLength(1);
  });
  test("silent baseline cells hold the stage", () => {
    const { rollout } = runFleet({
      seed: 4,
      plan: { baselineCells: ["silent"] },
      failureOld: 0,
      decisionsPerReport: 40,
      maxTicks: 60,
    });
    const other = audited(planOf(20));
    other.step({ kind: "person", atUs: 0, by: "a", act: "start", reason: "" });
    other.step({ kind: "report", atUs: 1, cell: "c0", seq: 1, holds: NEW, decisions: 5_000, failures: 0 });
    other.step({ kind: "tick", atUs: 60 * SECOND });
    expect(other.view().judgement?.code).toBe("ROLLOUT_NO_BASELINE");
    expect(rollout.state).toBe("done");
  });
});

describe("aborts", () => {
  test("a bad candidate is stopped at the first cell and every touched cell goes back", () => {
    const { rollout, holds } = runFleet({ seed: 5, failureNew: 0.2 });
    expect(rollout.state).toBe("aborted");
    expect(rollout.view().told).toBe(1);
    expect([...holds.values()]).toEqual([OLD]);
  });
  test("abort is latched and doing it again changes nothing", () => {
    const { rollout } = runFleet({ seed: 6, failureNew: 0.2 });
    const at = 1e12;
    for (const act of ["abort", "start", "advance", "abort"] as const)
      expect(rollout.step({ kind: "person", atUs: at, by: "x", act, reason: "" })).toEqual([]);
    expect(rollout.state).toBe("aborted");
  });
  test("at every stage: abort reaches each touched cell, and one that comes back later", () => {
    for (const stage of [0, 1, 2, 3]) {
      const rollout = audited(planOf(300));
      const told = new Set<string>();
      let now = 0;
      const seen = (out: readonly RolloutEffect[]) => {
        for (const o of orders(out)) if (o.do === "apply") told.add(o.cell);
      };
      seen(rollout.step({ kind: "person", atUs: 0, by: "a", act: "start", reason: "" }));
      for (let i = 0; rollout.view().stage < stage || rollout.view().told === 0; i++) {
        now += 11 * SECOND;
        for (const cell of [...told, "k0"])
          seen(
            rollout.step({
              kind: "report",
              atUs: now,
              cell,
              seq: i,
              holds: cell === "k0" ? OLD : NEW,
              decisions: 400,
              failures: 0,
            }),
          );
        seen(rollout.step({ kind: "tick", atUs: now }));
      }
      const back = orders(rollout.step({ kind: "person", atUs: now, by: "a", act: "abort", reason: "" }));
      expect(new Set(back.map((o) => o.cell))).toEqual(told);
      expect(back.every((o) => o.do === "rollback" && o.artefact === OLD)).toBe(true);
      const late = [...told][0]!;
      const again = orders(rollout.step({ kind: "online", atUs: now + 1, cell: late, holds: NEW }));
      expect(again).toMatchObject([{ cell: late, do: "rollback" }]);
    }
  });
  test("worse than the cells beside it, although within the plan's margin", () => {
    const { rollout, effects } = runFleet({
      seed: 7,
      failureNew: 0.04,
      failureOld: 0.001,
      plan: { judge: { dwellUs: 10 * SECOND, decisionFailureMax: 0.2 } },
      maxTicks: 200,
    });
    expect(rollout.state).toBe("aborted");
    expect(effects.at(-1)).toMatchObject({ code: "ROLLOUT_ABORT_WORSE" });
  });
  test("kill: one retained state, all orders back, latched over abort", () => {
    const rollout = audited(planOf(5));
    rollout.step({ kind: "person", atUs: 0, by: "a", act: "start", reason: "" });
    const out = rollout.step({ kind: "person", atUs: 1, by: "a", act: "kill", reason: "smoke" });
    expect(out.map((e) => e.kind)).toEqual(["kill", "order", "receipt"]);
    expect(rollout.step({ kind: "person", atUs: 2, by: "a", act: "kill", reason: "" })).toEqual([]);
    expect(rollout.state).toBe("killed");
  });
  test("a repeated report is counted once", () => {
    const rollout = audited(planOf(5));
    rollout.step({ kind: "person", atUs: 0, by: "a", act: "start", reason: "" });
    for (let i = 0; i < 50; i++)
      rollout.step({ kind: "report", atUs: 1, cell: "c0", seq: 1, holds: NEW, decisions: 10, failures: 1 });
    rollout.step({ kind: "tick", atUs: 2 });
    expect(rollout.view().judgement?.terms).toMatchObject({ decisions: 10, failures: 1 });
  });
  test("bad news while a person looks aborts; a cell that went back by itself counts as failed", () => {
    const rollout = audited(planOf(12));
    const say = (cell: string, seq: number, holds: string, decisions: number, failures: number) =>
      rollout.step({ kind: "report", atUs: seq * SECOND, cell, seq, holds, decisions, failures });
    rollout.step({ kind: "person", atUs: 0, by: "a", act: "start", reason: "" });
    say("c0", 1, NEW, 300, 0);
    rollout.step({ kind: "person", atUs: 2 * SECOND, by: "a", act: "pause", reason: "" });
    expect(say("c0", 3, NEW, 300, 150).at(-1)).toMatchObject({ verdict: "abort" });
    const other = audited(planOf(12));
    other.step({ kind: "person", atUs: 0, by: "a", act: "start", reason: "" });
    for (const [seq, holds] of [NEW, OLD].entries())
      other.step({ kind: "report", atUs: seq, cell: "c0", seq, holds, decisions: 0, failures: 0 });
    other.step({ kind: "tick", atUs: SECOND });
    expect(other.state).toBe("aborted");
  });
  test("slower verdicts than the cells beside it: aborted at the end of the stage", () => {
    const rollout = audited(planOf(12));
    rollout.step({ kind: "person", atUs: 0, by: "a", act: "start", reason: "" });
    for (let seq = 1; seq <= 100; seq++)
      for (const cell of ["c0", "k0"])
        rollout.step({
          kind: "report",
          atUs: seq,
          cell,
          seq,
          holds: cell === "c0" ? NEW : OLD,
          decisions: 10,
          failures: 0,
          latencyMs: cell === "c0" ? 90 : 10,
        });
    const out = rollout.step({ kind: "tick", atUs: 20 * SECOND });
    expect(out.at(-1)).toMatchObject({ verdict: "abort", code: "ROLLOUT_ABORT_WORSE" });
  });
  test("items on one machine: failures and costs that grow with scale abort", () => {
    const items = (failures: number, loadOf: (i: number) => number) => {
      const rollout = audited(
        planOf(30, { automation: "replay-archive", baselineCells: [], judge: { cellFailureMax: 0.1 } }),
      );
      let seq = 0;
      const inbox: RolloutEffect[] = [
        ...rollout.step({ kind: "person", atUs: 0, by: "a", act: "start", reason: "" }),
      ];
      for (let o = inbox.shift(); o !== undefined; o = inbox.shift()) {
        if (o.kind !== "order" || o.do === "rollback") continue;
        const i = seq++;
        inbox.push(
          ...rollout.step({
            kind: "report",
            atUs: seq,
            cell: o.cell,
            seq,
            holds: i < failures ? "failed" : NEW,
            decisions: 1,
            failures: 0,
            load: loadOf(i),
          }),
          ...rollout.step({ kind: "tick", atUs: seq }),
        );
      }
      return rollout;
    };
    expect(items(0, () => 10).state).toBe("done");
    expect(items(1, () => 10).state).toBe("aborted");
    const grown = items(0, (i) => (i < 10 ? 10 : 100));
    expect([grown.state, grown.view().judgement?.code]).toEqual(["aborted", "ROLLOUT_ABORT_GROWTH"]);
  });
  test("a cell that was away is told again; strangers and untouched cells are not", () => {
    const rollout = audited(planOf(50));
    rollout.step({ kind: "person", atUs: 0, by: "a", act: "start", reason: "" });
    const hello = (cell: string, holds: string) =>
      orders(rollout.step({ kind: "online", atUs: 1, cell, holds }));
    expect(hello("c0", OLD)).toMatchObject([{ cell: "c0", do: "apply" }]);
    expect(hello("c9", OLD)).toEqual([]);
    expect(hello("stranger", OLD)).toEqual([]);
    expect(hello("c0", NEW)).toEqual([]);
  });
  test("gone back is whoever no longer has it: a person there may have gone back further", () => {
    const ends = (holds: string): number => {
      const rollout = audited(planOf(50));
      let seq = 0;
      const say = (what: string): void => {
        const counts = { decisions: 0, failures: 0 };
        rollout.step({ kind: "report", atUs: 1, cell: "c0", seq: ++seq, holds: what, ...counts });
      };
      rollout.step({ kind: "person", atUs: 0, by: "a", act: "start", reason: "" });
      say(NEW);
      rollout.step({ kind: "person", atUs: 1, by: "a", act: "abort", reason: "" });
      say(holds);
      return rollout.view().stillToGoBack;
    };
    expect([OLD, "something else", NEW, "failed", CHANGING].map(ends)).toEqual([0, 0, 1, 1, 1]);
  });
});

test("the same rollout, stopped and restored from its memory after every event, gives the same orders", () => {
  const plan = planOf(120);
  const straight = createRollout(plan);
  let broken = createRollout(plan);
  let now = 0;
  const both = (event: Parameters<typeof straight.step>[0]) => {
    const [a, b] = [straight.step(event), broken.step(event)];
    expect(b).toEqual(a);
    broken = createRollout(plan, JSON.parse(JSON.stringify(broken.memory)) as typeof broken.memory);
    if (a.some((e) => e.kind === "audit")) both({ kind: "audit", atUs: now, passed: true, hash: "" });
  };
  both({ kind: "person", atUs: 0, by: "a", act: "start", reason: "" });
  for (let i = 1; i < 40; i++) {
    now += 4 * SECOND;
    for (let c = 0; c < straight.view().told; c++)
      both({
        kind: "report",
        atUs: now,
        cell: `c${c}`,
        seq: i,
        holds: c === 7 && i > 30 ? "failed" : NEW,
        decisions: 50,
        failures: 0,
        latencyMs: 3,
      });
    both({
      kind: "report",
      atUs: now,
      cell: "k1",
      seq: i,
      holds: OLD,
      decisions: 200,
      failures: 0,
      latencyMs: 3,
    });
    both({ kind: "tick", atUs: now });
  }
  expect(straight.view().told).toBe(120);
  expect(broken.state).toBe(straight.state);
});

describe("values: what another judge lets pass fails here", () => {
  test("[100×7, 1×3] against [1×10] is worse", () => {
    const j = judgeValues(new Array(10).fill(1), [...new Array(7).fill(100), 1, 1, 1], 0.25);
    expect(j.verdict).toBe("worse");
    expect(j.pLarger).toBeLessThan(0.001);
  });
  test("grown variance around the same mean is no pass", () => {
    const kept = Array.from({ length: 100 }, (_, i) => 10 + (i % 5) * 0.1);
    const wild = Array.from({ length: 100 }, (_, i) => 10 + (i % 2 === 0 ? -8 : 8));
    expect(judgeValues(kept, wild, 0.25).verdict).toBe("worse");
    expect(judgeValues(kept.slice(0, 10), wild.slice(0, 10), 0.25).verdict).not.toBe("pass");
  });
  test("rare large errors and a baseline of zeros", () => {
    const zeros = new Array(100).fill(0);
    const sparse = zeros.map((_, i) => (i % 10 === 0 ? 5 : 0));
    expect(judgeValues(zeros, sparse, 0).verdict).toBe("worse");
    expect(judgeValues(zeros, zeros, 0).verdict).toBe("pass");
  });
  test("missing values: none, few, not-a-number", () => {
    expect(judgeValues([], [], 0).verdict).toBe("insufficient");
    expect(judgeValues([1, 1, 1], [1, 1, 1], 0).verdict).toBe("insufficient");
    expect(judgeValues(new Array(100).fill(1), new Array(100).fill(Number.NaN), 0).verdict).toBe("worse");
  });
});

describe("caps cannot be raised by what they cap", () => {
  test.each([
    [{ itemsPerRun: 51 }],
    [{ total: 1001 }],
    [{ generations: 2 }],
    [{ itemsPerDay: 1001 }],
    [{ itemsPerRun: 0 }],
    [{ itemsPerRun: Number.NaN }],
  ])("%j", (caps) => {
    expect(makePlan({ ...planOf(5), caps })).toMatchObject({ ok: false, error: { code: "CAP_RAISED" } });
    expect(createCapGuard({ ...STRUCTURAL_CAPS, ...caps }).admit(0)).toBe(false);
  });
  test("an automation that was started by one is refused", () => {
    expect(makePlan({ ...planOf(5), generation: 2 })).toMatchObject({ error: { code: "CAP_GENERATIONS" } });
    expect(createCapGuard(STRUCTURAL_CAPS, 2).tripped).toBe("CAP_GENERATIONS");
  });
  test("run, day and total trip once and for good", () => {
    const fill = (caps: Partial<typeof STRUCTURAL_CAPS>, items: number, perRun = 50, days = 1) => {
      const guard = createCapGuard({ ...STRUCTURAL_CAPS, ...caps });
      for (let i = 0; i < items; i++) {
        if (i % perRun === 0) guard.beginRun();
        guard.admit(Math.floor((i / items) * days) * 86_400_000_000);
      }
      return guard;
    };
    expect(fill({}, 51, 1000).tripped).toBe("CAP_ITEMS_PER_RUN");
    expect(fill({}, MAX_TOTAL_BEFORE_ABORT).tripped).toBeNull();
    expect(fill({}, MAX_TOTAL_BEFORE_ABORT + 1, 50, 3).tripped).toBe("CAP_TOTAL");
    expect(fill({ itemsPerDay: 80 }, 100).tripped).toBe("CAP_ITEMS_PER_DAY");
    const guard = fill({}, 51, 1000);
    expect([guard.beginRun(), guard.admit(1e15)]).toEqual([false, false]);
  });
  test("more items than the automation may touch are no plan; the valve closes all the same", () => {
    expect(makePlan({ ...planOf(5), cells: Array.from({ length: 1001 }, (_, i) => `c${i}`) })).toMatchObject({
      error: { code: "CAP_TOTAL" },
    });
    const { rollout, holds } = runFleet({ seed: 8, cells: 300, plan: { caps: { itemsPerDay: 120 } } });
    expect(rollout.state).toBe("aborted");
    expect(rollout.view().caps.tripped).toBe("CAP_ITEMS_PER_DAY");
    expect([...holds.values()].filter((h) => h === NEW)).toHaveLength(0);
  });
});

describe("over seeds", () => {
  const SEEDS = Number(process.env["CELLGATE_ROLLOUT_SEEDS"] ?? count(20, 120));
  const share = (of: (seed: number) => boolean): number => {
    let right = 0;
    for (let seed = 1; seed <= SEEDS; seed++) if (of(seed)) right++;
    return right;
  };
  test("5 % of 1,000 cells fail to change: aborted", () => {
    expect(share((seed) => runFleet({ seed, cellFailure: 0.05 }).rollout.state === "aborted")).toBe(SEEDS);
  });
  test("5 % of messages are lost, the candidate is good: done", () => {
    expect(share((seed) => runFleet({ seed, lost: 0.05 }).rollout.state === "done")).toBeGreaterThanOrEqual(
      SEEDS - Math.ceil(SEEDS / 1_000),
    );
  });
  test("exactly at the margin: promoted in at most 5 %", () => {
    const promoted = share(
      (seed) =>
        runFleet({ seed, cells: 9, failureNew: 0.02, failureOld: 0.02, maxTicks: 60 }).rollout.state ===
        "done",
    );
    expect(shareUpperBound(0, 59)).toBeLessThan(0.05);
    expect(promoted / SEEDS).toBeLessThanOrEqual(0.05);
  });
  test("property: any order of any events never tells a cell of a later stage, and never un-latches", () => {
    const event = fc.oneof(
      fc.record({ act: fc.constantFrom("start", "advance", "pause", "abort", "kill") }),
      fc.record({
        cell: fc.integer({ min: 0, max: 29 }),
        decisions: fc.nat(500),
        failures: fc.nat(3),
        ok: fc.boolean(),
      }),
      fc.record({ tick: fc.integer({ min: 1, max: 30 }) }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80 }), (events) => {
        const rollout = audited(planOf(25));
        let now = 0;
        let latched = "";
        events.forEach((e, i) => {
          if ("tick" in e) rollout.step({ kind: "tick", atUs: (now += e.tick * SECOND) });
          else if ("act" in e)
            rollout.step({ kind: "person", atUs: now, by: "p", act: e.act as "start", reason: "" });
          else
            rollout.step({
              kind: "report",
              atUs: now,
              cell: `c${e.cell}`,
              seq: i,
              holds: e.ok ? NEW : "failed",
              decisions: e.decisions,
              failures: Math.min(e.failures, e.decisions),
            });
          const view = rollout.view();
          expect(view.told).toBeLessThanOrEqual(view.targets[Math.max(0, view.stage)]!);
          if (latched !== "" && view.state !== latched)
            expect([latched, view.state]).toEqual(["aborted", "killed"]);
          if (view.state === "aborted" || view.state === "killed") latched = view.state;
        });
      }),
      { seed: 11, numRuns: count(100, 300) },
    );
  });
});
