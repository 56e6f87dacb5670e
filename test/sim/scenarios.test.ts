import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  createKit,
  createSim,
  drawScenario,
  FAMILIES,
  NAMED,
  type Scenario,
  scenarioNamed,
  type Sim,
} from "../../sim/index.ts";
import { ROBOT_FACTORY } from "../../src/core/physics/cell.ts";

const kit = createKit(ROBOT_FACTORY);
const run = (
  scenario: Scenario | string,
  seed = 1,
  steps = Infinity,
): { sim: Sim; digest: string; counts: Record<string, number> } => {
  const sim = createSim({ scenario, seed, obeys: false });
  const hash = createHash("sha256");
  const counts: Record<string, number> = {};
  for (let k = 0; k < steps && !sim.finished; k++) {
    sim.step();
    sim.readings((channel, values, count, stampUs, seq) => {
      counts[channel] = (counts[channel] ?? 0) + 1;
      hash.update(`${channel} ${stampUs} ${seq} ${values.slice(0, count).join()}`);
    });
  }
  return { sim, digest: hash.digest("hex"), counts };
};

describe("families", () => {
  for (const family of FAMILIES)
    it.each([...family.classes])(`${family.name} really ends as %s`, (wanted) => {
      for (const seed of [101, 102, 103]) {
        const { sim } = run(drawScenario(kit, family, wanted, seed));
        expect(sim.truth().class, `seed ${seed}`).toBe(wanted);
        if (family.name === "forbidden-zone") expect(sim.truth().zone).toBe("press");
      }
    });
  it("a person who comes close is seen long before contact", () => {
    const { sim } = run("collide", 5);
    const { warnedAtUs, contactAtUs } = sim.truth();
    expect(contactAtUs - warnedAtUs).toBeGreaterThan(300_000);
  });
});

describe("H44 the same seed gives the same readings", () => {
  it.each(["near", "collide", "noisy", "e-stop"])("%s", (name) => {
    expect(run(name, 7).digest).toBe(run(name, 7).digest);
    expect(run(name, 7).digest).not.toBe(run(name, 8).digest);
  });
  it("scenarios are pure data", () => {
    const scenario = scenarioNamed(kit, "reach-in/near", 3)!;
    expect(run(JSON.parse(JSON.stringify(scenario)) as Scenario).digest).toBe(run(scenario).digest);
  });
});

describe("channels", () => {
  it("come at their rates", () => {
    const { counts } = run("idle", 1, 2_000);
    expect(counts).toEqual({
      wrist_ft: 2000,
      tool_prox: 400,
      base_scan: 80,
      joint_states: 500,
      estop: 200,
      cell_heartbeat: 40,
    });
  });
  it("no value repeats for half a second in a healthy cell, except what is constant by nature", () => {
    const last: Record<string, string> = {};
    const since: Record<string, number> = {};
    const sim = createSim({ scenario: "idle", obeys: true });
    for (let k = 0; k < 3_000; k++) {
      sim.step();
      sim.readings((channel, values) => {
        const text = values.join();
        if (text !== last[channel]) since[channel] = k;
        last[channel] = text;
        if (channel !== "estop") expect(k - since[channel]!, channel).toBeLessThan(100);
      });
    }
  });
  it("a lost source falls silent, a frozen one repeats itself under new stamps", () => {
    const base = scenarioNamed(kit, "near", 3)!;
    const faulty = (kind: "lost" | "frozen"): Scenario => ({
      ...base,
      sensorLatencyUs: 0,
      sensorFaults: [{ channel: "tool_prox", kind, fromUs: 1_000_000, untilUs: 9_000_000 }],
    });
    expect(run(faulty("lost")).counts.tool_prox).toBe(200);
    const values = new Set<number>();
    const stamps = new Set<number>();
    const sim = createSim({ scenario: faulty("frozen"), obeys: false });
    for (let k = 0; k < 2_000; k++) {
      sim.step();
      sim.readings((channel, row, _count, stampUs) => {
        if (channel !== "tool_prox" || stampUs <= 1_001_000) return;
        values.add(row[0]!);
        stamps.add(stampUs);
      });
    }
    expect(values.size).toBe(1);
    expect(stamps.size).toBe(200);
  });
  it("latency delays what arrives and keeps its stamp", () => {
    const base = scenarioNamed(kit, "near", 3)!;
    const sim = createSim({ scenario: { ...base, sensorLatencyUs: 7_000 }, obeys: false });
    const lags = new Set<number>();
    for (let k = 0; k < 100; k++) {
      sim.step();
      sim.readings((_channel, _values, _count, stampUs) => lags.add(sim.now - stampUs));
    }
    expect([...lags]).toEqual([7_000]);
  });
  it("an emergency stop opens both channels, the second one later or never", () => {
    const base = scenarioNamed(kit, "e-stop", 3)!;
    const pressed = (discrepancyUs: number): string[] => {
      const seen: string[] = [];
      const sim = createSim({
        scenario: {
          ...base,
          sensorLatencyUs: 0,
          presses: [{ fromUs: 100_000, untilUs: 9e6, discrepancyUs }],
        },
        obeys: false,
      });
      for (let k = 0; k < 200; k++) {
        sim.step();
        sim.readings((channel, values) => {
          const pair = values.join("");
          if (channel === "estop" && seen.at(-1) !== pair) seen.push(pair);
        });
      }
      return seen;
    };
    expect(pressed(0)).toEqual(["11", "00"]);
    expect(pressed(20_000)).toEqual(["11", "01", "00"]);
    expect(pressed(-1)).toEqual(["11", "01"]);
  });
});

describe("the demonstration", () => {
  it("a person walks in and out again, the operator acts afterwards, and it repeats", () => {
    const sim = createSim({ scenario: "walk-in", obeys: false });
    const acts: string[] = [];
    const near: number[] = [];
    for (let k = 0; k < 50_000; k++) {
      sim.step();
      sim.operator((act) => acts.push(`${act} ${sim.now / 1000}`));
      if (k % 1000 === 0) near.push(sim.truth().distanceM);
    }
    expect(acts).toEqual([
      "reset 500",
      "resume 700",
      "reset 15001",
      "resume 16501",
      "reset 39001",
      "resume 40501",
    ]);
    expect(near[3]).toBeGreaterThan(1.5);
    expect(Math.min(...near.slice(8, 11))).toBeLessThan(0.6);
    expect(near[14]).toBeGreaterThan(1.5);
    expect(Math.min(...near.slice(32, 35))).toBeLessThan(0.6);
    expect(sim.finished).toBe(false);
  });
  it("every short name has its scenario", () => {
    for (const name of Object.keys(NAMED)) expect(scenarioNamed(kit, name, 1), name).not.toBeNull();
    expect(scenarioNamed(kit, "nonsense", 1)).toBeNull();
    expect(scenarioNamed(kit, "forbidden-zone/collide", 1)).toBeNull();
  });
});
