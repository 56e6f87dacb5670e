import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rig } from "./rig.ts";

describe("A1 single-channel e-stop", () => {
  test("A1 pressed stops at once and stays latched after ten healthy minutes", () => {
    const rig = new Rig({ stop: { quantity: "estop" } }).at(10);
    rig.send("stop", [1]);
    expect(rig.latched()).toEqual([]);
    rig.after(1).send("stop", [0]);
    expect(rig.reflex.worst).toBe("stop");
    expect(rig.active()).toContain("ESTOP_PRESSED");
    rig.feed("stop", [1], 600_000, 50);
    expect(rig.active()).toEqual([]);
    expect(rig.latched()).toEqual(["ESTOP_PRESSED"]);
    expect(rig.reflex.worst).toBe("stop");
  });

  test("A2 reset while pressed clears nothing; reset after release does", () => {
    const rig = new Rig({ stop: { quantity: "estop" } }).at(10);
    rig.send("stop", [0]);
    rig.feed("stop", [0], 50);
    const refused = rig.reflex.reset();
    expect(refused.ok).toBe(false);
    expect(!refused.ok && refused.blockedBy.map((c) => c.code)).toEqual(["ESTOP_PRESSED"]);
    rig.feed("stop", [1], 50);
    expect(rig.reflex.reset()).toEqual({ ok: true });
    expect(rig.reflex.worst).toBe("none");
  });

  test("B11 an unreadable e-stop counts as pressed", () => {
    const rig = new Rig({ stop: { quantity: "estop" } }).at(10);
    rig.send("stop", [1]);
    expect(rig.send("stop", [0.5])).toBe(false);
    expect(rig.active()).toContain("ESTOP_UNREADABLE");
    rig.feed("stop", [1], 20);
    expect(rig.latched()).toContain("ESTOP_UNREADABLE");
  });

  test("A7 a latched e-stop of the last run is latched again", () => {
    const rig = new Rig({ stop: { quantity: "estop" } });
    rig.reflex.restore([{ code: "ESTOP_PRESSED", source: "stop", detail: "before" }]);
    rig.feed("stop", [1], 100);
    expect(rig.reflex.worst).toBe("stop");
    expect(rig.reflex.reset()).toEqual({ ok: true });
    expect(rig.reflex.worst).toBe("none");
  });
});

type Wiring = "equivalent" | "complementary";
const meaning = (wiring: Wiring, a: number, b: number): "on" | "off" | "disagree" => {
  if (wiring === "equivalent") return a === b ? (a === 1 ? "on" : "off") : "disagree";
  return a !== b ? (a === 1 ? "on" : "off") : "disagree";
};

/** The table once more, written as one loop over the whole history instead of as a state machine. */
function expected(wiring: Wiring, steps: readonly { a: number; b: number; ms: number }[], limitMs: number) {
  let faulted = false;
  let pressed = false;
  let disagreeFrom: number | null = null;
  let t = 10;
  for (const step of steps) {
    const now = meaning(wiring, step.a, step.b);
    if (now === "on") pressed = false;
    if (now !== "on") pressed = true;
    if (now === "disagree") disagreeFrom ??= t;
    else disagreeFrom = null;
    if (now === "off") faulted = false;
    t += step.ms;
    if (disagreeFrom !== null && t - disagreeFrom >= limitMs) faulted = true;
  }
  return { pressed, faulted };
}

describe("A4 dual-channel e-stop", () => {
  const LIMIT_MS = 500;
  for (const wiring of ["equivalent", "complementary"] as const) {
    test(`A4 ${wiring}: every walk of four states and times follows the table`, () => {
      const state = fc.record({
        a: fc.constantFrom(0, 1),
        b: fc.constantFrom(0, 1),
        // on both sides of the limit and exactly on it; multiples of a tick
        ms: fc.constantFrom(10, 100, LIMIT_MS - 10, LIMIT_MS, LIMIT_MS + 10, 2_000),
      });
      fc.assert(
        fc.property(fc.array(state, { minLength: 1, maxLength: 12 }), (steps) => {
          const rig = new Rig(
            {
              pair: {
                quantity: "estopDual",
                monitored: false,
                because: "silence is not what is tested here",
              },
            },
            { estop: { dual: { pair: { wiring, discrepancyMs: LIMIT_MS } } } },
          ).at(10);
          let everOff = false;
          for (const step of steps) {
            rig.send("pair", [step.a, step.b]);
            everOff ||= meaning(wiring, step.a, step.b) !== "on";
            rig.after(step.ms);
          }
          const want = expected(wiring, steps, LIMIT_MS);
          expect(rig.reflex.isActive("ESTOP_PRESSED")).toBe(want.pressed);
          expect(rig.reflex.isActive("ESTOP_DISCREPANCY")).toBe(want.faulted);
          expect(rig.reflex.worst).toBe(everOff ? "stop" : "none");
          expect(rig.reflex.reset().ok).toBe(!want.pressed && !want.faulted);
        }),
        { seed: 4, numRuns: 400 },
      );
    });

    test(`A4 ${wiring}: all pairs of states, before, at and after the limit`, () => {
      const states = [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ] as const;
      for (const [a1, b1] of states)
        for (const [a2, b2] of states)
          for (const ms of [490, 500, 510]) {
            const rig = new Rig(
              {
                pair: {
                  quantity: "estopDual",
                  monitored: false,
                  because: "silence is not what is tested here",
                },
              },
              { estop: { dual: { pair: { wiring } } } },
            ).at(10);
            const steps = [
              { a: a1, b: b1, ms },
              { a: a2, b: b2, ms: 10 },
            ];
            for (const step of steps) {
              rig.send("pair", [step.a, step.b]);
              rig.after(step.ms);
            }
            const want = expected(wiring, steps, 500);
            expect([
              a1,
              b1,
              a2,
              b2,
              ms,
              rig.reflex.isActive("ESTOP_PRESSED"),
              rig.reflex.isActive("ESTOP_DISCREPANCY"),
            ]).toEqual([a1, b1, a2, b2, ms, want.pressed, want.faulted]);
          }
    });
  }

  test("A4 a fault of the last run needs both channels seen off before reset", () => {
    const rig = new Rig({ pair: { quantity: "estopDual" } });
    rig.reflex.restore([{ code: "ESTOP_DISCREPANCY", source: "pair", detail: "before" }]);
    rig.feed("pair", [1, 1], 100);
    expect(rig.reflex.reset().ok).toBe(false);
    rig.feed("pair", [0, 0], 20).feed("pair", [1, 1], 20);
    expect(rig.reflex.reset().ok).toBe(true);
  });
});
