import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { EXIT } from "../../../src/cli/command.ts";
import type { Code } from "../../../src/core/domain/index.ts";
import { ArtefactStore, BUILT_IN } from "../../../src/node/in-use/index.ts";
import { runCommand } from "../../cli/run-command.ts";
import { demo } from "../../node/in-process.ts";
import { ROOT } from "../../node/processes.ts";
import { backwardHead, memorisingHead, overflowingHead } from "./cheat-heads.ts";
import { headText } from "./head-fixture.ts";
import { install } from "./install.ts";

/** Crafted heads, as files, through the command that people type: each is refused, with its own code. */
const folder = mkdtempSync(join(tmpdir(), "cellgate-cheats-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const data = join(folder, "data");
const cell = join(ROOT, "launch/demo-cell.yaml");
let commissioned = "";

beforeAll(async () => {
  commissioned = await install(data, "head", headText());
});

interface Said {
  readonly decision: {
    readonly outcome: string;
    readonly code: Code;
    readonly delta: { readonly n: number; readonly worse: number };
    readonly steps: readonly {
      readonly troubles: readonly { readonly code: Code; readonly detail: string }[];
    }[];
  };
}
async function promote(name: string, text: string, scenarios: number, ...more: string[]) {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, text);
  const { code, out } = await runCommand(
    [
      "promote",
      file,
      "--deployment",
      cell,
      "--data",
      data,
      "--scenarios",
      String(scenarios),
      "--json",
      ...more,
    ],
    { cwd: folder },
  );
  const { decision } = JSON.parse(out) as Said;
  return { exit: code, decision, troubles: decision.steps.flatMap((s) => s.troubles) };
}
afterEach(() => expect(new ArtefactStore(data).active("head")).toBe(commissioned));

describe("cheats are refused by the command, each with its own code", () => {
  test("the battery known by heart, down to the noise of its sensors", async () => {
    const deployment = JSON.stringify({ ...demo().deployment, risk: {} });
    const { exit, decision, troubles } = await promote("memorised", memorisingHead(deployment, 80), 80);
    expect(decision).toMatchObject({ outcome: "refused", code: "PROMOTION_MEMORISED" });
    // perfect where it was trained
    expect(troubles.find((t) => t.code === "PROMOTION_MEMORISED")?.detail).toMatch(/worse in 0 of 40 known/);
    expect(exit).toBe(EXIT.found);
  }, 300_000);

  test("worse on a few scenarios out of a hundred", async () => {
    const { decision } = await promote("six", headText({ nearM: 0.86, near: 3 }), 118);
    expect(decision).toMatchObject({ outcome: "refused", code: "PROMOTION_RISK_HIGHER" });
    const share = decision.delta.worse / decision.delta.n;
    expect(share).toBeGreaterThan(0.02);
    expect(share).toBeLessThan(0.1);
  }, 300_000);

  test.each<[string, Code, () => string, ...string[]]>([
    ["constant", "PROMOTION_CONSTANT", () => headText({ factor: 0 })],
    ["scaled", "PROMOTION_SCALED", () => headText({ nearM: 0.905, factor: 0.5 })],
    ["overflowing", "PROMOTION_UNREADABLE", overflowingHead],
    ["unprovable", "PROMOTION_POLICY_FAILED", backwardHead],
    ["tampered", "PROMOTION_TAMPERED", () => headText().replace('"threshold":1', '"threshold":2')],
    ["swapped", "PROMOTION_BASELINE_SWAPPED", () => headText({ nearM: 0.91 }), "--against", BUILT_IN],
  ])(
    "%s → %s",
    async (name, code, text, ...more) => {
      const { exit, decision } = await promote(name, text(), 12, ...more);
      expect(decision).toMatchObject({ outcome: "refused", code });
      expect(exit).toBe(EXIT.found);
    },
    120_000,
  );
});
