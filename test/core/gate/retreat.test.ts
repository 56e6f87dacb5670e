import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { cos, PI, sin } from "../../../src/core/base/math.ts";
import { parseDeployment } from "../../../src/node/deployment/index.ts";
import type { Deployment, Micros, Proposal } from "../../../src/core/domain/index.ts";
import {
  type Action,
  badRetreat,
  compileAction,
  createRetreatGuard,
  type Sight,
} from "../../../src/core/gate/index.ts";
import { protectiveM } from "../../../src/core/gate/retreat/prove-retreat.ts";
import { createKinematics } from "../../../src/core/robot/index.ts";
import { demoCell } from "../../node/demo-cell.ts";
import { parsed } from "../../node/in-process.ts";

const RETREAT = {
  targets: { arm: { path: "/arm", verbs: ["trajectory", "twist"] } },
  person: { channels: ["base_scan"] },
  retreat: { codes: ["ZONE_STOP", "SEPARATION_LOST"] },
};
const textWith = (gate: object): string => demoCell({ "channels.base_scan.mount": undefined, gate });
const load = (gate: object = RETREAT): Deployment => parsed(textWith(gate)).deployment;
const deployment = load();
const kinematics = createKinematics(deployment.robot);
const setting = { deployment, kinematics };
const POSE = [2.9, -1.2, 1.9, -2.27, -1.57, 1.3];
const NAMES = deployment.robot.joints.map((j) => j.name);
const CLEAR_M = protectiveM(deployment, deployment.gate.retreat!);
const RADIUS_M = deployment.gate.person.uncertaintyM + deployment.robot.positionUncertaintyM;

/** A scan that meets one person, 20 cm wide, and nothing else. */
function scanOf(distanceM: number, angleRad: number): number[] {
  const scan = deployment.channels["base_scan"]!;
  return Array.from({ length: 181 }, (_, ray) => {
    const at = scan.angleMinRad! + ray * scan.angleStepRad!;
    return Math.abs(at - angleRad) <= 0.1 / distanceM ? distanceM : 10;
  });
}
const personAt = (distanceM: number, angleRad: number): [number, number] => [
  distanceM * cos(angleRad),
  distanceM * sin(angleRad),
];
const sightOf = (position: readonly number[], scan: readonly number[], t = 1_000_000): Sight => ({
  t: t as Micros,
  seq: 1,
  channels: [
    { name: "base_scan", t: t as Micros, values: scan },
    { name: "joint_states", t: t as Micros, values: [...position, ...position.map(() => 0)] },
  ],
  position,
  velocity: position.map(() => 0),
  energy: 0.1,
  energyContributions: {},
  modelHash: "none",
});
const retreatTo = (to: readonly number[], seconds: number, verb = "trajectory"): Proposal =>
  ({
    schema: "cellgate.proposal/1",
    action_id: "back",
    proposer: "p",
    target: "/arm",
    verb,
    retreat: true,
    args: {
      joint_names: NAMES,
      points: [
        {
          positions_rad: to,
          velocities_rad_s: to.map(() => 0),
          time_from_start_ms: Math.round(seconds * 1_000),
        },
      ],
    },
  }) as Proposal;
function actionOf(to: readonly number[], sight: Sight, seconds = 4): Action {
  const action = compileAction(retreatTo(to, seconds), sight, setting);
  if (!action.ok) throw new Error(action.error.detail);
  return action.value;
}
const tool = (q: readonly number[]): [number, number] => {
  const out = new Float64Array(3);
  kinematics.tool(q, out);
  return [out[0]!, out[1]!];
};
const [toolX, toolY] = tool(POSE);
const TOOL_ANGLE = Math.atan2(toolY, toolX);
const TOOL_M = Math.hypot(toolX, toolY);
const turned = (by: number): number[] => POSE.map((v, j) => (j === 0 ? v + by : v));

/** Points of the arm far denser than the proof's own. */
function densePoints(q: readonly number[]): number[][] {
  const body = new Float64Array(3 * kinematics.bodyPoints);
  kinematics.body(q, body);
  const points: number[][] = [];
  for (let link = 0; link + 1 < kinematics.bodyPoints; link++)
    for (let s = 0; s <= 20; s++)
      points.push(
        [0, 1].map((axis) => {
          const from = body[3 * link + axis]!;
          return from + ((body[3 * link + 3 + axis]! - from) * s) / 20;
        }),
      );
  return points;
}
const nearest = (points: number[][], [x, y]: readonly number[]): number =>
  Math.min(...points.map((p) => Math.hypot(p[0]! - x!, p[1]! - y!)));

describe("C25 a retreat can never reduce separation", () => {
  test("whatever is proven leads away from everywhere the person may be, between the moments looked at too", () => {
    let proven = 0;
    let refused = 0;
    const step = fc.double({ min: -0.35, max: 0.35, noNaN: true });
    const small = fc.double({ min: -0.1, max: 0.1, noNaN: true });
    const out = fc.double({ min: -0.35, max: 0, noNaN: true });
    const pull = fc.double({ min: 0, max: 0.35, noNaN: true });
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        fc.oneof(
          fc.double({ min: -1.4, max: 1.4, noNaN: true }),
          fc.double({ min: -0.4, max: 0.4, noNaN: true }),
        ),
        // any direction, and the ones that pull the arm in: proofs are rare elsewhere
        fc.oneof(fc.tuple(step, step, step), fc.tuple(small, out, pull)),
        (gapM, beside, [d1, d2, d3]) => {
          // somebody in front of the tool or beside it; the base turns until that place lies in the scan
          const pose = turned(-TOOL_ANGLE);
          const [x, y] = personAt(TOOL_M + gapM, beside);
          const angle = Math.atan2(y, x);
          const sight = sightOf(pose, scanOf(TOOL_M + gapM, angle));
          const to = pose.map((v, j) => v + [d1, d2, d3, 0, 0, 0][j]!);
          const compiled = compileAction(retreatTo(to, 5), sight, setting);
          if (!compiled.ok || badRetreat(compiled.value, sight, setting) !== null) {
            refused++;
            return;
          }
          proven++;
          for (let k = 0; k < 8; k++) {
            const place = [x + RADIUS_M * cos((k * PI) / 4), y + RADIUS_M * sin((k * PI) / 4)];
            let best = 0;
            for (let s = 0; s <= 120; s++) {
              const u = s / 120;
              const blend = u * u * (3 - 2 * u);
              // beyond the protective distance a part may move as it likes
              const now = Math.min(
                CLEAR_M,
                nearest(densePoints(pose.map((v, j) => v + (to[j]! - v) * blend)), place),
              );
              // rounding of a curved way into straight steps: a tenth of a millimetre
              expect(now, `place ${k}, step ${s}`).toBeGreaterThan(best - 1e-4);
              best = Math.max(best, now);
            }
          }
        },
      ),
      { numRuns: 1_000, seed: 25 },
    );
    expect(proven, "a test of nothing proves nothing").toBeGreaterThan(40);
    expect(refused).toBeGreaterThan(40);
  });

  const inFront = personAt(TOOL_M + 0.35, 0);
  const pose = turned(-TOOL_ANGLE);
  const sight = sightOf(pose, scanOf(TOOL_M + 0.35, 0));
  const codeOf = (
    to: readonly number[],
    seconds = 4,
    seen: Sight = sight,
    on: Deployment = deployment,
  ): string => {
    const action = compileAction(retreatTo(to, seconds), seen, { deployment: on, kinematics });
    if (!action.ok) return action.error.code;
    return badRetreat(action.value, seen, { deployment: on, kinematics })?.code ?? "proven";
  };
  const pulledIn = pose.map((v, j) => v + [0, -0.25, 0.35, 0, 0, 0][j]!);

  test("pulling in is proven; pushing out, sweeping past and standing still are not", () => {
    expect(nearest(densePoints(pulledIn), inFront)).toBeGreaterThan(
      nearest(densePoints(pose), inFront) + 0.1,
    );
    expect(codeOf(pulledIn)).toBe("proven");
    expect(codeOf(pose.map((v, j) => v + [0, 0.25, -0.35, 0, 0, 0][j]!))).toBe("RETREAT_TOWARDS");
    expect(codeOf(pose.map((v, j) => (j === 1 ? v - 0.001 : v)))).toMatch(/RETREAT_(NO_GAIN|TOWARDS)/);
    // away at its end, but a part of it swings towards the person on the way
    expect(
      codeOf(
        pose.map((v, j) => v + [0, -0.3, -0.6, 0, 0, 0][j]!),
        5,
      ),
    ).toBe("RETREAT_TOWARDS");
  });
  test("what swings towards the person between even moments is not proven", () => {
    const seconds = 4;
    const count = 98;
    const waving = (rad: number): string => {
      const plain = retreatTo(pulledIn, seconds);
      const points = Array.from({ length: count }, (_, i) => {
        const u = (i + 1) / count;
        return {
          positions_rad: pose.map((v, j) => {
            const way = v + (pulledIn[j]! - v) * u;
            return j === 1 && i % 2 === 0 ? way + rad : way;
          }),
          time_from_start_ms: Math.round(u * seconds * 1_000),
        };
      });
      const proposal = { ...plain, args: { joint_names: NAMES, points } } as Proposal;
      const action = compileAction(proposal, sight, setting);
      return action.ok ? (badRetreat(action.value, sight, setting)?.code ?? "proven") : action.error.code;
    };
    expect(waving(0)).toBe("proven");
    expect(waving(0.006)).toBe("RETREAT_TOWARDS");
  });
  test("nobody hides: not behind a nearer person of the same sector, not without a direction, not unseen", () => {
    const behind = TOOL_M + 0.35;
    // two people in one sector of the scan: the second stands where pulling in would lead
    const [elbowX, elbowY] = [Math.cos(0.6) * 0.45, Math.sin(0.6) * 0.45];
    const second = Math.hypot(elbowX, elbowY);
    const crowded = scanOf(behind, 0).map((v, i) => Math.min(v, scanOf(second, 0.6)[i]!));
    expect(codeOf(pulledIn, 4, sightOf(pose, crowded))).toBe("RETREAT_TOWARDS");
    const blind = load({ ...RETREAT, person: { channels: ["base_scan", "tool_prox"] } });
    const tip = (m: number): Sight => ({
      ...sight,
      channels: [...sight.channels, { name: "tool_prox", t: sight.t, values: [m] }],
    });
    expect(codeOf(pulledIn, 4, tip(0.4), blind)).toBe("RETREAT_BLIND");
    expect(codeOf(pulledIn, 4, tip(Number.NaN), blind)).toBe("RETREAT_BLIND");
    expect(codeOf(pulledIn, 4, tip(4), blind)).toBe("proven");
    expect(codeOf(pulledIn, 4, sight, blind)).toBe("RETREAT_BLIND");
    expect(codeOf(pulledIn, 4, { ...sight, channels: sight.channels.slice(1) })).toBe("RETREAT_BLIND");
    const old = sight.channels.map((c) => (c.name === "base_scan" ? { ...c, t: 1 as Micros } : c));
    expect(codeOf(pulledIn, 4, { ...sight, channels: old })).toBe("RETREAT_BLIND");
    expect(codeOf(pulledIn, 4, sightOf(pose, scanOf(20, 0)))).toBe("RETREAT_NO_GAIN");
  });
  test("it is slow, short, a trajectory, and configured", () => {
    expect(codeOf(pulledIn, 0.9)).toBe("RETREAT_TOO_FAST");
    expect(codeOf(pulledIn, 5.5)).toBe("RETREAT_TOO_LONG");
    const twist = {
      ...actionOf(pulledIn, sight),
      verb: "twist" as const,
    };
    expect(badRetreat(twist, sight, setting)?.code).toBe("RETREAT_VERB");
    const without = load({ ...RETREAT, retreat: undefined });
    expect(badRetreat(actionOf(pulledIn, sight), sight, { deployment: without, kinematics })?.code).toBe(
      "RETREAT_NOT_CONFIGURED",
    );
  });
  test("the settings that the guide shows are a deployment", () => {
    const readme = readFileSync(
      resolve(import.meta.dirname, "../../../docs/guides/actions-and-verdicts.md"),
      "utf8",
    );
    const shown = /```yaml fragment\n(gate:\n[^`]*retreat:[^`]*)```/.exec(readme)?.[1];
    expect(load((parse(shown!) as { gate: object }).gate).gate.retreat).toMatchObject({
      codes: ["ZONE_STOP", "SEPARATION_LOST"],
      approval: true,
    });
  });
  test("a deployment that could not see direction or pose, or wants other causes, is refused", () => {
    const problems = (change: object): string => {
      const loaded = parseDeployment(textWith({ ...RETREAT, ...change }), "demo.yaml");
      return loaded.ok ? "accepted" : JSON.stringify(loaded.problems);
    };
    const retreatWith = (more: object): string => problems({ retreat: { ...RETREAT.retreat, ...more } });
    expect(problems({})).toBe("accepted");
    expect(problems({ person: { channels: ["tool_prox"] } })).toContain("has no direction");
    for (const code of ["ESTOP_PRESSED", "SOURCE_SILENT", "FORCE_LIMIT", "KILLED", "STOP_NOT_CONFIRMED"])
      expect(retreatWith({ codes: [code] })).toContain("retreat");
    expect(retreatWith({ maxToolMPerS: 0.5 })).toContain("maxToolMPerS");
    expect(retreatWith({ minGainM: 0 })).toContain("minGainM");
  });
});

describe("C25 the guard looks at every reading", () => {
  const start = turned(-TOOL_ANGLE);
  const from = TOOL_M + 0.35;
  const on = (share: number): number[] => start.map((v, j) => v + share * [0, -0.25, 0.35, 0, 0, 0][j]!);
  const begun = () => createRetreatGuard(sightOf(start, scanOf(from, 0)), setting);

  test("silent while the arm follows its way and everybody stands, noise of the scan included", () => {
    const guard = begun();
    for (let k = 0; k <= 50; k++)
      expect(guard.check(sightOf(on(k / 50), scanOf(from + (k % 3) * 0.02, 0), 1_000_000 + k))).toBeNull();
  });
  test("a person who comes nearer, a channel that is gone, an arm that comes back or rushes", () => {
    const checked = (last: Sight): string | null => {
      const guard = begun();
      for (let k = 0; k <= 25; k++) expect(guard.check(sightOf(on(k / 50), scanOf(from, 0)))).toBeNull();
      return guard.check(last);
    };
    expect(checked(sightOf(on(0.5), scanOf(from - 0.3, 0)))).toContain("somebody came");
    expect(checked(sightOf(on(0.5), scanOf(from, 0).fill(10)))).toBeNull();
    expect(checked({ ...sightOf(on(0.5), []), channels: [] })).toContain("base_scan");
    expect(checked(sightOf(on(0.2), scanOf(from, 0)))).toContain("came back");
    expect(checked({ ...sightOf(on(0.5), scanOf(from, 0)), velocity: [1, 1, 0, 0, 0, 0] })).toContain(
      "moves at",
    );
    expect(
      checked({ ...sightOf(on(0.5), scanOf(from, 0)), position: start.map(() => Number.NaN) }),
    ).not.toBeNull();
  });
});
