import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { createKit, drawScenario, familyNamed, openEngine, type ContactClass } from "../../sim/index.ts";
import { ROBOT_FACTORY } from "../../src/core/physics/cell.ts";
import { guardedRun } from "../../src/cli/sim/live-run.ts";
import { boundOf, rowsOf } from "../../src/cli/sim/summary.ts";
import { labelOf } from "../../sim/index.ts";
import { parseDeployment } from "../../src/node/deployment/index.ts";

const config = parseDeployment(
  readFileSync(resolve(import.meta.dirname, "../../launch/sim.yaml"), "utf8"),
  "launch/sim.yaml",
);
if (!config.ok) throw new Error(JSON.stringify(config.problems));
const kit = createKit(ROBOT_FACTORY);
const opened = await openEngine("embedded", ROBOT_FACTORY, {});
if (!opened.ok) throw new Error(opened.error);
const engine = opened.value;
const LIMIT_N = ROBOT_FACTORY.person.hand.contact.forceLimitN;

async function pair(family: string, wanted: ContactClass, seed: number) {
  const scenario = drawScenario(kit, familyNamed(family)!, wanted, seed);
  const truth = await engine.record(scenario, { reading: () => {}, step: () => {} });
  const without = labelOf(scenario, truth, { engine: "embedded", version: "2" });
  return {
    scenario,
    without,
    guarded: await guardedRun(engine, scenario, config as Extract<typeof config, { ok: true }>, LIMIT_N),
  };
}

describe("the live loop", () => {
  it.each([
    ["walk-by", "collide"],
    ["reach-in", "collide"],
    ["overtaking-hand", "collide"],
    ["clamping", "collide"],
    ["late-stop", "collide"],
  ] as const)("%s: a collision without the node is none with it", async (family, wanted) => {
    const { without, guarded } = await pair(family, wanted, 21);
    expect(without.class).toBe("collide");
    expect(guarded.label.class).not.toBe("collide");
    expect(guarded.overLimitMoving).toBe(false);
    expect(guarded.blockAtUs).toBeGreaterThan(0);
    expect(guarded.stopTimeUs).toBeLessThanOrEqual(ROBOT_FACTORY.arm.stopTimeMs * 1_000 + 250_000);
  });
  it.each(["walk-by", "reach-in", "overtaking-hand"])("%s: a miss is left alone", async (family) => {
    const { guarded } = await pair(family, "miss", 22);
    expect(guarded.blockAtUs).toBe(-1);
  });
  it.each([
    ["sensor-lost", "near"],
    ["sensor-frozen", "near"],
    ["emergency-stop", "miss"],
  ] as const)("%s stops the arm", async (family, wanted) => {
    expect((await pair(family, wanted, 23)).guarded.blockAtUs).toBeGreaterThan(0);
  });
  it.each([
    ["dropped-payload", "FORCE_SPIKE"],
    ["slip-in-gripper", "FORCE_SPIKE"],
    ["forbidden-zone", "ARM_IN_FORBIDDEN_ZONE"],
    ["cable-pull", "FORCE_LIMIT"],
  ])("%s is stopped by %s", async (family, code) => {
    const { guarded } = await pair(family, "miss", 702);
    expect(guarded.blockCode).toBe(code);
  });
  it("the tool never enters the forbidden zone that its program leads into", async () => {
    const { without, guarded } = await pair("forbidden-zone", "miss", 703);
    expect([without.zone, guarded.label.zone]).toEqual(["press", null]);
  });
  it("the head that the deployment names watches too: V_s passes its alarm threshold when a person comes close", async () => {
    const { guarded } = await pair("walk-by", "collide", 21);
    expect(guarded.alarmAtUs).toBeGreaterThan(0);
  });
  it("the same run gives the same receipts", async () => {
    const [one, two] = [await pair("reach-in", "near", 24), await pair("reach-in", "near", 24)];
    expect(one.guarded.digest).toBe(two.guarded.digest);
    expect(one.guarded.receipts).toBeGreaterThan(0);
  });
  it("the table counts what happened", async () => {
    const pairs = [await pair("walk-by", "collide", 25), await pair("walk-by", "miss", 26)];
    const all = rowsOf(pairs).at(-1)!;
    // one quiet miss that was left alone proves next to nothing: 1 - 0.05
    expect(boundOf(rowsOf(pairs))).toContain("0 of 1 quiet misses; with 95 % confidence at most 95.0 %");
    expect(boundOf(rowsOf([pairs[0]!]))).toContain("nothing is known about false stops");
    expect(all).toMatchObject({ runs: 2, touchedWithout: 1, harmed: 0, inTime: 1, quiet: 1, falseStops: 0 });
  });
});
