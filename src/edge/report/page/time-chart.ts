// One chart over time, with the bands of states behind it and limits and stops before it.
import type UPlot from "uplot";
import type { Line, TimeChart, Timeline } from "../model.ts";
import { clock, el, number } from "./dom.ts";
import { colorOf, cssColor, lineColors } from "./palette.ts";
import { axisOf, plotLibrary } from "./uplot.ts";

const AXIS = innerWidth <= 640 ? 46 : 66;
const RIGHT = 14;

/** One row of times for all lines of a chart. */
const joined = (lines: readonly Line[]): UPlot.AlignedData =>
  plotLibrary().join(lines.map((line) => [[...line.timesS], [...line.min], [...line.max]]));

/** The piece of time that all charts show, and the moment that is pointed at. */
export interface View {
  zoom(): readonly [number, number];
  setZoom(from: number, to: number): void;
  /** null: nothing is pointed at */
  moment(): number | null;
  point(s: number): void;
}
/** one chart that was drawn */
export interface Drawn {
  readonly box: HTMLElement;
  readonly drawn: UPlot;
}

/** Draws one chart into a box of its own. */
export function timeChart(chart: TimeChart, time: Timeline, width: number, view: View): Drawn {
  const colors = lineColors();
  const box = el("div", { class: "chart" });
  const keys = chart.lines.map((line, i) => {
    const value = el("b", {}, "");
    const swatch = el("i", { style: `background:${colorOf(colors, i)}` });
    return { value, key: el("span", { class: "key" }, swatch, line.name, value) };
  });
  box.append(
    el(
      "h3",
      {},
      `${chart.title}${chart.unit === "" ? "" : ` (${chart.unit})`}`,
      keys.map((k) => k.key),
    ),
  );
  const say = (u: UPlot, i: number | null | undefined): void =>
    keys.forEach(({ value }, k) => {
      const min = i === null || i === undefined ? null : near(u.data[2 * k + 1]!, i);
      const max = i === null || i === undefined ? null : near(u.data[2 * k + 2]!, i);
      value.textContent = max === null ? "" : min === max ? number(max) : `${number(min)} … ${number(max)}`;
    });
  const drawn = new (plotLibrary())(optionsOf(chart, time, width, view, say), joined(chart.lines), box);
  drawn.over.addEventListener("dblclick", () => view.setZoom(0, time.spanS));
  drawn.over.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const at = drawn.posToVal(event.offsetX, "x");
      const factor = event.deltaY < 0 ? 0.8 : 1.25;
      const [from, to] = view.zoom();
      view.setZoom(at - (at - from) * factor, at + (to - at) * factor);
    },
    { passive: false },
  );
  pan(drawn, view);
  drawn.root.setAttribute("role", "img");
  drawn.root.setAttribute(
    "aria-label",
    `${chart.title} over time: ${chart.lines.map((line) => line.name).join(", ")}`,
  );
  return { box, drawn };
}

function optionsOf(
  chart: TimeChart,
  time: Timeline,
  width: number,
  view: View,
  say: (u: UPlot, i: number | null | undefined) => void,
): UPlot.Options {
  const last = time.charts.at(-1) === chart;
  const limits = chart.limits.map((l) => l.value);
  const axis = axisOf(cssColor("--quiet"), cssColor("--rule"));
  return {
    width,
    height: (last ? 30 : 0) + 132,
    padding: [6, RIGHT, last ? 0 : 6, 0],
    ...seriesOf(chart),
    legend: { show: false },
    cursor: {
      sync: { key: "time", setSeries: false },
      drag: { x: true, y: false, setScale: false },
      points: { size: 5 },
    },
    select: { show: true, left: 0, top: 0, width: 0, height: 0 },
    scales: {
      x: { time: false, min: 0, max: time.spanS, auto: false },
      y: { range: (_u, min, max) => rangeOf(min, max, limits) },
    },
    axes: [
      { ...axis, show: last, values: (_u, splits) => splits.map(clock), size: 30 },
      { ...axis, size: AXIS, values: (_u, splits) => splits.map((v) => number(v)) },
    ],
    hooks: {
      drawClear: [(u) => shade(u, time)],
      draw: [(u) => overlay(u, chart, time, view)],
      setSelect: [
        (u) => {
          if (u.select.width < 3) return;
          view.setZoom(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"));
          u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        },
      ],
      setCursor: [
        (u) => {
          say(u, u.cursor.idx);
          const { left } = u.cursor;
          // only the chart under the pointer leads; the others follow it
          if (left !== undefined && left >= 0 && u.over.matches(":hover")) view.point(u.posToVal(left, "x"));
        },
      ],
    },
  };
}

function seriesOf(chart: TimeChart): Pick<UPlot.Options, "series" | "bands"> {
  const colors = lineColors();
  const series: UPlot.Series[] = [{}];
  const bands: UPlot.Band[] = [];
  chart.lines.forEach((line, i) => {
    const stroke = colorOf(colors, i);
    const common = {
      stroke,
      width: 1.25,
      points: { show: line.timesS.length < 60, size: 4 },
      spanGaps: true,
    };
    series.push({ ...common, label: `${line.name} min` }, { ...common, label: line.name });
    bands.push({ series: [2 * i + 2, 2 * i + 1], fill: `${stroke}40` });
  });
  return { series, bands };
}

/** states behind the lines, hazards as a thin stripe above them */
function shade(u: UPlot, time: Timeline): void {
  const { ctx } = u;
  const { left, top, width: w, height: h } = u.bbox;
  const x = (s: number): number => Math.max(left, Math.min(left + w, u.valToPos(s, "x", true)));
  ctx.save();
  for (const b of time.bands) {
    if (b.tone !== "bad" && b.tone !== "warn") continue;
    const [from, to] = [x(b.fromS), x(b.toS)];
    if (to <= from) continue;
    ctx.globalAlpha = 0.55;
    ctx.fillStyle = cssColor(`--${b.tone}-soft`);
    ctx.fillRect(from, top, to - from, h);
  }
  ctx.globalAlpha = 1;
  ctx.fillStyle = cssColor("--hazard");
  for (const s of time.shades) {
    const [from, to] = [x(s.fromS), x(s.toS)];
    if (to > left && from < left + w) ctx.fillRect(from, top, Math.max(1, to - from), 3 * devicePixelRatio);
  }
  ctx.restore();
}

/** limits, stops, and the moment that is looked at */
function overlay(u: UPlot, chart: TimeChart, time: Timeline, view: View): void {
  const { ctx } = u;
  const { left, top, width: w, height: h } = u.bbox;
  const bad = cssColor("--bad");
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.lineWidth = devicePixelRatio;
  ctx.strokeStyle = bad;
  ctx.fillStyle = bad;
  ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.textAlign = "right";
  for (const limit of chart.limits) {
    const y = u.valToPos(limit.value, "y", true);
    if (y < top || y > top + h) continue;
    ctx.beginPath();
    ctx.moveTo(left, y);
    ctx.lineTo(left + w, y);
    ctx.stroke();
    ctx.fillText(limit.text, left + w - 4, y - 3 * devicePixelRatio);
  }
  ctx.setLineDash([]);
  const upright = (s: number, color: string, alpha: number): void => {
    const x = u.valToPos(s, "x", true);
    if (x < left || x > left + w) return;
    ctx.strokeStyle = color;
    ctx.globalAlpha = alpha;
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + h);
    ctx.stroke();
  };
  for (const mark of time.marks) if (mark.tone === "bad") upright(mark.atS, bad, 0.7);
  const moment = view.moment();
  ctx.lineWidth = 2 * devicePixelRatio;
  if (moment !== null) upright(moment, cssColor("--ink"), 1);
  ctx.restore();
}

type Row = ArrayLike<number | null | undefined>;
/** The nearest column that has a value. */
function near(row: Row, i: number): number | null {
  for (let d = 0; d < 40; d++) {
    const found = row[i - d] ?? row[i + d];
    if (found !== null && found !== undefined) return found;
  }
  return null;
}
function rangeOf(min: number | null, max: number | null, limits: readonly number[]): [number, number] {
  if (min === null || max === null) return [0, 1];
  const low = Math.min(min, 0);
  let high = Math.max(max, low + 1e-9);
  for (const limit of limits) if (limit <= max * 4) high = Math.max(high, limit);
  const room = (high - low) * 0.06;
  return [low - room, high + 2 * room];
}
function pan(u: UPlot, { zoom, setZoom }: View): void {
  u.over.addEventListener(
    "mousedown",
    (event) => {
      if (!event.shiftKey || event.button !== 0) return;
      event.stopImmediatePropagation();
      const [from, to] = zoom();
      const perPixel = (to - from) / u.over.clientWidth;
      const startX = event.clientX;
      const move = (e: MouseEvent): void =>
        setZoom(from - (e.clientX - startX) * perPixel, to - (e.clientX - startX) * perPixel);
      const up = (): void => {
        removeEventListener("mousemove", move);
        removeEventListener("mouseup", up);
      };
      addEventListener("mousemove", move);
      addEventListener("mouseup", up);
    },
    { capture: true },
  );
}
