import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Receipt } from "../../../src/core/domain/index.ts";
import { readReceipts } from "../../../src/edge/ledger/index.ts";
import { ArtefactStore } from "../../../src/node/in-use/index.ts";
import { runCommand } from "../../cli/run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-not-measured-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const LAUNCH = join(import.meta.dirname, "../../../launch");

test("a cell that the battery cannot measure is not measured: no step over nothing passes, and nothing is remembered", async () => {
  const cell = join(folder, "cell.yaml");
  writeFileSync(cell, readFileSync(join(LAUNCH, "mqtt-cell.yaml"), "utf8"));
  const rules = join(folder, "tighter.rules.yaml");
  writeFileSync(
    rules,
    "rules:\n  proximity:\n    curtain: { channel: light_curtain, minM: 0.5, slowM: 1 }\n",
  );
  const data = join(folder, "data");
  mkdirSync(data);
  const argv = ["promote", rules, "--deployment", cell, "--data", data, "--json"];
  const said = await runCommand(argv, { cwd: folder });
  expect(said.err).not.toContain("Error");
  const { decision, hash } = JSON.parse(said.out) as {
    hash: string;
    decision: { outcome: string; code: string; steps: { step: string; troubles: { detail: string }[] }[] };
  };
  expect(decision).toMatchObject({ outcome: "insufficient", code: "PROMOTION_NOT_MEASURED" });
  expect(decision.steps.find((s) => s.step === "battery")!.troubles[0]!.detail).toContain(
    "the battery's arm has 6 joints, this cell's has 2",
  );
  expect(new ArtefactStore(data).refusedBefore(hash)).toBeNull();
  const steps = [...readReceipts(data, { type: "promotion" })].map(
    ({ text }) => (JSON.parse(text!) as Receipt).body as { step?: string; outcome?: string },
  );
  const outcomes = steps.flatMap((b) => (b.step === "battery" || b.step === "smells" ? [b.outcome] : []));
  expect(outcomes).toEqual(["insufficient", "insufficient"]);
});
