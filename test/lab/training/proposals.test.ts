import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FEATURE_FAMILIES } from "../../../src/core/features/index.ts";
import { ACTION_GROUPS } from "../../../src/core/risk/index.ts";
import { collected, domain, type Recorded, recordRuns } from "./unsure-policy.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-proposals-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let runs: Recorded[] = [];
beforeAll(async () => {
  runs = await recordRuns(folder, [3, 4, 5, 6, 7]);
}, 120_000);

describe("training rows from recorded proposals", () => {
  test("an action that was carried out is rows of its own, risky as a whole when a stop ended it", () => {
    const { table, reads } = collected(runs, domain.groups!);
    expect(reads.map((r) => [r.actions, r.notes])).toEqual(runs.map(() => [1, []]));
    const stops = runs.map(({ drawn }) => (drawn.stopAtS === null ? 0 : 1));
    expect(new Set(stops).size).toBe(2);
    expect(reads.map((r) => r.events)).toEqual(stops);
    const place = table.features.findIndex((f) => f.name === "hidden_base_norm");
    for (let row = 0; row < table.rows; row++) {
      const ofAction = table.ofActions![row]!;
      expect(table.present[row * table.features.length + place]).toBe(ofAction);
      if (ofAction === 1) expect(table.labels[row]).toBe(stops[table.groups[row]!]);
    }
  });
  test("a stop that is not asked for teaches nothing", () => {
    const { table } = collected(runs, domain.groups!, ["contact"]);
    expect(table.events).toEqual([]);
    expect(table.labels.every((label) => label === 0)).toBe(true);
  });
  test("the groups that an action brings are the families that look at actions; the domain lets a head use them all", () => {
    const families = FEATURE_FAMILIES.filter((f) => f.aboutActions === true).map((f) => f.name);
    expect(families.sort()).toEqual([...ACTION_GROUPS].sort());
    for (const group of ["stop", "sources", ...ACTION_GROUPS]) expect(domain.groups).toContain(group);
  });
});
