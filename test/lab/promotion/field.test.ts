import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ArtefactStore, inUse } from "../../../src/node/in-use/index.ts";
import {
  fieldRecordings,
  promoteCandidate,
  type PromotionRequest,
  rememberField,
  reportOf,
} from "../../../src/lab/promotion/index.ts";
import type { ReceiptBody } from "../../../src/core/domain/index.ts";
import { type CandidateKind, freeze, readPast } from "../../../src/core/promotion/index.ts";
import { renderReport } from "../../../src/edge/report/index.ts";
import { demo } from "../../node/in-process.ts";
import { recordTape } from "./field-fixture.ts";
import { headText } from "./head-fixture.ts";

const root = mkdtempSync(join(tmpdir(), "cellgate-field-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const own = { ok: true, file: "launch/demo-cell.yaml", ...demo() } as const;
const { deployment } = own;
const tapes = join(root, "tapes");
/** somebody pushes against the wrist while nothing is near: no scenario of the battery does that */
const push = (s: number): number => (s < 2 ? 5 : Math.min(200, 5 + 195 * (s - 2)));
beforeAll(async () => {
  await recordTape(join(tapes, "push.mcap"), deployment, { force: push });
  await recordTape(join(tapes, "quiet.mcap"), deployment, {});
  await recordTape(join(tapes, "walk.mcap"), deployment, { near: (s) => Math.max(0.4, 2.5 - s / 2) });
});

/** looks at people as before, and no longer feels */
const BLIND = headText({ nearM: 0.905, near: 4, force: 0 });
let count = 0;
const receipts = new Map<string, ReceiptBody[]>();
const dataDir = (): string => join(root, `data-${count++}`);
async function judge(
  dir: string,
  kind: CandidateKind,
  text: string,
  baseline: string | null,
  names: readonly string[],
  more: Partial<PromotionRequest> = {},
  leaveOut: readonly string[] = [],
) {
  const store = new ArtefactStore(dir);
  const told = receipts.get(dir) ?? [];
  receipts.set(dir, told);
  if (baseline !== null) {
    const parts = { "old.json": Buffer.from(baseline) };
    const frozen = freeze(kind, parts);
    if (!frozen.ok || !store.keep(frozen.value, parts).ok) throw new Error("not kept");
    const kept = store.keep(frozen.value, parts);
    if (kept.ok) store.promote(kept.value, { code: "PROMOTION_PROMOTED", detail: "", by: "lead", at: 0 });
  }
  const field = fieldRecordings({
    dataDir: dir,
    named: names.map((name) => join(tapes, name)),
    leaveOut,
    because: "test",
  });
  if (!field.ok) throw new Error(field.error);
  return promoteCandidate({
    store,
    kind,
    parts: { "new.json": Buffer.from(text) },
    own,
    used: inUse(own, store, 1, null),
    battery: "robot-factory",
    scenarios: 8,
    field: field.value,
    interimLooks: false,
    again: null,
    by: "lead",
    at: 1,
    partialFolder: join(dir, "runs"),
    threads: 2,
    swap: false,
    past: readPast(told),
    receipt: (body) => void told.push(body),
    stored: async () => {},
    ...more,
  });
}
type Judged = Awaited<ReturnType<typeof judge>>;
const troublesOf = ({ decision }: Judged) => decision.steps.flatMap((s) => s.troubles);
const recordingOf = ({ evidence }: Judged, name: string) =>
  evidence.measurements.find((m) => m.scenario === `field/${name}`)!;

describe("a battery is no field", () => {
  test("a head that passes the battery and misses what was recorded is refused, the worst recording named", async () => {
    const result = await judge(dataDir(), "head", BLIND, headText(), [
      "push.mcap",
      "quiet.mcap",
      "walk.mcap",
    ]);
    const { decision } = result;
    expect(decision).toMatchObject({ outcome: "refused", code: "PROMOTION_FIELD_WORSE" });
    const push = recordingOf(result, "push.mcap");
    expect(push.candidate.energy).toBeGreaterThan(push.baseline.energy + 0.05);
    expect(push).toMatchObject({ risky: true, hard: false, candidate: { inTime: false } });
    expect(recordingOf(result, "quiet.mcap")).toMatchObject({ risky: false, candidate: { inTime: true } });
    // none of them is a sample: the bound and the trust region know the battery alone
    expect(decision.delta.n).toBe(8);
    expect(decision.divergence.n).toBe(8);
    const html = renderReport(reportOf(result));
    expect(html).toContain("field/push.mcap");
    expect(html).toContain("worst recording");
  });

  test("a labelled hazard that the baseline answers is a hard case", async () => {
    const labelled = join(tapes, "labelled.mcap");
    await recordTape(labelled, deployment, { force: push });
    writeFileSync(`${labelled}.labels.yaml`, "windows: [{ from_s: 2.5, to_s: 4, what: leans on the arm }]\n");
    const result = await judge(dataDir(), "head", BLIND, headText(), ["labelled.mcap"]);
    expect(result.decision).toMatchObject({ code: "PROMOTION_HARD_CASE_LOST" });
    expect(result.decision.missedHard).toContain("field/labelled.mcap");
    expect(recordingOf(result, "labelled.mcap").field).toMatchObject({ hazardsFrom: "labels", hazards: 1 });
    // the labels belong to what was frozen
    const before = result.evidence.battery;
    writeFileSync(`${labelled}.labels.yaml`, "windows: []\n");
    const changed = await judge(dataDir(), "head", BLIND, headText(), ["labelled.mcap"]);
    expect(changed.evidence.battery).not.toBe(before);
    expect(changed.decision.missedHard).not.toContain("field/labelled.mcap");
  });

  test("rules hear the recording through the whole cell", async () => {
    const rules = (withinM: number) => {
      const { danger } = deployment.rules.zones;
      const zones = { ...deployment.rules.zones, danger: { ...danger!, withinM } };
      return JSON.stringify({ rules: { ...deployment.rules, zones } });
    };
    const looser = await judge(dataDir(), "rules", rules(0.5), null, ["walk.mcap"], { scenarios: 2 });
    const walk = recordingOf(looser, "walk.mcap");
    expect(walk.candidate.energy).toBeGreaterThan(walk.baseline.energy + 0.05);
    const wider = await judge(dataDir(), "rules", rules(1.2), null, ["walk.mcap"], { scenarios: 2 });
    expect(recordingOf(wider, "walk.mcap").candidate).toMatchObject({ inTime: true, stopped: true });
    expect(troublesOf(wider).map((t) => t.code)).not.toContain("PROMOTION_FIELD_WORSE");
  });
});

describe("recordings that cannot be judged are said, never left out silently", () => {
  beforeAll(async () => {
    mkdirSync(join(tapes, "bad"), { recursive: true });
    const whole = readFileSync(join(tapes, "push.mcap"));
    writeFileSync(join(tapes, "bad/nothing.mcap"), "");
    writeFileSync(join(tapes, "bad/noise.mcap"), Buffer.alloc(5_000, 7));
    writeFileSync(join(tapes, "bad/torn.mcap"), whole.subarray(0, Math.floor(whole.length * 0.6)));
    await recordTape(join(tapes, "bad/silent.mcap"), deployment, { seconds: 0 });
    await recordTape(join(tapes, "bad/neighbour.mcap"), deployment, { cell: "another_cell" });
    writeFileSync(join(tapes, "bad/push.mcap"), whole);
    writeFileSync(join(tapes, "bad/twin.mcap"), whole);
    writeFileSync(join(tapes, "bad/push.mcap.labels.yaml"), "windows: [{ from_s: 3, to_s: 1 }]\n");
  });
  test("each has its code; nothing is proven, and the candidate may come again", async () => {
    const dir = dataDir();
    const result = await judge(dir, "head", headText({ nearM: 0.905 }), headText(), ["bad"]);
    const said = Object.fromEntries(
      result.evidence.measurements.flatMap((m) =>
        m.field === undefined ? [] : [[m.scenario.slice(6), m.field.trouble?.code ?? m.field.damage]],
      ),
    );
    expect(said).toEqual({
      "nothing.mcap": "PROMOTION_FIELD_UNREADABLE",
      "noise.mcap": "PROMOTION_FIELD_UNREADABLE",
      "silent.mcap": "PROMOTION_FIELD_EMPTY",
      "neighbour.mcap": "PROMOTION_FIELD_FOREIGN",
      "push.mcap": "PROMOTION_FIELD_UNREADABLE",
      "twin.mcap": null,
      "torn.mcap": expect.stringMatching(/./),
    });
    expect(result.decision.outcome).toBe("insufficient");
    expect(result.decision.code).toMatch(/^PROMOTION_FIELD_/);
    expect(new ArtefactStore(dir).refusedBefore(result.hash)).toBeNull();
    const html = renderReport(reportOf(result));
    for (const name of Object.keys(said)) expect(html).toContain(name);
  });
  test("a person leaves them out by name, and it stands in the evidence", async () => {
    const names = ["nothing.mcap", "noise.mcap", "silent.mcap", "neighbour.mcap", "push.mcap"];
    const result = await judge(dataDir(), "head", headText(), null, ["bad"], { scenarios: 2 }, names);
    expect(result.evidence.leftOut.map((l) => l.name).sort()).toEqual([...names].sort());
    expect(troublesOf(result).map((t) => t.code)).not.toContain("PROMOTION_FIELD_UNREADABLE");
    expect(renderReport(reportOf(result))).toContain("left out: test");
  });
  test("the black box counts unasked, named folders are remembered, the same bytes count once", () => {
    const dir = dataDir();
    const find = (named: string[] | null, leaveOut: string[] = []) =>
      fieldRecordings({ dataDir: dir, named, leaveOut, because: "" });
    expect(find(null)).toEqual({ ok: true, value: { recordings: [], leftOut: [] } });
    mkdirSync(join(dir, "black-box"), { recursive: true });
    writeFileSync(join(dir, "black-box/r1.mcap"), readFileSync(join(tapes, "quiet.mcap")));
    writeFileSync(join(dir, "black-box/r2.mcap"), readFileSync(join(tapes, "quiet.mcap")));
    rememberField(dir, [join(tapes, "push.mcap")]);
    const found = find(null);
    if (!found.ok) throw new Error(found.error);
    expect(found.value.recordings).toHaveLength(2);
    expect(found.value.leftOut).toMatchObject([{ why: expect.stringContaining("same bytes") }]);
    expect(find([join(tapes, "gone.mcap")])).toMatchObject({ ok: false });
    expect(find([root])).toMatchObject({ ok: false });
    expect(find(null, ["unknown.mcap"])).toMatchObject({ ok: false });
  });
  test("bytes that change while they are measured are no evidence; an interrupted run goes on", async () => {
    const dir = dataDir();
    const path = join(tapes, "moving.mcap");
    await recordTape(path, deployment, { near: () => 2.9 });
    const stop = new AbortController();
    const args = ["head", headText({ nearM: 0.95 }), headText(), ["moving.mcap", "quiet.mcap"]] as const;
    const part = await judge(dir, ...args, {
      signal: stop.signal,
      progress: (done) => void (done >= 9 && stop.abort()),
    });
    expect(part.evidence.measurements.length).toBeLessThanOrEqual(10);
    const whole = await judge(dir, args[0], args[1], null, args[3]);
    expect(whole.evidence.measurements).toHaveLength(10);
    expect(troublesOf(whole).map((t) => t.code)).not.toContain("PROMOTION_EVIDENCE_FOREIGN");
    const recording = { name: "moving.mcap", path, sha256: "0".repeat(64), labels: null };
    const lied = await judge(dataDir(), args[0], args[1], args[2], ["quiet.mcap"], {
      field: { recordings: [recording], leftOut: [] },
    });
    expect(recordingOf(lied, "moving.mcap").field?.trouble).toMatchObject({
      code: "PROMOTION_FIELD_UNREADABLE",
      detail: expect.stringContaining("changed"),
    });
  });
});
