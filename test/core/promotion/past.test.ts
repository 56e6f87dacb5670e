import { describe, expect, test } from "vitest";
import { createPrng } from "../../../src/core/base/prng.ts";
import type { ReceiptBody } from "../../../src/core/domain/index.ts";
import { alphaOf, decide, readPast } from "../../../src/core/promotion/index.ts";
import { evidenceOf } from "./evidence-fixture.ts";
import { count } from "../../count.ts";

type Promotion = Extract<ReceiptBody, { receipt_type: "promotion" }>;
const said = (candidate: string, step: string, more: Partial<Promotion> = {}): Promotion => ({
  receipt_type: "promotion",
  candidate,
  baseline: "b",
  step,
  outcome: "passed",
  code: "PROMOTION_PASSED",
  ...more,
  terms: { kind: "head", ...more.terms },
});
const plan = (candidate: string, scenarios = 500) =>
  said(candidate, "plan", { terms: { scenarios, battery: "robot-factory" } });
const refused = (candidate: string) =>
  said(candidate, "decide", { outcome: "refused", code: "X", terms: { detail: "why" } });

describe("receipts remember what a folder may forget", () => {
  const back = (code: string): ReceiptBody => ({
    receipt_type: "rollback",
    from: "a",
    to: "b",
    code,
    reason: "it stops too much",
    terms: {},
  });
  test("refused, decided anew, refused; taken back by the cell, not by a rollout", () => {
    expect(readPast([refused("a")]).refused("a")).toBe("X: why");
    expect(readPast([refused("a"), said("a", "again")]).refused("a")).toBeNull();
    expect(readPast([back("ROLLBACK_FALSE_STOPS")]).refused("a")).toMatch(/^ROLLBACK_FALSE_STOPS/);
    expect(readPast([back("ORDER_ACCEPTED")]).refused("a")).toBeNull();
  });
  test("what may be in use: promoted or ordered, and not taken back since", () => {
    const taken = said("a", "decide", { outcome: "promoted", terms: { swapped: true } });
    const ordered = (what: string): ReceiptBody => ({
      receipt_type: "config_change",
      what,
      before_hash: "b",
      after_hash: "a",
      by: "fleet:p",
      reason: "",
      details: {},
    });
    const may = (...bodies: ReceiptBody[]): boolean => readPast(bodies).undecided("a") === null;
    expect(may()).toBe(false);
    expect(may(plan("a"), refused("a"))).toBe(false);
    expect(may(said("a", "decide", { outcome: "promoted", terms: { swapped: false } }))).toBe(false);
    expect(may(taken)).toBe(true);
    // asked about once more and refused: what is in use was decided about all the same
    expect(may(taken, refused("a"))).toBe(true);
    expect(may(taken, back("ROLLBACK_FALSE_STOPS"))).toBe(false);
    expect(may(taken, back("ROLLBACK_FALSE_STOPS"), said("a", "again"), taken)).toBe(true);
    expect(may(ordered("head by a fleet order"))).toBe(true);
    expect(may(ordered("head by a fleet order"), back("ORDER_ACCEPTED"))).toBe(false);
    expect(may(ordered("kill switch"))).toBe(false);
    expect(readPast([back("ORDER_ACCEPTED")]).undecided("b")).toBeNull();
    expect(readPast([back("ROLLBACK_BY_PERSON")]).undecided("b")).not.toBeNull();
  });
  test("what the watch allows stands in the receipt of the promotion, whatever a folder says", () => {
    const rates = { falseStopRateMax: 0.1, riseRateMax: 0.2 };
    const taken = (terms: Promotion["terms"]) =>
      said("a", "decide", { outcome: "promoted", terms: { swapped: true, ...terms } });
    expect(readPast([taken({ rates })]).rates("a")).toEqual(rates);
    expect(readPast([taken({ rates }), back("ROLLBACK_SMELL")]).rates("a")).toBeNull();
    const ordered = { ...back("ORDER_ACCEPTED"), from: "c", to: "a" } as ReceiptBody;
    expect(readPast([taken({ rates }), ordered]).rates("a")).toEqual(rates);
    for (const other of [null, "1", {}, { falseStopRateMax: "1", riseRateMax: 1 }])
      expect(readPast([taken({ rates: other })]).rates("a")).toBeNull();
  });
  test("candidates are counted by their place, since the last promotion there; a calibration is one for the head's", () => {
    const rules = said("r", "plan", { terms: { kind: "rules", scenarios: 500, battery: "x" } });
    const past = readPast([plan("a"), plan("a"), plan("b"), refused("b"), rules]);
    expect([past.attempt("calibration", "c"), past.attempt("head", "a"), past.attempt("gate", "g")]).toEqual([
      3, 2, 1,
    ]);
    const promoted = said("b", "decide", { outcome: "promoted", terms: { swapped: true } });
    expect(readPast([plan("a"), plan("b"), promoted]).attempt("head", "c")).toBe(1);
    // only looked at: it is still the same place
    const dry = said("b", "decide", { outcome: "promoted", terms: { swapped: false } });
    expect(readPast([plan("a"), plan("b"), dry]).attempt("head", "c")).toBe(3);
  });
  test("the first plan counts, the newest mark of a run", () => {
    const mark = (lines: number) => said("a", "measured", { terms: { run: "k", lines, sha256: `${lines}` } });
    const past = readPast([plan("a", 60), mark(3), plan("a", 500), mark(9)]);
    expect(past.plan("a", "b")).toEqual({ battery: "robot-factory", scenarios: 60 });
    expect(past.plan("a", "other")).toBeNull();
    expect(past.run("k")).toEqual({ lines: 9, sha256: "9" });
  });
});

describe("trying until it passes", () => {
  test("all candidates after the first have the error probability of one together", () => {
    expect([1, 2, 3, 4].map(alphaOf)).toEqual([0.05, 0.025, 0.05 / 6, 0.05 / 12]);
    let sum = 0;
    for (let k = 2; k < 100_000; k++) sum += alphaOf(k);
    expect(sum).toBeLessThan(0.05);
  });
  test("a candidate as bad as may just not be, changed 40 times: in at most 10 % of attempts at all one gets in", () => {
    const passes = (seed: number, attempt: number): boolean => {
      const prng = createPrng(seed).split(attempt);
      const worse = Array.from({ length: 200 }, () => prng.nextFloat() < 0.05);
      const n = worse.length;
      const e = evidenceOf({
        n,
        evidence: { attempt },
        candidate: (side, m) => (worse[m.index]! ? { ...side, energy: side.energy + 9 } : side),
      });
      return decide(e).steps.find((s) => s.step === "delta")!.troubles.length === 0;
    };
    const runs = count(30, 100);
    const share = (attemptOf: (k: number) => number, tries: number): number => {
      let hit = 0;
      for (let seed = 0; seed < runs; seed++)
        if (Array.from({ length: tries }, (_, k) => k).some((k) => passes(seed * 1_000 + k, attemptOf(k))))
          hit++;
      return hit / runs;
    };
    expect(share((k) => k + 1, 40)).toBeLessThanOrEqual(0.1);
    // without it, who tries long enough gets in
    expect(share(() => 1, 40)).toBeGreaterThan(0.3);
  });
  test("a changed plan needs what somebody needs who looks: 88 clean scenarios of those drawn after the freeze", () => {
    const of = (n: number) => decide(evidenceOf({ n, evidence: { planChanged: "planned otherwise" } }));
    expect(of(174).outcome).toBe("insufficient");
    expect(of(176).outcome).toBe("promoted");
  });
  test("a deployment that no node ran with is no baseline", () => {
    expect(decide(evidenceOf({ evidence: { ownChanged: "other rules" } }))).toMatchObject({
      outcome: "refused",
      code: "PROMOTION_BASELINE_SWAPPED",
    });
  });
});
