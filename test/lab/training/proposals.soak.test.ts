import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ACTION_GROUPS } from "../../../src/core/risk/index.ts";
import { type LabelledTable, settingFor, trainHead } from "../../../src/lab/training/index.ts";
import { collected, domain, type Recorded, recordRuns } from "./unsure-policy.ts";

const TRAINED_ON = 48;
const JUDGED_ON = 32;
const folder = mkdtempSync(join(tmpdir(), "cellgate-proposals-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let runs: Recorded[] = [];
beforeAll(async () => {
  runs = await recordRuns(
    folder,
    Array.from({ length: TRAINED_ON + JUDGED_ON }, (_, i) => i + 1),
  );
}, 240_000);

/** The figures of a head that was trained on the first runs, on all others; in words what no head comes of. */
function figuresOf(groups: readonly string[]): Readonly<Record<string, number>> | string {
  const table = (part: readonly Recorded[]): LabelledTable => collected(part, groups).table;
  const train = table(runs.slice(0, TRAINED_ON));
  const setting = {
    ...settingFor(train.rows, 5),
    bags: 2,
    pairs: 0,
    epochs: 60,
    patience: 10,
    stepSize: 0.05,
  };
  const test = table(runs.slice(TRAINED_ON));
  const steps = trainHead({ domain, setting, train, calibration: null, test, data: [] });
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value.ok ? step.value.value.metrics : step.value.error;
  }
}

describe("the worked example of docs/guides/training-from-proposals.md", () => {
  test("a head that hears what the policy says of itself tells wrong actions from right ones; without it, it guesses", () => {
    const deaf = figuresOf(domain.groups!.filter((group) => !ACTION_GROUPS.has(group)));
    const hearing = figuresOf(domain.groups!);
    if (typeof hearing === "string") throw new Error(hearing);
    // nothing that the cell measures tells the two kinds of actions apart: no head comes of it, or one that guesses
    if (typeof deaf === "string") expect(deaf).toContain("no feature tells risky from harmless");
    const guess = typeof deaf === "string" ? 0.5 : deaf["action_auroc"]!;
    expect(guess).toBeLessThan(0.65);
    expect(hearing["action_auroc"]).toBeGreaterThan(0.75);
    expect(hearing["action_auroc"]).toBeGreaterThan(guess + 0.15);
  });
});
