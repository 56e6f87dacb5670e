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
    expect(tracker.note([0.85, 0.7], 0.7, at(0))).toEqual([]);
    expect(tracker.note([0.85, 0.68], 0.68, at(1))).toMatchObject([{ index: 1, before: 0.85, after: 0.68 }]);
  });
  test("scores of one proposer are followed from action to action", () => {
    const tracker = createWoundTracker();
    tracker.note([], 0.9, at(0));
    expect(tracker.note([], 0.6, at(1))).toHaveLength(1);
    expect(tracker.count(at(2))).toBe(1);
  });
  test("they are forgotten after their window, and when a person looked", () => {
    const tracker = createWoundTracker();
    tracker.note([1, 0, 1, 0], 0, at(0));
    expect(tracker.count(at(1))).toBe(2);
    expect(tracker.count(at(WOUND_WINDOW_US + 2))).toBe(0);
    tracker.note([1, 0], 0, at(WOUND_WINDOW_US + 3));
    tracker.heal();
    expect(tracker.count(at(WOUND_WINDOW_US + 4))).toBe(0);
  });
});

describe("helpers", () => {
  test("the formula of the specification", () => {
    expect([0, 1, 2, 5, 6, 10].map((w) => helpersFor(w, 0))).toEqual([1, 1, 2, 3, 4, 6]);
    expect([5, 6, 10].map((w) => helpersFor(w, 0.95))).toEqual([5, 6, 9]);
    expect(helpersFor(5, 0.9499)).toBe(3);
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
  test("the proof is the share of the newest questions that are the same", () => {
    const loops = createLoopDetector(1_000_000);
    loops.ask(["a"], at(0));
    expect(loops.ask(["b", "b", "b"], at(1)).proof).toBe(0.75);
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
