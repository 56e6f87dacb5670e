import { describe, expect, it } from "vitest";
import { type ArmDynamics, createKinematics, readKinematics } from "../../../src/core/robot/index.ts";
import { problemsOf, robotOf, SIX_AXIS, sixAxisYaml, ur5eYaml } from "./arms.ts";

const six = robotOf(sixAxisYaml());
const readSix = (text: string, more = "") =>
  readKinematics(more === "" ? six : robotOf(sixAxisYaml(more)), text);
const known = (text = SIX_AXIS, more = ""): ArmDynamics => {
  const read = readSix(text, more);
  if (!read.ok) throw new Error(read.error);
  if ("missing" in read.value.dynamics) throw new Error(read.value.dynamics.missing);
  return read.value.dynamics;
};
const missing = (text: string, more = ""): string => {
  const read = readSix(text, more);
  return read.ok && "missing" in read.value.dynamics ? read.value.dynamics.missing : JSON.stringify(read);
};
const wrong = (text: string, more = ""): string => {
  const read = readSix(text, more);
  return read.ok ? "good" : read.error;
};
const change = (from: string | RegExp, to: string): string => {
  const text = SIX_AXIS.replace(from, to);
  expect(text, `${from} occurs`).not.toBe(SIX_AXIS);
  return text;
};
const without = (link: string, element: string): string =>
  change(new RegExp(`(<link name="${link}">[\\s\\S]*?)<${element}>[\\s\\S]*?</${element}>`), "$1");

describe("masses of a URDF", () => {
  it("counts what turns, hand and finger with the last joint, and neither pedestal nor marker frames", () => {
    const { bodies } = known();
    expect(bodies.map((b) => Math.round(b.massKg * 1e6) / 1e6)).toEqual([7.4, 8.1, 4.6, 1.9, 1.5, 1.4]);
  });
  it("gives places in the cell's frame while all angles are zero", () => {
    const [turret] = known().bodies;
    // base at (0.3, -0.2) turned by 0.7, then by the joint's own 0.3: the centre is at radius √(0.02² + 0.01²)
    const angle = 1 + Math.atan2(0.01, 0.02);
    const far = Math.hypot(0.02, 0.01);
    expect(turret!.centreM[0]).toBeCloseTo(0.3 + far * Math.cos(angle), 12);
    expect(turret!.centreM[1]).toBeCloseTo(-0.2 + far * Math.sin(angle), 12);
    expect(turret!.centreM[2]).toBeCloseTo(0.1 + 0.12 + 0.14, 12);
  });
  it("two rigid parts weigh like one: trace and parallel axes by hand", () => {
    const [flange, gripper, finger] = [0.4, 0.9, 0.1];
    const { bodies } = known();
    const hand = bodies[5]!;
    expect(hand.massKg).toBeCloseTo(flange! + gripper! + finger!, 12);
    const own = 0.00031 + 2 * 0.00022 + 0.0011 + 0.0019 + 0.0021 + 0.00004 + 0.00006 + 0.00005;
    const trace = hand.inertiaKgM2[0]! + hand.inertiaKgM2[1]! + hand.inertiaKgM2[2]!;
    // along the flange's axis: centres at 0.01, 0.02 + 0.05, 0.02 + 0.11 and 0.03 aside
    const at = [0.01, 0.07, 0.13];
    const masses = [flange!, gripper!, finger!];
    const centre = at.reduce((sum, x, i) => sum + masses[i]! * x, 0) / hand.massKg;
    const aside = (0.1 * 0.03) / hand.massKg;
    const spread = at.reduce((sum, x, i) => sum + masses[i]! * (x - centre) ** 2, 0);
    const across = 1.3 * aside ** 2 + 0.1 * (0.03 - aside) ** 2;
    expect(trace).toBeCloseTo(own + 2 * (spread + across), 12);
  });
  it("an <inertial> that is turned is turned", () => {
    const upright = 'ixx="0.31" iyy="0.29" izz="0.036" ixy="0.004" ixz="0.012" iyz="-0.006"';
    // by a quarter about z: x takes the place of y
    const text = change(`rpy="0 0.3 0"/><mass value="8.1"`, `rpy="0 0 ${Math.PI / 2}"/><mass value="8.1"`);
    const turned = known(text).bodies[1]!.inertiaKgM2;
    const straight = known(
      change(`rpy="0 0.3 0"/><mass value="8.1"`, '/><mass value="8.1"').replace(
        upright,
        'ixx="0.29" iyy="0.31" izz="0.036" ixy="-0.004" ixz="0.006" iyz="0.012"',
      ),
    ).bodies[1]!.inertiaKgM2;
    turned.forEach((x, i) => expect(x).toBeCloseTo(straight[i]!, 12));
  });
  it("takes friction and torques of the URDF; the lower torque of two counts", () => {
    expect(known().drives.map((d) => d.maxEffortNm)).toEqual([220, 220, 130, 45, 45, 30]);
    expect(known().drives[0]).toMatchObject({ viscousFrictionNmSPerRad: 4, dryFrictionNm: 3 });
    const lower = robotOf(sixAxisYaml().replace("maxRadPerS2: 8 }", "maxRadPerS2: 8, maxEffortNm: 100 }"));
    const read = createKinematics(lower, SIX_AXIS).dynamics as ArmDynamics;
    expect(read.drives[0]!.maxEffortNm).toBe(100);
  });
  it("stands for boxes, cylinders and spheres with spheres that hide them", () => {
    const { bodies } = known();
    for (const body of bodies) expect(body.spheres.length).toBeGreaterThan(0);
    // the box of the forearm is 0.11 m thick: its edges lie 0.078 m from its middle
    for (const [, , , r] of bodies[2]!.spheres) expect(r).toBeGreaterThan(0.0777);
  });
  it("stated thickness goes before the shapes", () => {
    const radii = "  dynamics: { source: measured, linkRadiiM: [0.2, 0.2, 0.2, 0.2, 0.2, 0.2] }\n";
    for (const body of known(SIX_AXIS, radii).bodies)
      for (const [, , , r] of body.spheres) expect(r).toBeGreaterThanOrEqual(0.2);
  });
});

describe("what is not said is named", () => {
  it("a moving link without mass", () => {
    expect(missing(without("forearm", "inertial"))).toBe(
      '<inertial> with mass and inertia of link "forearm" in the URDF',
    );
  });
  it("a link whose shape is a mesh, or that has none", () => {
    expect(missing(change('<sphere radius="0.06"/>', '<mesh filename="wrist.stl"/>'))).toBe(
      'robot.dynamics.linkRadiiM, the thickness of each link: link "wrist_roll" has a mesh as <collision>',
    );
    expect(missing(without("wrist_bend", "collision"))).toMatch(/link "wrist_bend" has no <collision>/);
    const radii = "  dynamics: { source: measured, linkRadiiM: [0.1, 0.1, 0.1, 0.1, 0.1, 0.1] }\n";
    expect(
      known(change('<sphere radius="0.06"/>', '<mesh filename="wrist.stl"/>'), radii).bodies,
    ).toHaveLength(6);
  });
  it("a joint without a largest torque, or with one of 0", () => {
    expect(missing(change(' effort="45"', ""))).toMatch(/maxEffortNm of robot.joints "roll"/);
    expect(missing(change(' effort="30"', ' effort="0"'))).toMatch(/maxEffortNm of robot.joints "spin"/);
  });
  it("masses that contradict robot.massMovingKg: one of the two is wrong", () => {
    for (const kg of [20, 60]) {
      const robot = robotOf(sixAxisYaml().replace("massMovingKg: 26", `massMovingKg: ${kg}`));
      const read = readKinematics(robot, SIX_AXIS);
      expect(read.ok && "missing" in read.value.dynamics && read.value.dynamics.missing).toMatch(
        /the links weigh 24.9 kg together and robot.massMovingKg says/,
      );
    }
  });
  it("an arm of a DH table alone", () => {
    const text = ur5eYaml().replace(/ {2}dynamics:[\s\S]*$/, "");
    const { dynamics } = createKinematics(robotOf(text));
    expect("missing" in dynamics && dynamics.missing).toMatch(/robot.dynamics.links.*linkRadiiM/);
    const noRadii = createKinematics(robotOf(ur5eYaml().replace(/ {4}linkRadiiM:.*\n/, ""))).dynamics;
    expect("missing" in noRadii && noRadii.missing).toMatch(/linkRadiiM/);
  });
});

describe("what no arm can be is an error of the configuration", () => {
  const forearm = '<mass value="4.6"/>';
  const tensor = 'ixx="0.018" iyy="0.094" izz="0.092" ixy="-0.002" ixz="0.003" iyz="0"';
  it.each([
    ["no mass", change(forearm, '<mass value="0"/>'), /link "forearm": mass 0 kg is not positive/],
    ["negative", change(forearm, '<mass value="-4.6"/>'), /mass -4.6 kg is not positive/],
    ["no number", change(forearm, '<mass value="heavy"/>'), /mass NaN kg/],
    ["no mass element", change(forearm, ""), /mass NaN kg/],
    ["no inertia", change(`<inertia ${tensor}/>`, ""), /inertia is not finite/],
    ["zero inertia", change(tensor, 'ixx="0" iyy="0" izz="0"'), /not positive definite/],
    ["a negative moment", change(tensor, 'ixx="-0.018" iyy="0.094" izz="0.092"'), /not positive definite/],
    [
      "products too large",
      change(tensor, 'ixx="0.018" iyy="0.094" izz="0.092" ixy="0.09"'),
      /not positive definite/,
    ],
    ["triangle", change(tensor, 'ixx="0.018" iyy="0.094" izz="0.2"'), /triangle rule/],
    [
      "triangle in turned axes",
      change(tensor, 'ixx="0.05" iyy="0.05" izz="0.01" ixy="0.045"'),
      /triangle rule/,
    ],
    ["infinite", change(forearm, '<mass value="1e999"/>'), /not positive/],
    ["a bad origin", change('xyz="0.18 0 0.01"', 'xyz="0.18 0"'), /three finite numbers/],
    [
      "a shape of no size",
      change('<sphere radius="0.06"/>', '<sphere radius="0"/>'),
      /finite sizes above zero/,
    ],
    ["a box of no size", change('size="0.44 0.11 0.11"', 'size="0.44 0 0.11"'), /finite sizes above zero/],
  ])("%s", (_, text, words) => {
    expect(wrong(text)).toMatch(words);
  });
  it("a sliding joint of the arm, as ever", () => {
    expect(wrong(change('name="bend" type="revolute"', 'name="bend" type="prismatic"'))).toMatch(
      /"bend" is prismatic; only revolute, continuous and fixed/,
    );
  });
  it("settings that do not fit each other", () => {
    expect(wrong(SIX_AXIS, "  dynamics: { source: measured, linkRadiiM: [0.1] }\n")).toBe(
      "robot.dynamics.linkRadiiM has 1 entries for 6 joints",
    );
    const link = "{ massKg: 1, centreM: [0, 0, 0], inertiaKgM2: { xx: 1, yy: 1, zz: 1 } }";
    expect(wrong(SIX_AXIS, `  dynamics: { source: measured, links: [${link}] }\n`)).toMatch(
      /belongs to kinematics.dh/,
    );
  });
  it.each([
    ["massKg: 8.058", "massKg: 0"],
    ["massKg: 8.058", "massKg: -1"],
    ["yy: 0.33388086", "yy: 0"],
    ["source: Universal", "servoGiveRad: 0\n    source: Universal"],
    ["linkRadiiM: [0.09", "linkRadiiM: [0"],
    ["massKg: 8.058", "massKg: 8.058\n        weight: 3"],
  ])("a deployment that says %s → %s", (from, to) => {
    expect(problemsOf(ur5eYaml())).toBe("");
    expect(problemsOf(ur5eYaml().replace(from, to))).toMatch(/robot\.dynamics/);
  });
  it("impossible inertia in a deployment", () => {
    const read = readKinematics(robotOf(ur5eYaml().replace("zz: 0.33247207", "zz: 0.9")));
    expect(read.ok ? "" : read.error).toMatch(/robot.dynamics.links.1: .*triangle/);
    const product = readKinematics(robotOf(ur5eYaml().replace("xy: -5.4e-5", "xy: 0.9")));
    expect(product.ok ? "" : product.error).toMatch(/links.1: .*positive definite/);
  });
});
