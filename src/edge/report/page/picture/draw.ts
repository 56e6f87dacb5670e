// The cell from above: what stands, what moves, what is seen, and what is asked for.
import type { Frame, Hit, PlanPicture, Scanner, Scene, ZonePicture } from "../../scene.ts";
import { cssColor } from "../palette.ts";
import { type Color, colorOfCss, disc, type Painter, ring, withAlpha } from "./painter.ts";
import { hullAround } from "./hull.ts";

export interface Colors {
  readonly ground: Color;
  readonly grid: Color;
  readonly ink: Color;
  readonly quiet: Color;
  readonly good: Color;
  readonly warn: Color;
  readonly bad: Color;
  readonly blue: Color;
}
/** the theme's colours, read once: asking the browser for each picture would cost more than drawing it */
export const colorsNow = (): Colors => ({
  ground: colorOfCss(cssColor("--sheet")),
  grid: colorOfCss(cssColor("--rule"), 0.7),
  ink: colorOfCss(cssColor("--ink")),
  quiet: colorOfCss(cssColor("--quiet")),
  good: colorOfCss(cssColor("--good")),
  warn: colorOfCss(cssColor("--warn")),
  bad: colorOfCss(cssColor("--bad")),
  blue: colorOfCss(cssColor("--plan")),
});

/** Where the cell's metres lie among the pixels. */
export interface View {
  readonly width: number;
  readonly height: number;
  readonly perMetre: number;
  /** the point of the cell in the middle */
  readonly xM: number;
  readonly yM: number;
}
const px = (view: View, x: number): number => view.width / 2 + (x - view.xM) * view.perMetre;
const py = (view: View, y: number): number => view.height / 2 - (y - view.yM) * view.perMetre;

/** Words that belong to a place of the picture. */
export interface Label {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly strong: boolean;
}
/** one frame with its scans unpacked, in metres */
export interface Seen {
  readonly frame: Frame;
  readonly scans: readonly (Float32Array | null)[];
}

export function drawCell(paint: Painter, scene: Scene, seen: Seen, view: View, colors: Colors): Label[] {
  const labels: Label[] = [];
  const { frame } = seen;
  paint.begin(view.width, view.height, colors.ground);
  grid(paint, view, colors);
  for (const zone of scene.zones) drawZone(paint, scene, zone, frame, view, colors, labels);
  scene.scanners.forEach((scanner, i) => drawScan(paint, scanner, seen.scans[i] ?? null, view, colors));
  drawBoxes(paint, scene, view, colors, labels);
  drawRings(paint, frame, view, colors, labels);
  drawRangers(paint, frame, view, colors);
  for (const plan of frame.plans) drawPlan(paint, scene, plan, view, colors);
  drawArm(paint, frame.arm, scene.linkRadiiM, view, colors.ink, 0.85);
  drawPeople(paint, scene, frame, view, colors);
  for (const scanner of scene.scanners) drawScanner(paint, scanner, view, colors, labels);
  for (const hit of frame.hits) drawHit(paint, scene, hit, view, colors, labels);
  paint.end();
  return labels;
}

function grid(paint: Painter, view: View, { grid: color }: Colors): void {
  const [w, h] = [view.width / view.perMetre / 2, view.height / view.perMetre / 2];
  for (let x = Math.ceil(view.xM - w); x <= view.xM + w; x++)
    paint.line([px(view, x), 0, px(view, x), view.height], 1, color);
  for (let y = Math.ceil(view.yM - h); y <= view.yM + h; y++)
    paint.line([0, py(view, y), view.width, py(view, y)], 1, color);
}

const toneOf = (action: ZonePicture["action"], colors: Colors): Color =>
  action === "stop" ? colors.bad : colors.warn;
const ZONE_FILL = 0.1;

function drawZone(
  paint: Painter,
  scene: Scene,
  zone: ZonePicture,
  frame: Frame,
  view: View,
  colors: Colors,
  labels: Label[],
): void {
  const color = toneOf(zone.action, colors);
  const outline = zonePoints(scene, zone, frame, view);
  if (outline === null) return;
  paint.fan(outline.fill, withAlpha(color, ZONE_FILL));
  // a zone that only slows has a broken edge: colour alone would not tell
  paint.line(outline.edge, 2, withAlpha(color, 0.9), zone.action === "stop" ? 0 : 7);
  const [x, y] = outline.label;
  labels.push({ text: `${zone.name} (${zone.action})`, x, y, strong: false });
}
interface Outline {
  readonly fill: readonly number[];
  readonly edge: readonly number[];
  readonly label: readonly [number, number];
}
function zonePoints(scene: Scene, zone: ZonePicture, frame: Frame, view: View): Outline | null {
  const scanner = scene.scanners[zone.scanner];
  if (scanner === undefined) {
    const n = frame.arm.length;
    if (n < 3 || zone.withinM === null) return null;
    const [x, y, r] = [
      px(view, frame.arm[n - 3]!),
      py(view, frame.arm[n - 2]!),
      zone.withinM * view.perMetre,
    ];
    return { fill: disc(x, y, r), edge: ring(x, y, r), label: [x - r, y + r + 14] };
  }
  if (zone.polygonM !== null) {
    const corners = zone.polygonM.flatMap(([x, y]) => {
      const [cx, cy] = placeOf(scanner, Math.hypot(x, y), Math.atan2(y, x));
      return [px(view, cx), py(view, cy)];
    });
    const middle = [meanOf(corners, 0), meanOf(corners, 1)] as const;
    const edge = [...corners, corners[0]!, corners[1]!];
    return { fill: [...middle, ...edge], edge, label: middle };
  }
  const radius = (zone.withinM ?? 0) * view.perMetre;
  const [x, y] = [px(view, scanner.xM), py(view, scanner.yM)];
  // angles grow the other way on a screen
  const [from, to] = [-(scanner.yawRad + zone.toRad), -(scanner.yawRad + zone.fromRad)];
  const middle = (from + to) / 2;
  return {
    fill: disc(x, y, radius, from, to),
    edge: ring(x, y, radius, from, to),
    label: [x + Math.cos(middle) * radius * 0.97, y + Math.sin(middle) * radius * 0.97],
  };
}
const meanOf = (points: readonly number[], k: number): number => {
  let sum = 0;
  for (let i = k; i < points.length; i += 2) sum += points[i]!;
  return (2 * sum) / points.length;
};
/** a point that a scanner sees, in the cell */
export const placeOf = (scanner: Scanner, distanceM: number, angleRad: number): [number, number] => [
  scanner.xM + distanceM * Math.cos(scanner.yawRad + angleRad),
  scanner.yM + distanceM * Math.sin(scanner.yawRad + angleRad),
];

/** the space that is seen to be free, and the points that end it */
function drawScan(
  paint: Painter,
  scanner: Scanner,
  ranges: Float32Array | null,
  view: View,
  colors: Colors,
): void {
  if (ranges === null) return;
  const free = [px(view, scanner.xM), py(view, scanner.yM)];
  for (let i = 0; i < ranges.length; i++) {
    const [x, y] = placeOf(
      scanner,
      Math.min(ranges[i]!, scanner.maxM),
      scanner.fromRad + i * scanner.stepRad,
    );
    free.push(px(view, x), py(view, y));
  }
  paint.fan(free, withAlpha(colors.good, 0.08));
  for (let i = 0; i < ranges.length; i++) {
    if (ranges[i]! >= scanner.maxM) continue;
    const [x, y] = [free[2 * i + 2]!, free[2 * i + 3]!];
    paint.line([x - 1.5, y, x + 1.5, y], 3, withAlpha(colors.ink, 0.75));
  }
}

function drawScanner(paint: Painter, scanner: Scanner, view: View, colors: Colors, labels: Label[]): void {
  const [x, y] = [px(view, scanner.xM), py(view, scanner.yM)];
  const [ax, ay] = placeOf(scanner, 14 / view.perMetre, 0);
  paint.fan(disc(x, y, 6), colors.quiet);
  paint.line([x, y, px(view, ax), py(view, ay)], 3, colors.quiet);
  labels.push({ text: scanner.name, x: x - 8, y: y + 18, strong: false });
}

function drawBoxes(paint: Painter, scene: Scene, view: View, colors: Colors, labels: Label[]): void {
  for (const { name, kind, min, max } of scene.boxes) {
    const [x0, y0, x1, y1] = [
      px(view, min[0]!),
      py(view, min[1]!),
      px(view, max[0]!),
      py(view, max[1]!),
    ] as const;
    const edge = [x0, y0, x1, y0, x1, y1, x0, y1, x0, y0];
    const color = kind === "forbidden" ? colors.bad : colors.quiet;
    paint.fan([(x0 + x1) / 2, (y0 + y1) / 2, ...edge], withAlpha(color, kind === "forbidden" ? 0.16 : 0.06));
    paint.line(edge, kind === "forbidden" ? 2.5 : 1.5, color, kind === "forbidden" ? 0 : 4);
    if (kind === "forbidden") {
      paint.line([x0, y0, x1, y1], 1, color);
      paint.line([x0, y1, x1, y0], 1, color);
    }
    labels.push({ text: `${name} (${kind})`, x: x0 + 4, y: y1 - 5, strong: false });
  }
}

/** The distance that must be kept now: it breathes with the speed of the arm. */
function drawRings(paint: Painter, frame: Frame, view: View, colors: Colors, labels: Label[]): void {
  for (const { rule, distanceM, neededM } of frame.rings) {
    const around = hullAround(frame.arm, neededM);
    if (around.length === 0) continue;
    const points = around.map((v, i) => (i % 2 === 0 ? px(view, v) : py(view, v)));
    const color = distanceM <= neededM ? colors.bad : colors.blue;
    paint.line([...points, points[0]!, points[1]!], 2.5, withAlpha(color, 0.9), 10);
    labels.push({
      text: `${rule}: keeps ${neededM.toFixed(2)} m`,
      x: points[0]!,
      y: points[1]! - 6,
      strong: false,
    });
  }
}
function drawRangers(paint: Painter, frame: Frame, view: View, colors: Colors): void {
  const n = frame.arm.length;
  if (n < 3) return;
  for (const distance of frame.ranges)
    if (distance !== null)
      paint.line(
        ring(px(view, frame.arm[n - 3]!), py(view, frame.arm[n - 2]!), distance * view.perMetre),
        1.5,
        withAlpha(colors.quiet, 0.55),
        3,
      );
}

const LEAST_LINK_M = 0.04;
function drawArm(
  paint: Painter,
  arm: readonly number[],
  radii: readonly number[],
  view: View,
  color: Color,
  alpha: number,
): void {
  for (let i = 3; i < arm.length; i += 3) {
    const width = 2 * Math.max(LEAST_LINK_M, radii[i / 3 - 1] ?? 0) * view.perMetre;
    const [ax, ay, bx, by] = [
      px(view, arm[i - 3]!),
      py(view, arm[i - 2]!),
      px(view, arm[i]!),
      py(view, arm[i + 1]!),
    ];
    paint.line([ax, ay, bx, by], width, withAlpha(color, alpha));
    paint.fan(disc(bx, by, width / 2), withAlpha(color, alpha));
  }
  if (arm.length >= 3)
    paint.fan(disc(px(view, arm[0]!), py(view, arm[1]!), 0.07 * view.perMetre), withAlpha(color, alpha));
}

function drawPlan(paint: Painter, scene: Scene, plan: PlanPicture, view: View, colors: Colors): void {
  const flat = (way: readonly number[]): number[] => {
    const points: number[] = [];
    for (let i = 0; i + 2 < way.length; i += 3) points.push(px(view, way[i]!), py(view, way[i + 1]!));
    return points;
  };
  drawArm(paint, plan.ghost, scene.linkRadiiM, view, colors.blue, 0.3);
  if (plan.worst !== null) {
    paint.line(flat(plan.worst.way), 2, colors.bad, 4);
    for (let i = 0; i + 3 < plan.worst.walks.length; i += 4) {
      const [ax, ay, bx, by] = plan.worst.walks.slice(i, i + 4) as [number, number, number, number];
      paint.line([px(view, ax), py(view, ay), px(view, bx), py(view, by)], 2, withAlpha(colors.bad, 0.8), 3);
      paint.fan(disc(px(view, bx), py(view, by), 5), withAlpha(colors.bad, 0.8));
    }
  }
  const way = flat(plan.way);
  paint.line(way, 3, colors.blue);
  if (way.length >= 2) paint.fan(disc(way.at(-2)!, way.at(-1)!, 5), colors.blue);
}

function drawPeople(paint: Painter, scene: Scene, frame: Frame, view: View, colors: Colors): void {
  for (let i = 0; i + 1 < frame.people.length; i += 2) {
    const [x, y] = [px(view, frame.people[i]!), py(view, frame.people[i + 1]!)];
    const radius = Math.max(5, scene.personRadiusM * view.perMetre);
    paint.fan(disc(x, y, radius), withAlpha(colors.warn, 0.3));
    paint.line(ring(x, y, radius), 1.5, colors.warn);
    paint.fan(disc(x, y, 3), colors.warn);
  }
}

export const angleWords = (rad: number): string => `${((rad * 180) / Math.PI).toFixed(0).replace("-", "−")}°`;
export const hitWords = (hit: Hit): string => `${hit.distanceM.toFixed(2)} m, ${angleWords(hit.angleRad)}`;

function drawHit(paint: Painter, scene: Scene, hit: Hit, view: View, colors: Colors, labels: Label[]): void {
  const [x, y] = [px(view, hit.xM), py(view, hit.yM)];
  const color = hit.blocks ? colors.bad : colors.warn;
  const scanner = scene.scanners.find((s) => s.name === hit.channel);
  if (scanner !== undefined) paint.line([px(view, scanner.xM), py(view, scanner.yM), x, y], 2, color);
  paint.line(ring(x, y, 11), 3, color);
  paint.fan(disc(x, y, 4), color);
  labels.push({ text: `${hit.rule}: ${hitWords(hit)}`, x: x + 15, y: y - 8, strong: true });
}
