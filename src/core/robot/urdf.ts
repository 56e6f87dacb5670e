import { hypot3 } from "../base/math.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { JointPlace } from "./chain.ts";
import { compose, type Pose, quaternion, rollPitchYaw, translation } from "./pose.ts";
import { unknownInUrdf } from "./urdf-words.ts";
import { readXml, type XmlElement } from "./xml.ts";

export interface UrdfRequest {
  /** link whose origin is the tool point */
  readonly tip: string;
  /** names of the joints in the order of the joint angles */
  readonly joints: readonly string[];
}

/** quaternions are written with few digits */
const QUATERNION_ROUNDING = 1e-3;
const TURNING: ReadonlySet<string> = new Set(["revolute", "continuous"]);

/** What was read: the joints from the root link to the tip, as elements and as places, and all the rest. */
export interface Urdf {
  readonly robot: XmlElement;
  readonly way: readonly XmlElement[];
  readonly places: readonly JointPlace[];
}

/** The joints from the root link to `tip`. Every wanted joint must lie on that way, and no other may move. */
export function readUrdf(text: string, request: UrdfRequest): Result<Urdf, string> {
  const xml = readXml(text);
  if (!xml.ok) return err(`URDF ${xml.error}`);
  if (xml.value.name !== "robot")
    return err(`URDF root is <${xml.value.name}>, expected <robot>; expand xacro files first`);
  const unknown = unknownInUrdf(xml.value);
  if (unknown !== null) return err(`URDF ${unknown}`);
  const way = wayTo(request.tip, xml.value);
  if (!way.ok) return way;
  const places: JointPlace[] = [];
  for (const joint of way.value) {
    const place = placeOf(joint, request.joints);
    if (!place.ok) return place;
    places.push(place.value);
  }
  const missing = request.joints.filter((_, i) => !places.some((place) => place.index === i));
  return missing.length > 0
    ? err(`URDF: joint ${missing.join(", ")} does not lie between the root and "${request.tip}"`)
    : ok({ robot: xml.value, way: way.value, places });
}

function wayTo(tip: string, robot: XmlElement): Result<readonly XmlElement[], string> {
  const links = new Set(robot.children.filter((c) => c.name === "link").map((c) => c.attributes.get("name")));
  if (!links.has(tip)) return err(`URDF has no link "${tip}"`);
  const above = new Map<string, XmlElement>();
  for (const joint of robot.children.filter((c) => c.name === "joint")) {
    const child = named(joint, "child", "link") ?? "";
    if (above.has(child)) return err(`URDF: link "${child}" has two parents`);
    above.set(child, joint);
  }
  const way: XmlElement[] = [];
  for (let link = tip; ; ) {
    const joint = above.get(link);
    if (joint === undefined) return ok(way.reverse());
    if (way.includes(joint)) return err(`URDF: link "${link}" is its own ancestor`);
    way.push(joint);
    link = named(joint, "parent", "link") ?? "";
  }
}

function placeOf(joint: XmlElement, names: readonly string[]): Result<JointPlace, string> {
  const name = joint.attributes.get("name") ?? "";
  const type = joint.attributes.get("type") ?? "";
  const origin = originOf(joint);
  const axis = triple(named(joint, "axis", "xyz") ?? "1 0 0");
  if (origin === null || axis === null)
    return err(`URDF joint "${name}": three finite numbers expected, or a quaternion of length one`);
  if (type === "fixed") return ok({ origin, axis: [0, 0, 1], index: -1 });
  if (!TURNING.has(type))
    return err(
      `URDF joint "${name}" is ${type || "without type"}; only revolute, continuous and fixed joints are known`,
    );
  if (joint.children.some((c) => c.name === "mimic"))
    return err(`URDF joint "${name}" follows another one; that is not known here`);
  const index = names.indexOf(name);
  if (index < 0)
    return err(`URDF joint "${name}" moves but is not among the robot's joints (${names.join(", ")})`);
  const length = hypot3(axis[0], axis[1], axis[2]);
  if (!(length > 1e-9)) return err(`URDF joint "${name}" has no axis`);
  return ok({ origin, axis: [axis[0] / length, axis[1] / length, axis[2] / length], index });
}

/** Where an element sits in what holds it; null: its numbers are none. */
export function originOf(element: XmlElement): Pose | null {
  const xyz = triple(named(element, "origin", "xyz") ?? "0 0 0");
  const turn = turnOf(element);
  return xyz === null || turn === null ? null : compose(translation(...xyz), turn);
}
/** By three angles or, from version 1.1 on, by a quaternion in the order x y z w. */
function turnOf(element: XmlElement): Pose | null {
  const quat = named(element, "origin", "quat_xyzw") ?? named(element, "origin", "quat");
  if (quat === undefined) {
    const rpy = triple(named(element, "origin", "rpy") ?? "0 0 0");
    return rpy === null ? null : rollPitchYaw(...rpy);
  }
  const [x = Number.NaN, y = Number.NaN, z = Number.NaN, w = Number.NaN, ...more] = quat
    .trim()
    .split(/\s+/)
    .map(Number);
  const length = Math.sqrt(x * x + y * y + z * z + w * w);
  // what is far from length one is no rotation, but numbers in another order or of another kind
  if (more.length > 0 || !(Math.abs(length - 1) < QUATERNION_ROUNDING)) return null;
  return quaternion(x / length, y / length, z / length, w / length);
}

export const named = (element: XmlElement, child: string, attribute: string): string | undefined =>
  element.children.find((c) => c.name === child)?.attributes.get(attribute);

export function triple(text: string): [number, number, number] | null {
  const [x, y, z, ...more] = text.trim().split(/\s+/).map(Number);
  const good = more.length === 0 && [x, y, z].every((v) => v !== undefined && Number.isFinite(v));
  return good ? [x!, y!, z!] : null;
}
