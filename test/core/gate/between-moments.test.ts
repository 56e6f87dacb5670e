import { describe, expect, test } from "vitest";
import { createKinematics } from "../../../src/core/robot/index.ts";
import {
  calmMove,
  FakeHost,
  freshId,
  gateDeployment,
  HOME,
  NO_DEFERRAL,
} from "../cell/pipeline/fake-host.ts";

const { deployment } = gateDeployment();
const arm = createKinematics(deployment.robot);

const names = ["j1", "j2", "j3", "j4", "j5", "j6"];
const MOMENTS = 50;

interface Swing {
  /** how far joint 1 goes to one side and to the other, radian */
  readonly rad: number;
  /** seconds from one side to the other */
  readonly beat: number;
  /** where in the swing the even grid of moments falls: 0 in its middle, 1 at its ends */
  readonly phase: 0 | 1;
  readonly middle?: readonly number[];
}
/** To and fro, so that every moment k · T / 49 falls on the middle of the swing, or between there and its ends. */
function swing({ rad, beat, phase, middle = HOME }: Swing): unknown {
  const count = 2 * (MOMENTS - 1);
  const side = (i: number): number => (i % 2 === phase % 2 ? 0 : (i >> 1) % 2 === 0 ? rad : -rad);
  const points = Array.from({ length: count + 1 - phase }, (_, i) => ({
    positions_rad: middle.map((v, j) => (j === 0 && i > 0 && i < count - phase ? v + side(i) : v)),
    time_from_start_ms: Math.round((i * beat * 1_000) / 2),
  }));
  return {
    schema: "cellgate.proposal/1",
    action_id: freshId(),
    proposer: "planner",
    target: "/cell/arm",
    verb: "trajectory",
    args: { joint_names: names, points },
    evidence: { decision_probabilities: [0.99, 0.01], confidence_trajectory: [0.95, 0.95, 0.95] },
  };
}
/** A scanner at the base that looks all around, ten rays a radian. */
const SCANNER = (text: string): string =>
  text.replace(
    "rules: {}",
    `  scan: { quantity: scan, transport: test, address: scan, maxAgeMs: 200, minRateHz: 5, min: 0, max: 10, angleMinRad: -3.1, angleStepRad: 0.1 }
rules: {}`,
  );
const scanOf = (angleRad: number, distanceM: number): number[] =>
  Array.from({ length: 63 }, (_, ray) => (Math.abs(-3.1 + ray * 0.1 - angleRad) < 0.06 ? distanceM : 10));

interface World {
  readonly gate?: string;
  readonly yaml?: (text: string) => string;
  readonly scan?: number[];
}
/** the verdict, or the hard rule that spoke */
function judged(proposal: unknown, { gate = "", yaml, scan }: World = {}): string {
  const host = new FakeHost({ stage: 3, gate: NO_DEFERRAL + gate, ...(yaml !== undefined && { yaml }) });
  if (scan !== undefined) host.world.scan = scan;
  const { action_id } = proposal as { action_id: string };
  host.pass(50).propose(proposal).pass(500);
  const decision = host.typed("gate_decision").find((r) => r.action_id === action_id);
  return decision?.decision ?? host.story(action_id).join();
}
const box = (min: number[], max: number[]): string =>
  `    wall: { kind: forbidden, min: [${min.join()}], max: [${max.join()}] }\n`;
const zones =
  (more: string) =>
  (text: string): string =>
    text.replace(/ {4}cabinet: .*\n/, more);

/** the fastest swing about joint 1 that its limits allow, with the tool 0.46 m from its axis */
const WIDE = { rad: 0.84, beat: 0.6 };
const HONEST = { ...WIDE, phase: 1 } as const;

describe("a path that is harmless at every moment the proposer can know", () => {
  const same = (world: World, code: string, wide = WIDE): void => {
    const both = ([1, 0] as const).map((phase) => judged(swing({ ...wide, phase }), world));
    expect(both).toEqual([`block ${code}`, `block ${code}`]);
  };
  test("too fast between them: RED, as the same swing seen honestly", () =>
    same(
      { yaml: (text) => text.replace("maxToolSpeedMPerS: 1.5", "maxToolSpeedMPerS: 1") },
      "TOOL_SPEED_EXCEEDED",
    ));
  test("through a forbidden box between them", () => {
    const tool = toolAt(HOME.map((v, j) => (j === 0 ? v + 0.7 : v)));
    const wall = box(
      tool.map((v) => v - 0.03),
      tool.map((v) => v + 0.03),
    );
    same({ yaml: zones(wall) }, "ZONE_FORBIDDEN");
  });
  test("past a person between them, standing at each moment", () => {
    const tool = toolAt(HOME.map((v, j) => (j === 0 ? v + 0.84 : v)));
    const angle = Math.atan2(tool[1]!, tool[0]!);
    same({ yaml: SCANNER, scan: scanOf(angle, 0.9) }, "SEPARATION_TOO_SMALL");
  });
  test("to somebody of unknown direction", () => {
    const told = (phase: 0 | 1): string => {
      const cell = new FakeHost({ stage: 3, gate: NO_DEFERRAL });
      cell.world.near = 0.8;
      const proposal = swing({ ...WIDE, phase }) as { action_id: string };
      cell.pass(50).propose(proposal).pass(500);
      return cell.story(proposal.action_id).join();
    };
    expect([told(1), told(0)]).toEqual(["block SEPARATION_TOO_SMALL", "block SEPARATION_TOO_SMALL"]);
  });
  test("beyond a joint's range between two points: a cubic that shoots over", () => {
    const rate = 3;
    const points = [0, 600, 1_200].map((ms, i) => ({
      positions_rad: HOME,
      velocities_rad_s: HOME.map((_, j) => (j === 5 ? (i === 1 ? -rate : i === 0 ? 0 : 0) : 0)),
      time_from_start_ms: ms,
    }));
    const proposal = { ...(swing(HONEST) as object), args: { joint_names: names, points } };
    const yaml = (text: string): string =>
      text.replace("name: j6, minRad: -6.2, maxRad: 6.2", "name: j6, minRad: -0.1, maxRad: 0.1");
    expect(judged(proposal, { yaml })).toBe("block JOINT_LIMIT_EXCEEDED");
  });
  test("a thin box across a long link is seen, wherever it crosses", () => {
    const body = new Float64Array(21);
    arm.body(Float64Array.from(HOME), body);
    const [shoulder, elbow] = [1, 2].map((p) => Array.from(body.subarray(3 * p, 3 * p + 3)));
    for (const share of [0.13, 0.31, 0.77, 0.93]) {
      const at = shoulder!.map((v, k) => v + (elbow![k]! - v) * share);
      const thin = box(
        at.map((v, k) => v - (k === 1 ? 0.3 : 0.004)),
        at.map((v, k) => v + (k === 1 ? 0.3 : 0.004)),
      );
      expect(judged(calmMove(freshId()), { yaml: zones(thin) }), String(share)).toBe("block ZONE_FORBIDDEN");
    }
  });
  test("a link as thick as its description says touches what its line misses", () => {
    const tool = toolAt(HOME);
    // 4 cm below the flange's line
    const wall = box(
      [tool[0]! - 0.1, tool[1]! - 0.1, tool[2]! - 0.2],
      [tool[0]! + 0.1, tool[1]! + 0.1, tool[2]! - 0.04],
    );
    const thick =
      (radius: number) =>
      (text: string): string =>
        zones(wall)(text).replace(
          "  kinematics:",
          `  dynamics: { source: test, linkRadiiM: [${HOME.map((_, j) => (j === 5 ? radius : 0.005)).join()}] }\n  kinematics:`,
        );
    expect(judged(calmMove(freshId()), { yaml: thick(0.03) })).toMatch(/GREEN|YELLOW/);
    expect(judged(calmMove(freshId()), { yaml: thick(0.05) })).toBe("block ZONE_FORBIDDEN");
  });
  test("an honest wide swing that breaks nothing passes", () =>
    expect(judged(swing({ rad: 0.2, beat: 0.6, phase: 0 }))).toMatch(/GREEN|YELLOW/));
});

function toolAt(q: readonly number[]): number[] {
  const out = new Float64Array(3);
  arm.tool(Float64Array.from(q), out);
  return Array.from(out);
}
