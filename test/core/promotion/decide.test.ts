import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPrng } from "../../../src/core/base/prng.ts";
import {
  createInterimTest,
  decide,
  deltaReport,
  divergenceReport,
  fisherUpper,
  freeze,
  histogram,
  manifestHash,
  type Side,
  separationOf,
  verifyParts,
} from "../../../src/core/promotion/index.ts";
import { allowedExceedances } from "../../../src/core/stats/index.ts";
import { evidenceOf } from "./evidence-fixture.ts";

type Side0 = Side & { score: number };
type Where = { index: number; risky: boolean; set: string };
const bytes = (text: string) => new TextEncoder().encode(text);

describe("F33 promote only what is proven", () => {
  test("an honest, better candidate is promoted", () => {
    const d = decide(evidenceOf());
    expect(d.steps.flatMap((s) => s.troubles)).toEqual([]);
    expect(d.outcome).toBe("promoted");
    expect(d.delta.p95Upper).toBeLessThanOrEqual(0);
    expect(d.delta.worst).not.toBeNull();
  });
  test("58 fresh scenarios are too few, 59 are enough", () => {
    const of = (n: number) => decide(evidenceOf({ n, share: 0 }));
    expect(of(58)).toMatchObject({ outcome: "insufficient", code: "PROMOTION_INSUFFICIENT" });
    expect(of(59)).toMatchObject({ outcome: "promoted" });
  });
  test("fixed hand-made scenarios are no sample", () => {
    const e = evidenceOf();
    const fixed = { ...e, measurements: e.measurements.map((m) => ({ ...m, sampled: false })) };
    expect(decide(fixed).outcome).toBe("insufficient");
  });
  test("without scenarios drawn after the freeze nothing is promoted", () => {
    expect(decide(evidenceOf({ share: 1 })).outcome).toBe("insufficient");
  });
  test("one hard case lost is one too many", () => {
    const d = decide(evidenceOf({ candidate: (s, m) => (m.index === 100 ? { ...s, inTime: false } : s) }));
    expect(d).toMatchObject({ outcome: "refused", code: "PROMOTION_HARD_CASE_LOST", missedHard: ["s100"] });
  });
  test("a step outside the trust region is refused even when it is better everywhere", () => {
    const d = decide(
      evidenceOf({ candidate: (s, m) => (m.risky ? { ...s, decisions: [10, 0, 0, 560] } : s) }),
    );
    expect(d).toMatchObject({ outcome: "refused", code: "PROMOTION_DIVERGENCE" });
  });
  test("a policy check that did not run did not pass", () => {
    expect(decide(evidenceOf({ evidence: { policies: [] } })).code).toBe("PROMOTION_POLICY_MISSING");
    const failed = { name: "loads", passed: false, detail: "no" };
    const e = evidenceOf();
    expect(decide({ ...e, policies: [...e.policies.slice(1), failed] }).code).toBe("PROMOTION_POLICY_FAILED");
  });
  test("needless stops", () => {
    const d = decide(
      evidenceOf({ candidate: (s, m) => (!m.risky && m.index % 10 === 1 ? { ...s, stopped: true } : s) }),
    );
    expect(d).toMatchObject({ outcome: "refused", code: "PROMOTION_FALSE_STOPS" });
  });
});

describe("crafted candidates are refused, each with its own code", () => {
  test.each([
    [
      "memorised battery",
      "PROMOTION_MEMORISED",
      {
        candidate: (s: Side0, m: Where) =>
          m.set === "untouched" && m.risky ? { ...s, energy: s.energy + 1 } : s,
      },
    ],
    ["constant output", "PROMOTION_CONSTANT", { candidate: (s: Side0) => ({ ...s, score: 0.4 }) }],
    ["V_s scaled down", "PROMOTION_SCALED", { candidate: (s: Side0) => ({ ...s, score: s.score * 0.7 }) }],
    [
      "NaN in one scenario",
      "PROMOTION_UNREADABLE",
      {
        candidate: (s: Side0, m: Where) => (m.index === 321 ? { ...s, score: Number.NaN } : s),
      },
    ],
    [
      "NaN on a rare input",
      "PROMOTION_UNREADABLE",
      {
        evidence: { probes: [{ name: "force at its maximum", trouble: "NaN" }] },
      },
    ],
    [
      "worse on 6 % of scenarios",
      "PROMOTION_RISK_HIGHER",
      {
        candidate: (s: Side0, m: Where) => (m.index % 17 === 0 ? { ...s, energy: s.energy + 0.5 } : s),
      },
    ],
    ["tampered artefact", "PROMOTION_TAMPERED", { evidence: { tampered: "part head.json" } }],
    ["swapped baseline", "PROMOTION_BASELINE_SWAPPED", { evidence: { active: "d".repeat(64) } }],
    [
      "evidence of another candidate",
      "PROMOTION_EVIDENCE_FOREIGN",
      {
        evidence: { measuredWith: { candidate: "x", baseline: "y", battery: "z" } },
      },
    ],
    ["left-out scenarios", "PROMOTION_EVIDENCE_INCOMPLETE", { evidence: { planned: ["s0", "gone"] } }],
    ["refused before", "PROMOTION_REFUSED_BEFORE", { evidence: { refusedBefore: "yesterday" } }],
  ] as const)("%s → %s", (_, code, shape) => {
    const d = decide(evidenceOf(shape as never));
    expect(d.outcome).toBe("refused");
    expect(d.code).toBe(code);
  });
  test("scores in another order are miscalibrated", () => {
    const d = decide(evidenceOf({ candidate: (s, m) => ({ ...s, score: 1.1 + ((m.index * 7) % 13) / 13 }) }));
    expect(d.code).toBe("PROMOTION_MISCALIBRATED");
  });
  test("NaN as energy counts as worse, never as better", () => {
    const e = evidenceOf({ candidate: (s) => ({ ...s, energy: Number.NaN }) });
    expect(deltaReport(e.measurements).worse).toBe(500);
    expect(decide(e).outcome).toBe("refused");
  });
  test("property: whatever the exceedances, the outcome follows the exact bound", () => {
    fc.assert(
      fc.property(fc.integer({ min: 59, max: 400 }), fc.integer({ min: 0, max: 40 }), (n, worse) => {
        const e = evidenceOf({
          n,
          share: 0,
          candidate: (s, m) => ({ ...s, energy: m.index < worse ? 9 : s.energy }),
        });
        expect(decide(e).code === "PROMOTION_RISK_HIGHER").toBe(worse > allowedExceedances(n));
      }),
      { seed: 7, numRuns: 100 },
    );
  });
});

describe("statistics against reference values", () => {
  test("with interim looks 88 clean scenarios promote, 87 do not; 59 without", () => {
    const looks = createInterimTest();
    let at = 0;
    for (let i = 1; i <= 120 && at === 0; i++) if (looks.add(false) === "proven") at = i;
    expect(at).toBe(88);
    const of = (n: number, interimLooks: boolean) =>
      decide(evidenceOf({ n, share: 0 }), { klMax: 0.2, interimLooks }).outcome;
    expect(of(87, true)).toBe("insufficient");
    expect(of(88, true)).toBe("promoted");
    expect(of(87, false)).toBe("promoted");
  });
  test("e-values of the reference table", () => {
    const run = (worse: number, clean: number) => {
      const t = createInterimTest();
      for (let i = 0; i < worse; i++) t.add(true);
      for (let i = 0; i < clean; i++) t.add(false);
      return Math.exp(t.evidence);
    };
    expect(run(0, 100)).toBeCloseTo(33.25818, 4);
    expect(run(3, 197)).toBeCloseTo(14.69522, 4);
    expect(run(10, 490)).toBeCloseTo(136.81432, 3);
    expect(run(20, 980)).toBeCloseTo(41806.57, 0);
  });
  test("false promotions with looks after every scenario stay below 5 % at the boundary", () => {
    let promoted = 0;
    const runs = 600;
    for (let seed = 0; seed < runs; seed++) {
      const prng = createPrng(seed);
      const t = createInterimTest();
      for (let i = 0; i < 600 && t.look === "go-on"; i++) t.add(prng.nextFloat() < 0.05);
      if (t.look === "proven") promoted++;
    }
    expect(promoted / runs).toBeLessThanOrEqual(0.05);
  });
  test("n, c and the share bound of the report", () => {
    const report = (n: number, worse: number) =>
      deltaReport(
        evidenceOf({ n, candidate: (s, m) => ({ ...s, energy: m.index < worse ? 9 : s.energy }) })
          .measurements,
      );
    for (const [n, c] of [
      [200, 4],
      [500, 16],
      [1000, 38],
      [2000, 83],
    ] as const)
      expect(report(n, 0).allowed).toBe(c);
    expect(report(59, 0).worseShareUpper).toBeCloseTo(0.0495076, 7);
    expect(report(93, 1).worseShareUpper).toBeCloseTo(0.049994, 6);
    expect(report(200, 3).worseShareUpper).toBeCloseTo(0.0383097, 7);
    expect(report(500, 16).worseShareUpper).toBeCloseTo(0.0481981, 7);
  });
  test("no divergence between equal decisions; more for larger changes", () => {
    const of = (first: number) =>
      divergenceReport(
        evidenceOf({ candidate: (s) => ({ ...s, decisions: [first, 0, 0, 570 - first] }) }).measurements,
      );
    expect(divergenceReport(evidenceOf().measurements).upper).toBe(0);
    expect(of(200).upper).toBeGreaterThan(of(280).upper);
    expect(divergenceReport([]).upper).toBe(Number.POSITIVE_INFINITY);
  });
  test("Fisher's exact test, tea-tasting", () => {
    expect(fisherUpper(1, 4, 3, 4)).toBeCloseTo(17 / 70, 12);
    expect(fisherUpper(0, 4, 4, 4)).toBeCloseTo(1 / 70, 12);
  });
  test("order of risky and harmless", () => {
    expect(separationOf([1, 2, 3, 4], [false, false, true, true])).toBe(1);
    expect(separationOf([1, 1], [false, true])).toBe(0.5);
    expect(separationOf([1], [true])).toBeNaN();
  });
  test("histogram counts everything once", () => {
    const { counts, edges } = histogram([0, 1, 2, Number.POSITIVE_INFINITY, Number.NaN], 4);
    expect(counts.reduce((a, b) => a + b)).toBe(5);
    expect(edges).toHaveLength(5);
  });
});

describe("freeze", () => {
  const parts = { "head.json": bytes("{}"), "calibration.json": bytes("[]") };
  test("the name follows the bytes, not the order of files", () => {
    const a = freeze("head", parts);
    const b = freeze("head", {
      "calibration.json": parts["calibration.json"],
      "head.json": parts["head.json"],
    });
    expect(a.ok && b.ok && manifestHash(a.value) === manifestHash(b.value)).toBe(true);
  });
  test("one changed bit, a missing or an added part is found", () => {
    const frozen = freeze("head", parts);
    if (!frozen.ok) throw new Error(frozen.error.detail);
    expect(verifyParts(frozen.value, parts)).toBeNull();
    for (const other of [
      { ...parts, "head.json": bytes("{ ") },
      { "head.json": parts["head.json"] },
      { ...parts, "more.json": bytes("") },
    ])
      expect(verifyParts(frozen.value, other as never)?.code).toBe("PROMOTION_TAMPERED");
  });
  test("nothing, and names that lead elsewhere, are refused", () => {
    expect(freeze("head", {}).ok).toBe(false);
    expect(freeze("head", { "../x": bytes("") }).ok).toBe(false);
  });
});
