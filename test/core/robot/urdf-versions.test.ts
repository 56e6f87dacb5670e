import { describe, expect, it } from "vitest";
import { readKinematics } from "../../../src/core/robot/index.ts";
import { deploymentSchema } from "../../../src/core/domain/deployment/index.ts";

const robotSchema = deploymentSchema.shape.robot;
const config = (maxRadPerS2 = 10) =>
  robotSchema.parse({
    name: "arm",
    massMovingKg: 2,
    payloadKg: 1,
    stopTimeMs: 200,
    stopDistanceM: 0.1,
    maxToolSpeedMPerS: 1,
    positionUncertaintyM: 0.01,
    joints: [{ name: "a", minRad: -3, maxRad: 3, maxRadPerS: 2, maxRadPerS2 }],
    kinematics: { urdf: "arm.urdf", tip: "tool" },
  });
interface Parts {
  readonly version?: string;
  readonly turn?: string;
  readonly limit?: string;
  readonly link?: string;
}
const urdf = ({ version = "1.2", turn = 'rpy="0 0 0"', limit = "", link = "" }: Parts): string =>
  `<robot name="arm" ${version === "" ? "" : `version="${version}"`}>
    <link name="base"/>
    <joint name="a" type="revolute"><parent link="base"/><child link="arm"/><axis xyz="0 0 1"/>
      <origin xyz="0 0 0.3" rpy="0 0 0"/><limit lower="-3" upper="3" velocity="2" effort="9" ${limit}/><dynamics damping="1" friction="1"/></joint>
    <link name="arm">${link}</link>
    <joint name="b" type="fixed"><parent link="arm"/><child link="bent"/><origin xyz="0.4 0 0" ${turn}/></joint>
    <link name="bent"/>
    <joint name="c" type="fixed"><parent link="bent"/><child link="tool"/><origin xyz="0.2 0 0"/></joint>
    <link name="tool"/>
  </robot>`;
const toolOf = (parts: Parts): number[] | string => {
  const read = readKinematics(config(), urdf(parts));
  if (!read.ok) return read.error;
  const out = new Float64Array(3);
  read.value.tool([0], out);
  return [...out].map((v) => Math.round(v * 1e6) / 1e6);
};
const inertial =
  '<inertial><mass value="2"/><inertia ixx="0.1" iyy="0.1" izz="0.1" ixy="0" ixz="0" iyz="0"/></inertial>';

describe("URDF up to version 1.2", () => {
  it.each([
    ["nothing", 'rpy="0 0 0"', [0.6, 0, 0.3]],
    ["angles", 'rpy="0 -1.5707963267948966 0"', [0.4, 0, 0.5]],
    ["a quaternion", 'quat_xyzw="0 -0.7071068 0 0.7071068"', [0.4, 0, 0.5]],
    ["a quaternion by its short name", 'quat="0 0 0.70710678 0.70710678"', [0.4, 0.2, 0.3]],
  ])("a joint turned by %s is turned", (_, turn, tool) => expect(toolOf({ turn })).toEqual(tool));

  it.each([
    ["a quaternion before 1.1", { version: "", turn: 'quat_xyzw="0 0 0 1"' }, /needs <robot version="1.1">/],
    ["both rotations", { turn: 'rpy="0 0 0" quat_xyzw="0 0 0 1"' }, /more than once/],
    ["three numbers", { turn: 'quat_xyzw="0 0 1"' }, /quaternion of length one/],
    ["a length that is not one", { turn: 'quat_xyzw="1 1 0 1"' }, /quaternion of length one/],
    ["not a number", { turn: 'quat_xyzw="0 0 nan 1"' }, /quaternion of length one/],
    ["an attribute of another kind", { turn: 'euler="0 0 1"' }, /<origin> has an attribute "euler"/],
    ["a misspelt limit", { limit: 'decelleration="4"' }, /<limit> has an attribute "decelleration"/],
    ["limits before 1.2", { version: "1.1", limit: 'jerk="100"' }, /jerk= needs <robot version="1.2">/],
    ["a limit of zero", { limit: 'deceleration="0"' }, /no number above zero/],
    ["a version to come", { version: "1.3" }, /version "1.3" is not known/],
    [
      "a capsule before 1.1",
      {
        version: "1.0",
        link: '<collision><geometry><capsule radius="1" length="1"/></geometry></collision>',
      },
      /<capsule> needs/,
    ],
  ] as [string, Parts, RegExp][])("%s is an error, never ignored", (_, parts, words) =>
    expect(toolOf(parts)).toMatch(words),
  );

  it("a capsule is as long as its cylinder, with both caps", () => {
    const link = `${inertial}<collision><geometry><capsule radius="0.1" length="0.6"/></geometry></collision>`;
    const read = readKinematics(config(), urdf({ link }));
    expect(read.ok ? "" : read.error).toBe("");
    if (!read.ok) return;
    expect(read.value.dynamics).not.toHaveProperty("missing");
    if ("missing" in read.value.dynamics) return;
    const spheres = read.value.dynamics.bodies.flatMap((body) => body.spheres);
    const ends = spheres.map(([, , z, r]) => [z! - r!, z! + r!]);
    // spheres hide a shape: they reach past its caps, by little
    const [low, high] = [Math.min(...ends.map(([l]) => l!)), Math.max(...ends.map(([, h]) => h!))];
    expect([low <= 0.3 - 0.4, low > 0.3 - 0.45]).toEqual([true, true]);
    expect([high >= 0.3 + 0.4, high < 0.3 + 0.45]).toEqual([true, true]);
  });

  it("a deployment that allows more than the URDF's own limits is refused", () => {
    const text = urdf({ limit: 'acceleration="8" deceleration="6" jerk="100"' });
    expect(readKinematics(config(6), text).ok).toBe(true);
    for (const [most, words] of [
      [7, "deceleration limit is 6"],
      [9, "acceleration limit is 8"],
    ] as const) {
      const read = readKinematics(config(most), text);
      expect(read.ok ? "accepted" : read.error).toContain(words);
    }
  });
});
