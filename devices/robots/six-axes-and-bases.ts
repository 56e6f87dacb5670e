import { FACTS, jointOf, NO_STOPPING, RIGHT, type RobotModel, row } from "./robot-model.ts";

const gofaJoints: readonly (readonly [number, number, number])[] = [
  [-180, 180, 125],
  [-180, 180, 125],
  [-225, 85, 140],
  [-180, 180, 200],
  [-180, 180, 200],
  [-270, 270, 200],
];
const doosanJoints: readonly (readonly [number, number, number])[] = [
  [360, 120, 346],
  [360, 120, 346],
  [160, 180, 163],
  [360, 225, 50],
  [360, 225, 50],
  [360, 225, 50],
];

/** The front of a base turns about its middle: heading is the one joint, the bumper its tool point. */
const base = (name: string, title: string, frontM: number, heightM: number): RobotModel => ({
  name,
  title,
  kind: "base",
  joints: [{ name: "heading", minRad: -100, maxRad: 100, maxRadPerS: 1, maxRadPerS2: 2 }],
  dh: [row(heightM, frontM, 0)],
  massMovingKg: 60,
  payloadKg: 40,
  stopTimeMs: "not known",
  stopDistanceM: "not known",
  sources: {
    kinematics: {
      what: "no product: a base whose front lies this far before its middle; put in your own",
      licence: "none",
    },
    limits: { what: "no product: 1 rad/s about the vertical; put in your own", licence: "none" },
    masses: { what: "no product: 60 kg with 40 kg of load; put in your own", licence: "none" },
    stopping: NO_STOPPING,
  },
});

export const SIX_AXES_AND_BASES: readonly RobotModel[] = [
  {
    name: "gofa5",
    title: "ABB GoFa CRB 15000-5/0.95",
    kind: "arm",
    joints: gofaJoints.map(([min, max, speed], i) => jointOf(`joint_${i + 1}`, [min, max], speed)),
    dh: [
      row(0.265, 0, -RIGHT),
      row(0, 0.444, 0, -RIGHT),
      row(0, 0.11, -RIGHT),
      row(0.47, 0, RIGHT),
      row(0, 0.08, -RIGHT),
      row(0.101, 0, 0),
    ],
    massMovingKg: 28,
    payloadKg: 5,
    stopTimeMs: "not known",
    stopDistanceM: "not known",
    sources: {
      kinematics: { what: "ABB, CRB 15000 product specification: dimensions", licence: FACTS },
      limits: { what: "ABB, CRB 15000 product specification: working range and axis speeds", licence: FACTS },
      masses: { what: "ABB, CRB 15000 product specification: weight, base included", licence: FACTS },
      stopping: {
        what: "ABB publishes stopping distances and times per axis in a table over load zones; no one worst number",
        licence: "none",
      },
    },
  },
  {
    name: "m1013",
    title: "Doosan M1013",
    kind: "arm",
    joints: doosanJoints.map(([range, speed, effort], i) =>
      jointOf(`joint_${i + 1}`, [-range, range], speed, effort),
    ),
    dh: [
      row(0.1525, 0, -RIGHT),
      row(0.0345, 0.62, 0, -RIGHT),
      row(0, 0, RIGHT, RIGHT),
      row(0.559, 0, -RIGHT),
      row(0, 0, RIGHT),
      row(0.121, 0, 0),
    ],
    massMovingKg: 33,
    payloadKg: 10,
    stopTimeMs: "not known",
    stopDistanceM: "not known",
    sources: {
      kinematics: {
        what: "Doosan Robotics, robot description of its ROS 2 package (BSD-3-Clause)",
        licence: FACTS,
      },
      limits: {
        what: "Doosan Robotics, M1013 data sheet (ranges, speeds) and ROS 2 robot description (torques)",
        licence: FACTS,
      },
      masses: { what: "Doosan Robotics, M1013 data sheet: weight, base included", licence: FACTS },
      stopping: NO_STOPPING,
    },
  },
  base("two_wheels", "Mobile base with two driven wheels", 0.35, 0.2),
  base("mecanum", "Mobile base with mecanum wheels, moves sideways too", 0.45, 0.2),
];
