import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createKit, drawScenario, familyNamed, generateBags, ROBOT_FACTORY } from "../../../sim/index.ts";
import { loadDeployment } from "../../../src/node/deployment/index.ts";
import { domainNamed } from "../../../src/core/risk/index.ts";
import { createKinematics } from "../../../src/core/robot/index.ts";
import {
  collectBag,
  collectRun,
  FrameCollector,
  type LabelledTable,
  settingFor,
  trainHead,
} from "../../../src/lab/training/index.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-training-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const loaded = loadDeployment(join(import.meta.dirname, "../../../launch/demo-cell.yaml"));
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
const { deployment } = loaded;
const domain = domainNamed("robot-factory")!;
const collector = (): FrameCollector =>
  new FrameCollector({
    deployment,
    kinematics: createKinematics(deployment.robot),
    groups: domain.groups,
    without: domain.without.map((w) => w.name),
    framePeriodUs: 20_000,
    horizonUs: 600_000,
    recoveryUs: 2_000_000,
    settleUs: 300_000,
  });
const scenario = (family: string, wanted: "miss" | "collide", seed: number) =>
  drawScenario(createKit(ROBOT_FACTORY), familyNamed(family)!, wanted, seed);

describe("training: from simulated runs to frames", () => {
  it("a collision gives its event, risky frames before it and none after; a miss gives none", () => {
    const c = collector();
    const hit = collectRun(
      c,
      { scenario: scenario("reach-in", "collide", 3), family: "reach-in", wanted: "collide" },
      0,
    );
    const miss = collectRun(
      c,
      { scenario: scenario("walk-by", "miss", 3), family: "walk-by", wanted: "miss" },
      1,
    );
    const table = c.finish();
    expect(hit.contactUs).toBeGreaterThan(0);
    expect(miss.contactUs).toBe(-1);
    expect(table.events).toEqual([{ source: 0, t: hit.contactUs }]);
    for (let row = 0; row < table.rows; row++) {
      const before = hit.contactUs - table.times[row]!;
      const risky = table.sourceOf[row] === 0 && before >= 0 && before <= 600_000;
      expect(table.labels[row]).toBe(risky ? 1 : 0);
      if (table.sourceOf[row] === 0) expect(before).toBeGreaterThanOrEqual(0);
    }
    expect(table.features.some((f) => f.name === "torque_mean_nm")).toBe(false);
  });

  it("a recorded bag gives the frames of the run that it recorded, and finds its event in the label", async () => {
    const wanted = scenario("reach-in", "collide", 5);
    const generated = await generateBags({
      cell: ROBOT_FACTORY,
      engine: "embedded",
      scenarios: [wanted],
      folder,
      request: "one",
      seed: 5,
      env: {},
      signal: new AbortController().signal,
      progress: () => {},
    });
    expect(generated.ok).toBe(true);
    const bag = readdirSync(folder).find((name) => name.endsWith(".mcap"))!;
    const fromBag = collector();
    const read = await collectBag(fromBag, join(folder, bag), deployment, [], 0);
    if (!read.ok) throw new Error(read.error);
    expect(read.value.events).toBe(1);
    const direct = collector();
    collectRun(direct, { scenario: wanted, family: "reach-in", wanted: "collide" }, 0);
    const [a, b] = [fromBag.finish(), direct.finish()];
    expect(Math.abs(a.events[0]!.t - b.events[0]!.t)).toBeLessThanOrEqual(20_000);
    // the bag counts from its first reading and carries 32-bit ranges: equal but for that
    const distance = a.features.findIndex((f) => f.name === "distance_m");
    const at = (table: LabelledTable, row: number): number =>
      table.values[row * table.features.length + distance]!;
    const rows = Math.min(a.rows, b.rows);
    let sum = 0;
    for (let row = 0; row < rows; row++) {
      const gap = Math.abs(at(a, row) - at(b, row));
      expect(gap).toBeLessThan(0.06);
      sum += gap;
    }
    expect(rows).toBeGreaterThan(50);
    expect(sum / rows).toBeLessThan(0.01);
  });

  it("a bag that has nothing for the deployment is refused with what it has", async () => {
    const bag = readdirSync(folder).find((name) => name.endsWith(".mcap"))!;
    const other = {
      ...deployment,
      channels: { x: { ...deployment.channels["tool_prox"]!, address: "/elsewhere" } },
    };
    const c = new FrameCollector({
      deployment: other,
      kinematics: createKinematics(other.robot),
      groups: null,
      without: [],
      framePeriodUs: 10_000,
      horizonUs: 1,
      recoveryUs: 1,
      settleUs: 0,
    });
    const read = await collectBag(c, join(folder, bag), other, [], 0);
    expect(!read.ok && read.error).toContain("/cell/wrist_ft");
    expect((await collectBag(c, join(folder, "none.mcap"), other, [], 0)).ok).toBe(false);
  });
});

describe("training: heads from the simulated cell", () => {
  const data = (): LabelledTable => {
    const c = collector();
    let group = 0;
    for (const [family, wanted] of [
      ["walk-by", "miss"],
      ["walk-by", "collide"],
      ["reach-in", "miss"],
      ["reach-in", "collide"],
    ] as const)
      for (let seed = 1; seed <= 2; seed++)
        collectRun(c, { scenario: scenario(family, wanted, seed), family, wanted }, group++);
    return c.finish();
  };
  const head = (table: LabelledTable, seed: number) => {
    const steps = trainHead({
      domain,
      setting: { ...settingFor(table.rows, seed), epochs: 8, stepSize: 0.1, pairs: 2, bags: 2 },
      train: table,
      calibration: null,
      test: null,
      data: [],
    });
    for (;;) {
      const step = steps.next();
      if (step.done !== true) continue;
      if (!step.value.ok) throw new Error(step.value.error);
      return step.value.value;
    }
  };
  it("same runs and seed give the same artefact hash on two trainings", () => {
    const first = head(data(), 1);
    expect(head(data(), 1).hash).toBe(first.hash);
    expect(head(data(), 2).hash).not.toBe(first.hash);
    expect(first.metrics["auroc"]).toBeGreaterThan(0.9);
  });
  it("refuses data of one class, and says so", () => {
    const c = collector();
    collectRun(c, { scenario: scenario("walk-by", "miss", 1), family: "walk-by", wanted: "miss" }, 0);
    const table = c.finish();
    const done = trainHead({
      domain,
      setting: settingFor(table.rows, 1),
      train: table,
      calibration: null,
      test: null,
      data: [],
    }).next();
    expect(done.done && !done.value.ok && done.value.error).toContain("all harmless");
  });
});
