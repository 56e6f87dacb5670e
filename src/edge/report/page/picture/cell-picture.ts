// The picture of the cell as a part of a page: a canvas, the words over it, and the same in text below it.
import type { Frame, Scene } from "../../scene.ts";
import { el, rowsIn, setAttribute } from "../dom.ts";
import { cssColor } from "../palette.ts";
import { angleWords, colorsNow, drawCell, hitWords, type Label, type Seen, type View } from "./draw.ts";
import type { Painter } from "./painter.ts";
import { painter2d } from "./painter-2d.ts";
import { painterGl } from "./painter-gl.ts";

/** A frame is reached from the one before over this time, so that an arm moves and does not jump. */
const GLIDE_MS = 50;
const WORDS_EVERY_MS = 300;
const RATIO_MAX = 2;
const ROOM_M = 0.35;
const REACH_LEAST_M = 1;
/** farther zones and people are cut off: the arm has to stay large enough to be seen */
const SPAN_MOST_M = 12;

export interface CellPicture {
  readonly node: HTMLElement;
  /** pictures painted so far */
  readonly drawn: number;
  scene(scene: Scene): void;
  frame(frame: Frame): void;
  end(): void;
}

export function cellPicture(label = "The cell from above"): CellPicture {
  const canvas = el("canvas", { class: "picture-canvas", role: "img", "aria-label": label });
  const overlay = el("canvas", { class: "picture-labels", "aria-hidden": "true" });
  const words = el("ul", { class: "picture-words" });
  const box = el("div", { class: "picture-box" }, canvas, overlay);
  const node = el("figure", { class: "picture sheet" }, box, legend(), words);
  const say = rowsIn<string>(words, (text) => ({ node: el("li", {}, text) }));
  const painter = painterFor(canvas);
  node.dataset["painter"] = painter?.kind ?? "none";
  const colors = colorsNow();
  const ink = cssColor("--ink");
  const ground = cssColor("--sheet");
  let scene: Scene | null = null;
  let seen: Seen | null = null;
  let before: Frame | null = null;
  let arrived = 0;
  let saidAt = -Infinity;
  let drawn = 0;
  let pending = 0;

  const draw = (): void => {
    pending = 0;
    if (painter === null || scene === null || seen === null || box.clientWidth === 0) return;
    const share = Math.min(1, (performance.now() - arrived) / GLIDE_MS);
    const between = { ...seen, frame: glide(before, seen.frame, share) };
    const ratio = Math.min(RATIO_MAX, devicePixelRatio || 1);
    const view = viewOf(scene, between.frame, box.clientWidth * ratio, box.clientHeight * ratio);
    drawLabels(overlay, drawCell(painter, scene, between, view, colors), view, ratio, ink, ground);
    drawn++;
    if (share < 1) wake();
  };
  const wake = (): void => {
    if (pending === 0) pending = requestAnimationFrame(draw);
  };
  const observer = new ResizeObserver(wake);
  observer.observe(box);
  return {
    node,
    get drawn() {
      return drawn;
    },
    scene(next) {
      scene = next;
      wake();
    },
    frame(next) {
      if (scene === null) return;
      before = seen?.frame ?? null;
      seen = { frame: next, scans: next.scans.map((s) => (s === null ? null : unpacked(s))) };
      arrived = performance.now();
      wake();
      if (arrived - saidAt < WORDS_EVERY_MS) return;
      saidAt = arrived;
      const lines = wordsOf(scene, seen);
      say(lines.map((line) => [line, line]));
      setAttribute(canvas, "aria-label", `${label}. ${lines.join(". ")}`);
    },
    end() {
      cancelAnimationFrame(pending);
      observer.disconnect();
    },
  };
}

/** WebGL where graphics hardware does it; `?painter=2d` and `?painter=webgl` ask for one of them, to compare them */
function painterFor(canvas: HTMLCanvasElement): Painter | null {
  const asked = new URLSearchParams(location.search).get("painter");
  return (asked === "2d" ? null : painterGl(canvas, asked === "webgl")) ?? painter2d(canvas);
}

const legend = (): HTMLElement =>
  el(
    "figcaption",
    { class: "picture-legend" },
    (
      [
        ["free", "seen to be free"],
        ["stop", "zone that stops"],
        ["slow", "zone that slows"],
        ["keep", "distance to keep now"],
        ["person", "somebody, with uncertainty"],
        ["plan", "motion that is asked for"],
        ["worst", "worst trial"],
      ] as const
    ).map(([name, text]) => el("span", { class: `picture-key ${name}` }, text)),
  );

export function unpacked(text: string): Float32Array {
  const bytes = atob(text);
  const ranges = new Float32Array(bytes.length / 2);
  for (let i = 0; i < ranges.length; i++)
    ranges[i] = (bytes.charCodeAt(2 * i) + 256 * bytes.charCodeAt(2 * i + 1)) / 1_000;
  return ranges;
}

function glide(from: Frame | null, to: Frame, share: number): Frame {
  if (from === null || share >= 1 || from.arm.length !== to.arm.length) return to;
  const mix = (a: number, b: number): number => a + (b - a) * share;
  const rings = to.rings.map((r, i) => {
    const old = from.rings[i];
    return old?.rule === r.rule ? { ...r, neededM: mix(old.neededM, r.neededM) } : r;
  });
  return { ...to, arm: to.arm.map((v, i) => mix(from.arm[i]!, v)), rings };
}

/** Everything that stands still is in view, with room around it; it does not change while the cell runs. */
function viewOf(scene: Scene, frame: Frame, width: number, height: number): View {
  const [baseX, baseY] = [frame.arm[0] ?? 0, frame.arm[1] ?? 0];
  const reach = Math.max(REACH_LEAST_M, reachOf(frame.arm));
  let [x0, x1, y0, y1] = [baseX - reach, baseX + reach, baseY - reach, baseY + reach];
  const take = (x: number, y: number): void => {
    const near = (v: number, base: number): number =>
      Math.max(base - SPAN_MOST_M / 2, Math.min(base + SPAN_MOST_M / 2, v));
    x0 = Math.min(x0, near(x, baseX));
    x1 = Math.max(x1, near(x, baseX));
    y0 = Math.min(y0, near(y, baseY));
    y1 = Math.max(y1, near(y, baseY));
  };
  for (const { min, max } of scene.boxes) {
    take(min[0]!, min[1]!);
    take(max[0]!, max[1]!);
  }
  for (const zone of scene.zones) {
    const scanner = scene.scanners[zone.scanner];
    if (scanner === undefined) continue;
    const corners: readonly (readonly [number, number])[] =
      zone.polygonM ??
      Array.from({ length: 13 }, (_, k): readonly [number, number] => {
        const angle = zone.fromRad + ((zone.toRad - zone.fromRad) * k) / 12;
        return [zone.withinM! * Math.cos(angle), zone.withinM! * Math.sin(angle)];
      });
    for (const [x, y] of corners) {
      const angle = Math.atan2(y, x) + scanner.yawRad;
      const far = Math.hypot(x, y);
      take(scanner.xM + far * Math.cos(angle), scanner.yM + far * Math.sin(angle));
    }
  }
  for (const { xM, yM } of scene.scanners) take(xM, yM);
  const perMetre = Math.min(width / (x1 - x0 + 2 * ROOM_M), height / (y1 - y0 + 2 * ROOM_M));
  return { width, height, perMetre, xM: (x0 + x1) / 2, yM: (y0 + y1) / 2 };
}
/** all links end to end: how far the arm can come, whatever it does now */
function reachOf(arm: readonly number[]): number {
  let sum = 0;
  for (let i = 3; i < arm.length; i += 3)
    sum += Math.hypot(arm[i]! - arm[i - 3]!, arm[i + 1]! - arm[i - 2]!, arm[i + 2]! - arm[i - 1]!);
  return sum;
}

function drawLabels(
  overlay: HTMLCanvasElement,
  labels: readonly Label[],
  { width, height }: View,
  ratio: number,
  ink: string,
  ground: string,
): void {
  if (overlay.width !== width || overlay.height !== height) {
    overlay.width = width;
    overlay.height = height;
  }
  const context = overlay.getContext("2d");
  if (context === null) return;
  context.clearRect(0, 0, width, height);
  context.lineJoin = "round";
  context.lineWidth = 3 * ratio;
  context.strokeStyle = ground;
  context.fillStyle = ink;
  for (const { text, x, y, strong } of labels) {
    context.font = `${strong ? "650 13" : "500 11"}px system-ui, sans-serif`.replace(
      /\d+px/,
      (size) => `${Number.parseInt(size, 10) * ratio}px`,
    );
    const left = Math.max(4, Math.min(width - context.measureText(text).width - 4, x));
    const top = Math.max(14 * ratio, Math.min(height - 5 * ratio, y));
    context.strokeText(text, left, top);
    context.fillText(text, left, top);
  }
}

/** What the picture shows, for whoever does not see it. */
function wordsOf(scene: Scene, { frame, scans }: Seen): string[] {
  const hits = frame.hits.map(
    (hit) =>
      `${hit.rule} ${hit.blocks ? "stops" : "slows"}: ${hit.channel} sees something at ${hitWords(hit)}`,
  );
  const nearest = scene.scanners.flatMap((scanner, i) => {
    const ranges = scans[i];
    if (ranges === null || ranges === undefined) return [`${scanner.name}: no trusted scan`];
    let at = -1;
    for (let k = 0; k < ranges.length; k++)
      if (ranges[k]! < scanner.maxM && (at < 0 || ranges[k]! < ranges[at]!)) at = k;
    return at < 0
      ? [`${scanner.name}: nothing in range`]
      : [
          `${scanner.name}: nearest ${ranges[at]!.toFixed(1)} m at ${angleWords(scanner.fromRad + at * scanner.stepRad)}`,
        ];
  });
  const rings = frame.rings.map(
    ({ rule, distanceM, neededM }) =>
      `${rule}: ${distanceM.toFixed(1)} m to the arm, ${neededM.toFixed(1)} m to keep`,
  );
  const plans = frame.plans.map(
    ({ actionId, state, worst }) =>
      `${actionId} is ${state}${worst === null || worst.cause === "none" ? "" : `; its worst trial broke on ${worst.cause}`}`,
  );
  return [...hits, ...rings, ...nearest, ...plans];
}
