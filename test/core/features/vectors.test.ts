import { describe, expect, it } from "vitest";
import type { Proposal } from "../../../src/core/domain/index.ts";
import { FEATURE_FAMILIES } from "../../../src/core/features/index.ts";
import { cell, fed } from "./setting.ts";

const near = (got: number | undefined, want: number, tolerance = 1e-9): void => {
  expect(got).toBeDefined();
  expect(Math.abs(got! - want)).toBeLessThanOrEqual(tolerance);
};

describe("features by hand: force", () => {
  const wrench = cell({ ft: { quantity: "wrench", min: -100, max: 200 } });
  it("magnitudes, excess over the mean, saturation", () => {
    const f = fed(wrench);
    f.feed("ft", 0, 3, 4, 0, 0, 0, 2);
    near(f.at(0, "force_n"), 5);
    near(f.at(0, "torque_nm"), 2);
    near(f.at(0, "force_excess_n"), 0);
    near(f.at(0, "wrench_saturation_share"), 4 / 200);
    f.feed("ft", 10, -50, 4, 0, 0, 0, 2);
    near(f.at(10, "wrench_saturation_share"), 0.5);
    // the mean of a young channel moves half way: 3 → -23.5
    near(f.at(10, "force_excess_n"), 26.5, 1e-6);
  });
  it("rate: 30 N in 10 ms are 3000 N/s, seen for 60 ms", () => {
    const f = fed(wrench);
    f.feed("ft", 0, 0, 0, 10, 0, 0, 0);
    expect(f.at(0, "force_rate_n_s")).toBeUndefined();
    f.feed("ft", 10, 0, 0, 40, 0, 0, 0);
    near(f.at(10, "force_rate_n_s"), 3_000);
    near(f.at(10, "force_jerk_n_s2"), 300_000);
    for (let ms = 20; ms <= 120; ms += 10) f.feed("ft", ms, 0, 0, 40, 0, 0, 0);
    near(f.at(120, "force_rate_n_s"), 0);
  });
  it("range and spread over a third of a second", () => {
    const f = fed(wrench);
    for (let i = 0; i < 4; i++) f.feed("ft", i * 10, i % 2 === 0 ? 6 : -2, 0, 5, 0, 0, 1);
    near(f.at(30, "force_range_n"), 8);
    near(f.at(30, "force_std_n"), 4);
    near(f.at(30, "torque_range_nm"), 0);
    near(f.at(30, "force_side_mean_n"), 2);
    near(f.at(30, "torque_mean_nm"), 1);
  });
  it("impulse: 105 N for one step of 10 ms over a mean that has moved by 10/510", () => {
    const f = fed(wrench);
    f.feed("ft", 0, 0, 0, 0, 0, 0, 0);
    f.feed("ft", 10, 102, 0, 0, 0, 0, 0);
    const push = 102 * (500 / 510) - 5;
    near(f.at(10, "contact_impulse_ns"), push * 0.01 * (100 / 110), 1e-9);
  });
  it("bands: a constant force has no energy, a fast alternation all of it above", () => {
    const still = fed(wrench);
    for (let ms = 0; ms < 500; ms++) still.feed("ft", ms, 0, 0, 20, 0, 0, 0);
    near(still.at(499, "force_energy_low_n2"), 0);
    near(still.at(499, "force_energy_high_n2"), 0);
    const chatter = fed(wrench);
    for (let ms = 0; ms < 500; ms++) chatter.feed("ft", ms, 0, 0, ms % 2 === 0 ? 10 : -10, 0, 0, 0);
    expect(chatter.at(499, "force_energy_high_n2")!).toBeGreaterThan(80);
    expect(chatter.at(499, "force_energy_low_n2")!).toBeLessThan(1);
  });
});

describe("features by hand: distance", () => {
  it("a person who comes at 1 m/s from 2 m", () => {
    const f = fed(cell({ prox: { quantity: "range", max: 4 } }));
    for (let ms = 0; ms <= 200; ms += 10) f.feed("prox", ms, 2 - ms / 1000);
    near(f.at(200, "distance_m"), 1.8);
    near(f.at(200, "closing_speed_m_s"), 1, 1e-6);
    near(f.at(200, "time_to_contact_s"), 1.8, 1e-5);
    near(f.at(200, "distance_ahead_m"), 1.5, 1e-6);
  });
  it("time to contact ends at its horizon when nothing closes", () => {
    const f = fed(cell({ prox: { quantity: "range", max: 4 } }));
    for (let ms = 0; ms <= 100; ms += 10) f.feed("prox", ms, 1);
    near(f.at(100, "time_to_contact_s"), 10);
    near(f.at(100, "closing_speed_m_s"), 0);
  });
  it("separation margin: 1.8 m to a still robot with 20 ms reaction and 100 ms sensor period", () => {
    const f = fed(cell({ prox: { quantity: "range", max: 4 }, js: { quantity: "joints" } }));
    f.feed("js", 0, 0, 0, 0, 0, 0, 0);
    f.feed("prox", 0, 1.8);
    // person 1.6 · (0.02 + 0.1 + 0.3), robot still, uncertainty 0.01
    near(f.at(0, "separation_margin_m"), 1.8 - (1.6 * 0.42 + 0.01), 1e-9);
    // joint speeds 1 and 0 rad/s move the tool, 1 m away, at 1 m/s
    f.feed("js", 10, 0, 0, 1, 0, 0, 0);
    near(f.at(10, "separation_margin_m"), 1.8 - (1.6 * 0.42 + 1 * 0.12 + 0.15 + 0.01), 1e-9);
  });
  it("a scan whose place is known is measured from the arm's body, another from the scanner", () => {
    const scan = { quantity: "scan", max: 10, angleMinRad: 0, angleStepRad: 1 };
    const placed = fed(
      cell(
        { scan, js: { quantity: "joints" } },
        {
          separation: {
            s: {
              channel: "scan",
              intrusionDistanceM: 0,
              humanUncertaintyM: 0,
              mount: { xM: 2, yM: 0, yawRad: Math.PI },
            },
          },
        },
      ),
    );
    placed.feed("js", 0, 0, 0, 0, 0, 0, 0);
    placed.feed("scan", 0, 0.4, 10, 10, 10);
    // the ray points back from x = 2 and ends at x = 1.6; the tool stands at x = 1
    near(placed.at(0, "distance_m"), 0.6, 1e-9);
    const free = fed(cell({ scan }));
    free.feed("scan", 0, 3, 0.4, 10, 10);
    near(free.at(0, "scan_nearest_m"), 0.4);
    expect(() => free.at(0, "distance_m")).toThrow("no feature");
  });
  it("occupancy counts rays", () => {
    const f = fed(cell({ scan: { quantity: "scan", max: 10, angleMinRad: 0, angleStepRad: 0.1 } }));
    f.feed("scan", 0, 0.5, 1.2, 3, 9);
    near(f.at(0, "occupied_near_share"), 0.25);
    near(f.at(0, "occupied_wide_share"), 0.5);
  });
});

describe("features by hand: joints", () => {
  const js = cell({ js: { quantity: "joints" } });
  it("speed, power, efforts, margins", () => {
    const f = fed(js);
    f.feed("js", 0, 0, 1.5, 1, -2, 10, 5);
    near(f.at(0, "joint_speed_share"), 0.5);
    near(f.at(0, "joint_limit_margin_rad"), 0.5);
    f.feed("js", 10, 0.01, 1.48, 1, -2, 10, 8);
    near(f.at(10, "joint_power_w"), 26);
    near(f.at(10, "effort_share"), 0.4);
    near(f.at(10, "effort_rate_nm_s"), 300);
    near(f.at(10, "effort_excess_nm"), 3 * (300 / 310), 1e-9);
    near(f.at(10, "velocity_2_rad_s"), -2);
  });
  it("a joint that is pushed off its course shows as residual and acceleration", () => {
    const f = fed(js);
    f.feed("js", 0, 0, 0, 1, 0, 0, 0);
    f.feed("js", 10, 0.01, 0, 1, 0, 0, 0);
    near(f.at(10, "joint_residual_rad"), 0);
    f.feed("js", 20, 0.05, 0, 1, 0, 0, 0);
    near(f.at(20, "joint_residual_rad"), 0.03);
    f.feed("js", 30, 0.05, 0, 0, 0, 0, 0);
    near(f.at(30, "joint_acceleration_rad_s2"), 100, 1e-6);
  });
  it("currents and tracking errors", () => {
    const f = fed(cell({ cur: { quantity: "currents", maxAgeMs: 5000 }, err: { quantity: "jointErrors" } }));
    f.feed("cur", 0, 1, -2);
    f.feed("cur", 1000, 1, -4);
    near(f.at(1000, "current_max_a"), 4);
    near(f.at(1000, "current_step_a"), 2);
    near(f.at(1000, "current_excess_a"), 2 * (3 / 4), 1e-9);
    near(f.at(1000, "current_2_excess_a"), -1.5, 1e-9);
    f.feed("err", 1000, 0.01, 0);
    f.feed("err", 1010, 0.01, -0.03);
    near(f.at(1010, "tracking_error_rad"), 0.03);
    near(f.at(1010, "tracking_range_rad"), 0.03);
    near(f.at(1010, "tracking_change_rad"), 0.03 * (80 / 90), 1e-9);
    near(f.at(1010, "tracking_2_mean_rad"), -0.015);
  });
});

describe("features by hand: stops, sources, scalars, twists", () => {
  it("stops and how long ago", () => {
    const f = fed(
      cell({
        es: { quantity: "estopDual", maxAgeMs: 60_000 },
        ps: { quantity: "protectiveStop", maxAgeMs: 60_000 },
      }),
    );
    f.feed("es", 0, 1, 1);
    f.feed("ps", 0, 1);
    near(f.at(0, "since_stop_s"), 60);
    f.feed("es", 1000, 1, 0);
    near(f.at(1000, "estop_active"), 1);
    near(f.at(1000, "protective_stop_active"), 0);
    f.feed("es", 2000, 1, 1);
    near(f.at(5000, "estop_active"), 0);
    near(f.at(5000, "since_stop_s"), 4);
  });
  it("age, jitter and faults of sources", () => {
    const f = fed(cell({ a: { quantity: "scalar" }, b: { quantity: "scalar" } }));
    for (let ms = 0; ms <= 40; ms += 10) f.feed("a", ms, 1);
    for (let ms = 0; ms <= 40; ms += 20) f.feed("b", ms, 1);
    near(f.at(90, "staleness_share"), 0.5);
    near(f.at(90, "jitter_share"), 0);
    f.bank.fault({ channel: 1 });
    near(f.at(90, "faults_share"), 0.5);
    near(fed(cell({ a: { quantity: "scalar" } })).at(90, "staleness_share") ?? 0, 0);
  });
  it("scalars and their change; twists", () => {
    const f = fed(cell({ temp: { quantity: "scalar", maxAgeMs: 10_000 }, cmd: { quantity: "twist" } }));
    f.feed("temp", 0, 20);
    f.feed("temp", 5000, 30);
    near(f.at(5000, "scalar_temp"), 30);
    near(f.at(5000, "scalar_temp_change"), 5);
    f.feed("cmd", 5000, 3, 4, 0, 0, 0, 2);
    near(f.at(5000, "twist_speed_m_s"), 5);
    near(f.at(5000, "twist_turn_rad_s"), 2);
  });
});

/** The numbers of the frame at 0 with an action in it. */
const withAction = (f: ReturnType<typeof fed>, proposal: Proposal) => {
  f.bank.frame(0);
  const { values, present } = f.bank.acted(proposal);
  return (name: string): number | undefined => {
    const place = f.bank.features.findIndex((feature) => feature.name === name);
    return present[place] === 1 ? values[place] : undefined;
  };
};

describe("features by hand: proposals", () => {
  const base = { schema: "cellgate.proposal/1", action_id: "x", proposer: "p", target: "arm" } as const;
  it("plan: a diamond of four steps with two resources, one kept", () => {
    const f = fed(cell({ a: { quantity: "scalar" } }));
    const said = withAction(f, {
      ...base,
      verb: "plan",
      args: {
        nodes: [
          { id: "1", skill: "s", acquires: ["gripper"] },
          { id: "2", skill: "s", acquires: ["press"] },
          { id: "3", skill: "s", releases: ["gripper"] },
          { id: "4", skill: "s" },
        ],
        edges: [
          ["1", "2"],
          ["1", "3"],
          ["2", "4"],
          ["3", "4"],
        ],
      },
    } as Proposal);
    near(said("plan_nodes"), 4);
    near(said("plan_edges"), 4);
    near(said("plan_depth"), 3);
    near(said("plan_locks_held"), 2);
    near(said("plan_locks_kept"), 1);
    expect(f.at(0, "plan_nodes")).toBeUndefined();
  });
  it("a plan that runs in a circle counts all its steps", () => {
    const f = fed(cell({ a: { quantity: "scalar" } }));
    const said = withAction(f, {
      ...base,
      verb: "plan",
      args: {
        nodes: [
          { id: "1", skill: "s" },
          { id: "2", skill: "s" },
          { id: "3", skill: "s" },
        ],
        edges: [
          ["1", "2"],
          ["2", "1"],
        ],
      },
    } as Proposal);
    near(said("plan_depth"), 3);
  });
  it("program tokens and decisions", () => {
    const f = fed(cell({ a: { quantity: "scalar" } }));
    let said = withAction(f, {
      ...base,
      verb: "program",
      args: { tokens: ["go", "go", "grip", "go"] },
      evidence: { decision_probabilities: [0.5, 0.3, 0.2], confidence_trajectory: [0.5, 0.9, 0.6, 0.8] },
    } as Proposal);
    near(said("program_length"), 4);
    near(said("program_distinct_share"), 0.5);
    near(said("program_entropy_nats"), -(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25)), 1e-12);
    near(said("program_repeat_share"), 1 / 3);
    near(
      said("decision_entropy_share"),
      -(0.5 * Math.log(0.5) + 0.3 * Math.log(0.3) + 0.2 * Math.log(0.2)) / Math.log(3),
      1e-12,
    );
    near(said("decision_margin"), 0.2, 1e-12);
    near(said("confidence_fall"), 0.3, 1e-12);
    said = withAction(f, {
      ...base,
      verb: "power",
      args: { on: true },
      evidence: { decision_logits: [1000, 1000] },
    } as Proposal);
    near(said("decision_entropy_share"), 1, 1e-12);
    near(said("decision_margin"), 0, 1e-12);
    expect(said("program_length")).toBeUndefined();
  });
  it("hidden vectors: norm, and directions that do not depend on their size", () => {
    const f = fed(cell({ h: { quantity: "hidden" } }));
    f.feed("h", 0, 3, 4, 0, 0);
    near(f.at(0, "hidden_base_norm"), 2.5);
    const first = f.at(0, "hidden_base_1")!;
    f.feed("h", 10, 6, 8, 0, 0);
    near(f.at(10, "hidden_base_1"), 2 * first, 1e-12);
    expect([7, 1].map((x) => x / 2)).toContain(Math.abs(first));
  });
});

describe("the registry of features", () => {
  it("every feature has a unit, a meaning and a name of its own", () => {
    const names = FEATURE_FAMILIES.flatMap((family) => family.specs(6).map((spec) => spec.name));
    expect(new Set(names).size).toBe(names.length);
    for (const family of FEATURE_FAMILIES)
      for (const spec of family.specs(6)) {
        expect(spec.name).toMatch(/^[a-z][a-z0-9_<>]*$/);
        expect(spec.unit.length * spec.meaning.length * family.needs.length).toBeGreaterThan(0);
      }
  });
});
