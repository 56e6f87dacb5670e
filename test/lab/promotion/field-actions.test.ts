import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { requireDeployment } from "../../../src/cli/config.ts";
import { EXIT } from "../../../src/cli/command.ts";
import { demoCell, demoMove } from "../../node/demo-cell.ts";
import { ADAPTER, GATE, workplace } from "./crafted-cell.ts";
import { recordTape } from "./field-fixture.ts";

/** Recordings with proposed actions, for what judges or changes actions, through the command that people type. */
const root = mkdtempSync(join(tmpdir(), "cellgate-field-actions-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const { gate } = parse(GATE) as { gate: object };
const HORIZON_MS = 3_250;
/** longer than the gate in use allows, and no longer than a gate within one step of it */
const ACTION_MS = 3_500;
const withHorizon = (horizonMs: number) => ({ ...gate, limits: { horizonMs } });
const shop = workplace(join(root, "shop"), demoCell({ gate: withHorizon(HORIZON_MS) }));
const field = join(root, "field");
const bad = join(root, "bad");
/** one of them lets the recorded action through, the other shortens it so that the gate does */
const LONGER = stringify({ gate: withHorizon(3_800) });
const QUICKER = `${ADAPTER}trajectory: { timeScale: 0.9 }\n`;
const SHORTER = stringify({ gate: withHorizon(3_000) });
const CALMER = `${ADAPTER}trajectory: { timeScale: 1.05 }\n`;

beforeAll(async () => {
  const { deployment } = requireDeployment(shop.cell);
  const raw = demoMove("reach", [0.1, 0, 0, 0, 0, 0], ACTION_MS, {
    evidence: { decision_probabilities: [1] },
  });
  const proposals = [{ atS: 2, raw, via: { transport: "control", caller: "planner" } }];
  await recordTape(join(field, "reach.mcap"), deployment, {
    seconds: 6,
    proposals,
    near: (s) => (s < 2.8 ? 3 : 1.2),
  });
  await recordTape(join(field, "quiet.mcap"), deployment, { seconds: 3 });
  // somebody who watched says when nothing may move
  writeFileSync(
    join(field, "reach.mcap.labels.yaml"),
    "windows: [{ from_s: 3.5, to_s: 4, what: a hand at the fixture }]\n",
  );
  mkdirSync(bad, { recursive: true });
  const whole = readFileSync(join(field, "quiet.mcap"));
  writeFileSync(join(bad, "noise.mcap"), Buffer.alloc(5_000, 7));
  writeFileSync(join(bad, "torn.mcap"), whole.subarray(0, Math.floor(whole.length * 0.6)));
  await recordTape(join(bad, "neighbour.mcap"), deployment, { cell: "another_cell" });
  await recordTape(join(bad, "silent.mcap"), deployment, { seconds: 0 });
});
interface Found {
  readonly scenario: string;
  readonly hard: boolean;
  readonly baseline: {
    readonly inTime: boolean;
    readonly decisions: readonly number[];
    readonly energy: number;
  };
  readonly candidate: Found["baseline"];
  readonly field?: { readonly trouble: { readonly code: string } | null; readonly damage: string | null };
}
const evidenceOf = (report: string): readonly Found[] =>
  (
    JSON.parse(readFileSync(report.replace(/html$/, "json"), "utf8")) as {
      evidence: { measurements: readonly Found[] };
    }
  ).evidence.measurements;
const ofField = (report: string, name: string): Found =>
  evidenceOf(report).find((m) => m.scenario === `field/${name}`)!;

describe("the field speaks about gates and adapters too", () => {
  test.each([
    ["gate", LONGER],
    ["adapter", QUICKER],
  ])("%s: an action moves where the one in use let nothing move, in a labelled hazard", async (_, text) => {
    const said = await shop.promote(text, 2, "--field", field);
    const reach = ofField(said.report, "reach.mcap");
    expect(reach).toMatchObject({ hard: true, baseline: { inTime: true, decisions: [0, 0, 1] } });
    expect(reach.candidate).toMatchObject({ inTime: false });
    expect(reach.candidate.energy).toBeGreaterThan(reach.baseline.energy);
    expect(said).toMatchObject({
      exit: EXIT.found,
      decision: { outcome: "refused", code: "PROMOTION_HARD_CASE_LOST" },
    });
    // and each recording stands in the receipts by its bytes
    const battery = shop
      .receiptsOf(said.hash)
      .find((r) => r.receipt_type === "promotion" && r.step === "battery");
    expect(JSON.stringify(battery)).toMatch(/"recording":"field\/reach.mcap","sha256":"[0-9a-f]{64}"/);
  });
  test.each([
    ["gate", SHORTER],
    ["adapter", CALMER],
  ])("%s: one that lets no more happen has nothing against it there", async (_, text) => {
    const said = await shop.promote(text, 2, "--field", field);
    expect(ofField(said.report, "reach.mcap")).toMatchObject({ candidate: { inTime: true } });
    expect(said.troubles.map((t) => t.code)).toEqual(
      expect.not.arrayContaining(["PROMOTION_FIELD_WORSE", "PROMOTION_HARD_CASE_LOST"]),
    );
  });
  test.each([
    ["gate", stringify({ gate: withHorizon(3_100) })],
    ["adapter", `${ADAPTER}trajectory: { timeScale: 1.04 }\n`],
  ])("%s: recordings that cannot be judged prove nothing, each by its code", async (_, text) => {
    const said = await shop.promote(text, 2, "--field", bad);
    expect(said.decision).toMatchObject({
      outcome: "insufficient",
      code: expect.stringMatching(/^PROMOTION_FIELD_/) as string,
    });
    expect(
      Object.fromEntries(
        evidenceOf(said.report).flatMap((m) =>
          m.field === undefined ? [] : [[m.scenario.slice(6), m.field.trouble?.code ?? m.field.damage]],
        ),
      ),
    ).toEqual({
      "noise.mcap": "PROMOTION_FIELD_UNREADABLE",
      "silent.mcap": "PROMOTION_FIELD_EMPTY",
      "neighbour.mcap": "PROMOTION_FIELD_FOREIGN",
      "torn.mcap": expect.stringMatching(/./) as string,
    });
    const out = ["noise.mcap", "silent.mcap", "neighbour.mcap"].flatMap((name) => ["--leave-out", name]);
    const left = await shop.promote(text, 2, "--field", bad, ...out, "--because", "of another cell");
    expect(left.troubles.map((t) => t.code).filter((code) => code.startsWith("PROMOTION_FIELD"))).toEqual([]);
  });
});
