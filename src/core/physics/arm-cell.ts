import { atan2, cos, sin } from "../base/math.ts";
import type { ArmBody, ArmChain, ArmDrive, ArmDynamics } from "../robot/index.ts";
import {
  type CellDescription,
  type JointDescription,
  type LinkDescription,
  ROBOT_FACTORY,
  type Triple,
} from "./cell.ts";
import { STEP_S } from "./engine.ts";

/**
 * A servo that is stiff against what it moves does not come to rest in steps of a millisecond: the joint gets at
 * least this share of its stiffness as inertia. Motors that can carry such a load have about as much; too much of
 * it asks for more torque and pushes harder, which errs to the safe side.
 */
const INERTIA_PER_STIFFNESS = 16 * STEP_S * STEP_S;
/** People are as high as the arm reaches, as in the trials. */
const HIGH_M = 100;
const FAR_M = 1_000;

/** The cell of an arm that a deployment describes; null: masses and geometry do not name the joints in one order. */
export function cellOfArm(arm: ArmChain, dynamics: ArmDynamics): CellDescription | null {
  if (!arm.order.every((joint, i) => dynamics.order[i] === joint)) return null;
  const frames = framesAtZero(arm);
  const person = ROBOT_FACTORY.person;
  return {
    ...ROBOT_FACTORY,
    name: "arm",
    floorZM: -HIGH_M,
    arm: {
      ...ROBOT_FACTORY.arm,
      joints: dynamics.drives.map((drive, i) => jointOf(arm, drive, i)),
      links: dynamics.bodies.map((body, i) => linkOf(body, frames[i]!, `link_${i + 1}`)),
      base: { originM: triple(arm.origin), rotation: arm.root },
      limitsEffort: true,
    },
    // the load hangs at the tool point; what the tool itself weighs is part of it or of the last link
    tool: { lengthM: 0, massKg: 0, centreM: [0, 0, 0], inertiaKgM2: [0, 0, 0], payloadKg: 0, spheres: [] },
    person: { ...person, body: { ...person.body, heightM: 2 * HIGH_M } },
    table: { name: "table", centreM: [FAR_M, FAR_M, -FAR_M], sizeM: [1, 1, 1] },
    fixtures: [],
    zones: [],
  };
}

function jointOf(arm: ArmChain, drive: ArmDrive, i: number): JointDescription {
  const phase = arm.phases[i]!;
  const [aM, bM, dM] = triple(arm.levers.slice(3 * i, 3 * i + 3));
  const last = i === arm.joints - 1;
  const stiffness = drive.maxEffortNm / drive.giveRad;
  const rotor = Math.max(drive.rotorInertiaKgM2, INERTIA_PER_STIFFNESS * stiffness);
  return {
    name: drive.name,
    minRad: drive.minRad + phase,
    maxRad: drive.maxRad + phase,
    maxRadPerS: drive.maxRadPerS,
    maxRadPerS2: drive.maxRadPerS2,
    maxEffortNm: drive.maxEffortNm,
    stiffnessNmPerRad: stiffness,
    dampingNmSPerRad: 2 * Math.sqrt(stiffness * rotor),
    frictionNmSPerRad: drive.viscousFrictionNmSPerRad,
    dryFrictionNm: drive.dryFrictionNm,
    rotorInertiaKgM2: rotor,
    dh: { aM, bM, dM, alphaRad: last ? 0 : atan2(arm.tilts[2 * i + 3]!, arm.tilts[2 * i + 2]!) },
  };
}

interface Frame {
  readonly origin: readonly number[];
  /** row by row */
  readonly rotation: readonly number[];
}

/** Where each link is while all joint angles are zero. */
function framesAtZero(arm: ArmChain): Frame[] {
  const frames: Frame[] = [];
  let rotation = arm.root;
  let origin = arm.origin;
  for (let i = 0; i < arm.joints; i++) {
    if (i > 0) rotation = tilted(rotation, arm.tilts[2 * i]!, arm.tilts[2 * i + 1]!);
    rotation = turned(rotation, cos(arm.phases[i]!), sin(arm.phases[i]!));
    frames.push({ origin, rotation });
    const lever = arm.levers.slice(3 * i, 3 * i + 3);
    origin = origin.map((x, k) => x + dot(rotation.slice(3 * k, 3 * k + 3), lever));
  }
  return frames;
}
const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, k) => sum + x * b[k]!, 0);
const turned = (r: readonly number[], c: number, s: number): number[] =>
  [0, 3, 6].flatMap((k) => [r[k]! * c + r[k + 1]! * s, r[k + 1]! * c - r[k]! * s, r[k + 2]!]);
const tilted = (r: readonly number[], c: number, s: number): number[] =>
  [0, 3, 6].flatMap((k) => [r[k]!, r[k + 1]! * c + r[k + 2]! * s, r[k + 2]! * c - r[k + 1]! * s]);

/** A body of the arm at zero angles, said in the frame of its link. */
function linkOf(body: ArmBody, frame: Frame, name: string): LinkDescription {
  const column = (c: number): number[] => [0, 3, 6].map((r) => frame.rotation[r + c]!);
  const axes = [column(0), column(1), column(2)];
  const local = (p: readonly number[]): Triple => {
    const lever = [0, 1, 2].map((k) => p[k]! - frame.origin[k]!);
    return triple(axes.map((axis) => dot(axis, lever)));
  };
  const [xx = 0, yy = 0, zz = 0, xy = 0, xz = 0, yz = 0] = body.inertiaKgM2;
  const tensor = [
    [xx, xy, xz],
    [xy, yy, yz],
    [xz, yz, zz],
  ];
  const moment = (i: number, j: number): number =>
    dot(
      axes[i]!,
      tensor.map((row) => dot(row, axes[j]!)),
    );
  return {
    name,
    massKg: body.massKg,
    centreM: local(body.centreM),
    inertiaKgM2: [moment(0, 0), moment(1, 1), moment(2, 2)],
    productsKgM2: [moment(0, 1), moment(0, 2), moment(1, 2)],
    spheres: body.spheres.map((s) => ({ atM: local(s), radiusM: s[3]! })),
  };
}
const triple = ([x = 0, y = 0, z = 0]: readonly number[]): Triple => [x, y, z];
