import { FACTS, jointOf, NO_STOPPING, RIGHT, type RobotModel, row } from "./robot-model.ts";

const NAMES = ["shoulder_pan", "shoulder_lift", "elbow", "wrist_1", "wrist_2", "wrist_3"] as const;
const SOURCES: RobotModel["sources"] = {
  kinematics: {
    what: "Universal Robots, article 'DH parameters for calculations of kinematics and dynamics'",
    licence: FACTS,
  },
  limits: {
    what: "Universal Robots, e-Series user manuals (speeds, ranges) and article 'Max. joint torques'",
    licence: FACTS,
  },
  masses: {
    what: "Universal Robots, article 'DH parameters for calculations of kinematics and dynamics'; sum of the links",
    licence: FACTS,
  },
  stopping: NO_STOPPING,
};

interface Size {
  /** d1 a2 a3 d4 d5 d6 */
  readonly lengthsM: readonly [number, number, number, number, number, number];
  readonly degPerS: readonly number[];
  readonly effortNm: readonly number[];
  readonly massesKg: readonly number[];
  readonly payloadKg: number;
}
/** The elbow of these arms turns by half a circle to each side, all other joints by a whole one. */
function model(name: string, title: string, size: Size): RobotModel {
  const [d1, a2, a3, d4, d5, d6] = size.lengthsM;
  return {
    name,
    title: `Universal Robots ${title}`,
    kind: "arm",
    joints: NAMES.map((joint, i) =>
      jointOf(
        `${joint}_joint`,
        joint === "elbow" ? [-180, 180] : [-360, 360],
        size.degPerS[i]!,
        size.effortNm[i]!,
      ),
    ),
    dh: [
      row(d1, 0, RIGHT),
      row(0, a2, 0),
      row(0, a3, 0),
      row(d4, 0, RIGHT),
      row(d5, 0, -RIGHT),
      row(d6, 0, 0),
    ],
    massMovingKg: Number(size.massesKg.reduce((sum, kg) => sum + kg, 0).toFixed(3)),
    payloadKg: size.payloadKg,
    stopTimeMs: "not known",
    stopDistanceM: "not known",
    sources: SOURCES,
  };
}

export const UNIVERSAL_ROBOTS: readonly RobotModel[] = [
  model("ur3e", "UR3e", {
    lengthsM: [0.15185, -0.24355, -0.2132, 0.13105, 0.08535, 0.0921],
    degPerS: [180, 180, 180, 360, 360, 360],
    effortNm: [56, 56, 28, 12, 12, 12],
    massesKg: [1.98, 3.4445, 1.437, 0.871, 0.805, 0.261],
    payloadKg: 3,
  }),
  model("ur5e", "UR5e", {
    lengthsM: [0.1625, -0.425, -0.3922, 0.1333, 0.0997, 0.0996],
    degPerS: [180, 180, 180, 180, 180, 180],
    effortNm: [150, 150, 150, 28, 28, 28],
    massesKg: [3.761, 8.058, 2.846, 1.37, 1.3, 0.365],
    payloadKg: 5,
  }),
  model("ur10e", "UR10e", {
    lengthsM: [0.1807, -0.6127, -0.57155, 0.17415, 0.11985, 0.11655],
    degPerS: [120, 120, 180, 180, 180, 180],
    effortNm: [330, 330, 150, 56, 56, 56],
    massesKg: [7.369, 13.051, 3.989, 2.1, 1.98, 0.615],
    payloadKg: 12.5,
  }),
  model("ur16e", "UR16e", {
    lengthsM: [0.1807, -0.4784, -0.36, 0.17415, 0.11985, 0.11655],
    degPerS: [120, 120, 180, 180, 180, 180],
    effortNm: [330, 330, 150, 56, 56, 56],
    massesKg: [7.369, 10.45, 4.321, 2.18, 2.033, 0.907],
    payloadKg: 16,
  }),
];
