import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cos, sin } from "../../../src/core/base/math.ts";
import {
  GATE_GREEN_THRESHOLD,
  GATE_YELLOW_THRESHOLD,
  type TrialSummary,
} from "../../../src/core/domain/index.ts";
import {
  armChainOf,
  deepLook,
  nominalRun,
  runTrials,
  safeShareCap,
  straightProblem,
  traceTrial,
  type TrialProblem,
} from "../../../src/core/gate/index.ts";
import { bodyOf, phasesOf, typedChain } from "../../../src/core/gate/monte-carlo/arm-chain.ts";
import { emptyDraw } from "../../../src/core/gate/monte-carlo/draws.ts";
import { Rollout } from "../../../src/core/gate/monte-carlo/rollout.ts";
import { type ArmChain, createKinematics, type Kinematics } from "../../../src/core/robot/index.ts";
import { fewestForShare } from "../../../src/core/stats/index.ts";
import { gateDeployment, HOME } from "../cell/pipeline/fake-host.ts";

const { deployment } = gateDeployment();
const arm = createKinematics(deployment.robot);
const chain = armChainOf(arm);

const problemOf = (more: Partial<TrialProblem> = {}, far = 0.4): TrialProblem => {
  const steps = 50;
  const q: number[] = [];
  for (let k = 0; k < steps; k++) q.push(...HOME.map((v, j) => (j === 0 ? v + (far * k) / (steps - 1) : v)));
  return straightProblem({
    form: "cellgate.trial/2",
    linkRadiiM: HOME.map(() => 0),
    chain,
    steps,
    dtS: 2 / (steps - 1),
    q,
    persons: [],
    minRad: HOME.map(() => -6),
    maxRad: HOME.map(() => 6),
    maxRadPerS: HOME.map(() => 3),
    forbidden: [],
    toolMPerS: 1.5,
    minSeparationM: 0.2,
    uncertaintyM: 0.1,
    reactionS: 0.02,
    stopS: 0.2,
    maxForceN: 140,
    payloadKg: 3,
    standingForceN: 5,
    contactNsPerM: 500,
    personMPerS: 1.6,
    personHorizonS: 2,
    energyLimit: 1,
    energy: { rest: 0.1, separation: 0, force: 0, speed: 0 },
    ...more,
  });
};
const run = (problem: TrialProblem, sims = 100, noise = 0.05, seed = 5): TrialSummary =>
  runTrials({ requestId: 1, actionId: "x" as never, seed, sims, noise, budgetMs: 0, problem });

/** The same arm with its joint angles in another order. */
const permuted = (order: readonly number[]): Kinematics => {
  const inner = (q: ArrayLike<number>): Float64Array =>
    Float64Array.from(order, (_, i) => q[order.indexOf(i)]!);
  return {
    ...arm,
    body: (q, out) => arm.body(inner(q), out),
    tool: (q, out) => arm.tool(inner(q), out),
    jacobian(q, out) {
      const plain = new Float64Array(36);
      arm.jacobian(inner(q), plain);
      for (let r = 0; r < 6; r++) for (let j = 0; j < 6; j++) out[r * 6 + j] = plain[r * 6 + order[j]!]!;
    },
  };
};

describe("the arm as plain numbers", () => {
  const agrees = (made: ArmChain, source: Kinematics) =>
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -6, max: 6, noNaN: true }), { minLength: 6, maxLength: 6 }),
        (q) => {
          const theirs = new Float64Array(21);
          const ours = new Float64Array(21);
          source.body(q, theirs);
          const phases = phasesOf(made);
          bodyOf(
            typedChain(made),
            Float64Array.from(q, (v, j) => sin(v + phases[j]!)),
            Float64Array.from(q, (v, j) => cos(v + phases[j]!)),
            ours,
          );
          for (let k = 0; k < 21; k++) expect(ours[k]!).toBeCloseTo(theirs[k]!, 9);
        },
      ),
      { seed: 3, numRuns: 100 },
    );
  test("moves as the kinematics it was read from", () => agrees(chain, arm));
  test("also when the row of joint angles has another order than the arm", () => {
    const source = permuted([3, 0, 5, 1, 4, 2]);
    agrees(armChainOf(source), source);
  });
});

/** Joint origins and axes of a UR5 as its maker's description publishes them. */
const UR5_URDF = `<?xml version="1.0"?><robot name="ur5">
${["base_link", "shoulder", "upper_arm", "forearm", "wrist_1", "wrist_2", "wrist_3", "tool0"].map((l) => `<link name="${l}"/>`).join("")}
${(
  [
    ["j1", "base_link", "shoulder", "0 0 0.089159", "0 0 0", "0 0 1"],
    ["j2", "shoulder", "upper_arm", "0 0.13585 0", "0 1.570796326794897 0", "0 1 0"],
    ["j3", "upper_arm", "forearm", "0 -0.1197 0.425", "0 0 0", "0 1 0"],
    ["j4", "forearm", "wrist_1", "0 0 0.39225", "0 1.570796326794897 0", "0 1 0"],
    ["j5", "wrist_1", "wrist_2", "0 0.093 0", "0 0 0", "0 0 1"],
    ["j6", "wrist_2", "wrist_3", "0 0 0.09465", "0 0 0", "0 1 0"],
  ] as const
)
  .map(
    ([name, parent, child, xyz, rpy, axis]) =>
      `<joint name="${name}" type="revolute"><parent link="${parent}"/><child link="${child}"/><origin xyz="${xyz}" rpy="${rpy}"/><axis xyz="${axis}"/><limit lower="-6.2" upper="6.2" effort="150" velocity="3.1"/></joint>`,
  )
  .join("")}
<joint name="flange" type="fixed"><parent link="wrist_3"/><child link="tool0"/><origin xyz="0 0.0823 0" rpy="0 0 0"/></joint></robot>`;
/** The published Denavit-Hartenberg table of the same arm, whose base frame is turned by half a turn. */
const UR5_DH = [
  { aM: 0, alphaRad: Math.PI / 2, dM: 0.089159 },
  { aM: -0.425, alphaRad: 0, dM: 0 },
  { aM: -0.39225, alphaRad: 0, dM: 0 },
  { aM: 0, alphaRad: Math.PI / 2, dM: 0.10915 },
  { aM: 0, alphaRad: -Math.PI / 2, dM: 0.09465 },
  { aM: 0, alphaRad: 0, dM: 0.0823 },
].map((row) => ({ ...row, thetaOffsetRad: 0 }));

describe("an arm from a URDF", () => {
  const fromUrdf = createKinematics(
    { ...deployment.robot, kinematics: { urdf: "ur5.urdf", tip: "tool0" } },
    UR5_URDF,
  );
  const fromDh = createKinematics({ ...deployment.robot, kinematics: { dh: UR5_DH }, baseYawRad: Math.PI });
  const made = armChainOf(fromUrdf);
  test("reaches where its DH table says, in the trials' own form too", () =>
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -6, max: 6, noNaN: true }), { minLength: 6, maxLength: 6 }),
        (q) => {
          const [theirs, ours] = [new Float64Array(3), new Float64Array(21)];
          fromDh.tool(q, theirs);
          const phases = phasesOf(made);
          bodyOf(
            typedChain(made),
            Float64Array.from(q, (v, j) => sin(v + phases[j]!)),
            Float64Array.from(q, (v, j) => cos(v + phases[j]!)),
            ours,
          );
          for (let k = 0; k < 3; k++) expect(ours[18 + k]!).toBeCloseTo(theirs[k]!, 9);
        },
      ),
      { seed: 5, numRuns: 100 },
    ));
  test("goes through the trials", () =>
    expect(run(problemOf({ chain: made, persons: [0, 5, 0] }))).toMatchObject({
      n: 100,
      worstCause: "none",
    }));
});

describe("one trial", () => {
  test("an undisturbed one follows the nominal motion exactly", () => {
    const rollout = new Rollout(problemOf({ persons: [0, 3, 0] }));
    rollout.run(emptyDraw(6));
    const [start, end] = [new Float64Array(21), new Float64Array(21)];
    arm.body(HOME, start);
    arm.body(
      HOME.map((v, j) => (j === 0 ? v + 0.4 : v)),
      end,
    );
    const ways = [0, 3, 6, 9, 12, 15, 18].map((i) =>
      Math.hypot(end[i]! - start[i]!, end[i + 1]! - start[i + 1]!, end[i + 2]! - start[i + 2]!),
    );
    const moved = Math.max(...ways);
    // the arc between two rows leaves the straight way by a hundredth of a millimetre
    expect(rollout.minSeparationM).toBeLessThanOrEqual(3 - moved);
    expect(rollout.minSeparationM).toBeCloseTo(3 - moved, 4);
    expect(rollout.cause).toBe("none");
  });
  test("each limit has its cause", () => {
    const cause = (more: Partial<TrialProblem>) => nominalRun(problemOf(more)).refusal?.code ?? null;
    expect(cause({})).toBe(null);
    expect(cause({ maxRad: [0.3, 6, 6, 6, 6, 6] })).toBe("JOINT_LIMIT_EXCEEDED");
    expect(cause({ persons: [0, 0.5, 0] })).toBe("SEPARATION_TOO_SMALL");
    expect(cause({ toolMPerS: 0.05 })).toBe("TOOL_SPEED_EXCEEDED");
    expect(cause({ maxForceN: 4 })).toBe("FORCE_LIMIT_EXCEEDED");
    expect(cause({ energyLimit: 0.05 })).toBe("ENERGY_ABOVE_LIMIT");
    expect(cause({ energyLimit: null, energy: { rest: 99, separation: 0, force: 0, speed: 0 } })).toBe(null);
    const tool = new Float64Array(3);
    arm.tool(
      HOME.map((v, j) => (j === 0 ? v + 0.2 : v)),
      tool,
    );
    const box = [
      tool[0]! - 0.05,
      tool[1]! - 0.05,
      tool[2]! - 0.05,
      tool[0]! + 0.05,
      tool[1]! + 0.05,
      tool[2]! + 0.05,
    ];
    expect(cause({ forbidden: box })).toBe("ZONE_FORBIDDEN");
  });
  test("skipping far zones changes no result", () => {
    const tool = new Float64Array(3);
    arm.tool(HOME, tool);
    // a wall below the tool that only offset trials touch
    const wall = [
      tool[0]! - 0.02,
      tool[1]! - 0.02,
      tool[2]! - 0.03,
      tool[0]! + 0.02,
      tool[1]! + 0.02,
      tool[2]! - 0.004,
    ];
    const summary = run(problemOf({ forbidden: wall }, 0), 400);
    expect(summary.safe).toBeLessThan(400);
    expect(summary.safe).toBeGreaterThan(0);
  });
});

describe("a batch", () => {
  test("trial i does not depend on how many there are", () => {
    const problem = problemOf({ persons: [0, 1.5, 0, 1, 1.2, 0.9] });
    expect(run(problem, 200).outcomes.slice(0, 50)).toEqual(run(problem, 50).outcomes);
  });
  test("closer people, more unsafe trials", () => {
    const safe = [0.8, 1.2, 1.6, 2, 2.5, 3, 4].map((d) => run(problemOf({ persons: [0, d, 0] })).safe);
    expect([...safe].sort((a, b) => a - b)).toEqual(safe);
    // whoever walks away is no danger, however close
    expect(safe[0]).toBeLessThan(70);
    expect(safe.at(-1)).toBe(100);
  });
  test("common random numbers: a slower variant is never less safe, trial by trial", () => {
    const person = { persons: [1, 1.1, 0.6] };
    const fast = run(problemOf(person));
    const slow = run(problemOf({ ...person, dtS: 4 / 49, personHorizonS: 2 }));
    expect(slow.maxForceN).toBeLessThanOrEqual(fast.maxForceN);
  });
  test("the deeper look agrees with the plain one and its bounds hold", () => {
    const problem = problemOf({ persons: [0, 1.9, 0] });
    const deep = deepLook({ problem, seed: 2, noise: 0.05, sims: 2_048 });
    const truth = run(problem, 40_000, 0.05, 77);
    const unsafe = 1 - truth.safe / truth.n;
    expect(unsafe).toBeGreaterThan(0.001);
    expect(deep.unsafeUpper).toBeGreaterThan(unsafe);
    expect(Math.abs(deep.unsafeShare - unsafe)).toBeLessThan(5 * deep.unsafeError + 1e-3);
    expect(Math.abs(deep.meanOutcome - truth.meanOutcome)).toBeLessThan(6 * deep.meanError + 0.005);
    expect(deep.shareLower).toBeLessThan(truth.safe / truth.n);
    expect(deep.effectiveDraws).toBeGreaterThan(1_000);
  });
  test("importance draws see rare events better than as many plain ones", () => {
    const problem = problemOf({ persons: [0, 2.6, 0] });
    const spread = (estimate: (seed: number) => number) => {
      const values = Array.from({ length: 20 }, (_, seed) => estimate(seed));
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      return values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    };
    const plain = spread((seed) => 1 - run(problem, 256, 0.05, seed).safe / 256);
    const tilted = spread((seed) => deepLook({ problem, seed, noise: 0.05, sims: 256 }).unsafeShare);
    expect(tilted).toBeLessThan(plain);
  });
});

describe("C20 the lower bound", () => {
  const summary = (n: number, safe: number): TrialSummary => ({ ...run(problemOf(), 1), n, safe });
  test("with 100 trials GREEN needs 96 and YELLOW 78", () => {
    expect(fewestForShare(100, GATE_GREEN_THRESHOLD)).toBe(96);
    expect(fewestForShare(100, GATE_YELLOW_THRESHOLD)).toBe(78);
    for (const [safe, green, yellow] of [
      [95, false, true],
      [96, true, true],
      [77, false, false],
      [78, false, true],
    ] as const) {
      expect(safeShareCap(summary(100, safe)) >= GATE_GREEN_THRESHOLD).toBe(green);
      expect(safeShareCap(summary(100, safe)) >= GATE_YELLOW_THRESHOLD).toBe(yellow);
    }
  });
  test("fewer than 30 say nothing", () => {
    expect(safeShareCap(summary(29, 29))).toBe(0);
    expect(safeShareCap(summary(30, 30))).toBeGreaterThan(0.9);
    expect(safeShareCap(null)).toBe(0);
  });
});

describe("a trial that is drawn", () => {
  test("without noise the tool goes the way that was asked for, to its last point", () => {
    const problem = problemOf();
    const { wayM, walksM } = traceTrial(problem, 5, 0, 3);
    expect(wayM).toHaveLength(3 * problem.steps);
    const tool = new Float64Array(3);
    for (const k of [0, 17, problem.steps - 1]) {
      arm.tool(problem.q.slice(6 * k, 6 * k + 6), tool);
      for (let i = 0; i < 3; i++) expect(wayM[3 * k + i]).toBeCloseTo(tool[i]!, 9);
    }
    expect(walksM).toEqual([]);
  });
  test("is the one that was judged: people walk as far as their speed in it, and another trial is another", () => {
    const problem = problemOf({ persons: [1, 2, 1, 0, 1.5, 0] });
    const { walksM } = traceTrial(problem, 5, 0.05, 7);
    // who is only known by a distance has no place to be drawn at
    expect(walksM).toHaveLength(4);
    const [x0, y0, x1, y1] = walksM as [number, number, number, number];
    expect(Math.hypot(x1 - x0, y1 - y0)).toBeLessThanOrEqual(problem.personMPerS * problem.personHorizonS);
    expect(traceTrial(problem, 5, 0.05, 7)).toEqual(traceTrial(problem, 5, 0.05, 7));
    expect(traceTrial(problem, 5, 0.05, 8).wayM).not.toEqual(traceTrial(problem, 5, 0.05, 7).wayM);
  });
});
