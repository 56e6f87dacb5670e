import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ArtefactStore, BUILT_IN, inUse } from "../../../src/node/in-use/index.ts";
import { promoteCandidate, type PromotionRequest, reportOf } from "../../../src/lab/promotion/index.ts";
import { freeze, readPast } from "../../../src/core/promotion/index.ts";
import type { ReceiptBody } from "../../../src/core/domain/index.ts";
import { renderReport } from "../../../src/edge/report/index.ts";
import { demo } from "../../node/in-process.ts";
import { headText } from "./head-fixture.ts";

const dir = mkdtempSync(join(tmpdir(), "cellgate-promotion-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const receipts: ReceiptBody[] = [];
const loaded = demo();
const own = { ok: true, file: "demo.yaml", ...loaded } as const;
const run = (head: string, more: Partial<PromotionRequest> = {}) => {
  const store = new ArtefactStore(dir);
  return promoteCandidate({
    store,
    kind: "head",
    parts: { "head.json": Buffer.from(head) },
    own,
    used: inUse(own, store, 1, null),
    battery: "robot-factory",
    scenarios: 120,
    interimLooks: false,
    again: null,
    by: "lead",
    at: 1,
    partialFolder: join(dir, "runs"),
    threads: 2,
    swap: true,
    past: readPast(receipts),
    receipt: (body) => void receipts.push(body),
    stored: async () => {},
    ...more,
  });
};

describe("promotion from the artefact to the swap, on the simulated cell", () => {
  test("a head that warns a little earlier is promoted; scaled, tampered and swapped ones are refused", async () => {
    const store = new ArtefactStore(dir);
    const before = Buffer.from(headText());
    const frozen = freeze("head", { "head.json": before });
    if (!frozen.ok) throw new Error(frozen.error.detail);
    const kept = store.keep(frozen.value, { "head.json": before });
    if (!kept.ok) throw new Error(kept.error.detail);
    store.promote(kept.value, { code: "PROMOTION_PROMOTED", detail: "commissioned", by: "lead", at: 0 });

    const first = await run(headText({ nearM: 0.905 }));
    expect(first.decision.steps.flatMap((s) => s.troubles)).toEqual([]);
    expect(first.decision.outcome).toBe("promoted");
    expect(new ArtefactStore(dir).active("head")).toBe(first.hash);
    const steps = receipts.map((r) => (r.receipt_type === "promotion" ? r.step : ""));
    expect(steps.filter((step) => step !== "measured")).toEqual([
      "plan",
      "freeze",
      "battery",
      "delta",
      "divergence",
      "policy",
      "smells",
      "decide",
    ]);

    const scaled = await run(headText({ nearM: 0.905, factor: 0.5 }), { scenarios: 16 });
    expect(scaled.decision.code).toBe("PROMOTION_SCALED");
    expect(new ArtefactStore(dir).refusedBefore(scaled.hash)).toMatch(/SCALED/);
    const again = await run(headText({ nearM: 0.905, factor: 0.5 }), { scenarios: 16 });
    expect(again.decision.code).toBe("PROMOTION_REFUSED_BEFORE");

    const swapped = await run(headText({ nearM: 0.91 }), { against: BUILT_IN, scenarios: 8 });
    expect(swapped.decision.code).toBe("PROMOTION_BASELINE_SWAPPED");
    const constant = await run(headText({ factor: 0, missing: 0 }), { scenarios: 16 });
    expect(constant.decision.code).toBe("PROMOTION_CONSTANT");
    expect(new ArtefactStore(dir).active("head")).toBe(first.hash);

    const html = renderReport(reportOf(first));
    expect(html).toContain("P95(ΔV_s), upper bound");
    // V_s new − V_s old stands beside what is let happen, in the decision, the report and the receipt of the step
    const change = first.decision.energyDelta!;
    expect(change.n).toBe(first.decision.delta.n);
    expect(change.holds || change.because !== "").toBe(true);
    const told = receipts.find((r) => r.receipt_type === "promotion" && r.step === "delta");
    expect((told as { terms: object }).terms).toMatchObject({
      delta_v_s: { n: change.n, holds: change.holds },
    });
    // nothing is loaded: no element points elsewhere, and the page's own policy forbids it
    expect(html).not.toMatch(/<(script|img|iframe)[^>]+src=|<link\b/);
    expect(html).toContain("default-src 'none'");
  }, 300_000);

  test("a head file with one changed number does not load", async () => {
    const result = await run(headText().replace('"threshold":1', '"threshold":2'));
    expect(result.decision).toMatchObject({ outcome: "refused" });
    expect(result.evidence.policies[0]).toMatchObject({ name: "loads", passed: false });
  }, 60_000);

  test("results on the disk that were edited are found out", async () => {
    const head = headText({ nearM: 0.95 });
    const scenarios = 16;
    const stop = new AbortController();
    const part = await run(head, {
      scenarios,
      signal: stop.signal,
      progress: (done) => void (done >= 8 && stop.abort()),
    });
    expect(part.interrupted).toBe(true);
    const files = readdirSync(join(dir, "runs")).map((f) => join(dir, "runs", f));
    const file = files.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0]!;
    const before = readFileSync(file, "utf8");
    writeFileSync(file, before.replaceAll(/"candidate":\{"energy":[^,]+/g, '"candidate":{"energy":0.123'));
    appendFileSync(file, '{"torn');
    const result = await run(head, { scenarios });
    expect(result.evidence.measurements).toHaveLength(16);
    expect(result.decision.code).toBe("PROMOTION_EVIDENCE_FOREIGN");
  }, 300_000);
});
