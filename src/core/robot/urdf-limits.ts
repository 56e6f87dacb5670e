import type { XmlElement } from "./xml.ts";
import { readXml } from "./xml.ts";

/** What a URDF states about one joint; what it leaves open is absent. */
export interface UrdfLimits {
  readonly lowerRad?: number;
  readonly upperRad?: number;
  readonly velocityRadPerS?: number;
}

/** The limits of every revolute joint of a URDF by the joint's name; none when the text is no XML. */
export function urdfLimits(text: string): ReadonlyMap<string, UrdfLimits> {
  const robot = readXml(text);
  const found = new Map<string, UrdfLimits>();
  if (!robot.ok) return found;
  for (const joint of robot.value.children) {
    const limit = joint.children.find((c) => c.name === "limit");
    if (joint.name !== "joint" || limit === undefined || joint.attributes.get("type") !== "revolute")
      continue;
    const [lowerRad, upperRad] = [numberOf(limit, "lower"), numberOf(limit, "upper")];
    const velocityRadPerS = numberOf(limit, "velocity");
    found.set(joint.attributes.get("name") ?? "", {
      ...(lowerRad !== undefined && { lowerRad }),
      ...(upperRad !== undefined && { upperRad }),
      ...(velocityRadPerS !== undefined && { velocityRadPerS }),
    });
  }
  return found;
}
function numberOf(element: XmlElement, attribute: string): number | undefined {
  const text = element.attributes.get(attribute);
  const value = Number(text);
  return text === undefined || !Number.isFinite(value) ? undefined : value;
}
