// Points with intervals in both directions, joined in their order; drawn as SVG, so that it prints and scales.
import type { Curve, CurvePoint } from "../model.ts";
import { el, number, svg } from "./dom.ts";

const WIDTH = 860;
const HEIGHT = 380;
const BOX = { left: 58, right: 20, top: 16, bottom: 46 };
/** Round steps: 1, 2 or 5 of a power of ten. */
const stepsTo = (from: number, to: number): number[] => {
  const raw = Math.max((to - from) / 6, 1e-9);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((n) => n * power >= raw) ?? 10);
  return Array.from({ length: Math.floor((to - from) / step + 1e-9) + 1 }, (_, i) => from + i * step);
};

type Place = (value: number) => number;
function frame(c: Curve, xTo: number, xAt: Place, yAt: Place): Node[] {
  const bottom = HEIGHT - BOX.bottom;
  const right = WIDTH - BOX.right;
  return [
    ...stepsTo(c.yFrom, c.yTo).flatMap((y) => [
      svg("line", { class: "grid", x1: BOX.left, x2: right, y1: yAt(y), y2: yAt(y) }),
      svg("text", { x: BOX.left - 8, y: yAt(y) + 4, "text-anchor": "end" }, number(y)),
    ]),
    ...stepsTo(0, xTo).flatMap((x) => [
      svg("line", { class: "grid", x1: xAt(x), x2: xAt(x), y1: BOX.top, y2: bottom }),
      svg("text", { x: xAt(x), y: bottom + 16, "text-anchor": "middle" }, number(x)),
    ]),
    svg("text", { x: (BOX.left + right) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, c.xTitle),
    svg(
      "text",
      { transform: `translate(14 ${(BOX.top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle" },
      c.yTitle,
    ),
  ];
}
/** What many values share stands once: labels of points at the same place are put together. */
type Labelled = CurvePoint & { readonly labels: string[] };
function labelled(points: readonly CurvePoint[]): Labelled[] {
  const places = new Map<string, Labelled>();
  for (const p of points) {
    const key = `${p.x} ${p.y}`;
    const at = places.get(key) ?? { ...p, labels: [] };
    at.labels.push(p.label);
    places.set(key, at);
  }
  return [...places.values()];
}
const labelsOf = (labels: readonly string[]): string =>
  labels.length < 3 ? labels.join(", ") : `${labels[0]} … ${labels[labels.length - 1]}`;

export function curve(c: Curve): HTMLElement {
  const all = [...c.points, ...c.beside];
  // an interval that reaches far beyond all points is cut at the edge
  const far = Math.max(...all.map((p) => p.x), 1e-9);
  const xTo = Math.min(
    Math.max(...all.map((p) => p.xHigh)),
    Math.max(2 * far, ...all.map((p) => p.x + 1e-9)) || 1,
  );
  const room = xTo > 0 ? xTo : 1;
  const xAt: Place = (x) => BOX.left + (Math.min(x, room) / room) * (WIDTH - BOX.left - BOX.right);
  const yAt: Place = (y) =>
    HEIGHT - BOX.bottom - ((y - c.yFrom) / (c.yTo - c.yFrom)) * (HEIGHT - BOX.top - BOX.bottom);
  const bars = (p: CurvePoint): Node[] => [
    svg("line", { class: `bar ${p.tone}`, x1: xAt(p.xLow), x2: xAt(p.xHigh), y1: yAt(p.y), y2: yAt(p.y) }),
    svg("line", { class: `bar ${p.tone}`, x1: xAt(p.x), x2: xAt(p.x), y1: yAt(p.yLow), y2: yAt(p.yHigh) }),
  ];
  const dot = (p: Labelled): Node[] => [
    svg(
      "circle",
      { class: `dot ${p.tone}`, cx: xAt(p.x), cy: yAt(p.y), r: 4.5 },
      svg(
        "title",
        {},
        `${labelsOf(p.labels)}: ${number(p.x)} (${number(p.xLow)} – ${number(p.xHigh)}), ${number(p.y)} (${number(p.yLow)} – ${number(p.yHigh)})`,
      ),
    ),
    svg(
      "text",
      {
        class: `name ${p.tone}`,
        x: xAt(p.x) + (xAt(p.x) > WIDTH - 150 ? -8 : 8),
        y: yAt(p.y) + (p.tone === "good" ? 18 : yAt(p.y) < 40 ? 18 : -8),
        "text-anchor": xAt(p.x) > WIDTH - 150 ? "end" : "start",
      },
      labelsOf(p.labels),
    ),
  ];
  const path = c.points.map((p, i) => `${i === 0 ? "M" : "L"}${xAt(p.x)} ${yAt(p.y)}`).join(" ");
  return el(
    "div",
    { class: "sheet curve" },
    el("h3", {}, c.title),
    svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": c.title },
      ...frame(c, room, xAt, yAt),
      ...all.flatMap(bars),
      svg("path", { class: "way", d: path }),
      ...labelled(c.points).flatMap(dot),
      ...labelled(c.beside).flatMap(dot),
    ),
  );
}
