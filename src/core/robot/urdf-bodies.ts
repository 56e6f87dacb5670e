import { err, ok, type Result } from "../base/result.ts";
import type { ArmBody, ArmDrive, MassPoint, MissingDynamics } from "./dynamics.ts";
import { bodyIn, impossibleBody, merged, pointIn } from "./inertia.ts";
import { compose, type Pose } from "./pose.ts";
import { spheresAlong } from "./spheres.ts";
import { named, originOf, triple, type Urdf } from "./urdf.ts";
import type { XmlElement } from "./xml.ts";

export interface UrdfBody extends ArmBody {
  /** why its shape is not known; "" when it is */
  readonly shapeless: string;
}
const MAX_LINKS = 4_096;

/** What hangs on each turning joint of the way, fixed joints and side branches at zero included. */
export function urdfBodies(
  { robot, way, places }: Urdf,
  base: Pose,
): Result<readonly UrdfBody[] | MissingDynamics, string> {
  const tree = treeOf(robot);
  const bodies: UrdfBody[] = [];
  const turning = new Set(way.filter((_, i) => places[i]!.index >= 0));
  let pose = base;
  for (const [i, joint] of way.entries()) {
    pose = compose(pose, places[i]!.origin);
    if (!turning.has(joint)) continue;
    const child = named(joint, "child", "link") ?? "";
    const group = hanging(child, pose, tree, turning);
    if (!group.ok) return group;
    const body = bodyOf(group.value);
    if (!body.ok) return body;
    if ("missing" in body.value) return ok(body.value);
    bodies.push(body.value);
  }
  return ok(bodies);
}

/** Limits, damping and friction of each joint as far as they are stated. */
export function urdfDrives({ way }: Urdf): ReadonlyMap<string, Partial<ArmDrive>> {
  const number = (joint: XmlElement, child: string, attribute: string): number | undefined => {
    const value = Number(named(joint, child, attribute) ?? Number.NaN);
    return Number.isFinite(value) && value > 0 ? value : undefined;
  };
  return new Map(
    way.map((joint) => {
      const maxEffortNm = number(joint, "limit", "effort");
      const viscousFrictionNmSPerRad = number(joint, "dynamics", "damping");
      const dryFrictionNm = number(joint, "dynamics", "friction");
      return [
        joint.attributes.get("name") ?? "",
        {
          ...(maxEffortNm !== undefined && { maxEffortNm }),
          ...(viscousFrictionNmSPerRad !== undefined && { viscousFrictionNmSPerRad }),
          ...(dryFrictionNm !== undefined && { dryFrictionNm }),
        },
      ];
    }),
  );
}

interface Tree {
  readonly links: ReadonlyMap<string, XmlElement>;
  /** joints by the link that they hang on */
  readonly below: ReadonlyMap<string, readonly XmlElement[]>;
}
interface Placed {
  readonly link: XmlElement;
  readonly name: string;
  readonly pose: Pose;
}

function treeOf(robot: XmlElement): Tree {
  const links = new Map<string, XmlElement>();
  const below = new Map<string, XmlElement[]>();
  for (const child of robot.children) {
    if (child.name === "link") links.set(child.attributes.get("name") ?? "", child);
    if (child.name !== "joint") continue;
    const parent = named(child, "parent", "link") ?? "";
    below.set(parent, [...(below.get(parent) ?? []), child]);
  }
  return { links, below };
}

/** All links that turn together with `first`. */
function hanging(
  first: string,
  at: Pose,
  { links, below }: Tree,
  turning: ReadonlySet<XmlElement>,
): Result<readonly Placed[], string> {
  const found: Placed[] = [];
  const open: { name: string; pose: Pose }[] = [{ name: first, pose: at }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { name, pose } = next;
    const link = links.get(name);
    if (link === undefined) return err(`URDF has no link "${name}"`);
    if (found.length >= MAX_LINKS) return err(`URDF: more than ${MAX_LINKS} links hang on "${first}"`);
    found.push({ link, name, pose });
    for (const joint of below.get(name) ?? []) {
      if (turning.has(joint)) continue;
      const origin = originOf(joint);
      if (origin === null)
        return err(
          `URDF joint "${joint.attributes.get("name") ?? ""}": three finite numbers expected, or a quaternion of length one`,
        );
      open.push({ name: named(joint, "child", "link") ?? "", pose: compose(pose, origin) });
    }
  }
  return ok(found);
}

function bodyOf(group: readonly Placed[]): Result<UrdfBody | MissingDynamics, string> {
  const masses: MassPoint[] = [];
  const spheres: number[][] = [];
  let unread: string | null = null;
  for (const { link, name, pose } of group) {
    const mass = massOf(link, name);
    if (!mass.ok) return mass;
    if (mass.value !== null) masses.push(bodyIn(pose, mass.value));
    const shapes = shapesOf(link, name);
    if (!shapes.ok) return shapes;
    for (const [x, y, z, r] of shapes.value.spheres) spheres.push([...pointIn(pose, [x!, y!, z!]), r!]);
    unread ??= shapes.value.unread;
  }
  if (masses.length === 0)
    return ok({ missing: `<inertial> with mass and inertia of link "${group[0]!.name}" in the URDF` });
  const shapeless = unread ?? `link "${group[0]!.name}" has no <collision>`;
  return ok({ ...merged(masses), spheres: unread === null ? spheres : [], shapeless });
}

/** null: the link states none, like the frames that only mark a place. */
function massOf(link: XmlElement, name: string): Result<MassPoint | null, string> {
  const inertial = link.children.find((c) => c.name === "inertial");
  if (inertial === undefined) return ok(null);
  const origin = originOf(inertial);
  if (origin === null) return err(`URDF link "${name}": <inertial> expects three finite numbers as origin`);
  const massKg = Number(named(inertial, "mass", "value") ?? Number.NaN);
  const inertiaKgM2 = ["ixx", "iyy", "izz", "ixy", "ixz", "iyz"].map((key, k) =>
    Number(named(inertial, "inertia", key) ?? (k < 3 ? Number.NaN : 0)),
  );
  const wrong = impossibleBody(massKg, inertiaKgM2);
  if (wrong !== null)
    return err(`URDF link "${name}": ${wrong}; correct <inertial>, or leave it out of a link without mass`);
  return ok(bodyIn(origin, { massKg, centreM: [0, 0, 0], inertiaKgM2 }));
}

interface Shapes {
  readonly spheres: readonly number[][];
  /** a shape that is not read here */
  readonly unread: string | null;
}
function shapesOf(link: XmlElement, name: string): Result<Shapes, string> {
  const spheres: number[][] = [];
  let unread: string | null = null;
  for (const collision of link.children.filter((c) => c.name === "collision")) {
    const origin = originOf(collision);
    const shape = collision.children.find((c) => c.name === "geometry")?.children[0];
    const tube = shape === undefined ? null : tubeOf(shape);
    if (origin === null || tube === "wrong")
      return err(`URDF link "${name}": <collision> expects finite sizes above zero`);
    if (tube === null) unread = `link "${name}" has a ${shape?.name ?? "missing"} as <collision>`;
    else
      spheres.push(
        ...spheresAlong(
          tube.line.map((point) => pointIn(origin, point)),
          tube.radiusM,
        ),
      );
  }
  return ok({ spheres, unread });
}

interface Tube {
  readonly line: readonly (readonly number[])[];
  readonly radiusM: number;
}
/** The line and radius that hide a shape; null: a shape that is not read. */
function tubeOf(shape: XmlElement): Tube | null | "wrong" {
  const size = (key: string): number => Number(shape.attributes.get(key) ?? Number.NaN);
  const good = (...sizes: number[]): boolean => sizes.every((s) => Number.isFinite(s) && s > 0);
  const radiusM = size("radius");
  switch (shape.name) {
    case "sphere":
      return good(radiusM)
        ? {
            line: [
              [0, 0, 0],
              [0, 0, 0],
            ],
            radiusM,
          }
        : "wrong";
    case "cylinder":
    case "capsule": {
      const half = size("length") / 2;
      return good(radiusM, half)
        ? {
            line: [
              [0, 0, -half],
              [0, 0, half],
            ],
            radiusM,
          }
        : "wrong";
    }
    case "box": {
      const sides = triple(shape.attributes.get("size") ?? "");
      return sides !== null && good(...sides) ? tubeOfBox(sides) : "wrong";
    }
    default:
      return null;
  }
}
/** Along the longest side, as thick as the diagonal of the two others. */
function tubeOfBox(sides: readonly [number, number, number]): Tube {
  const long = sides.indexOf(Math.max(...sides));
  const [a, b] = sides.filter((_, k) => k !== long) as [number, number];
  const end = (sign: number): number[] => [0, 1, 2].map((k) => (k === long ? (sign * sides[k]!) / 2 : 0));
  return { line: [end(-1), end(1)], radiusM: Math.sqrt(a * a + b * b) / 2 };
}
