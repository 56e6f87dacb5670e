import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPrng } from "../../../src/core/base/prng.ts";
import { armChainOf, type TrialProblem, nominalRun } from "../../../src/core/gate/index.ts";
import { motionOf, type Waypoint } from "../../../src/core/gate/motion.ts";
import { type Sweep, SWEEP_WORK_MAX, sweepOf } from "../../../src/core/gate/monte-carlo/sweep.ts";
import { sampled } from "../../../src/core/gate/path.ts";
import { clearanceM, createKinematics } from "../../../src/core/robot/index.ts";
import { gateDeployment, HOME } from "../cell/pipeline/fake-host.ts";

const { deployment } = gateDeployment();
const arm = createKinematics(deployment.robot);
const chain = armChainOf(arm);
const STEPS = 50;
const RADII = HOME.map((_, j) => 0.03 + 0.01 * j);
const BOXES = [0.2, -0.9, 0, 0.5, -0.5, 0.4, -0.9, 0.3, 0.2, -0.5, 0.5, 0.21];
const setting = {
  chain,
  linkRadiiM: RADII,
  forbidden: BOXES,
  maxRadPerS: HOME.map(() => 3.1),
  steps: STEPS,
};

/** Hermite's own form, written apart from what is tested. */
function angleOf(points: readonly Waypoint[], t: number, j: number): number {
  let i = 1;
  for (let last = points.length - 1; i < last; ) {
    const middle = (i + last) >> 1;
    if (points[middle]!.tS < t) i = middle + 1;
    else last = middle;
  }
  const [a, b] = [points[i - 1]!, points[i]!];
  const h = b.tS - a.tS;
  const u = (t - a.tS) / h;
  if (a.qd === null || b.qd === null) return a.q[j]! + (b.q[j]! - a.q[j]!) * u;
  return (
    (1 + 2 * u) * (1 - u) ** 2 * a.q[j]! +
    u * (1 - u) ** 2 * h * a.qd[j]! +
    u * u * (3 - 2 * u) * b.q[j]! +
    u * u * (u - 1) * h * b.qd[j]!
  );
}
const bodyAt = (points: readonly Waypoint[], t: number): Float64Array => {
  const out = new Float64Array(21);
  arm.body(
    HOME.map((_, j) => angleOf(points, t, j)),
    out,
  );
  return out;
};
const apart = (a: Float64Array, b: Float64Array, at: number): number =>
  Math.hypot(a[at]! - b[at]!, a[at + 1]! - b[at + 1]!, a[at + 2]! - b[at + 2]!);
/** Nearest of points one millimetre apart along every link, less its radius. */
function plainClearance(body: Float64Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let link = 0; link < 6; link++)
    for (let s = 0; s <= 1; s += 0.002)
      for (let b = 0; b < BOXES.length; b += 6) {
        const out = [0, 1, 2].map((k) => {
          const x = body[3 * link + k]! + (body[3 * link + 3 + k]! - body[3 * link + k]!) * s;
          return Math.max(0, BOXES[b + k]! - x, x - BOXES[b + 3 + k]!);
        });
        least = Math.min(least, Math.hypot(...out) - RADII[link]!);
      }
  return least;
}

const someMotion = fc
  .record({
    seed: fc.nat(),
    count: fc.integer({ min: 1, max: 90 }),
    seconds: fc.double({ min: 0.2, max: 12, noNaN: true }),
    wide: fc.double({ min: 0, max: 1.5, noNaN: true }),
    cubic: fc.constantFrom(0, 0.5, 1),
  })
  .map(({ seed, count, seconds, wide, cubic }): Waypoint[] => {
    const prng = createPrng(seed);
    const times = Array.from({ length: count }, () => prng.nextFloat() + 0.05);
    const sum = times.reduce((a, b) => a + b);
    let tS = 0;
    const points: Waypoint[] = [{ tS: 0, q: HOME, qd: HOME.map(() => 0) }];
    for (const time of times) {
      tS += (time / sum) * seconds;
      points.push({
        tS,
        q: HOME.map((v) => v + wide * (prng.nextFloat() - 0.5)),
        qd: prng.nextFloat() < cubic ? HOME.map(() => 2 * (prng.nextFloat() - 0.5)) : null,
      });
    }
    return points;
  });

/** What a finely sampled motion does in each row, seen without any of the code under test. */
function watched(
  points: readonly Waypoint[],
  look: (k: number, body: Float64Array, t: number, n: number) => void,
): void {
  const end = points.at(-1)!.tS;
  const dtS = end / (STEPS - 1);
  for (let k = 1; k < STEPS; k++)
    for (let n = 0; n <= FINE; n++) {
      const t = Math.min(end, (k - 1 + n / FINE) * dtS);
      look(k, bodyAt(points, t), t, n);
    }
}
const FINE = 16;

describe("bounds between the rows", () => {
  const holds = (
    points: Waypoint[],
    judge: (sweep: Sweep, rows: Float64Array[], dtS: number) => void,
  ): void => {
    const sweep = sweepOf(motionOf(points), setting);
    if (!sweep.resolved) return;
    const dtS = points.at(-1)!.tS / (STEPS - 1);
    judge(
      sweep,
      Array.from({ length: STEPS }, (_, k) => bodyAt(points, Math.min(points.at(-1)!.tS, k * dtS))),
      dtS,
    );
  };
  // counted rather than expected one by one: there are millions of them
  test("no part of the arm leaves the straight way, is faster, or comes nearer to a box than they say", () =>
    fc.assert(
      fc.property(someMotion, (points) =>
        holds(points, (sweep, rows, dtS) => {
          let beyond = Number.NEGATIVE_INFINITY;
          const over = (value: number, bound: number): void => {
            beyond = Math.max(beyond, value - bound);
          };
          let before = rows[0]!;
          let count = 0;
          const line = new Float64Array(21);
          watched(points, (k, body, t, n) => {
            const share = t / dtS - (k - 1);
            let part = 0;
            for (let i = 0; i < 21; i++)
              line[i] = rows[k - 1]![i]! + (rows[k]![i]! - rows[k - 1]![i]!) * share;
            for (let p = 0; p < 21; p += 3) {
              over(apart(body, line, p), sweep.offM[k]!);
              part = Math.max(part, apart(rows[k]!, rows[k - 1]!, p) / dtS);
            }
            if (n > 0) {
              const tool = apart(rows[k]!, rows[k - 1]!, 18) / dtS;
              over(apart(body, before, 18) / (dtS / FINE), tool + sweep.toolExcess[k]!);
              for (let p = 0; p < 21; p += 3)
                over(apart(body, before, p) / (dtS / FINE), part + sweep.partExcess[k]!);
            }
            if (count++ % 5 === 0)
              over(Math.min(sweep.clearM[k]!, 0.15), clearanceM(Float64Array.from(BOXES), body, RADII));
            before = body;
          });
          expect(beyond).toBeLessThan(1e-6);
        }),
      ),
      { seed: 11, numRuns: 40 },
    ));
  test("joints stay within the lowest and highest, and within the pace", () =>
    fc.assert(
      fc.property(someMotion, (points) =>
        holds(points, (sweep, _, dtS) => {
          let beyond = Number.NEGATIVE_INFINITY;
          for (let k = 1; k < STEPS; k++)
            for (let j = 0; j < 6; j++) {
              let before = 0;
              for (let n = 0; n <= FINE; n++) {
                const angle = angleOf(points, Math.min(points.at(-1)!.tS, (k - 1 + n / FINE) * dtS), j);
                const rate = n === 0 ? 0 : Math.abs(angle - before) / (dtS / FINE);
                beyond = Math.max(
                  beyond,
                  sweep.lowestRad[j]! - angle,
                  angle - sweep.highestRad[j]!,
                  rate / 3.1 - sweep.pace[k]!,
                );
                before = angle;
              }
            }
          expect(beyond).toBeLessThan(1e-6);
        }),
      ),
      { seed: 12, numRuns: 40 },
    ));
  test("they are tight: a calm move loses next to nothing", () => {
    const calm = [
      { tS: 0, q: HOME, qd: HOME.map(() => 0) },
      { tS: 2, q: HOME.map((v) => v + 0.3), qd: HOME.map(() => 0) },
    ];
    const sweep = sweepOf(motionOf(calm), { ...setting, forbidden: [] });
    expect(Math.max(...sweep.offM)).toBeLessThan(0.002);
    expect(Math.max(...sweep.toolExcess)).toBeLessThan(0.04);
    expect(Math.max(...sweep.accelExcess)).toBeLessThan(1);
  });
  test("the distance of a link to a box is exact", () =>
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 6, maxLength: 6 }),
        (q) => {
          const body = new Float64Array(21);
          arm.body(q, body);
          const exact = clearanceM(Float64Array.from(BOXES), body, RADII);
          const plain = plainClearance(body);
          expect(exact).toBeLessThanOrEqual(plain + 1e-9);
          expect(exact).toBeGreaterThanOrEqual(plain - 1e-3);
        },
      ),
      { seed: 13, numRuns: 200 },
    ));
});

describe("the work of one judgement", () => {
  test("is bounded, and a motion that it does not suffice for says so", () => {
    const wild = (count: number, rad: number, straight = false): Waypoint[] =>
      Array.from({ length: count }, (_, i) => ({
        tS: (i * 30) / (count - 1),
        q: HOME.map((v) => v + (i % 2 === 0 ? rad : -rad)),
        qd: straight ? null : HOME.map(() => (i % 3) - 1),
      }));
    expect(sweepOf(motionOf(wild(2_000, 1e-3, true)), setting).resolved).toBe(true);
    expect(sweepOf(motionOf(wild(2_000, 3)), setting).resolved).toBe(false);
    expect(sweepOf(motionOf(wild(99, 1e9)), setting).resolved).toBe(false);
    expect(sweepOf(motionOf(wild(99, Number.MAX_VALUE)), setting).resolved).toBe(false);
    const unresolved = problemOf(wild(2_000, 3), {});
    expect(nominalRun(unresolved).refusal?.code).toBe("MOTION_UNRESOLVED");
  });
  test("suffices for every motion of 30 s that keeps its joints' limits", () => {
    // all joints swing as fast and hard as they may, all the time
    const beat = 0.25;
    const hard = Array.from({ length: 120 }, (_, i) => ({
      tS: i * beat,
      q: HOME.map((v) => v + (i % 2 === 0 ? 0.15 : -0.15)),
      qd: HOME.map(() => 0),
    }));
    expect(sweepOf(motionOf(hard), setting).resolved).toBe(true);
    expect(SWEEP_WORK_MAX).toBeLessThan(10_000);
  });
});

function problemOf(points: readonly Waypoint[], more: Partial<TrialProblem>): TrialProblem {
  const path = sampled(points, STEPS);
  const forbidden = more.forbidden ?? [];
  return {
    form: "cellgate.trial/2",
    chain,
    steps: STEPS,
    dtS: path.dtS,
    q: Array.from(path.q),
    persons: [],
    minRad: HOME.map(() => -6),
    maxRad: HOME.map(() => 6),
    maxRadPerS: HOME.map(() => 3.1),
    forbidden,
    linkRadiiM: RADII,
    sweep: sweepOf(path.motion, { ...setting, forbidden }),
    toolMPerS: 1.2,
    minSeparationM: 0.2,
    uncertaintyM: 0.1,
    reactionS: 0.02,
    stopS: 0.2,
    maxForceN: 1_000,
    payloadKg: 3,
    standingForceN: 5,
    contactNsPerM: 500,
    personMPerS: 1.6,
    personHorizonS: 2,
    energyLimit: null,
    energy: { rest: 0, separation: 0, force: 0, speed: 0 },
    ...more,
  };
}

describe("a search for a path that hides something", () => {
  const PERSON = [1, 0.4, -1.1];
  const WALL = [0.3, -0.52, 0.1, 0.42, -0.44, 0.7];
  /** How badly the motion breaks a rule at any moment, seen finely: above 0 it does. */
  function harm(points: readonly Waypoint[]): number {
    let before: Float64Array | null = null;
    let last = 0;
    let worst = Number.NEGATIVE_INFINITY;
    const end = points.at(-1)!.tS;
    const fine = 800;
    for (let n = 0; n <= fine; n++) {
      const body = bodyAt(points, (end * n) / fine);
      const step = end / fine;
      if (before !== null) {
        const speed = apart(body, before, 18) / step;
        worst = Math.max(worst, speed - 1.2 * 1.1, -clearanceM(Float64Array.from(WALL), body, RADII));
        last = speed;
      }
      if (last > 0.02) {
        const need = 0.3 + last * 0.02 + (last / 2) * 0.2;
        for (let p = 0; p < 21; p += 3)
          worst = Math.max(
            worst,
            need - (Math.hypot(body[p]! - PERSON[1]!, body[p + 1]! - PERSON[2]!) - 0.03),
          );
      }
      before = body;
    }
    return worst;
  }
  /** What the same rules find at the even moments alone, as a search that wants to hide would use it. */
  const atMoments = (points: readonly Waypoint[]): number => {
    const end = points.at(-1)!.tS;
    let before = bodyAt(points, 0);
    let worst = Number.NEGATIVE_INFINITY;
    for (let k = 1; k < STEPS; k++) {
      const body = bodyAt(points, (end * k) / (STEPS - 1));
      worst = Math.max(
        worst,
        apart(body, before, 18) / (end / (STEPS - 1)) - 1.32,
        -clearanceM(Float64Array.from(WALL), body, RADII),
      );
      before = body;
    }
    return worst;
  };
  const refused = (points: readonly Waypoint[]): boolean =>
    nominalRun(problemOf(points, { persons: PERSON, forbidden: WALL, personMPerS: 0 })).refusal !== null;

  test("finds many that fifty moments miss, and none that the gate misses", () => {
    const prng = createPrng(41);
    let hidden = 0;
    let missed = 0;
    for (let start = 0; start < 12; start++) {
      const count = 2 * (STEPS - 1);
      const seconds = 4 + 20 * prng.nextFloat();
      const cubic = start % 2 === 1;
      const genes = Array.from({ length: 12 }, () => prng.nextFloat() - 0.5);
      const pathOf = (g: readonly number[]): Waypoint[] =>
        Array.from({ length: count + 1 }, (_, i) => ({
          tS: (seconds * i) / count,
          // odd points lie between the even moments and swing, even ones hardly do
          q: HOME.map((v, j) => v + (i % 2 === 1 ? g[j]! * ((i >> 1) % 2 === 0 ? 1 : -1) : 0.05 * g[6 + j]!)),
          qd: cubic ? HOME.map((_, j) => (i % 2 === 0 ? 2 * g[6 + j]! : 0)) : null,
        }));
      let best = genes;
      let bestScore = Number.NEGATIVE_INFINITY;
      for (let step = 0; step < 10; step++) {
        const tried = best.map((v) => v + 0.4 * (prng.nextFloat() - 0.5) * (step === 0 ? 0 : 1));
        const points = pathOf(tried);
        const real = harm(points);
        const seen = atMoments(points);
        if (real > 1e-3 && seen <= 0) hidden++;
        if (real > 1e-3 && !refused(points)) missed++;
        // the hill to climb: harm between the moments, none at them
        const score = real - 4 * Math.max(0, seen);
        if (score > bestScore) [best, bestScore] = [tried, score];
      }
    }
    expect(hidden).toBeGreaterThan(20);
    expect(missed).toBe(0);
  });
});
