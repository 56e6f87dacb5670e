import { describe, expect, test } from "vitest";
import { createRollout, type Rollout, type RolloutEffect } from "../../../src/core/rollout/index.ts";
import { audited, NEW, OLD, planOf, SECOND } from "./fleet.ts";

const person = { kind: "person", by: "lead", reason: "" } as const;
const ordersOf = (out: readonly RolloutEffect[]) => out.filter((e) => e.kind === "order");
const codesOf = (out: readonly RolloutEffect[]) => out.flatMap((e) => (e.kind === "receipt" ? [e.code] : []));

/** A rollout with a clock and somebody who speaks for its cells. */
class Line {
  readonly rollout: Rollout;
  now = 0;
  readonly #seqs = new Map<string, number>();
  constructor(cells: number, more: Parameters<typeof planOf>[1] = {}) {
    this.rollout = audited(planOf(cells, more));
  }
  start(): readonly RolloutEffect[] {
    return this.rollout.step({ ...person, atUs: this.now, act: "start" });
  }
  act(act: "advance" | "pause" | "abort" | "kill"): readonly RolloutEffect[] {
    return this.rollout.step({ ...person, atUs: this.now, act });
  }
  say(cell: string, holds: string, decisions = 0, failures = 0): readonly RolloutEffect[] {
    const seq = (this.#seqs.get(cell) ?? 0) + 1;
    this.#seqs.set(cell, seq);
    return this.rollout.step({ kind: "report", atUs: this.now, cell, seq, holds, decisions, failures });
  }
  tick(seconds: number): readonly RolloutEffect[] {
    this.now += seconds * SECOND;
    return this.rollout.step({ kind: "tick", atUs: this.now });
  }
  /** everybody up to the n-th cell says this, and the baseline cell */
  all(n: number, decisions: number): void {
    for (let i = 0; i < n; i++) this.say(`c${i}`, NEW, decisions);
    this.say("k0", OLD, decisions);
  }
  get code() {
    return this.rollout.view().judgement?.code;
  }
}

describe("silence is no evidence", () => {
  test("cells that changed and died: the stage holds, whatever the others have shown, until they are heard again", () => {
    const line = new Line(30);
    line.start();
    line.all(1, 900);
    line.tick(20);
    expect(line.rollout.view().told).toBe(10);
    line.all(10, 900);
    line.now += 170 * SECOND;
    for (const cell of ["c0", "c1", "c2"]) line.say(cell, NEW, 900);
    line.say("k0", OLD, 900);
    line.tick(11);
    expect([line.rollout.state, line.code, line.rollout.view().told]).toEqual([
      "running",
      "ROLLOUT_SILENT",
      10,
    ]);
    expect(line.rollout.view().silent).toEqual(["c3", "c4", "c5", "c6", "c7", "c8", "c9"]);
    line.all(10, 1);
    line.tick(1);
    expect(line.rollout.view().told).toBe(30);
  });
  test("hours after a success: a person's look counts as soon as the cell is heard again, and only then", () => {
    const line = new Line(5, { pauseAfterStage: true });
    line.start();
    line.all(1, 900);
    line.tick(20);
    expect(line.rollout.state).toBe("paused");
    line.now += 3_600 * SECOND;
    expect(ordersOf(line.act("advance"))).toEqual([]);
    line.tick(1);
    expect([line.rollout.state, line.code]).toEqual(["running", "ROLLOUT_SILENT"]);
    line.say("c0", NEW, 1);
    expect(ordersOf(line.tick(1)).map((o) => o.cell)).toEqual(["c1", "c2", "c3", "c4"]);
    expect(line.rollout.state).toBe("running");
  });
  test("baseline cells that fell silent after the first stage hold the next", () => {
    const line = new Line(30);
    line.start();
    line.all(1, 900);
    line.tick(20);
    for (let i = 0; i < 10; i++) line.say(`c${i}`, NEW, 900);
    line.tick(60);
    expect([line.code, line.rollout.view().told]).toEqual(["ROLLOUT_NO_BASELINE", 10]);
  });
  test("a baseline cell that holds something else compares nothing, and is named", () => {
    const line = new Line(5);
    line.start();
    line.say("c0", NEW, 900);
    line.say("k0", NEW, 900);
    line.tick(60);
    expect(line.code).toBe("ROLLOUT_NO_BASELINE");
    expect(line.rollout.view().strayBaseline).toEqual(["k0"]);
    line.say("k0", OLD, 900);
    line.tick(1);
    expect(line.rollout.view()).toMatchObject({ told: 5, strayBaseline: [] });
  });
  test("one busy cell does not speak for idle ones", () => {
    const line = new Line(30);
    line.start();
    line.all(1, 900);
    line.tick(20);
    line.all(10, 0);
    line.say("c1", NEW, 1_000_000);
    line.say("k0", OLD, 900);
    line.tick(60);
    expect([line.code, line.rollout.view().told]).toEqual(["ROLLOUT_INSUFFICIENT", 10]);
    line.all(10, 60);
    line.tick(1);
    expect(line.rollout.view().told).toBe(30);
  });
});

describe("what cells hold is not what the plan says", () => {
  test("known before the start: nobody is told, however often a person asks", () => {
    const line = new Line(30);
    line.say("c17", "something else");
    expect(codesOf(line.start())).toEqual(["ROLLOUT_STARTED", "ROLLOUT_STATE_DIFFERS"]);
    line.tick(100);
    expect(line.rollout.view()).toMatchObject({
      told: 0,
      differ: ["c17"],
      judgement: { verdict: "hold", code: "ROLLOUT_STATE_DIFFERS" },
    });
    expect(ordersOf(line.say("c17", OLD)).map((o) => o.cell)).toEqual(["c0"]);
  });
  test("heard only afterwards: no failed cell, no abort, and an abort does not lead it where it never was", () => {
    const line = new Line(30);
    expect(ordersOf(line.start())).toHaveLength(1);
    line.say("c0", "something else");
    line.tick(100);
    expect([line.rollout.state, line.code]).toEqual(["running", "ROLLOUT_STATE_DIFFERS"]);
    expect(ordersOf(line.act("abort"))).toEqual([]);
    expect(line.rollout.view()).toMatchObject({ state: "aborted", stillToGoBack: 0 });
  });
  test("a cell that had changed and then holds something else has failed", () => {
    const line = new Line(30);
    line.start();
    line.say("c0", NEW);
    line.say("c0", "something else");
    line.tick(1);
    expect([line.rollout.state, line.code]).toEqual(["aborted", "ROLLOUT_ABORT_FAILURES"]);
  });
});

test("a cell that flips between old and new is one failed cell, not many", () => {
  const line = new Line(400, {
    judge: { dwellUs: 10 * SECOND, cellFailureMax: 0.2, decisionFailureMax: 0.2 },
  });
  line.start();
  for (let i = 0; i < 3; i++) {
    line.all(line.rollout.view().told, 900);
    line.tick(20);
  }
  const { told } = line.rollout.view();
  expect(told).toBeGreaterThan(10);
  line.all(told, 5);
  const before = line.rollout.memory.changed.cells;
  for (let i = 0; i < 50; i++) line.say("c3", i % 2 === 0 ? OLD : NEW, 1);
  expect(line.rollout.memory.changed).toMatchObject({ cells: before, cellFailures: 1 });
  expect(line.rollout.state).toBe("running");
});

test("another centre at work: paused with its code, and again after an advance, until it is gone", () => {
  const line = new Line(30);
  const other = () => codesOf(line.rollout.step({ kind: "other centre", atUs: line.now, by: "p2" }));
  expect(other()).toEqual([]);
  line.start();
  expect(other()).toEqual(["ROLLOUT_OTHER_CENTRE"]);
  expect(other()).toEqual([]);
  line.all(1, 900);
  line.tick(60);
  expect(line.rollout.view()).toMatchObject({ state: "paused", told: 1 });
  line.act("advance");
  expect(line.rollout.state).toBe("running");
  expect(other()).toEqual(["ROLLOUT_OTHER_CENTRE"]);
  line.act("abort");
  expect(other()).toEqual([]);
  expect(line.rollout.state).toBe("aborted");
});

test("a process that died while the audit ran: the next one asks again, at the start and between stages", () => {
  const plan = planOf(5);
  let rollout = createRollout(plan);
  const again = (): void => {
    rollout = createRollout(plan, JSON.parse(JSON.stringify(rollout.memory)) as typeof rollout.memory);
  };
  const pass = { kind: "audit", passed: true, hash: "" } as const;
  const start = { ...person, act: "start" } as const;
  expect(rollout.step({ ...start, atUs: 0 })).toEqual([{ kind: "audit" }]);
  expect(rollout.step({ ...start, atUs: 0 })).toEqual([]);
  again();
  expect(rollout.step({ ...start, atUs: 0 })).toEqual([{ kind: "audit" }]);
  expect(ordersOf(rollout.step({ ...pass, atUs: 0 }))).toHaveLength(1);
  const report = { kind: "report", atUs: 1, seq: 1, decisions: 900, failures: 0 } as const;
  rollout.step({ ...report, cell: "c0", holds: NEW });
  rollout.step({ ...report, cell: "k0", holds: OLD });
  expect(rollout.step({ kind: "tick", atUs: 60 * SECOND })).toEqual([{ kind: "audit" }]);
  again();
  expect(rollout.step({ kind: "tick", atUs: 60 * SECOND })).toEqual([{ kind: "audit" }]);
  expect(ordersOf(rollout.step({ ...pass, atUs: 60 * SECOND }))).toHaveLength(4);
});

test("abort twice, advance while it holds, anything after the abort: nothing happens; a kill still kills", () => {
  const line = new Line(30);
  line.start();
  expect(ordersOf(line.act("advance"))).toEqual([]);
  line.tick(60);
  expect(line.rollout.view()).toMatchObject({ state: "running", told: 1 });
  expect(ordersOf(line.act("abort")).map((o) => o.do)).toEqual(["rollback"]);
  for (const act of ["abort", "advance", "pause"] as const) expect(line.act(act)).toEqual([]);
  expect(line.start()).toEqual([]);
  // while c0 is still on its way back
  expect(line.act("kill").map((e) => e.kind)).toEqual(["kill", "order", "receipt"]);
  line.say("c0", OLD);
  expect(line.rollout.view()).toMatchObject({ state: "killed", stillToGoBack: 0 });
});
