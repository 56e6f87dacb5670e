import { describe, expect, it } from "vitest";
import type { RobotConfig } from "../../../src/core/domain/index.ts";
import {
  contactSpeedLimitMPerS,
  createKinematics,
  readKinematics,
  reducedMassKg,
  robotEffectiveMassKg,
} from "../../../src/core/robot/index.ts";

const joint = (name: string) => ({ name, minRad: -6.3, maxRad: 6.3, maxRadPerS: 3, maxRadPerS2: 10 });
const names = ["j1", "j2", "j3", "j4", "j5", "j6"];
const row = (aM: number, alphaRad: number, dM: number, thetaOffsetRad = 0) => ({
  aM,
  alphaRad,
  dM,
  thetaOffsetRad,
});
const right = Math.PI / 2;
function robot(
  kinematics: RobotConfig["kinematics"],
  joints = names,
  place: Partial<RobotConfig> = {},
): RobotConfig {
  return {
    name: "arm",
    massMovingKg: 20,
    payloadKg: 5,
    stopTimeMs: 300,
    stopDistanceM: 0.2,
    maxToolSpeedMPerS: 1,
    positionUncertaintyM: 0.01,
    standstillRadPerS: 0.01,
    joints: joints.map(joint),
    kinematics,
    baseXM: 0,
    baseYM: 0,
    baseYawRad: 0,
    ...place,
  };
}
/** Published Denavit-Hartenberg table of a UR5e. */
const UR5E = [
  row(0, right, 0.1625),
  row(-0.425, 0, 0),
  row(-0.3922, 0, 0),
  row(0, right, 0.1333),
  row(0, -right, 0.0997),
  row(0, 0, 0.0996),
];
const tool = (config: RobotConfig, q: number[], urdf?: string): number[] => {
  const out = new Float64Array(3);
  createKinematics(config, urdf).tool(q, out);
  return [...out];
};
const near = (got: ArrayLike<number>, want: number[]) =>
  want.forEach((value, i) => {
    expect(got[i], `component ${i}`).toBeCloseTo(value, 9);
  });

describe("kinematics of a DH table", () => {
  it("gives the zero pose that the table's own sums give", () => {
    near(tool(robot({ dh: UR5E }), [0, 0, 0, 0, 0, 0]), [-0.425 - 0.3922, -0.1333 - 0.0996, 0.1625 - 0.0997]);
  });
  it("puts the arm upright with the shoulder at -90°", () => {
    near(tool(robot({ dh: UR5E }), [0, -right, 0, 0, 0, 0]), [0.0997 * -1, -0.2329, 0.1625 + 0.425 + 0.3922]);
  });
  it("turns and moves with the base", () => {
    const q = [0.3, -1, 1.2, -0.4, 0.7, 0.1];
    const [x = 0, y = 0, z = 0] = tool(robot({ dh: UR5E }), q);
    near(tool(robot({ dh: UR5E }, names, { baseXM: 2, baseYM: -1, baseYawRad: right }), q), [
      2 - y,
      -1 + x,
      z,
    ]);
  });
  it("gives body points: joint origins and the tool", () => {
    const planar = createKinematics(robot({ dh: [row(0.5, 0, 0), row(0.3, 0, 0)] }, ["a", "b"]));
    const out = new Float64Array(3 * planar.bodyPoints);
    planar.body([right, -right], out);
    near(out, [0, 0, 0, 0, 0.5, 0, 0.3, 0.5, 0]);
  });
  it("refuses a table whose length is not the number of joints", () => {
    expect(readKinematics(robot({ dh: UR5E.slice(1) }))).toEqual({
      ok: false,
      error: "kinematics.dh has 5 rows for 6 joints",
    });
  });
});

describe("velocity", () => {
  const planar = createKinematics(robot({ dh: [row(0.5, 0, 0), row(0.3, 0, 0)] }, ["a", "b"]));
  it("of a planar arm is what levers give", () => {
    expect(planar.toolSpeed([0, 0], [1, 0])).toBeCloseTo(0.8, 12);
    expect(planar.toolSpeed([0, 0], [1, -1])).toBeCloseTo(0.5, 12);
    expect(planar.toolSpeed([0, right], [2, 0])).toBeCloseTo(2 * Math.hypot(0.5, 0.3), 12);
  });
  it("Jacobian of a planar arm by hand", () => {
    const out = new Float64Array(12);
    planar.jacobian([0, right], out);
    near(out, [-0.3, -0.3, 0.5, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
  });
  it("Jacobian equals the difference quotient of the tool point", () => {
    const arm = createKinematics(robot({ dh: UR5E }));
    const q = [0.3, -1, 1.2, -0.4, 0.7, 0.1];
    const jacobian = new Float64Array(36);
    arm.jacobian(q, jacobian);
    const before = new Float64Array(3);
    const after = new Float64Array(3);
    for (let j = 0; j < 6; j++) {
      arm.tool(
        q.map((v, i) => (i === j ? v - 1e-6 : v)),
        before,
      );
      arm.tool(
        q.map((v, i) => (i === j ? v + 1e-6 : v)),
        after,
      );
      for (let k = 0; k < 3; k++) expect(jacobian[k * 6 + j]).toBeCloseTo((after[k]! - before[k]!) / 2e-6, 7);
    }
  });
});

/** The same arm as a URDF: joint origins and turned axes instead of DH rows; order of elements is not the chain's. */
const URDF = `<?xml version="1.0"?>
<!-- joints: <none> -->
<robot name="planar">
  <link name="base_link"/> <link name='upper'><visual><geometry><box size="1 1 1"/></geometry></visual></link>
  <link name="lower"/><link name="tool0"/>
  <joint name="tip" type="fixed"><parent link="lower"/><child link="tool0"/><origin xyz="0.3 0 0" rpy="0 0 0"/></joint>
  <joint name="elbow" type="revolute"><parent link="upper"/><child link="lower"/><origin xyz="0.5 0 0" rpy="0 0 1.5707963267948966"/><axis xyz="0 -1 0"/></joint>
  <joint name="shoulder" type="continuous"><parent link="base_link"/><child link="upper"/><origin xyz="0 0 0.1"/><axis xyz="0 0 2"/></joint>
</robot>`;
const planarUrdf = (text: string, joints = ["elbow", "shoulder"], tip = "tool0") =>
  readKinematics(robot({ urdf: "arm.urdf", tip }, joints), text);

describe("kinematics of a URDF", () => {
  it("follows origins and axes from root to tip, angles in the deployment's order", () => {
    // shoulder turned by 90°: the upper arm points along y; the elbow frame is yawed by 90° more: along -x;
    // its own turn about its -y axis by 90° lifts the lower arm to +z
    near(
      tool(robot({ urdf: "arm.urdf", tip: "tool0" }, ["elbow", "shoulder"]), [right, right], URDF),
      [0, 0.5, 0.4],
    );
  });
  it("gives the same tool as DH for a six-joint arm", () => {
    const [j1, j2, j3, j4, j5, j6] = [
      "0 0 0.1625",
      "0 0 0",
      "-0.425 0 0",
      "-0.3922 0 0.1333",
      "0 -0.0997 0",
      "0 0.0996 0",
    ];
    const turn = (i: number, xyz: string | undefined, roll: number, axis = "0 0 1") =>
      `<joint name="j${i}" type="revolute"><parent link="l${i - 1}"/><child link="l${i}"/><origin xyz="${xyz}" rpy="${roll} 0 0"/><axis xyz="${axis}"/></joint><link name="l${i}"/>`;
    const text = `<robot name="six"><link name="l0"/>${turn(1, j1, 0)}${turn(2, j2, right)}${turn(3, j3, 0)}${turn(4, j4, 0)}${turn(5, j5, right)}${turn(6, j6, -right)}</robot>`;
    const q = [0.3, -1, 1.2, -0.4, 0.7, 0.1];
    near(tool(robot({ urdf: "six.urdf", tip: "l6" }), q, text), tool(robot({ dh: UR5E }), q));
  });
  const wrong: [string, string, RegExp][] = [
    ["no such tip", URDF.replace('<link name="tool0"/>', ""), /no link "tool0"/],
    ["a sliding joint", URDF.replace("continuous", "prismatic"), /"shoulder" is prismatic/],
    [
      "a joint that nobody named",
      URDF.replace('type="fixed"', 'type="revolute"'),
      /"tip" moves but is not among/,
    ],
    ["a number that is none", URDF.replace("0.5 0 0", "0.5 zero 0"), /joint "elbow": three finite numbers/],
    ["a zero axis", URDF.replace("0 0 2", "0 0 0"), /has no axis/],
    [
      "a broken tag",
      URDF.replace("</joint></robot>", "").replace('<link name="lower"/>', '<link name="lower>'),
      /line 5/,
    ],
    ["a tag never closed", URDF.replace("</robot>", ""), /<robot> is never closed/],
    [
      "a circle",
      URDF.replace('<parent link="base_link"/>', '<parent link="tool0"/>'),
      /its own ancestor|two parents/,
    ],
    ["a follower", URDF.replace('<axis xyz="0 0 2"/>', '<mimic joint="elbow"/>'), /follows another/],
    ["xacro", "<xacro:robot name='x'/>", /root is <xacro:robot>/],
  ];
  it.each(wrong)("says what is wrong: %s", (_, text, words) => {
    const read = planarUrdf(text);
    expect(read.ok).toBe(false);
    expect(read.ok ? "" : read.error).toMatch(words);
  });
  it("asserts when it was not checked before", () => {
    expect(() => createKinematics(robot({ urdf: "arm.urdf", tip: "x" }, ["a"]), URDF)).toThrow(/no link "x"/);
  });
});

describe("masses of a contact", () => {
  it("gives the speed limits of the published examples (10 kg arm)", () => {
    const limit = (force: number, person: number, stiffness: number) =>
      contactSpeedLimitMPerS(force, reducedMassKg(person, 10), stiffness);
    expect(limit(140, 0.6, 75_000)).toBeCloseTo(0.679, 3);
    expect(limit(160, 2, 40_000)).toBeCloseTo(0.62, 3);
    expect(limit(280, 40, 25_000)).toBeCloseTo(0.626, 3);
    expect(robotEffectiveMassKg(16, 2)).toBe(10);
  });
});
