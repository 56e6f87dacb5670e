// One chart over time, with the bands of states behind it and limits and stops before it.
import { clock, el, number } from "./dom.js";
import { BAD, COLORS, HAZARD, QUIET, RULE, SOFT } from "./palette.js";

const AXIS = innerWidth <= 640 ? 46 : 66;
const RIGHT = 14;

/** One row of times for all lines of a chart. */
function joined(lines) {
  return uPlot.join(lines.map((line) => [line.timesS, line.min, line.max]));
}

/** The last argument is the piece of time that all charts show: `zoom()` and `setZoom(from, to)`. */
export function timeChart(chart, time, width, { zoom, setZoom }) {
  const box = el("div", { class: "chart" });
  const keys = chart.lines.map((line, i) => {
    const value = el("b", {}, "");
    return {
      value,
      key: el(
        "span",
        { class: "key" },
        el("i", { style: `background:${COLORS[i % COLORS.length]}` }),
        line.name,
        value,
      ),
    };
  });
  box.append(
    el("h3", {}, `${chart.title}${chart.unit === "" ? "" : ` (${chart.unit})`}`, ...keys.map((k) => k.key)),
  );
  const rows = joined(chart.lines);
  const series = [{}];
  const bands = [];
  chart.lines.forEach((line, i) => {
    const stroke = COLORS[i % COLORS.length];
    const common = {
      stroke,
      width: 1.25,
      points: { show: line.timesS.length < 60, size: 4 },
      spanGaps: true,
    };
    series.push({ ...common, label: `${line.name} min` }, { ...common, label: line.name });
    bands.push({ series: [2 * i + 2, 2 * i + 1], fill: `${stroke}40` });
  });
  const shade = (u) => {
    const { ctx } = u;
    const { left, top, width: w, height: h } = u.bbox;
    const x = (s) => Math.max(left, Math.min(left + w, u.valToPos(s, "x", true)));
    ctx.save();
    for (const b of time.bands) {
      if (b.tone !== "bad" && b.tone !== "warn") continue;
      const [from, to] = [x(b.fromS), x(b.toS)];
      if (to <= from) continue;
      ctx.globalAlpha = 0.55;
      ctx.fillStyle = SOFT[b.tone];
      ctx.fillRect(from, top, to - from, h);
    }
    ctx.globalAlpha = 1;
    ctx.fillStyle = HAZARD;
    for (const s of time.shades) {
      const [from, to] = [x(s.fromS), x(s.toS)];
      if (to > left && from < left + w) ctx.fillRect(from, top, Math.max(1, to - from), 3 * devicePixelRatio);
    }
    ctx.restore();
  };
  const overlay = (u) => {
    const { ctx } = u;
    const { left, top, width: w, height: h } = u.bbox;
    ctx.save();
    ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.lineWidth = devicePixelRatio;
    for (const limit of chart.limits) {
      const y = u.valToPos(limit.value, "y", true);
      if (y < top || y > top + h) continue;
      ctx.strokeStyle = BAD;
      ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(left, y);
      ctx.lineTo(left + w, y);
      ctx.stroke();
      ctx.fillStyle = BAD;
      ctx.textAlign = "right";
      ctx.fillText(limit.text, left + w - 4, y - 3 * devicePixelRatio);
    }
    ctx.setLineDash([]);
    for (const mark of time.marks) {
      const x = u.valToPos(mark.atS, "x", true);
      if (mark.tone !== "bad" || x < left || x > left + w) continue;
      ctx.strokeStyle = BAD;
      ctx.globalAlpha = 0.7;
      ctx.beginPath();
      ctx.moveTo(x, top);
      ctx.lineTo(x, top + h);
      ctx.stroke();
    }
    ctx.restore();
  };
  const last = time.charts.at(-1) === chart;
  const limits = chart.limits.map((l) => l.value);
  const options = {
    width,
    height: (last ? 30 : 0) + 132,
    padding: [6, RIGHT, last ? 0 : 6, 0],
    series,
    bands,
    legend: { show: false },
    cursor: {
      sync: { key: "time", setSeries: false },
      drag: { x: true, y: false, setScale: false },
      points: { size: 5 },
    },
    select: { show: true },
    scales: {
      x: { time: false, min: 0, max: time.spanS, auto: false },
      y: { range: (_u, min, max) => rangeOf(min, max, limits) },
    },
    axes: [
      {
        show: last,
        stroke: QUIET,
        grid: { stroke: RULE, width: 1 },
        ticks: { stroke: RULE },
        values: (_u, splits) => splits.map(clock),
        size: 30,
      },
      {
        stroke: QUIET,
        grid: { stroke: RULE, width: 1 },
        ticks: { stroke: RULE },
        size: AXIS,
        values: (_u, splits) => splits.map(number),
        font: "11px system-ui, sans-serif",
      },
    ],
    hooks: {
      drawClear: [shade],
      draw: [overlay],
      setSelect: [
        (u) => {
          if (u.select.width < 3) return;
          setZoom(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"));
          u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        },
      ],
      setCursor: [
        (u) => {
          const i = u.cursor.idx;
          keys.forEach((key, k) => {
            const min = i === null || i === undefined ? null : near(u.data[2 * k + 1], i);
            const max = i === null || i === undefined ? null : near(u.data[2 * k + 2], i);
            key.value.textContent =
              max === null ? "" : min === max ? number(max) : `${number(min)} … ${number(max)}`;
          });
        },
      ],
    },
  };
  const u = new uPlot(options, rows, box);
  u.over.addEventListener("dblclick", () => setZoom(0, time.spanS));
  u.over.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const at = u.posToVal(event.offsetX, "x");
      const factor = event.deltaY < 0 ? 0.8 : 1.25;
      const [from, to] = zoom();
      setZoom(at - (at - from) * factor, at + (to - at) * factor);
    },
    { passive: false },
  );
  pan(u, zoom, setZoom);
  u.root.setAttribute("role", "img");
  u.root.setAttribute(
    "aria-label",
    `${chart.title} over time: ${chart.lines.map((line) => line.name).join(", ")}`,
  );
  return { box, drawn: u };
}
/** The nearest column that has a value. */
function near(row, i) {
  for (let d = 0; d < 40; d++) {
    if (row[i - d] !== null && row[i - d] !== undefined) return row[i - d];
    if (row[i + d] !== null && row[i + d] !== undefined) return row[i + d];
  }
  return null;
}
function rangeOf(min, max, limits) {
  if (min === null || max === null) return [0, 1];
  const low = Math.min(min, 0);
  let high = Math.max(max, low + 1e-9);
  for (const limit of limits) if (limit <= max * 4) high = Math.max(high, limit);
  const room = (high - low) * 0.06;
  return [low - room, high + 2 * room];
}
function pan(u, zoom, setZoom) {
  u.over.addEventListener(
    "mousedown",
    (event) => {
      if (!event.shiftKey || event.button !== 0) return;
      event.stopImmediatePropagation();
      const [from, to] = zoom();
      const perPixel = (to - from) / u.over.clientWidth;
      const startX = event.clientX;
      const move = (e) =>
        setZoom(from - (e.clientX - startX) * perPixel, to - (e.clientX - startX) * perPixel);
      const up = () => {
        removeEventListener("mousemove", move);
        removeEventListener("mouseup", up);
      };
      addEventListener("mousemove", move);
      addEventListener("mouseup", up);
    },
    { capture: true },
  );
}
