import {
  GRAVITY_M_PER_S2,
  type BoxDescription,
  type CellDescription,
  type ContactDescription,
  type Triple,
  STEP_S,
} from "../../src/core/physics/index.ts";
import { numbers, printXml, text, type Xml, xml } from "./xml.ts";

/** What differs between the two worlds of Gazebo. */
export interface SdfDialect {
  readonly version: string;
  /** plugins and settings of the world */
  readonly world: readonly Xml[];
  readonly physics: Xml;
  readonly armPlugins: readonly Xml[];
  readonly person: (cell: CellDescription) => Xml;
  readonly scanSensor: (cell: CellDescription) => Xml;
  readonly wrenchSensor: (cell: CellDescription) => Xml;
}

/** Who meets whom: the arm a person, a hand the table, nobody else. */
const ARM_AND_PERSON = 1;
const HAND_AND_TABLE = 2;
const HARD: ContactDescription = { stiffnessNPerM: 1e8, dampingNSPerM: 1, forceLimitN: 0 };
const TABLE_SKIN: ContactDescription = { stiffnessNPerM: 200_000, dampingNSPerM: 200, forceLimitN: 0 };
const LIGHT_KG = 0.02;

export function sdfOf(cell: CellDescription, dialect: SdfDialect): string {
  const models = [
    boxModel(cell.table, HAND_AND_TABLE),
    ...cell.fixtures.map((box) => boxModel(box, 0)),
    scannerModel(cell, dialect),
    armModel(cell, dialect),
    dialect.person(cell),
  ];
  return printXml(
    xml(
      "sdf",
      { version: dialect.version },
      xml(
        "world",
        { name: "cell" },
        dialect.physics,
        text("gravity", numbers([0, 0, -GRAVITY_M_PER_S2])),
        ...dialect.world,
        ...models,
      ),
    ),
  );
}
export const stepText = (): Xml => text("max_step_size", STEP_S);

const pose = (at: Triple, roll = 0): Xml => text("pose", numbers([...at, roll, 0, 0]));
const inertial = (massKg: number, at: Triple, [ixx, iyy, izz]: Triple): Xml =>
  xml(
    "inertial",
    {},
    pose(at),
    text("mass", massKg),
    xml(
      "inertia",
      {},
      ...Object.entries({ ixx, ixy: 0, ixz: 0, iyy, iyz: 0, izz }).map(([name, value]) => text(name, value)),
    ),
  );
const sphere = (radiusM: number): Xml => xml("geometry", {}, xml("sphere", {}, text("radius", radiusM)));
const box = (size: Triple): Xml => xml("geometry", {}, xml("box", {}, text("size", numbers(size))));
const cylinder = (radiusM: number, lengthM: number): Xml =>
  xml("geometry", {}, xml("cylinder", {}, text("radius", radiusM), text("length", lengthM)));

const collision = (
  name: string,
  geometry: Xml,
  bits: number,
  skin: ContactDescription,
  at: Triple = [0, 0, 0],
): Xml =>
  xml(
    "collision",
    { name },
    pose(at),
    geometry,
    xml(
      "surface",
      {},
      xml("friction", {}, xml("ode", {}, text("mu", 0), text("mu2", 0))),
      xml(
        "contact",
        {},
        text("collide_bitmask", bits),
        xml(
          "ode",
          {},
          text("kp", skin.stiffnessNPerM),
          text("kd", skin.dampingNSPerM),
          text("max_vel", 100),
          text("min_depth", 0),
        ),
      ),
    ),
  );
const visual = (name: string, geometry: Xml, at: Triple = [0, 0, 0]): Xml =>
  xml("visual", { name }, pose(at), geometry);

/** A box without bits is seen by rays and touched by nobody. */
const boxModel = (part: BoxDescription, bits: number): Xml =>
  xml(
    "model",
    { name: part.name },
    text("static", true),
    pose(part.centreM),
    xml(
      "link",
      { name: "link" },
      collision("collision", box(part.sizeM), bits, TABLE_SKIN),
      visual("visual", box(part.sizeM)),
    ),
  );

const scannerModel = (cell: CellDescription, dialect: SdfDialect): Xml =>
  xml(
    "model",
    { name: "scanner" },
    text("static", true),
    pose(cell.sensors.scan.atM),
    xml("link", { name: "link" }, dialect.scanSensor(cell)),
  );

function armModel(cell: CellDescription, dialect: SdfDialect): Xml {
  const { links, joints } = cell.arm;
  const parts: Xml[] = [];
  let at: Triple = [0, 0, 0];
  let roll = 0;
  links.forEach((link, i) => {
    const joint = joints[i]!;
    parts.push(
      xml(
        "link",
        { name: link.name },
        pose(at, roll),
        inertial(link.massKg, link.centreM, link.inertiaKgM2),
        ...link.spheres.flatMap((s, k) => [
          collision(`sphere_${k}`, sphere(s.radiusM), ARM_AND_PERSON, HARD, s.atM),
          visual(`sphere_${k}`, sphere(s.radiusM), s.atM),
        ]),
      ),
      turning(joint.name, i === 0 ? "world" : links[i - 1]!.name, link.name, joint),
    );
    at = along(at, roll, joint.dh.aM, joint.dh.dM);
    roll += joint.dh.alphaRad;
  });
  return xml(
    "model",
    { name: "arm" },
    ...parts,
    ...toolParts(cell, dialect, at, roll),
    ...dialect.armPlugins,
  );
}

/** at zero joint angles all frames are turned about x only */
const along = ([x, y, z]: Triple, roll: number, aM: number, dM: number): Triple => [
  x + aM,
  y - Math.sin(roll) * dM,
  z + Math.cos(roll) * dM,
];

const turning = (
  name: string,
  parent: string,
  child: string,
  limits: {
    readonly minRad: number;
    readonly maxRad: number;
    readonly maxRadPerS: number;
    readonly maxEffortNm: number;
  },
): Xml =>
  xml(
    "joint",
    { name, type: "revolute" },
    text("parent", parent),
    text("child", child),
    xml(
      "axis",
      {},
      text("xyz", "0 0 1"),
      xml(
        "limit",
        {},
        text("lower", limits.minRad),
        text("upper", limits.maxRad),
        text("effort", limits.maxEffortNm),
        text("velocity", -1),
      ),
    ),
  );

function toolParts(cell: CellDescription, dialect: SdfDialect, at: Triple, roll: number): Xml[] {
  const { tool } = cell;
  const last = cell.arm.links[cell.arm.links.length - 1]!.name;
  return [
    xml(
      "link",
      { name: "tool" },
      pose(at, roll),
      inertial(tool.massKg, tool.centreM, tool.inertiaKgM2),
      ...tool.spheres.flatMap((s, k) => [
        collision(`sphere_${k}`, sphere(s.radiusM), ARM_AND_PERSON, HARD, s.atM),
        visual(`sphere_${k}`, sphere(s.radiusM), s.atM),
      ]),
    ),
    xml(
      "joint",
      { name: "wrist_ft_joint", type: "fixed" },
      text("parent", last),
      text("child", "tool"),
      dialect.wrenchSensor(cell),
    ),
    xml(
      "link",
      { name: "payload" },
      pose(along(at, roll, 0, tool.lengthM), roll),
      inertial(tool.payloadKg, [0, 0, 0], [1e-4, 1e-4, 1e-4]),
    ),
    xml("joint", { name: "grip", type: "fixed" }, text("parent", "tool"), text("child", "payload")),
  ];
}

const bodyLink = (cell: CellDescription, massKg: number, inertia: Triple): Xml => {
  const { body } = cell.person;
  const shape = cylinder(body.radiusM, body.heightM);
  return xml(
    "link",
    { name: "body" },
    pose([0, 0, bodyCentreZ(cell)]),
    text("gravity", false),
    inertial(massKg, [0, 0, 0], inertia),
    collision("collision", shape, ARM_AND_PERSON, body.contact),
    visual("visual", shape),
  );
};
const handLink = (cell: CellDescription, massKg: number): Xml => {
  const { hand } = cell.person;
  const shape = sphere(hand.radiusM);
  return xml(
    "link",
    { name: "hand" },
    text("gravity", false),
    inertial(massKg, [0, 0, 0], [0.003, 0.003, 0.003]),
    collision("collision", shape, ARM_AND_PERSON | HAND_AND_TABLE, hand.contact),
    visual("visual", shape),
  );
};
export const bodyCentreZ = (cell: CellDescription): number => cell.floorZM + cell.person.body.heightM / 2;

/** No contact turns somebody who is this hard to turn. */
const UPRIGHT: Triple = [1e5, 1e5, 1e5];

/** Body and hand float and are driven by forces: chains of light links make ODE's quick solver unstable. */
export const floatingPerson = (cell: CellDescription): Xml =>
  xml(
    "model",
    { name: "person" },
    text("allow_auto_disable", false),
    bodyLink(cell, cell.person.body.massKg, UPRIGHT),
    handLink(cell, cell.person.hand.massKg),
  );

/** Body and hand on slides, for engines whose joints are controlled by topic. */
export function slidingPerson(cell: CellDescription, plugins: readonly Xml[]): Xml {
  const { body, hand } = cell.person;
  const slide = (name: string, parent: string, child: string, axis: string): Xml =>
    xml(
      "joint",
      { name, type: "prismatic" },
      text("parent", parent),
      text("child", child),
      xml("axis", {}, text("xyz", axis), xml("limit", {}, text("lower", -10), text("upper", 10))),
    );
  const carriage = (name: string): Xml =>
    xml("link", { name }, text("gravity", false), inertial(LIGHT_KG, [0, 0, 0], [1e-3, 1e-3, 1e-3]));
  return xml(
    "model",
    { name: "person" },
    carriage("body_carriage"),
    bodyLink(cell, body.massKg - LIGHT_KG, [12, 12, 2]),
    slide("person_x", "world", "body_carriage", "1 0 0"),
    slide("person_y", "body_carriage", "body", "0 1 0"),
    carriage("hand_carriage_x"),
    carriage("hand_carriage_y"),
    handLink(cell, hand.massKg - 2 * LIGHT_KG),
    slide("hand_x", "world", "hand_carriage_x", "1 0 0"),
    slide("hand_y", "hand_carriage_x", "hand_carriage_y", "0 1 0"),
    slide("hand_z", "hand_carriage_y", "hand", "0 0 1"),
    ...plugins,
  );
}

/** The fan of rays as both dialects write it. */
export const rays = (cell: CellDescription): Xml[] => {
  const { scan } = cell.sensors;
  const last = scan.angleMinRad + (scan.rays - 1) * scan.angleStepRad;
  return [
    xml(
      "scan",
      {},
      xml(
        "horizontal",
        {},
        text("samples", scan.rays),
        text("resolution", 1),
        text("min_angle", scan.angleMinRad),
        text("max_angle", last),
      ),
    ),
    xml("range", {}, text("min", SCAN_MIN_M), text("max", scan.maxM), text("resolution", 0.001)),
  ];
};
/** Nearer than this the scanner of Gazebo sees nothing. */
export const SCAN_MIN_M = 0.05;
