import type { RobotConfig } from "../domain/index.ts";

/**
 * One robot cell, described once: the embedded engine's tables, both SDF dialects and the MJCF are made
 * from it, and a deployment's limits are compared with it. Lengths in metres, z = 0 is the plane of the
 * robot's base; the floor lies below.
 */
export interface CellDescription {
  readonly name: string;
  readonly floorZM: number;
  readonly arm: ArmDescription;
  readonly tool: ToolDescription;
  readonly person: PersonDescription;
  readonly table: BoxDescription;
  readonly fixtures: readonly BoxDescription[];
  readonly sensors: SensorsDescription;
  readonly zones: readonly ZoneDescription[];
  readonly work: WorkDescription;
}
export type Triple = readonly [number, number, number];

export interface ArmDescription {
  readonly joints: readonly JointDescription[];
  /** link i turns with joint i: origin at the joint, z along its axis */
  readonly links: readonly LinkDescription[];
  /** from stop command at full speed to standstill, and how far the tool goes meanwhile */
  readonly stopTimeMs: number;
  readonly stopDistanceM: number;
  readonly maxToolSpeedMPerS: number;
  readonly positionUncertaintyM: number;
  /** absent: the base stands upright at the origin */
  readonly base?: BaseDescription;
  /** true: no joint gives more than `maxEffortNm`, and the arm lags behind where it would need more */
  readonly limitsEffort?: boolean;
}
/** Where the first joint is: its origin, and the frame (row by row) whose z is its axis. */
export interface BaseDescription {
  readonly originM: Triple;
  readonly rotation: readonly number[];
}
export interface JointDescription {
  readonly name: string;
  readonly minRad: number;
  readonly maxRad: number;
  readonly maxRadPerS: number;
  readonly maxRadPerS2: number;
  readonly maxEffortNm: number;
  /** servo: torque = feed-forward + stiffness · error + damping · error rate */
  readonly stiffnessNmPerRad: number;
  readonly dampingNmSPerRad: number;
  readonly frictionNmSPerRad: number;
  /** standard Denavit-Hartenberg row to the next joint (the last one: to the flange) */
  readonly dh: {
    readonly aM: number;
    readonly alphaRad: number;
    readonly dM: number;
    /** along the frame's y, which a table does not have: arms whose joints' origins lie anywhere on their axes */
    readonly bM?: number;
  };
  /** inertia of the turning motor as the joint feels it, beside that of the links */
  readonly rotorInertiaKgM2?: number;
  /** friction that does not depend on speed */
  readonly dryFrictionNm?: number;
}
export interface LinkDescription {
  readonly name: string;
  readonly massKg: number;
  readonly centreM: Triple;
  readonly inertiaKgM2: Triple;
  /** xy, xz, yz; absent: the link's axes are its principal ones */
  readonly productsKgM2?: Triple;
  readonly spheres: readonly SphereDescription[];
}
/** The arm touches the world with spheres: the one shape that every engine intersects in the same way. */
export interface SphereDescription {
  readonly atM: Triple;
  readonly radiusM: number;
}
/** Fixed to the flange through the force/torque sensor. */
export interface ToolDescription {
  readonly lengthM: number;
  readonly massKg: number;
  readonly centreM: Triple;
  readonly inertiaKgM2: Triple;
  readonly payloadKg: number;
  readonly spheres: readonly SphereDescription[];
}
export interface PersonDescription {
  readonly body: {
    readonly massKg: number;
    readonly radiusM: number;
    readonly heightM: number;
    readonly contact: ContactDescription;
    readonly stiffnessNPerM: number;
    readonly dampingNSPerM: number;
  };
  readonly hand: {
    readonly massKg: number;
    readonly radiusM: number;
    readonly contact: ContactDescription;
    readonly stiffnessNPerM: number;
    readonly dampingNSPerM: number;
  };
}
/** Spring and damper of the skin, and the force above which a contact counts as a collision. */
export interface ContactDescription {
  readonly stiffnessNPerM: number;
  readonly dampingNSPerM: number;
  readonly forceLimitN: number;
}
export interface BoxDescription {
  readonly name: string;
  readonly centreM: Triple;
  readonly sizeM: Triple;
}
export interface SensorsDescription {
  readonly wrench: { readonly rateHz: number; readonly forceNoiseN: number; readonly torqueNoiseNm: number };
  readonly proximity: { readonly rateHz: number; readonly maxM: number; readonly noiseM: number };
  readonly scan: {
    readonly rateHz: number;
    readonly rays: number;
    readonly angleMinRad: number;
    readonly angleStepRad: number;
    readonly maxM: number;
    readonly noiseM: number;
    readonly atM: Triple;
  };
  readonly joints: {
    readonly rateHz: number;
    readonly positionNoiseRad: number;
    readonly velocityNoiseRadPerS: number;
    readonly effortNoiseNm: number;
  };
  readonly estop: { readonly rateHz: number };
  readonly heartbeat: { readonly rateHz: number };
}
/** A box that the tool point must not enter. */
export interface ZoneDescription {
  readonly name: string;
  readonly minM: Triple;
  readonly maxM: Triple;
}
/** The job that the arm repeats: tool points, tool pointing down. */
export interface WorkDescription {
  readonly home: Triple;
  readonly pick: Triple;
  readonly place: Triple;
  readonly liftM: number;
  readonly dwellMs: number;
}

const RIGHT = 1.5707963267948966;
const joint = (
  name: string,
  maxRad: number,
  maxRadPerS: number,
  maxRadPerS2: number,
  maxEffortNm: number,
  servo: readonly [number, number, number],
  dh: readonly [number, number, number],
): JointDescription => ({
  name,
  minRad: -maxRad,
  maxRad,
  maxRadPerS,
  maxRadPerS2,
  maxEffortNm,
  stiffnessNmPerRad: servo[0],
  dampingNmSPerRad: servo[1],
  frictionNmSPerRad: servo[2],
  dh: { aM: dh[0], alphaRad: dh[1], dM: dh[2] },
});
const sphere = (x: number, y: number, z: number, radiusM: number): SphereDescription => ({
  atM: [x, y, z],
  radiusM,
});

/** A six-joint arm on a table serving an outfeed that a walkway passes. */
export const ROBOT_FACTORY: CellDescription = {
  name: "robot_factory",
  floorZM: -0.8,
  arm: {
    joints: [
      joint("joint_1", 6.2, 2.1, 12, 330, [100_000, 2_000, 6], [0, RIGHT, 0.18]),
      joint("joint_2", 6.2, 2.1, 12, 330, [100_000, 2_000, 6], [-0.6, 0, 0]),
      joint("joint_3", 2.8, 2.6, 15, 180, [40_000, 600, 4], [-0.55, 0, 0]),
      joint("joint_4", 6.2, 3.1, 20, 60, [6_000, 60, 1], [0, RIGHT, 0.16]),
      joint("joint_5", 6.2, 3.1, 20, 60, [4_000, 40, 1], [0, -RIGHT, 0.12]),
      joint("joint_6", 6.2, 3.1, 20, 60, [2_500, 20, 0.5], [0, 0, 0.12]),
    ],
    links: [
      { name: "link_1", massKg: 7, centreM: [0, 0, 0.12], inertiaKgM2: [0.12, 0.12, 0.2], spheres: [] },
      {
        name: "link_2",
        massKg: 9,
        centreM: [-0.28, 0, 0.12],
        inertiaKgM2: [0.2, 0.45, 0.45],
        spheres: [
          sphere(-0.15, 0, 0.12, 0.075),
          sphere(-0.3, 0, 0.12, 0.075),
          sphere(-0.45, 0, 0.12, 0.075),
          sphere(-0.6, 0, 0.1, 0.08),
        ],
      },
      {
        name: "link_3",
        massKg: 5,
        centreM: [-0.25, 0, 0.02],
        inertiaKgM2: [0.08, 0.2, 0.2],
        spheres: [
          sphere(-0.14, 0, 0, 0.06),
          sphere(-0.28, 0, 0, 0.06),
          sphere(-0.42, 0, 0, 0.06),
          sphere(-0.55, 0, 0.02, 0.06),
        ],
      },
      {
        name: "link_4",
        massKg: 2,
        centreM: [0, 0, 0.13],
        inertiaKgM2: [0.05, 0.05, 0.05],
        spheres: [sphere(0, 0, 0.15, 0.055)],
      },
      {
        name: "link_5",
        massKg: 1.5,
        centreM: [0, 0, 0.1],
        inertiaKgM2: [0.05, 0.05, 0.05],
        spheres: [sphere(0, 0, 0.12, 0.055)],
      },
      { name: "link_6", massKg: 0.5, centreM: [0, 0, 0.08], inertiaKgM2: [0.04, 0.04, 0.04], spheres: [] },
    ],
    stopTimeMs: 300,
    stopDistanceM: 0.16,
    maxToolSpeedMPerS: 1,
    positionUncertaintyM: 0.01,
  },
  tool: {
    lengthM: 0.16,
    massKg: 1,
    centreM: [0, 0, 0.06],
    inertiaKgM2: [0.004, 0.004, 0.003],
    payloadKg: 1,
    spheres: [sphere(0, 0, 0.05, 0.055), sphere(0, 0, 0.12, 0.05)],
  },
  person: {
    body: {
      massKg: 75,
      radiusM: 0.2,
      heightM: 1.75,
      stiffnessNPerM: 3_000,
      dampingNSPerM: 950,
      contact: { stiffnessNPerM: 10_000, dampingNSPerM: 250, forceLimitN: 100 },
    },
    hand: {
      massKg: 2,
      radiusM: 0.06,
      stiffnessNPerM: 800,
      dampingNSPerM: 80,
      contact: { stiffnessNPerM: 40_000, dampingNSPerM: 150, forceLimitN: 100 },
    },
  },
  table: { name: "table", centreM: [0.12, 0, -0.045], sizeM: [0.96, 1.4, 0.05] },
  fixtures: [{ name: "wall", centreM: [3.5, 0, 0.2], sizeM: [0.1, 6, 2] }],
  sensors: {
    wrench: { rateHz: 1_000, forceNoiseN: 0.15, torqueNoiseNm: 0.01 },
    proximity: { rateHz: 200, maxM: 1.5, noiseM: 0.002 },
    scan: {
      rateHz: 40,
      rays: 181,
      angleMinRad: -RIGHT,
      angleStepRad: RIGHT / 90,
      maxM: 4,
      noiseM: 0.005,
      atM: [0.62, 0, -0.45],
    },
    joints: { rateHz: 250, positionNoiseRad: 1e-5, velocityNoiseRadPerS: 2e-4, effortNoiseNm: 0.05 },
    estop: { rateHz: 100 },
    heartbeat: { rateHz: 20 },
  },
  zones: [{ name: "press", minM: [-0.3, -1.2, -0.05], maxM: [0.25, -0.62, 1] }],
  work: {
    home: [0.55, 0, 0.45],
    pick: [0.5, -0.4, 0.16],
    place: [0.85, 0.3, 0.26],
    liftM: 0.16,
    dwellMs: 200,
  },
};

/** Where the tool sits in the frame of the last link. */
export function flangeOf({ arm }: CellDescription): Triple {
  const { aM, bM = 0, dM } = arm.joints[arm.joints.length - 1]!.dh;
  return [aM, bM, dM];
}

/** The arm as a deployment states it. */
export function robotConfigOf(cell: CellDescription): RobotConfig {
  const { arm, tool } = cell;
  const last = arm.joints.length - 1;
  return {
    name: cell.name,
    massMovingKg: [...arm.links, tool].reduce((sum, part) => sum + part.massKg, 0),
    payloadKg: tool.massKg + tool.payloadKg,
    stopTimeMs: arm.stopTimeMs,
    stopDistanceM: arm.stopDistanceM,
    maxToolSpeedMPerS: arm.maxToolSpeedMPerS,
    positionUncertaintyM: arm.positionUncertaintyM,
    standstillRadPerS: 0.01,
    joints: arm.joints.map(({ name, minRad, maxRad, maxRadPerS, maxRadPerS2, maxEffortNm }) => ({
      name,
      minRad,
      maxRad,
      maxRadPerS,
      maxRadPerS2,
      maxEffortNm,
    })),
    kinematics: {
      dh: arm.joints.map(({ dh }, i) => ({
        ...dh,
        dM: i === last ? dh.dM + tool.lengthM : dh.dM,
        thetaOffsetRad: 0,
      })),
    },
    baseXM: 0,
    baseYM: 0,
    baseYawRad: 0,
  };
}
