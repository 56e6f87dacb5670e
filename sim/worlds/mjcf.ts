import { cos, sin } from "../../src/core/base/math.ts";
import {
  GRAVITY_M_PER_S2,
  type BoxDescription,
  type CellDescription,
  flangeOf,
  type SphereDescription,
  type Triple,
  STEP_S,
} from "../../src/core/physics/index.ts";
import { numbers, printXml, type Xml, xml } from "./xml.ts";

/** Which bodies meet: the arm a person, a hand the table, nobody else. */
const ARM = { contype: 1, conaffinity: 0 };
const BODY = { contype: 0, conaffinity: 1 };
const HAND = { contype: 2, conaffinity: 1 };
const TABLE = { contype: 0, conaffinity: 2 };
/**
 * Contacts between arm and person are found by MuJoCo and not solved by it: its contacts are nearly rigid,
 * skin is a spring. The gap keeps them out of the solver; the engine adds spring and damper.
 */
const SKIN_GAP_M = 0.5;
/** Engines with a solver do not take a payload without weight. */
export const PAYLOAD_MIN_KG = 1e-3;

/** The cell as MJCF, for MuJoCo 3. Servos and people are driven with forces from outside. */
export function mjcfOf(cell: CellDescription): string {
  return printXml(
    xml(
      "mujoco",
      { model: cell.name },
      xml("compiler", { angle: "radian", inertiafromgeom: "false", autolimits: "true" }),
      xml("option", { timestep: STEP_S, gravity: numbers([0, 0, -GRAVITY_M_PER_S2]), integrator: "Euler" }),
      xml("worldbody", {}, ...still(cell), armBody(cell, 0), ...personBodies(cell)),
      xml(
        "sensor",
        {},
        xml("force", { name: "wrist_force", site: "wrist_ft" }),
        xml("torque", { name: "wrist_torque", site: "wrist_ft" }),
      ),
    ),
  );
}

const still = (cell: CellDescription): Xml[] => [
  ...[cell.table, ...cell.fixtures].map((box) => boxGeom(box, TABLE)),
];
const boxGeom = (box: BoxDescription, meets: typeof ARM): Xml =>
  xml("geom", {
    name: box.name,
    type: "box",
    pos: numbers(box.centreM),
    size: numbers(box.sizeM.map((s) => s / 2)),
    ...meets,
    solref: hard,
  });
const hard = "-100000 -300";

const inertial = (massKg: number, at: Triple, inertia: Triple, products?: Triple): Xml =>
  xml("inertial", {
    pos: numbers(at),
    mass: massKg,
    ...(products === undefined
      ? { diaginertia: numbers(inertia) }
      : { fullinertia: numbers([...inertia, ...products]) }),
  });
const sphereGeom = (name: string, i: number, s: SphereDescription): Xml =>
  xml("geom", {
    name: `${name}_${i}`,
    type: "sphere",
    pos: numbers(s.atM),
    size: s.radiusM,
    ...ARM,
    gap: SKIN_GAP_M,
  });

/** link i and all beyond it; each body sits at its joint and turns about z */
function armBody(cell: CellDescription, i: number): Xml {
  const link = cell.arm.links[i]!;
  const joint = cell.arm.joints[i]!;
  const before = cell.arm.joints[i - 1]?.dh;
  const place =
    before === undefined
      ? basePlace(cell)
      : {
          pos: numbers([before.aM, before.bM ?? 0, before.dM]),
          quat: numbers([cos(before.alphaRad / 2), sin(before.alphaRad / 2), 0, 0]),
        };
  const last = i === cell.arm.links.length - 1;
  return xml(
    "body",
    { name: link.name, ...place },
    inertial(link.massKg, link.centreM, link.inertiaKgM2, link.productsKgM2),
    xml("joint", {
      name: joint.name,
      type: "hinge",
      axis: "0 0 1",
      ...(joint.rotorInertiaKgM2 !== undefined && { armature: joint.rotorInertiaKgM2 }),
    }),
    ...link.spheres.map((s, k) => sphereGeom(link.name, k, s)),
    last ? toolBody(cell) : armBody(cell, i + 1),
  );
}

function basePlace({ arm: { base } }: CellDescription): Record<string, string> {
  if (base === undefined) return {};
  const column = (c: number): number[] => [base.rotation[c]!, base.rotation[3 + c]!, base.rotation[6 + c]!];
  return { pos: numbers(base.originM), xyaxes: numbers([...column(0), ...column(1)]) };
}

function toolBody(cell: CellDescription): Xml {
  const { tool } = cell;
  return xml(
    "body",
    { name: "tool", pos: numbers(flangeOf(cell)) },
    inertial(tool.massKg, tool.centreM, tool.inertiaKgM2),
    xml("site", { name: "wrist_ft", pos: "0 0 0" }),
    xml("site", { name: "tool_point", pos: numbers([0, 0, tool.lengthM]) }),
    ...tool.spheres.map((s, k) => sphereGeom("tool", k, s)),
    xml(
      "body",
      { name: "payload", pos: numbers([0, 0, tool.lengthM]) },
      inertial(Math.max(PAYLOAD_MIN_KG, tool.payloadKg), [0, 0, 0], [1e-6, 1e-6, 1e-6]),
    ),
  );
}

function personBodies(cell: CellDescription): Xml[] {
  const { body, hand } = cell.person;
  const slide = (name: string, axis: string): Xml => xml("joint", { name, type: "slide", axis });
  return [
    xml(
      "body",
      { name: "person_body", pos: numbers([0, 0, cell.floorZM + body.heightM / 2]) },
      inertial(body.massKg, [0, 0, 0], [12, 12, 2]),
      slide("person_x", "1 0 0"),
      slide("person_y", "0 1 0"),
      xml("geom", {
        name: "person_body",
        type: "cylinder",
        size: numbers([body.radiusM, body.heightM / 2]),
        ...BODY,
        condim: 1,
      }),
    ),
    xml(
      "body",
      { name: "person_hand", gravcomp: 1 },
      inertial(hand.massKg, [0, 0, 0], [0.003, 0.003, 0.003]),
      slide("hand_x", "1 0 0"),
      slide("hand_y", "0 1 0"),
      slide("hand_z", "0 0 1"),
      xml("geom", {
        name: "person_hand",
        type: "sphere",
        size: hand.radiusM,
        ...HAND,
        condim: 1,
        solref: hard,
      }),
    ),
  ];
}
