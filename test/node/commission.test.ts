import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { confidenceOfLargest, faultsOf, spreadOf } from "../../src/node/commission/figures.ts";
import { requireDeployment } from "../../src/node/run/index.ts";
import { commissionSteps } from "../../src/node/commission/index.ts";
import { runCommand } from "../cli/run-command.ts";

/** The guided acceptance against the simulated cell, whose hand does what a person would. */
const folder = mkdtempSync(join(tmpdir(), "cellgate-commission-"));
const cell = resolve(import.meta.dirname, "../../launch/mqtt-cell.yaml");
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const take = (data: string, ...more: string[]) =>
  runCommand(["commission", cell, "--simulate", "--seed", "7", "--data", join(folder, data), ...more], {
    cwd: folder,
  });

describe("figures", () => {
  test("the p99 of ten readings is the largest of them, and is not called more than that", () => {
    expect(spreadOf([5, 1, 4, 2, 3, 9, 8, 7, 6, 10])).toEqual({ n: 10, median: 5, p99: 10, bound: null });
    expect(spreadOf(Array.from({ length: 299 }, (_, i) => i))?.bound).toBe(298);
    expect(spreadOf([null, null])).toBeNull();
    expect(confidenceOfLargest(10)).toBeCloseTo(0.0956, 4);
  });
  test("what did not come, came too seldom or took longer than claimed does not pass", () => {
    const good = { cause: "X y", reactionMs: 5, stopMs: 100, distanceM: 0.05, speedMPerS: 0.5 };
    const result = (
      ...measured: (
        | typeof good
        | { cause: null; reactionMs: null; stopMs: null; distanceM: null; speedMPerS: null }
      )[]
    ) => ({
      id: "a",
      configHash: "",
      at: 0,
      measured,
    });
    const none = { cause: null, reactionMs: null, stopMs: null, distanceM: null, speedMPerS: null };
    const claims = { stopTimeMs: 120, stopDistanceM: 0.1 };
    expect(faultsOf(result(good, good), 2, claims)).toEqual([]);
    expect(faultsOf(result(good, none), 2, claims)).toEqual(["1 of 2 times nothing came"]);
    expect(faultsOf(result(good), 2, claims)).toEqual(["only 1 of 2 times"]);
    expect(faultsOf(result({ ...good, stopMs: 130 }), 1, claims)).toEqual([
      expect.stringMatching(/130 ms.*claims 120/),
    ]);
  });
  test("every e-stop, zone, cable, publisher and three speeds are steps", () => {
    const ids = commissionSteps(requireDeployment(cell).deployment).map((step) => step.id);
    expect(ids).toEqual(
      expect.arrayContaining([
        "press panel_estop",
        "walk curtain",
        "cable light_curtain",
        "publisher plant",
        "speed 33",
        "speed 100",
      ]),
    );
  });
});

describe("an acceptance", () => {
  test("is resumed where it ended, leaves a receipt per step, and a report that cannot be altered unnoticed", async () => {
    const first = await take("a", "--repeats", "2", "--only", "press");
    expect(first.code).toBe(0);
    expect(first.err).toMatch(/press panel_estop: passed/);
    // what a power cut leaves behind
    appendFileSync(join(folder, "a/commission/steps.jsonl"), '{"id":"speed 33","conf');
    const second = await take("a", "--repeats", "2", "--only", "pre");
    expect(second.err).toMatch(/1 steps, 1 done before, 0 left/);
    const shown = await runCommand(["ledger", "show", "--data", join(folder, "a"), "--type", "audit"]);
    expect(shown.out).toMatch(/commission-1-press-panel_estop/);
    const report = join(folder, "a/commission/report.html");
    const html = readFileSync(report, "utf8");
    expect(html).toMatch(/Against the simulated cell: nothing here was measured at a machine/);
    expect(html).toMatch(/ESTOP_PRESSED panel_estop/);
    expect(html).toMatch(/no step tried: .*curtain/);
    expect(html).not.toMatch(/(src|href)=|https?:/);
    expect((await runCommand(["commission", "--verify", report])).code).toBe(0);
    writeFileSync(report, html.replace("passed", "passed!"));
    expect((await runCommand(["commission", "--verify", report])).code).toBe(1);
  });
  test("an arm that needs twice the claimed time does not pass, and limits are proposed", async () => {
    const { code, out } = await take(
      "b",
      "--repeats",
      "2",
      "--only",
      "speed 100",
      "--fault",
      "drive=sluggish@0s",
    );
    expect(code).toBe(1);
    expect(out).toMatch(/not passed: speed 100/);
    expect(readFileSync(join(folder, "b/commission/report.html"), "utf8")).toMatch(/NOT PASSED: speed 100/);
  });
  test("without a person at a terminal a real cell is not begun", async () => {
    expect((await runCommand(["commission", cell], { cwd: folder })).err).toMatch(
      /needs a person at a terminal/,
    );
  });
});
