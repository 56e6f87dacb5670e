import { err, ok, type Result } from "../base/result.ts";
import { named } from "./urdf.ts";
import { unknownInUrdf } from "./urdf-words.ts";
import { readXml, type XmlElement } from "./xml.ts";

/** A turning joint as its URDF states it; what it leaves open is absent. */
export interface StatedJoint {
  readonly name: string;
  readonly minRad: number;
  readonly maxRad: number;
  readonly maxRadPerS?: number;
  readonly maxRadPerS2?: number;
  readonly maxEffortNm?: number;
}
/** What a URDF says of an arm by itself: enough for a deployment that names the file and nothing else. */
export interface UrdfSummary {
  readonly name: string;
  readonly tip: string;
  readonly joints: readonly StatedJoint[];
  /** links that move, from <inertial>; null: one of them states none */
  readonly massMovingKg: number | null;
}

const TURNING: ReadonlySet<string> = new Set(["revolute", "continuous"]);
/** how far a joint without an end is taken to turn */
const NO_END_RAD = 100;
/** frames that descriptions of arms end in, best first */
const USUAL_TIPS = ["tool0", "tcp", "ee_link", "flange"];

/** Reads the longest arm of a URDF, or the one that ends in `tip`. */
export function summaryOfUrdf(text: string, tip?: string): Result<UrdfSummary, string> {
  const xml = readXml(text);
  if (!xml.ok) return err(`URDF ${xml.error}`);
  const robot = xml.value;
  if (robot.name !== "robot")
    return err(`URDF root is <${robot.name}>, expected <robot>; expand xacro files first`);
  const unknown = unknownInUrdf(robot);
  if (unknown !== null) return err(`URDF ${unknown}`);
  const parents = parentsOf(robot);
  const links = robot.children.filter((c) => c.name === "link").map((c) => c.attributes.get("name") ?? "");
  if (tip !== undefined && !links.includes(tip)) return err(`URDF has no link "${tip}"`);
  const chosen = tip ?? bestTip(links, parents);
  if (chosen === null) return err("URDF has no joint that turns");
  const way = wayTo(chosen, parents).filter((joint) => TURNING.has(typeOf(joint)));
  if (way.length === 0) return err(`URDF: no joint turns between the root and "${chosen}"`);
  return ok({
    name: robot.attributes.get("name") ?? "robot",
    tip: chosen,
    joints: way.map(statedJoint),
    massMovingKg: massBelow(robot, named(way[0]!, "child", "link") ?? ""),
  });
}

const typeOf = (joint: XmlElement): string => joint.attributes.get("type") ?? "";

/** the joint above each link */
function parentsOf(robot: XmlElement): ReadonlyMap<string, XmlElement> {
  const parents = new Map<string, XmlElement>();
  for (const joint of robot.children)
    if (joint.name === "joint") parents.set(named(joint, "child", "link") ?? "", joint);
  return parents;
}

/** From the root to a link; a tree that bites its own tail ends where it began. */
function wayTo(tip: string, parents: ReadonlyMap<string, XmlElement>): readonly XmlElement[] {
  const way: XmlElement[] = [];
  for (let joint = parents.get(tip); joint !== undefined && !way.includes(joint); ) {
    way.push(joint);
    joint = parents.get(named(joint, "parent", "link") ?? "");
  }
  return way.reverse();
}

/** The link behind most turning joints; among equals a usual name of a tool frame, then the one furthest out. */
function bestTip(links: readonly string[], parents: ReadonlyMap<string, XmlElement>): string | null {
  let best: { link: string; rank: readonly number[] } | null = null;
  for (const link of links) {
    const way = wayTo(link, parents);
    const turning = way.filter((joint) => TURNING.has(typeOf(joint))).length;
    // what slides or follows another joint belongs to a gripper
    const other = way.some((j) => !TURNING.has(typeOf(j)) && typeOf(j) !== "fixed");
    if (turning === 0 || other || way.some((j) => j.children.some((c) => c.name === "mimic"))) continue;
    const usual = USUAL_TIPS.findIndex((name) => link === name || link.endsWith(`_${name}`));
    const rank = [turning, usual < 0 ? -USUAL_TIPS.length : -usual, way.length];
    if (best === null || later(rank, best.rank)) best = { link, rank };
  }
  return best?.link ?? null;
}
function later(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((x, i) => x !== b[i]);
  return at >= 0 && a[at]! > b[at]!;
}

function statedJoint(joint: XmlElement): StatedJoint {
  const endless = typeOf(joint) === "continuous";
  const lower = numberOf(joint, "lower");
  const upper = numberOf(joint, "upper");
  const above = (attribute: string): number | undefined => {
    const value = numberOf(joint, attribute);
    return value !== undefined && value > 0 ? value : undefined;
  };
  const velocity = above("velocity");
  const acceleration = above("acceleration");
  const effort = above("effort");
  return {
    name: joint.attributes.get("name") ?? "",
    minRad: endless ? -NO_END_RAD : (lower ?? 0),
    maxRad: endless ? NO_END_RAD : (upper ?? 0),
    ...(velocity !== undefined && { maxRadPerS: velocity }),
    ...(acceleration !== undefined && { maxRadPerS2: acceleration }),
    ...(effort !== undefined && { maxEffortNm: effort }),
  };
}
function numberOf(joint: XmlElement, attribute: string): number | undefined {
  const text = named(joint, "limit", attribute);
  const value = Number(text);
  return text === undefined || !Number.isFinite(value) ? undefined : value;
}

/** Everything from the first turning link outwards. */
function massBelow(robot: XmlElement, first: string): number | null {
  const masses = new Map<string, number>();
  for (const link of robot.children) {
    if (link.name !== "link") continue;
    const inertial = link.children.find((c) => c.name === "inertial");
    const massKg = Number((inertial && named(inertial, "mass", "value")) ?? Number.NaN);
    if (Number.isFinite(massKg)) masses.set(link.attributes.get("name") ?? "", massKg);
  }
  let total = 0;
  const open = [first];
  const seen = new Set<string>();
  for (let link = open.pop(); link !== undefined; link = open.pop()) {
    if (seen.has(link)) continue;
    seen.add(link);
    total += masses.get(link) ?? 0;
    for (const joint of robot.children)
      if (joint.name === "joint" && named(joint, "parent", "link") === link)
        open.push(named(joint, "child", "link") ?? "");
  }
  return masses.has(first) && total > 0 ? Number(total.toFixed(3)) : null;
}
