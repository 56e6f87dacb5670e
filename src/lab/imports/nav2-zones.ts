import {
  type Corner,
  cornersOf,
  isMapping,
  nameOf,
  numberIn,
  type Parameters,
  textIn,
  textsIn,
} from "./nav2-values.ts";

/** A source of the monitor that became a channel. */
export interface Source {
  readonly name: string;
  readonly channel: string;
  readonly kind: "scan" | "range";
}
/** A zone of the deployment: its name and its settings, as YAML in one line. */
export interface Zone {
  readonly name: string;
  readonly text: string;
}
export interface ZoneNotes {
  readonly zones: Zone[];
  /** differs from what the monitor does */
  readonly differs: string[];
  /** guarded there, and not here */
  readonly lost: string[];
}
const MAX_CORNERS = 32;
const MAX_RAYS = 100;
const SHAPES = new Set(["polygon", "circle", "velocity_polygon"]);

interface Shape {
  readonly label: string;
  readonly yaml: string;
}

/** Each polygon of the monitor becomes one zone for each source that it listens to. */
export function zonesOf(
  monitor: Parameters,
  sources: readonly Source[],
  footprint: readonly Corner[] | null,
): ZoneNotes {
  const found: ZoneNotes = { zones: [], differs: [], lost: [] };
  const taken = new Set<string>();
  for (const polygon of textsIn(monitor, "polygons")) {
    const own = monitor[polygon];
    if (!isMapping(own)) {
      found.lost.push(`polygon ${polygon}: the file says nothing about it`);
      continue;
    }
    if (own["enabled"] === false || own["action_type"] === "none") {
      found.differs.push(`polygon ${polygon}: switched off there, left out here`);
      continue;
    }
    const action = actionOf(polygon, own, found);
    const shapes = shapesOf(polygon, own, footprint, found);
    if (action === null || shapes.length === 0) continue;
    const names = textsIn(own, "sources_names");
    const heard = sources.filter((source) => names.length === 0 || names.includes(source.name));
    for (const source of heard) {
      if (source.kind === "range") {
        found.lost.push(
          `polygon ${polygon} with source ${source.name}: a range has no points; add a zone with withinM`,
        );
        continue;
      }
      for (const shape of shapes) {
        const name = nameOf(heard.length === 1 ? shape.label : `${shape.label}_${source.channel}`, taken);
        taken.add(name);
        found.zones.push({
          name,
          text: `{ channel: ${source.channel}, frame: cell, ${shape.yaml}, ${action}, minRays: ${raysOf(own)} }`,
        });
      }
    }
    if (heard.length > 1)
      found.differs.push(`polygon ${polygon}: its points are counted for each source by itself`);
  }
  return found;
}

/** `max_points` may be inside without effect, `min_points` may not. */
function raysOf(own: Parameters): number {
  const least = numberIn(own, "min_points") ?? (numberIn(own, "max_points") ?? 3) + 1;
  return Math.min(MAX_RAYS, Math.max(1, Math.round(least)));
}

function actionOf(polygon: string, own: Parameters, { lost, differs }: ZoneNotes): string | null {
  const action = textIn(own, "action_type");
  const need = (key: string): number | null => {
    const value = numberIn(own, key);
    if (value === undefined) lost.push(`polygon ${polygon}: ${key} is missing`);
    return value ?? null;
  };
  switch (action) {
    case "stop":
      return "action: hold";
    case "slowdown": {
      const ratio = need("slowdown_ratio");
      if (ratio === null) return null;
      if (ratio < 0.01) {
        differs.push(`polygon ${polygon}: slows to less than a hundredth; it became a hold`);
        return "action: hold";
      }
      return `action: slow, ratio: ${Math.min(1, ratio)}`;
    }
    case "limit": {
      const [linear, angular] = [need("linear_limit"), need("angular_limit")];
      return linear === null || angular === null
        ? null
        : `action: limit, linearMPerS: ${linear}, angularRadPerS: ${angular}`;
    }
    case "approach": {
      const seconds = need("time_before_collision");
      if (numberIn(own, "simulation_time_step") !== undefined)
        differs.push(
          `polygon ${polygon}: simulation_time_step is not needed; the way is looked at every 2 cm`,
        );
      return seconds === null ? null : `action: approach, beforeMs: ${Math.round(seconds * 1_000)}`;
    }
    default:
      lost.push(`polygon ${polygon}: action_type ${String(own["action_type"])} is not known here`);
      return null;
  }
}

function shapesOf(
  polygon: string,
  own: Parameters,
  footprint: readonly Corner[] | null,
  { lost, differs }: ZoneNotes,
): Shape[] {
  const type = textIn(own, "type") ?? "polygon";
  if (!SHAPES.has(type)) {
    lost.push(`polygon ${polygon}: type ${type} is not known here`);
    return [];
  }
  if (type === "circle" && numberIn(own, "radius") !== undefined)
    return [{ label: polygon, yaml: `circleM: { xM: 0, yM: 0, radiusM: ${numberIn(own, "radius")} }` }];
  if (type === "velocity_polygon") {
    differs.push(`polygon ${polygon}: all its polygons count at every velocity, which is stricter`);
    return textsIn(own, "velocity_polygons").flatMap((name) => {
      const inner = own[name];
      const shape = isMapping(inner) ? cornersOf(inner["points"]) : null;
      return cornered(`${polygon}_${name}`, shape, lost);
    });
  }
  const points = cornersOf(own["points"]);
  const topic = textIn(own, "footprint_topic") ?? textIn(own, "polygon_sub_topic");
  if (points !== null || topic === undefined) return cornered(polygon, points, lost);
  if (footprint === null) {
    lost.push(`polygon ${polygon}: its shape comes over ${topic}; give the robot's outline with --footprint`);
    return [];
  }
  differs.push(`polygon ${polygon}: the outline is the one given with --footprint, not what ${topic} says`);
  return cornered(polygon, footprint, lost);
}

function cornered(label: string, corners: readonly Corner[] | null, lost: string[]): Shape[] {
  if (corners !== null && corners.length <= MAX_CORNERS)
    return [{ label, yaml: `polygonM: [${corners.map(([x, y]) => `[${x}, ${y}]`).join(", ")}]` }];
  lost.push(
    corners === null
      ? `polygon ${label}: its points cannot be read`
      : `polygon ${label}: ${corners.length} corners, at most ${MAX_CORNERS}`,
  );
  return [];
}
