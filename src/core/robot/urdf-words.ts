import type { XmlElement } from "./xml.ts";

const VERSIONS = ["1.0", "1.1", "1.2"] as const;
/** Attributes of the elements that say where a link is, how heavy and how large, and how it may move. */
const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  link: ["name", "type"],
  joint: ["name", "type"],
  origin: ["xyz", "rpy", "quat_xyzw", "quat"],
  parent: ["link"],
  child: ["link"],
  axis: ["xyz"],
  limit: ["lower", "upper", "velocity", "effort", "acceleration", "deceleration", "jerk"],
  dynamics: ["damping", "friction"],
  mimic: ["joint", "multiplier", "offset"],
  calibration: ["rising", "falling", "reference_position"],
  safety_controller: ["soft_lower_limit", "soft_upper_limit", "k_position", "k_velocity"],
  inertial: [],
  mass: ["value"],
  inertia: ["ixx", "iyy", "izz", "ixy", "ixz", "iyz"],
  collision: ["name", "group"],
  geometry: [],
  sphere: ["radius"],
  cylinder: ["radius", "length"],
  capsule: ["radius", "length"],
  box: ["size"],
  mesh: ["filename", "scale"],
};
/** What came with a later version and means nothing before it. */
const SINCE: Readonly<Record<string, (typeof VERSIONS)[number]>> = {
  "origin quat_xyzw": "1.1",
  "origin quat": "1.1",
  capsule: "1.1",
  "limit acceleration": "1.2",
  "limit deceleration": "1.2",
  "limit jerk": "1.2",
};
/** for the eye, or for other programs */
const NOT_READ: ReadonlySet<string> = new Set([
  "visual",
  "gazebo",
  "transmission",
  "ros2_control",
  "material",
]);

/** The first thing that a reader who goes on would get wrong, in words; null: nothing. */
export function unknownInUrdf(robot: XmlElement): string | null {
  const version = robot.attributes.get("version") ?? "1.0";
  if (!(VERSIONS as readonly string[]).includes(version))
    return `version "${version}" is not known; known: ${VERSIONS.join(", ")}`;
  for (const part of robot.children) {
    if (part.name !== "link" && part.name !== "joint") continue;
    const wrong = wrongIn(part, version);
    if (wrong !== null) return `${part.name} "${part.attributes.get("name") ?? ""}": ${wrong}`;
  }
  return null;
}

function wrongIn(element: XmlElement, version: string): string | null {
  const since = SINCE[element.name];
  if (since !== undefined && version < since) return tooNew(`<${element.name}>`, since, version);
  const known = ATTRIBUTES[element.name];
  for (const name of element.attributes.keys()) {
    if (known === undefined || name.includes(":")) continue;
    if (!known.includes(name)) return `<${element.name}> has an attribute "${name}" that is not known here`;
    const from = SINCE[`${element.name} ${name}`];
    if (from !== undefined && version < from) return tooNew(`${name}=`, from, version);
  }
  if (element.name === "origin" && turnsOf(element) > 1) return "<origin> states its rotation more than once";
  for (const child of element.children) {
    const wrong = NOT_READ.has(child.name) ? null : wrongIn(child, version);
    if (wrong !== null) return wrong;
  }
  return element.name === "limit" ? badLimit(element) : null;
}
const tooNew = (what: string, since: string, version: string): string =>
  `${what} needs <robot version="${since}">, this is ${version}, where it means nothing`;
const turnsOf = ({ attributes }: XmlElement): number =>
  ["rpy", "quat_xyzw", "quat"].filter((name) => attributes.has(name)).length;
function badLimit({ attributes }: XmlElement): string | null {
  for (const name of ["acceleration", "deceleration", "jerk"]) {
    const text = attributes.get(name);
    if (text !== undefined && !(Number(text) > 0)) return `<limit ${name}="${text}"> is no number above zero`;
  }
  return null;
}
