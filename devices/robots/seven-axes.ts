import { FACTS, jointOf, type ModelJoint, NO_STOPPING, RIGHT, type RobotModel, row } from "./robot-model.ts";

const FRANKA: RobotModel["sources"] = {
  kinematics: { what: "Franka Robotics, control parameters: Denavit-Hartenberg table", licence: FACTS },
  limits: { what: "Franka Robotics, control parameters: limits in the joint space", licence: FACTS },
  masses: { what: "Franka Robotics, data sheet: weight of the arm, base included", licence: FACTS },
  stopping: NO_STOPPING,
};
const frankaJoint = (
  name: string,
  [minRad, maxRad, maxRadPerS, maxRadPerS2, maxEffortNm]: readonly [number, number, number, number, number],
): ModelJoint => ({ name, minRad, maxRad, maxRadPerS, maxRadPerS2, maxEffortNm });

function franka(
  name: string,
  title: string,
  massKg: number,
  limits: readonly (readonly [number, number, number, number, number])[],
): RobotModel {
  return {
    name,
    title,
    kind: "arm",
    joints: limits.map((limit, i) => frankaJoint(`${name}_joint${i + 1}`, limit)),
    dh: [
      row(0.333, 0, -RIGHT),
      row(0, 0, RIGHT),
      row(0.316, 0.0825, RIGHT),
      row(0, -0.0825, -RIGHT),
      row(0.384, 0, RIGHT),
      row(0, 0.088, RIGHT),
      row(0.107, 0, 0),
    ],
    massMovingKg: massKg,
    payloadKg: 3,
    stopTimeMs: "not known",
    stopDistanceM: "not known",
    sources: FRANKA,
  };
}

const KUKA: RobotModel["sources"] = {
  kinematics: { what: "KUKA, LBR iiwa specification: main dimensions", licence: FACTS },
  limits: { what: "KUKA, LBR iiwa specification: axis data", licence: FACTS },
  masses: { what: "KUKA, LBR iiwa specification: weight, base included", licence: FACTS },
  stopping: {
    what: "KUKA publishes stopping times per axis as charts over load and extension; no one worst number",
    licence: "none",
  },
};
const IIWA_RANGES = [170, 120, 170, 120, 170, 120, 175] as const;
interface Iiwa {
  readonly dM: readonly [number, number, number, number];
  readonly degPerS: readonly number[];
  readonly effortNm: readonly number[];
  readonly massKg: number;
  readonly payloadKg: number;
}
function iiwa(name: string, title: string, { dM, degPerS, effortNm, massKg, payloadKg }: Iiwa): RobotModel {
  const [base, upper, lower, flange] = dM;
  return {
    name,
    title,
    kind: "arm",
    joints: IIWA_RANGES.map((range, i) =>
      jointOf(`iiwa_joint_${i + 1}`, [-range, range], degPerS[i]!, effortNm[i]!),
    ),
    dh: [
      row(base, 0, -RIGHT),
      row(0, 0, RIGHT),
      row(upper, 0, RIGHT),
      row(0, 0, -RIGHT),
      row(lower, 0, -RIGHT),
      row(0, 0, RIGHT),
      row(flange, 0, 0),
    ],
    massMovingKg: massKg,
    payloadKg,
    stopTimeMs: "not known",
    stopDistanceM: "not known",
    sources: KUKA,
  };
}

const UFACTORY: RobotModel["sources"] = {
  kinematics: { what: "UFACTORY, xArm user manual: kinematic parameters", licence: FACTS },
  limits: { what: "UFACTORY, xArm user manual: joint ranges and speeds", licence: FACTS },
  masses: { what: "UFACTORY, xArm data sheet: weight, base included", licence: FACTS },
  stopping: NO_STOPPING,
};
const XARM_ACCELERATION = 20;
const XARM_TILT = 1.3849179;
const xarmJoints = (ranges: readonly (readonly [number, number])[]): ModelJoint[] =>
  ranges.map((range, i) => jointOf(`joint${i + 1}`, range, 180, undefined, XARM_ACCELERATION));

export const SEVEN_AXES: readonly RobotModel[] = [
  franka("fr3", "Franka Research 3", 17.8, [
    [-2.7437, 2.7437, 2.62, 10, 87],
    [-1.7837, 1.7837, 2.62, 10, 87],
    [-2.9007, 2.9007, 2.62, 10, 87],
    [-3.0421, -0.1518, 2.62, 10, 87],
    [-2.8065, 2.8065, 5.26, 10, 12],
    [0.5445, 4.5169, 4.18, 10, 12],
    [-3.0159, 3.0159, 5.26, 10, 12],
  ]),
  franka("panda", "Franka Emika Panda", 18, [
    [-2.8973, 2.8973, 2.175, 15, 87],
    [-1.7628, 1.7628, 2.175, 7.5, 87],
    [-2.8973, 2.8973, 2.175, 10, 87],
    [-3.0718, -0.0698, 2.175, 12.5, 87],
    [-2.8973, 2.8973, 2.61, 15, 12],
    [-0.0175, 3.7525, 2.61, 20, 12],
    [-2.8973, 2.8973, 2.61, 20, 12],
  ]),
  iiwa("iiwa7", "KUKA LBR iiwa 7 R800", {
    dM: [0.34, 0.4, 0.4, 0.126],
    degPerS: [98, 98, 100, 130, 140, 180, 180],
    effortNm: [176, 176, 110, 110, 110, 40, 40],
    massKg: 23.9,
    payloadKg: 7,
  }),
  iiwa("iiwa14", "KUKA LBR iiwa 14 R820", {
    dM: [0.36, 0.42, 0.4, 0.126],
    degPerS: [85, 85, 100, 75, 130, 135, 135],
    effortNm: [320, 320, 176, 176, 110, 40, 40],
    massKg: 29.9,
    payloadKg: 14,
  }),
  {
    name: "xarm7",
    title: "UFACTORY xArm 7",
    kind: "arm",
    joints: xarmJoints([
      [-360, 360],
      [-118, 120],
      [-360, 360],
      [-11, 225],
      [-360, 360],
      [-97, 180],
      [-360, 360],
    ]),
    dh: [
      row(0.267, 0, -RIGHT),
      row(0, 0, RIGHT),
      row(0.293, 0.0525, RIGHT),
      row(0, 0.0775, RIGHT),
      row(0.3425, 0, RIGHT),
      row(0, 0.076, -RIGHT),
      row(0.097, 0, 0),
    ],
    massMovingKg: 13.7,
    payloadKg: 3.5,
    stopTimeMs: "not known",
    stopDistanceM: "not known",
    sources: UFACTORY,
  },
  {
    name: "xarm6",
    title: "UFACTORY xArm 6",
    kind: "arm",
    joints: xarmJoints([
      [-360, 360],
      [-118, 120],
      [-225, 11],
      [-360, 360],
      [-97, 180],
      [-360, 360],
    ]),
    dh: [
      row(0.267, 0, -RIGHT),
      row(0, 0.28948866, 0, -XARM_TILT),
      row(0, 0.0775, -RIGHT, XARM_TILT),
      row(0.3425, 0, RIGHT),
      row(0, 0.076, -RIGHT),
      row(0.097, 0, 0),
    ],
    massMovingKg: 12.2,
    payloadKg: 5,
    stopTimeMs: "not known",
    stopDistanceM: "not known",
    sources: UFACTORY,
  },
];
