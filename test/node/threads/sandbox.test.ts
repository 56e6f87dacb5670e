import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { robotConfigOf, ROBOT_FACTORY } from "../../../sim/index.ts";
import { canonicalText } from "../../../src/core/base/canonical.ts";
import { actionIdOf, type RobotConfig } from "../../../src/core/domain/index.ts";
import {
  armChainOf,
  straightProblem,
  type HelperFinding,
  type SandboxTask,
  type TrialProblem,
} from "../../../src/core/gate/index.ts";
import { createKinematics } from "../../../src/core/robot/index.ts";
import { createTrialPool } from "../../../src/node/threads/index.ts";
import { runSandbox } from "../../../src/node/threads/sandbox.ts";
import { robotOf, SIX_AXIS, sixAxisYaml, ur5eYaml } from "../../core/robot/arms.ts";

interface Wish {
  readonly robot?: RobotConfig;
  readonly urdf?: string;
  readonly to?: readonly number[];
  readonly from?: readonly number[];
  readonly seconds?: number;
  readonly problem?: Partial<TrialProblem>;
  readonly task?: Partial<SandboxTask>;
}
const HERE = robotOf(
  sixAxisYaml()
    .replace("baseXM: 0.3", "baseXM: 0")
    .replace("baseYM: -0.2", "baseYM: 0")
    .replace("baseYawRad: 0.7", "baseYawRad: 0"),
);

/** A straight move in joint space; by default the arm of the URDF turns by 0.8 rad in 2.4 s. */
function taskOf({
  robot = HERE,
  urdf = SIX_AXIS,
  to,
  from,
  seconds = 2.4,
  problem,
  task,
}: Wish = {}): SandboxTask {
  const kinematics = createKinematics(robot, urdf);
  const n = kinematics.joints;
  const begin = from ?? new Array<number>(n).fill(0);
  const end = to ?? begin.map((v, i) => (i === 0 ? v + 0.8 : v));
  const steps = 50;
  const q = Array.from({ length: steps }, (_, k) =>
    begin.map((v, i) => v + ((end[i]! - v) * k) / (steps - 1)),
  ).flat();
  return {
    kind: "sandbox",
    seed: 7,
    budgetMs: 60_000,
    runs: 4,
    dynamics: kinematics.dynamics,
    problem: {
      ...straightProblem({
        form: "cellgate.trial/2",
        linkRadiiM: kinematics.linkRadiiM,
        chain: armChainOf(kinematics),
        steps,
        dtS: seconds / (steps - 1),
        q,
        persons: [],
        minRad: robot.joints.map((j) => j.minRad),
        maxRad: robot.joints.map((j) => j.maxRad),
        maxRadPerS: robot.joints.map((j) => j.maxRadPerS),
        forbidden: [],
        toolMPerS: 1.5,
        minSeparationM: 0.2,
        uncertaintyM: 0.1,
        reactionS: 0.05,
        stopS: 0.25,
        maxForceN: 140,
        payloadKg: 3,
        standingForceN: 0,
        contactNsPerM: 500,
        personMPerS: 1.6,
        personHorizonS: 2,
        energyLimit: null,
        energy: { rest: 0, separation: 0, force: 0, speed: 0 },
      }),
      ...problem,
    },
    ...task,
  };
}
const run = (wish: Wish = {}, timed = false): Promise<HelperFinding> => runSandbox(taskOf(wish), timed);
const persons = (...rows: number[][]): Wish => ({ problem: { persons: rows.flat() } });
const at = (x: number, y: number): number[] => [1, x, y];
const unknown = (distance: number): number[] => [0, distance, 0];
/** beside the forearm at the end of the move, and far from it at the start */
const BESIDE = at(0.03, 0.5);
const ASIDE = at(2, 1);

describe("an arm described by a URDF", () => {
  test("a plan that keeps clear is safe, the same to the byte whenever it runs and whether timed or not", async () => {
    const once = await run();
    expect(once).toMatchObject({ kind: "sandbox", safe: true, runs: 4, detail: "4 runs without contact" });
    expect(canonicalText(await run())).toBe(canonicalText(once));
    expect(canonicalText(await run({}, true))).toBe(canonicalText(once));
  });
  test("somebody beside the forearm is reached, felt, and named", async () => {
    const finding = await run(persons(BESIDE));
    expect(finding).toMatchObject({ kind: "sandbox", safe: false, runs: 1 });
    if (finding.kind !== "sandbox") return;
    expect(finding.detail).toMatch(/^reaches the person at \(0.03, 0.50\) m, contact with \d+ N$/);
    expect(finding.peakForceN).toBeGreaterThan(20);
    expect(canonicalText(await run(persons(BESIDE)))).toBe(canonicalText(finding));
  });
  test("every sensed person counts, wherever in the row they stand", async () => {
    for (const rows of [
      [BESIDE, ASIDE, ASIDE],
      [ASIDE, BESIDE, ASIDE],
      [ASIDE, ASIDE, unknown(6), BESIDE],
    ])
      expect(await run(persons(...rows))).toMatchObject({ safe: false });
    const clear = await run(persons(ASIDE, at(-2, 0), unknown(4)));
    expect(clear).toMatchObject({ safe: true });
    expect(clear.kind === "sandbox" && clear.nearestM).toBeGreaterThan(0.5);
  });
  test("somebody of unknown direction may stand in any: the whole way counts as towards them", async () => {
    // the tool goes 0.79 · 2 · sin 0.4 = 0.62 m
    expect(await run(persons(unknown(0.5)))).toMatchObject({ safe: false });
    expect(await run(persons(unknown(2)))).toMatchObject({ safe: true });
    const found = await run(persons(ASIDE, unknown(0.4)));
    expect(found.kind === "sandbox" && found.detail).toMatch(
      /0.40 m away, direction unknown, contact with \d+ N/,
    );
    for (const turn of [-2.5, -1.2, 0.4, 1.9]) {
      const from = [turn, 0, 0, 0, 0, 0];
      const to = [turn + 0.8, 0, 0, 0, 0, 0];
      expect(await run({ ...persons(unknown(0.5)), from, to }), `from ${turn}`).toMatchObject({
        safe: false,
      });
    }
  });
  test("a forbidden box that only a part between two joints crosses", async () => {
    const box = [0.12, 0.2, 0.8, 0.18, 0.34, 1.2];
    const finding = await run({ problem: { forbidden: box } });
    expect(finding).toMatchObject({ safe: false });
    expect(finding.kind === "sandbox" && finding.detail).toMatch(/forbidden box at \(0.12, 0.20, 0.80\) m/);
  });
  test("a load that the joints cannot hold", async () => {
    const heavy = { to: [0, 1.2, 0, 0, 0, 0], problem: { payloadKg: 40 } };
    const finding = await run(heavy);
    expect(finding).toMatchObject({ safe: false, nearestM: Number.MAX_SAFE_INTEGER });
    expect(finding.kind === "sandbox" && finding.detail).toMatch(
      /torques do not keep it to the plan: \d\.\d\d m off/,
    );
    expect(await run({ ...heavy, problem: { payloadKg: 3 } })).toMatchObject({ safe: true });
  });
  test("a move that asks for more than the joints can give", async () => {
    expect(await run({ to: [2.5, 0, 0, 0, 0, 0], seconds: 0.15 })).toMatchObject({ safe: false });
  });
  test("the load differs from run to run, within a fifth", async () => {
    const some = await run({ task: { runs: 8, seed: 1 }, ...persons(at(0.6, 0.9)) });
    const other = await run({ task: { runs: 8, seed: 2 }, ...persons(at(0.6, 0.9)) });
    expect(some.kind === "sandbox" && other.kind === "sandbox" && some.nearestM !== other.nearestM).toBe(
      true,
    );
  });
});

describe("other arms", () => {
  test("a UR5e from its table", async () => {
    const ur = { robot: robotOf(ur5eYaml()), from: [0, -1.5, 1.5, -1.5, -1.5, 0] };
    expect(await run({ ...ur })).toMatchObject({ safe: true });
    expect(await run({ ...ur, ...persons(at(-0.5, -0.35)) })).toMatchObject({ safe: false });
  });
  test("one joint", async () => {
    const text = ur5eYaml();
    const one = text
      .replace(/( {4}- \{ name: shoulder_lift[\s\S]*?)(?= {2}kinematics)/, "")
      .replace(/(dM: 0.1625 \})[\s\S]*?(?= {2}dynamics)/, "$1\n")
      .replace("[0.09, 0.09, 0.08, 0.07, 0.07, 0.06]", "[0.09]")
      .replace(/ {6}- massKg: 8.058[\s\S]*$/, "")
      .replace("massMovingKg: 18", "massMovingKg: 4");
    expect(await run({ robot: robotOf(one) })).toMatchObject({ safe: true });
  });
  test("the demonstration arm needs no masses, and keeps its press zone", async () => {
    const robot = robotConfigOf(ROBOT_FACTORY);
    const from = [2.9, -1.2, 1.9, -2.27, -1.57, 1.3];
    const wish = { robot, from, problem: { payloadKg: 2 } };
    expect(await run({ ...wish, to: from.map((v, i) => (i === 0 ? v - 0.3 : v)) })).toMatchObject({
      safe: true,
    });
    expect(taskOf(wish).dynamics).toHaveProperty("missing");
    const press = await run({
      ...wish,
      from: from.map((v, i) => (i === 0 ? 0.9 : v)),
      to: from.map((v, i) => (i === 0 ? 2.2 : v)),
    });
    expect(press.kind === "sandbox" && press.detail).toBe("enters zone press");
  });
  test("an arm without masses has no model, and is told what to add", async () => {
    const robot = robotOf(ur5eYaml().replace(/ {2}dynamics:[\s\S]*$/, ""));
    expect(await run({ robot })).toMatchObject({
      kind: "failed",
      noModel: true,
      detail: expect.stringMatching(
        /^missing: robot.dynamics.links: for each joint massKg, centreM and inertiaKgM2/,
      ),
    });
  });
  test("masses whose joints stand in another order than the geometry's", async () => {
    const { dynamics } = taskOf();
    if ("missing" in dynamics) throw new Error(dynamics.missing);
    const twisted = { ...dynamics, order: [1, 0, 2, 3, 4, 5] };
    expect(await run({ task: { dynamics: twisted } })).toMatchObject({ kind: "failed", noModel: true });
  });
});

describe("arms of any build", () => {
  const number = (low: number, high: number) => fc.double({ min: low, max: high, noNaN: true });
  /** principal moments of a box of these sides, so that they are ones that a body can have */
  const link = fc
    .record({
      kg: number(0.05, 60),
      a: number(0.02, 0.9),
      b: number(0.02, 0.9),
      c: number(0.02, 0.9),
      at: number(-0.4, 0.4),
    })
    .map(({ kg, a, b, c, at: x }) => ({
      massKg: kg,
      centreM: [x, x / 3, -x / 2] as [number, number, number],
      inertiaKgM2: {
        xx: (kg * (b * b + c * c)) / 12,
        yy: (kg * (a * a + c * c)) / 12,
        zz: (kg * (a * a + b * b)) / 12,
        xy: 0,
        xz: 0,
        yz: 0,
      },
    }));
  const joint = fc.record({
    link,
    aM: number(-0.8, 0.8),
    dM: number(-0.5, 0.5),
    alphaRad: number(-3.2, 3.2),
    effortNm: number(0.5, 3_000),
    gain: number(1, 60),
    turn: number(-1.5, 1.5),
    radiusM: number(0.01, 0.3),
    dry: number(0, 20),
  });
  const arm = fc.record({
    joints: fc.array(joint, { minLength: 1, maxLength: 8 }),
    give: number(0.002, 0.1),
    payload: number(0, 30),
  });
  test("no arm bursts, none throws, and the same arm is judged the same", async () => {
    await fc.assert(
      fc.asyncProperty(arm, async ({ joints, give, payload }) => {
        const robot: RobotConfig = {
          ...HERE,
          massMovingKg: joints.reduce((sum, j) => sum + j.link.massKg, 0),
          joints: joints.map(({ gain, effortNm }, i) => ({
            name: `j${i}`,
            minRad: -7,
            maxRad: 7,
            maxRadPerS: 4,
            maxRadPerS2: gain,
            maxEffortNm: effortNm,
          })),
          kinematics: { dh: joints.map(({ aM, dM, alphaRad }) => ({ aM, dM, alphaRad, thetaOffsetRad: 0 })) },
          dynamics: {
            source: "drawn",
            links: joints.map((j) => j.link),
            linkRadiiM: joints.map((j) => j.radiusM),
            drives: joints.map((j) => ({
              rotorInertiaKgM2: 0,
              viscousFrictionNmSPerRad: j.dry,
              dryFrictionNm: j.dry,
            })),
            servoGiveRad: give,
          },
        };
        const wish: Wish = {
          robot,
          from: joints.map(() => 0),
          to: joints.map((j) => j.turn),
          seconds: 0.6,
          problem: { payloadKg: payload, persons: [...at(1.5, 0), ...unknown(1)] },
          task: { runs: 2 },
        };
        const finding = await run(wish);
        expect(finding.kind, JSON.stringify(finding)).toBe("sandbox");
        expect(canonicalText(await run(wish))).toBe(canonicalText(finding));
      }),
      { numRuns: 60, seed: 4 },
    );
  });
});

describe("on a thread of its own", () => {
  test("the same finding as here, to the byte, for safe and unsafe plans", async () => {
    const threads = createTrialPool({ size: 1 });
    try {
      for (const wish of [
        {},
        persons(BESIDE),
        { robot: robotOf(ur5eYaml()), from: [0, -1.5, 1.5, -1.5, -1.5, 0] },
      ]) {
        const task = taskOf(wish);
        const found = await threads.help({ kind: "helper", helperId: 1, actionId: actionIdOf("x"), task });
        expect(canonicalText(found)).toBe(canonicalText(await runSandbox(task, false)));
      }
    } finally {
      await threads.close();
    }
  }, 120_000);
});

describe("what did not run is not safe", () => {
  const good = taskOf().problem;
  const failed = (detail: RegExp) => ({ kind: "failed", detail: expect.stringMatching(detail) });
  test.each<[string, Partial<TrialProblem>, RegExp]>([
    ["no steps", { steps: 0, q: [] }, /0 steps goes nowhere/],
    ["one step", { steps: 1, q: good.q.slice(0, 6) }, /1 steps goes nowhere/],
    ["half a step", { steps: 2.5 }, /2.5 steps/],
    ["too few angles", { q: good.q.slice(1) }, /299 angles for 50 steps of 6 joints/],
    [
      "an angle that is none",
      { q: good.q.map((v, i) => (i === 77 ? Number.NaN : v)) },
      /a number of the plan is none/,
    ],
    ["no time", { dtS: 0 }, /a plan of 0 s/],
    ["time backwards", { dtS: -1 }, /a plan of -49 s/],
    ["time that is none", { dtS: Number.NaN }, /a plan of NaN s/],
    ["no end", { dtS: 1e9 }, /allowed 600/],
    ["half a person", { persons: [1, 2] }, /not whole rows/],
    ["somebody nowhere", { persons: [1, Number.NaN, 0] }, /number of the plan is none/],
    ["a load that is none", { payloadKg: Number.POSITIVE_INFINITY }, /number of the plan is none/],
    ["no problem", { form: "other" as never }, /not a plan/],
  ])("%s", async (_, problem, words) => {
    expect(await run({ problem })).toMatchObject(failed(words));
  });
  test.each([0, -1, 1.5, 1_000, Number.NaN])("%d runs", async (runs) => {
    expect(await run({ task: { runs } })).toMatchObject(failed(/runs are not between/));
  });
  test("nothing but a budget that is over", async () => {
    expect(await run({ task: { budgetMs: -1 } }, true)).toMatchObject(
      failed(/over its budget of -1 ms in run 1/),
    );
  });
  test("a long plan over its budget", async () => {
    const finding = await run({ seconds: 590, task: { budgetMs: 50, runs: 8 } }, true);
    expect(finding).toMatchObject(failed(/over its budget of 50 ms in run 1/));
  });
  test("masses that make numbers burst", async () => {
    const { dynamics } = taskOf();
    if ("missing" in dynamics) throw new Error(dynamics.missing);
    const bodies = dynamics.bodies.map((b, i) => (i === 2 ? { ...b, massKg: Number.NaN } : b));
    expect(await run({ task: { dynamics: { ...dynamics, bodies } } })).toMatchObject(
      failed(/did not stay finite/),
    );
  });
});
