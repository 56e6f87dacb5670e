import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { EXIT } from "../../../src/cli/command.ts";
import type { Code } from "../../../src/core/domain/index.ts";
import { ArtefactStore, BUILT_IN } from "../../../src/node/in-use/index.ts";
import { CANDIDATE_KINDS } from "../../../src/core/promotion/index.ts";
import { runCommand } from "../../cli/run-command.ts";
import { NodeProcess } from "../../node/processes.ts";
import { ADAPTER, CELL, changed, GATE, RULES, workplace } from "./crafted-cell.ts";

/** Crafted rules, gate settings and adapters, as files, through the command: each is refused, with its own code and receipts. */
const root = mkdtempSync(join(tmpdir(), "cellgate-cheats-kinds-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(() => vi.useRealTimers());
type Place = ReturnType<typeof workplace>;
const place = (name: string, cell?: string): Place => workplace(join(root, name), cell);

function expectRefused(
  { data, receiptsOf }: Place,
  said: { exit?: number; decision: object; hash: string },
  code: Code,
): void {
  expect(said.decision).toMatchObject({ outcome: "refused", code });
  if (said.exit !== undefined) expect(said.exit).toBe(EXIT.found);
  expect(receiptsOf(said.hash).at(-1)).toMatchObject({ step: "decide", outcome: "refused", code });
  const store = new ArtefactStore(data);
  for (const kind of CANDIDATE_KINDS) expect(store.active(kind)).toBe(BUILT_IN);
}
/** A little stricter everywhere: nothing speaks against it. */
const STRICTER = changed(RULES, "withinM: 0.9", "withinM: 0.91");
/** Within the bounds of one step, and worse where people come near. */
const LOOSER = changed(
  changed(changed(RULES, "withinM: 0.9", "withinM: 0.73"), "minM: 0.2", "minM: 0.161"),
  "minRiseN: 25",
  "minRiseN: 29",
);

describe("crafted rules, gate settings and adapters", { timeout: 300_000 }, () => {
  const shop = place("crafted");
  test("rules that are worse in a few scenarios out of a hundred", async () => {
    const said = await shop.promote(LOOSER, 60);
    expectRefused(shop, said, "PROMOTION_RISK_HIGHER");
    expect(said.decision.delta.worse / said.decision.delta.n).toBeLessThan(0.2);
  });
  test.each([
    [
      "rules that slow down in the place of stopping",
      changed(RULES, "action: stop", "action: slow"),
      /danger\.action/,
    ],
    ["a gate that gives more leave", changed(GATE, "[trajectory]", "[trajectory, twist]"), /more leave/],
    ["an adapter that is quicker where nobody measures", `${ADAPTER}twist: { linearScale: 1.5 }\n`, /twist/],
    ["a number that is none", changed(RULES, "withinM: 0.9", "withinM: .nan"), /withinM/],
  ])("%s", async (_, text, why) => {
    const said = await shop.promote(text, 1);
    expectRefused(shop, said, "PROMOTION_POLICY_FAILED");
    expect(said.troubles.find((t) => t.code === "PROMOTION_POLICY_FAILED")?.detail).toMatch(why);
  });
  test("an adapter for somebody else than the battery's proposer is measured all the same", async () => {
    const hurry = `${ADAPTER}proposers: [planner]\ntrajectory: { timeScale: 0.1 }\n`;
    const { decision } = await shop.promote(hurry, 12);
    expect(decision.divergence.upper).toBeGreaterThan(0.05);
  });
});

describe("trying until it passes", { timeout: 300_000 }, () => {
  const shop = place("again-and-again");
  test("a plan that is changed after a look needs the bound for those who look", async () => {
    const first = await shop.promote(STRICTER, 30);
    expect(first.decision).toMatchObject({ outcome: "insufficient" });
    const second = await shop.promote(STRICTER, 118);
    expect(second.decision).toMatchObject({ outcome: "insufficient", delta: { worse: 0 } });
    expect(second.troubles.map((t) => t.detail).join()).toMatch(/first planned with 30/);
  });
  test("each further candidate needs more evidence, also one that was never decided about", async () => {
    const many = place("one-of-many");
    for (let i = 0; i < 2; i++) await many.promote(`# try ${i}\n${LOOSER}`, 1);
    const said = await many.promote(changed(RULES, "withinM: 0.9", "withinM: 0.92"), 60);
    expect(said.decision).toMatchObject({ outcome: "insufficient", delta: { worse: 0 } });
    expect(said.troubles.map((t) => t.detail).join()).toMatch(/needed 94 by candidate number 3/);
  });
  test("a refusal that is wiped from the folder stands in the ledger; a clock set back changes nothing", async () => {
    const slower = changed(RULES, "action: stop", "action: slow");
    expectRefused(shop, await shop.promote(slower, 1), "PROMOTION_POLICY_FAILED");
    const file = join(shop.data, "promotion/state.json");
    const state = JSON.parse(readFileSync(file, "utf8")) as object;
    writeFileSync(file, JSON.stringify({ ...state, refused: {}, history: [] }));
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2001-01-01") });
    const again = await shop.promote(slower, 1);
    expectRefused(shop, again, "PROMOTION_REFUSED_BEFORE");
    // the newest report is the newest, whatever its date
    const shown = await runCommand(["promote", "show", again.hash.slice(0, 12), "--data", shop.data]);
    expect(shown.out).toContain('"code": "PROMOTION_REFUSED_BEFORE"');
  });
});

describe("evidence that was not made here", { timeout: 300_000 }, () => {
  const runsOf = ({ data }: Place): string[] => {
    try {
      const folder = join(data, "promotion/runs");
      return readdirSync(folder).map((f) => join(folder, f));
    } catch {
      return [];
    }
  };
  const linesOf = (files: readonly string[]): number =>
    files.reduce((n, f) => n + readFileSync(f, "utf8").split("\n").length - 1, 0);
  /** begins in a process of its own and is stopped when so much is measured; the file that it left */
  async function interrupted(shop: Place, text: string, scenarios: number): Promise<string> {
    const before = runsOf(shop);
    const child = new NodeProcess(...shop.argsOf(text, scenarios));
    const fresh = (): string[] => runsOf(shop).filter((f) => !before.includes(f));
    while (child.child.exitCode === null && linesOf(fresh()) < 6) await pause(20);
    expect(await child.kill("SIGINT"), child.stderr).toBe(EXIT.interrupted);
    return fresh()[0]!;
  }
  test("what was interrupted goes on; one altered line, and everything is measured anew and refused", async () => {
    const shop = place("resumed");
    const honest = await interrupted(shop, STRICTER, 40);
    const had = linesOf([honest]);
    expect(had).toBeGreaterThan(5);
    const gone = await shop.promote(STRICTER, 40);
    expect(gone.decision).toMatchObject({ outcome: "insufficient", delta: { n: 40 } });

    const forged = await interrupted(shop, LOOSER, 40);
    const lines = readFileSync(forged, "utf8").split("\n");
    // an energy of 0 may be there already
    const better = lines[2]!.replace(/"candidate":\{"energy":[^,]+/, '"candidate":{"energy":1e-9');
    writeFileSync(forged, [...lines.slice(0, 2), better, ...lines.slice(3)].join("\n"));
    const said = await shop.promote(LOOSER, 40);
    expectRefused(shop, said, "PROMOTION_EVIDENCE_FOREIGN");
    expect(said.decision.delta.n).toBe(40);
  });
  test("the results of another candidate", async () => {
    const shop = place("of-another");
    const good = await interrupted(shop, STRICTER, 40);
    const bad = await interrupted(shop, LOOSER, 40);
    writeFileSync(bad, readFileSync(good));
    const said = await shop.promote(LOOSER, 40);
    expectRefused(shop, said, "PROMOTION_EVIDENCE_FOREIGN");
  });
  test("a file that is exchanged while it is measured is not what was frozen; a part that is, is found", async () => {
    const shop = place("exchanged");
    const args = shop.argsOf(STRICTER, 24);
    const first = new NodeProcess(...args);
    while (first.child.exitCode === null && linesOf(runsOf(shop)) < 2) await pause(20);
    writeFileSync(args[1]!, LOOSER);
    await first.ended;
    const told = shop.said(first.lines[0]);
    const kept = new ArtefactStore(shop.data).load(told.hash);
    expect(kept.ok && Buffer.from(Object.values(kept.value.parts)[0]!).toString()).toBe(STRICTER);

    const before = runsOf(shop);
    const later = changed(RULES, "withinM: 0.9", "withinM: 0.93");
    const second = new NodeProcess(...shop.argsOf(later, 24));
    const fresh = (): string[] => runsOf(shop).filter((f) => !before.includes(f));
    while (second.child.exitCode === null && linesOf(fresh()) < 2) await pause(20);
    const artefacts = join(shop.data, "promotion/artefacts");
    for (const hash of readdirSync(artefacts))
      for (const part of readdirSync(join(artefacts, hash)))
        if (part === "rules.yaml") writeFileSync(join(artefacts, hash, part), LOOSER);
    await second.ended;
    expectRefused(shop, shop.said(second.lines[0]), "PROMOTION_TAMPERED");
  });
  test("a baseline that no node ran with", async () => {
    const shop = place("swapped");
    const ran = new NodeProcess(
      "run",
      shop.cell,
      "--data",
      shop.data,
      "--speed",
      "max",
      "--for",
      "1s",
      "--json",
    );
    expect(await ran.ended, ran.stderr).toBe(0);
    writeFileSync(shop.cell, changed(CELL, "withinM: 0.9", "withinM: 0.3"));
    const said = await shop.promote(changed(RULES, "withinM: 0.9", "withinM: 0.31"), 1);
    expectRefused(shop, said, "PROMOTION_BASELINE_SWAPPED");
  });
});
