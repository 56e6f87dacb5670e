import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { EXIT } from "../../../src/cli/command.ts";
import { createPrng } from "../../../src/core/base/prng.ts";
import {
  auroc,
  aurocInterval,
  eventsOfLabels,
  judgeWarnings,
  medianInterval,
  rateInterval,
  shareInterval,
} from "../../../src/core/risk/index.ts";
import { table } from "../../core/risk/tables.ts";
import { runCommand, type Said } from "../../cli/run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-leak-"));
const path = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const run = (...argv: string[]): Promise<Said> => runCommand(argv, { cwd: folder });
const json = (said: Said) => {
  expect(said.err + said.out).toContain("{");
  return JSON.parse(said.out);
};

/** Rows at 90 Hz of a few trials; in each trial one stretch is risky. `noise`: the force says nothing. */
function writeTrials(name: string, trials: readonly string[], seed: number, noise = false): string {
  const prng = createPrng(seed);
  const rows = trials.flatMap((trial) =>
    Array.from({ length: 90 }, (_, i) => {
      const risky = i >= 60 && i < 75;
      const force = (risky && !noise ? 40 : 10) + 8 * prng.nextGaussian();
      return `${(i / 90).toFixed(4)},${trial},${force.toFixed(3)},${i % 7 === 0 ? "-0" : "0.5"},${risky ? 1 : 0}`;
    }),
  );
  writeFileSync(path(name), ["time,trial,force,zero,contact", ...rows].join("\n"));
  return path(name);
}
const ROLES = ["--label", "contact", "--time", "time"];
const recordings = (files: readonly string[]): string[] => files.flatMap((f) => ["--recordings", f]);

describe("evaluation cannot leak", () => {
  it("one table without groups is one recording: not evaluated, in terminal, JSON and card", async () => {
    const file = writeTrials("one.csv", ["a", "b", "c", "d", "e", "f"], 1);
    const said = await run("train", ...recordings([file]), ...ROLES, "--out", path("one.json"));
    expect(said.code).toBe(EXIT.ok);
    expect(said.out).toContain("not evaluated: 1 separate group of rows");
    expect(said.out).not.toMatch(/AUROC|held|kept out/);
    const card = readFileSync(path("one.md"), "utf8");
    expect(card).toContain("Not evaluated: 1 separate group");
    expect(card).not.toContain("auroc");
    expect(card).toContain("promise: none");
    const again = json(
      await run("train", ...recordings([file]), ...ROLES, "--out", path("one.json"), "--json"),
    );
    expect(again.evaluated).toContain("not evaluated");
    expect(again.metrics.auroc).toBeUndefined();
  });

  it("eight files with four trials each are 32 groups; noise that a shuffle would learn stays at chance", async () => {
    const files = Array.from({ length: 8 }, (_, i) =>
      writeTrials(`f${i}.csv`, ["1", "2", "3", "4"], 10 + i, true),
    );
    const argv = [...recordings(files), ...ROLES, "--group", "trial", "--out", path("noise.json"), "--json"];
    const said = await run("train", ...argv);
    expect(said.err).toContain("counts anew in each of the 8 files");
    const { metrics } = json(said);
    expect(metrics.test_groups).toBe(32);
    expect(metrics.left_out_in_turn).toBe(10);
    expect(metrics.auroc_low).toBeLessThan(0.5);
    expect(metrics.auroc_high).toBeGreaterThan(0.5);
  });

  it("equal names in different files are one group, and few groups are left out one by one", async () => {
    const names = ["anna", "ben", "cleo", "dan", "eve", "finn"];
    const files = [writeTrials("x.csv", names, 3), writeTrials("y.csv", names, 4)];
    const argv = [...recordings(files), ...ROLES, "--group", "trial", "--out", path("named.json"), "--json"];
    const { metrics } = json(await run("train", ...argv));
    expect([metrics.test_groups, metrics.left_out_in_turn, metrics.battery_events]).toEqual([6, 6, 12]);
    expect(metrics.auroc).toBeGreaterThan(0.95);
    // six groups told apart without a miss do not prove more than this
    expect(metrics.auroc_low).toBeLessThan(0.75);
  });

  it("evaluate leaves out what the head was trained on, and counts labelled stretches, never rows", async () => {
    const names = ["p", "q", "r", "s", "t", "u"];
    const own = writeTrials("own.csv", names, 5);
    const head = path("head.json");
    const roles = [...ROLES, "--group", "trial"];
    expect((await run("train", ...recordings([own]), ...roles, "--out", head)).code).toBe(EXIT.ok);

    const refused = await run("evaluate", head, ...recordings([own]), ...roles);
    expect(refused.code).toBe(EXIT.found);
    expect(refused.err).toContain("not evaluated: the head was trained on this recording");
    expect(refused.out).toBe("");
    const asked = await run("evaluate", head, ...recordings([own]), ...roles, "--training-data");
    expect(asked.out).toContain("MEASURED ON ITS OWN TRAINING DATA");

    const other = writeTrials("other.csv", names, 6);
    const said = json(await run("evaluate", head, ...recordings([own, other]), ...roles, "--json"));
    expect(said.warnings.events).toBe(6);
    expect(said.warnings.found).toBe(6);
    expect(said.figures.found.interval[0]).toBeCloseTo(0.5407, 3);
    expect(said.rows).toBe(540);
    // what is found inside a labelled stretch is no false alarm
    expect(said.warnings.falseAlarms).toBeLessThanOrEqual(1);
  });

  it("names the columns that a table lacks", async () => {
    const text = readFileSync(writeTrials("lack.csv", ["v", "w"], 7), "utf8");
    const lean = text
      .split("\n")
      .map((line) =>
        line
          .split(",")
          .filter((_, i) => i !== 3)
          .join(","),
      )
      .join("\n");
    writeFileSync(path("lean.csv"), lean);
    const mixed = await run(
      "train",
      ...recordings([path("lack.csv"), path("lean.csv")]),
      ...ROLES,
      "--out",
      path("m.json"),
    );
    expect(mixed.err).toContain("it lacks zero");
    const said = await run(
      "evaluate",
      path("head.json"),
      ...recordings([path("lean.csv")]),
      ...ROLES,
      "--json",
    );
    expect(json(said).absent).toContain("zero");
  });

  it("a column that the domain does not allow is left out, and named", async () => {
    const text = readFileSync(writeTrials("load.csv", ["g", "h"], 8), "utf8").replace("force,", "force_n,");
    writeFileSync(path("load.csv"), text.replaceAll("zero", "force_other"));
    const said = await run("train", ...recordings([path("load.csv")]), ...ROLES, "--out", path("load.json"));
    expect(said.err).toContain("left out, because robot-factory does not allow them: force_n");
  });
});

describe("risk: labelled stretches and intervals by hand", () => {
  const rows = (labels: readonly number[], everyUs: number) => ({
    ...table(labels.length, 1),
    labels: Uint8Array.from(labels),
    groups: new Int32Array(labels.length),
    times: Float64Array.from(labels, (_, i) => i * everyUs),
    sourceOf: new Int32Array(labels.length),
    sources: ["a"],
  });
  it("risky rows that follow each other are one event, with a row missing between them too", () => {
    expect(eventsOfLabels(rows([0, 1, 1, 0, 1, 0, 0], 1e5))).toEqual([{ source: 0, t: 1e5, until: 4e5 }]);
    expect(eventsOfLabels(rows([0, 1, 1, 0, 1, 0, 0], 1e6)).length).toBe(2);
  });
  it("an alarm inside a stretch finds it; one that comes too late does not", () => {
    const data = rows([0, 0, 0, 0, 1, 1, 1, 0, 0, 0], 1e5);
    const energies = [0, 0, 0, 0, 0, 0, 9, 9, 0, 0];
    const setting = { threshold: 5, horizonUs: 1e5, leadUs: 0 };
    const found = judgeWarnings(data, energies, eventsOfLabels(data), setting);
    expect([found.found, found.warned, found.falseAlarms, found.leadsUs]).toEqual([1, 0, 0, [-2e5]]);
    const late = judgeWarnings(data, energies, eventsOfLabels(data), { ...setting, withinUs: 1e5 });
    expect([late.found, late.leadsUs]).toEqual([0, [null]]);
  });
  it("intervals: published values, and none from nothing", () => {
    // exact Poisson limits for 0 and 5 events in an hour, Clopper-Pearson for 30 of 32
    expect(rateInterval(0, 1)![1]).toBeCloseTo(3.689, 2);
    expect(rateInterval(5, 1)!.map((x) => Number(x.toFixed(2)))).toEqual([1.62, 11.67]);
    expect(rateInterval(5, 0)).toBeNull();
    expect(shareInterval(30, 32)!.map((x) => Number(x.toFixed(3)))).toEqual([0.792, 0.992]);
    expect(medianInterval([1, 2, 3, 4, 5])).toBeNull();
    expect(medianInterval([1, 2, 3, 4, 5, 6])).toEqual([1, 6]);
    expect(medianInterval(Array.from({ length: 20 }, (_, i) => i + 1))).toEqual([6, 15]);
  });
  it("an area of 1 over five groups leaves more open than over fifty", () => {
    const perfect = (groups: number) => {
      const labels = Array.from({ length: 20 * groups }, (_, i) => i % 2);
      const data = { scores: labels, labels, groups: labels.map((_, i) => Math.floor(i / 20)) };
      expect(auroc(data.scores, data.labels)).toBe(1);
      return aurocInterval(data, 1)!;
    };
    expect(perfect(5)[0]).toBeCloseTo(0.478, 2);
    expect(perfect(50)[0]).toBeGreaterThan(0.9);
    expect(aurocInterval({ scores: [1, 2], labels: [0, 1], groups: [0, 0] }, 1)).toBeNull();
  });
});
