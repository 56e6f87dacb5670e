import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jointsAt, Rig } from "./rig.ts";

const BOX = { gate: { zones: { press: { kind: "forbidden", min: [1.5, 0.5, -1], max: [2.5, 1.5, 1] } } } };
const rig = (): Rig => new Rig({ arm: { quantity: "joints" } }, {}, { extra: BOX }).at(10);

// two joints of one metre in a plane: at q = (a, 0) the tool is at 2·(cos a, sin a)
describe("a box that the gate forbids", () => {
  test("stops the arm whose tool stands inside", () => {
    const cell = rig();
    cell.feed("arm", jointsAt(0, 0, 0.1, 0), 20);
    expect(cell.active()).toEqual([]);
    cell.feed("arm", jointsAt(0, 0, 0.5, 0), 20);
    expect(cell.active()).toEqual(["ARM_IN_FORBIDDEN_ZONE"]);
  });
  test("stops the arm that could not stop before it, and lets one pass that can", () => {
    // y = 0.5 is reached at asin(0.25) = 0.2527 rad; half the stop time of 0.3 s is 0.15 s
    const slow = rig();
    slow.feed("arm", jointsAt(0.6, 0, 0.15, 0), 20);
    expect(slow.active()).toEqual([]);
    const fast = rig();
    fast.feed("arm", jointsAt(0.74, 0, 0.15, 0), 20);
    expect(fast.active()).toContain("ARM_IN_FORBIDDEN_ZONE");
  });
  test("a link that reaches through counts as well as the tool", () => {
    // elbow (0.70, 0.71), tool (0.98, 1.67): both beside a box that the middle of the forearm (0.84, 1.19) is in
    const narrow = {
      gate: { zones: { post: { kind: "forbidden", min: [0.75, 1, -1], max: [0.9, 1.4, 1] } } },
    };
    const reaching = new Rig({ arm: { quantity: "joints" } }, {}, { extra: narrow }).at(10);
    reaching.feed("arm", jointsAt(0, 0, 0.79, 0), 20);
    expect(reaching.active()).toEqual([]);
    reaching.feed("arm", jointsAt(0, 0, 0.79, 0.5), 20);
    expect(reaching.active()).toEqual(["ARM_IN_FORBIDDEN_ZONE"]);
  });
  test("any part of a link counts, not its ends and its middle alone", () => {
    // upper arm from (0, 0) to (0.70, 0.71): a thin wall stands in its first quarter, at (0.2, 0.2)
    const thin = {
      gate: { zones: { wall: { kind: "forbidden", min: [0.19, 0.1, -1], max: [0.2, 0.5, 1] } } },
    };
    const cell = new Rig({ arm: { quantity: "joints" } }, {}, { extra: thin }).at(10);
    cell.feed("arm", jointsAt(0, 0, 0.3, 0), 20);
    expect(cell.active()).toEqual([]);
    cell.feed("arm", jointsAt(0, 0, 0.79, 0), 20);
    expect(cell.active()).toEqual(["ARM_IN_FORBIDDEN_ZONE"]);
  });
  test("what a stop from now on passes through counts, not its end alone", () => {
    // the tool goes from (2, 0) to (1.9, 0.6) within half the stop time; a thin wall stands at y = 0.3
    const thin = {
      gate: { zones: { wall: { kind: "forbidden", min: [1.8, 0.3, -1], max: [2.2, 0.31, 1] } } },
    };
    const cell = new Rig({ arm: { quantity: "joints" } }, {}, { extra: thin }).at(10);
    cell.feed("arm", jointsAt(0, 0, 0, 0), 20);
    expect(cell.active()).toEqual([]);
    cell.feed("arm", jointsAt(2, 0, 0, 0), 20);
    expect(cell.active()).toContain("ARM_IN_FORBIDDEN_ZONE");
  });
  test("an arm may stand on a box, and move beside it", () => {
    const floor = { gate: { zones: { floor: { kind: "forbidden", min: [-3, -3, -1], max: [3, 3, 0] } } } };
    const cell = new Rig({ arm: { quantity: "joints" } }, {}, { extra: floor }).at(10);
    cell.feed("arm", jointsAt(0.5, 0.5, 0.3, 0.2), 20);
    expect(cell.active()).toEqual([]);
  });
  test("a work zone and a cell without joints give no rule", () => {
    const work = { gate: { zones: { bench: { ...BOX.gate.zones.press, kind: "work" } } } };
    const cell = new Rig({ arm: { quantity: "joints" } }, {}, { extra: work }).at(10);
    cell.feed("arm", jointsAt(0, 0, 0.5, 0), 20);
    expect(cell.active()).toEqual([]);
  });
  test("states how much room is left on the way of a stop, and is used up exactly where it stops", () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.double({ min: -1, max: 1, noNaN: true })),
        fc.tuple(fc.double({ min: -2, max: 2, noNaN: true }), fc.double({ min: -2, max: 2, noNaN: true })),
        ([q0, q1], [v0, v1]) => {
          const cell = rig();
          const margin = cell.reflex.measured
            .flatMap((rule) => rule.margins ?? [])
            .find(({ code }) => code === "ARM_IN_FORBIDDEN_ZONE")!;
          cell.feed("arm", jointsAt(v0, v1, q0, q1), 20);
          cell.reflex.measure({
            t: 0 as never,
            channel: 0 as never,
            values: Float64Array.from(jointsAt(v0, v1, q0, q1)),
          });
          if (Math.abs(margin.left) > 1e-9)
            expect(cell.active().includes("ARM_IN_FORBIDDEN_ZONE")).toBe(margin.left < 0);
        },
      ),
      { numRuns: 500 },
    );
  });
});
