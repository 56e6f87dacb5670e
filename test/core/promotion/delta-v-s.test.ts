import { describe, expect, test } from "vitest";
import { decide, outcomeOf } from "../../../src/core/promotion/index.ts";
import { evidenceOf } from "./evidence-fixture.ts";

describe("ΔV_s = V_s new − V_s old", () => {
  test("stands beside what is let happen, holds or says why not", () => {
    const same = decide(evidenceOf()).energyDelta!;
    expect(same).toMatchObject({ n: 500, worse: 0, holds: true, because: "" });
    const louder = decide(
      evidenceOf({ candidate: (s, m) => (m.risky ? { ...s, score: s.score! * 1.2 } : s) }),
    );
    expect(louder.outcome).toBe("promoted");
    expect(louder.energyDelta).toMatchObject({ worse: 250, holds: false });
    expect(louder.energyDelta!.because).toContain("250 of these are risky");
  });
  test("is not known where one side has no head", () => {
    const e = evidenceOf();
    const bare = e.measurements.map((m) => ({ ...m, baseline: { ...m.baseline, score: null } }));
    expect(decide({ ...e, measurements: bare }).energyDelta).toBeNull();
  });
  test("alone against a candidate that is better in everything that happened: told, not remembered as refused", () => {
    // the baseline stops some harmless scenarios and orders them worse; the candidate alarms a little later in every tenth
    const e = evidenceOf({
      candidate: (s, m) => (m.index % 10 === 0 ? { ...s, energy: s.energy + 0.5 } : s),
    });
    const measurements = e.measurements.map((m, i) =>
      !m.risky && i % 20 === 1 ? { ...m, baseline: { ...m.baseline, stopped: true, score: 1.9 } } : m,
    );
    const better = decide({ ...e, measurements });
    expect(better.outcome).toBe("insufficient");
    expect(better.code).toBe("PROMOTION_DELTA_SPURIOUS");
    expect(better.steps.flatMap((s) => s.troubles.map((t) => t.code))).toContain("PROMOTION_RISK_HIGHER");
    // the same with one hazard answered too late is no smell but a reason
    const late = measurements.map((m, i) =>
      i === 20 ? { ...m, hard: false, candidate: { ...m.candidate, inTime: false } } : m,
    );
    expect(decide({ ...e, measurements: late }).outcome).toBe("refused");
  });
  test("another order with lower numbers is not called the baseline's numbers made smaller", () => {
    const other = decide(
      evidenceOf({
        candidate: (s, m) => ({ ...s, score: (m.risky ? 0.9 : 0.3) + ((m.index * 37) % 101) / 500 }),
      }),
    );
    const codes = other.steps.flatMap((s) => s.troubles.map((t) => t.code));
    expect(codes).not.toContain("PROMOTION_SCALED");
  });
});

describe("a step over nothing", () => {
  test("is neither passed nor refused", () => {
    const e = evidenceOf();
    const none = decide({
      ...e,
      planned: [],
      measurements: [],
      unmeasured: "the battery's arm has 6 joints",
    });
    expect(none).toMatchObject({ outcome: "insufficient", code: "PROMOTION_NOT_MEASURED" });
    const open = none.steps.filter((s) => ["battery", "delta", "divergence", "smells"].includes(s.step));
    expect(open.map((s) => outcomeOf(s.troubles))).toEqual(Array(4).fill("insufficient"));
  });
});
