import { describe, expect, test } from "vitest";
import {
  actionIdOf,
  MAX_GENERATIONS,
  MAX_ITEMS_PER_RUN,
  MAX_TOTAL_BEFORE_ABORT,
  type Micros,
  WOUND_WINDOW_US,
} from "../../../../src/core/domain/index.ts";
import {
  createHelperBudget,
  createLoopDetector,
  createWatcher,
  createWoundTracker,
  helpersFor,
} from "../../../../src/core/gate/watch/index.ts";

const at = (us: number): Micros => us as Micros;

describe("wounds", () => {
  test("a drop of more than 15 % is a wound, one of exactly 15 % is not", () => {
    const tracker = createWoundTracker();
    expect(tracker.note([0.85, 0.7], at(0))).toEqual([]);
    expect(tracker.note([0.85, 0.68], at(1))).toMatchObject([{ index: 1, before: 0.85, after: 0.68 }]);
  });
  test("the confidences of two actions are never compared", () => {
    const tracker = createWoundTracker();
    for (let i = 0; i < 20; i++) expect(tracker.note([i % 2 === 0 ? 0.95 : 0.5], at(i))).toEqual([]);
    expect(tracker.count(at(20))).toBe(0);
  });
  test("they are forgotten after their window, and when a person looked", () => {
    const tracker = createWoundTracker();
    tracker.note([1, 0, 1, 0], at(0));
    expect(tracker.count(at(1))).toBe(2);
    expect(tracker.count(at(WOUND_WINDOW_US + 2))).toBe(0);
    tracker.note([1, 0], at(WOUND_WINDOW_US + 3));
    tracker.heal();
    expect(tracker.count(at(WOUND_WINDOW_US + 4))).toBe(0);
  });
});

describe("helpers", () => {
  test("the formula of the specification", () => {
    const loop = (proof: number, looping = true) => ({ looping, proof });
    expect([0, 1, 2, 5, 6, 10].map((w) => helpersFor(w, loop(0)))).toEqual([1, 1, 2, 3, 4, 6]);
    expect([5, 6, 10].map((w) => helpersFor(w, loop(0.95)))).toEqual([5, 6, 9]);
    expect(helpersFor(5, loop(0.9499))).toBe(3);
    expect(helpersFor(5, loop(1, false))).toBe(3);
  });
  test("a helper starts none, a run no more than its items, and the valve closes for good", () => {
    const budget = createHelperBudget();
    expect(budget.take(3, MAX_GENERATIONS)).toBe(0);
    expect(budget.take(1_000_000, 0)).toBe(MAX_ITEMS_PER_RUN);
    for (let i = 0; i < 100; i++) budget.take(MAX_ITEMS_PER_RUN, 0);
    expect(budget.total).toBe(MAX_TOTAL_BEFORE_ABORT);
    expect(budget.aborted).toBe(true);
    expect(budget.take(1, 0)).toBe(0);
  });
});

describe("C26 loops", () => {
  test("counted up to 5 and 10, remembered in bounded memory, halted for good", () => {
    const loops = createLoopDetector(1_000_000);
    const found = Array.from({ length: 10 }, (_, i) => loops.ask(["q"], at(i)));
    expect(found.map((f) => f.looping)).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
      true,
      true,
      true,
      true,
    ]);
    expect(found.map((f) => f.halted)).toEqual([...Array.from({ length: 9 }, () => false), true]);
    loops.answered(["q"]);
    expect(loops.ask(["q"], at(9_000_000)).halted).toBe(true);
    for (let i = 0; i < 100_000; i++) loops.ask([`other-${i}`], at(9_000_001));
    expect(loops.ask(["q"], at(9_000_002)).halted).toBe(true);
  });
  test("time and a good end make it forget what is not halted", () => {
    const loops = createLoopDetector(1_000);
    for (let i = 0; i < 6; i++) loops.ask(["q"], at(i));
    expect(loops.ask(["q"], at(5_000)).repeats).toBe(1);
    loops.ask(["q"], at(5_001));
    loops.answered(["q"]);
    expect(loops.ask(["q"], at(5_002)).repeats).toBe(1);
  });
  test("the proof is the share of repetitions among the newest questions, and a first question has none", () => {
    const loops = createLoopDetector(1_000_000);
    expect(loops.ask(["a"], at(0)).proof).toBe(0);
    expect(loops.ask(["b", "b", "b"], at(1)).proof).toBe(0.5);
    for (let i = 0; i < 3; i++) expect(loops.ask(["c"], at(2)).looping).toBe(false);
    expect(createLoopDetector(1).ask(["d", "d", "d", "d", "d"], at(3)).proof).toBe(1);
  });
  test("an action that ended well leaves nothing in the proof either", () => {
    const loops = createLoopDetector(1_000_000);
    for (let i = 0; i < 8; i++) {
      expect(loops.ask(["q"], at(i))).toMatchObject({ repeats: 1, proof: 0 });
      loops.answered(["q"]);
    }
  });
  test("a person lifts the halts: the questions start anew", () => {
    const loops = createLoopDetector(1_000_000);
    for (let i = 0; i < 12; i++) loops.ask(["q"], at(i));
    expect([loops.halted, loops.isHalted(["other", "q"])]).toEqual([1, true]);
    expect(loops.lift()).toEqual(["q"]);
    expect([loops.halted, loops.isHalted(["q"])]).toEqual([0, false]);
    expect(loops.ask(["q"], at(20))).toMatchObject({ repeats: 1, proof: 0, looping: false, halted: false });
  });
});

describe("watchers", () => {
  const watcher = () =>
    createWatcher(actionIdOf("x"), at(0), 100, { energy: 0.8, forceN: 100, separationM: 0.3 });
  const fine = { energy: 0.1, forceN: 10, separationM: 2 };
  test("within limits all is well, and the worst is kept", () => {
    const w = watcher();
    expect([w.check(fine), w.check({ ...fine, forceN: 60 }), w.check(fine)]).toEqual([null, null, null]);
    expect(w.worst.forceN).toBe(60);
    expect(w.endsAt).toBe(100_000);
  });
  test("each limit breaks, and so does what cannot be measured", () => {
    for (const bad of [
      { energy: 0.81 },
      { energy: null },
      { energy: Number.NaN },
      { forceN: 101 },
      { forceN: Number.NaN },
      { separationM: 0.29 },
      { separationM: Number.NaN },
    ])
      expect(watcher().check({ ...fine, ...bad })).not.toBe(null);
    expect(watcher().check({ ...fine, separationM: null })).toBe(null);
  });
});
