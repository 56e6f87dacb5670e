import uPlot from "/page/uplot.js";
import { el } from "./dom.js";

const css = (name) => {
  const probe = el("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
};
const COLORS = () => (document.documentElement.dataset.dark === "true"
  ? ["#6cb6ff", "#f0883e", "#56d4bb", "#d2a8ff", "#ff9492", "#c9d15a"]
  : ["#1f6feb", "#bc4c00", "#0a7f6f", "#8250df", "#bf3989", "#6b7300"]);

/** A time chart: lines over seconds, dashed limits, vertical marks for what happened. */
export function timeChart({ title, unit, lines, limits = [], marks = [], height = 170 }) {
  const box = el("figure", { class: "chart-box" }, el("figcaption", {}, title, unit === "" ? "" : ` (${unit})`));
  const colors = COLORS();
  const ink = css("--quiet");
  const rule = css("--rule");
  const tones = { good: css("--good"), warn: css("--warn"), bad: css("--bad") };
  const drawLimits = (u) => {
    const { ctx } = u;
    ctx.save();
    ctx.setLineDash([6, 4]);
    for (const { value, text } of limits) {
      const y = u.valToPos(value, "y", true);
      if (y < u.bbox.top || y > u.bbox.top + u.bbox.height) continue;
      ctx.strokeStyle = tones.bad;
      ctx.fillStyle = tones.bad;
      ctx.beginPath();
      ctx.moveTo(u.bbox.left, y);
      ctx.lineTo(u.bbox.left + u.bbox.width, y);
      ctx.stroke();
      ctx.fillText(text, u.bbox.left + 6, y - 4);
    }
    for (const mark of marks()) {
      const x = u.valToPos(mark.t_s, "x", true);
      if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue;
      ctx.strokeStyle = tones[mark.tone];
      ctx.beginPath();
      ctx.moveTo(x, u.bbox.top);
      ctx.lineTo(x, u.bbox.top + u.bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  };
  const axis = { stroke: ink, grid: { stroke: rule, width: 1 }, ticks: { stroke: rule, width: 1 }, font: "12px system-ui" };
  const plot = new uPlot({
    width: 600, height,
    scales: { x: { time: false }, y: { range: (_u, low, high) => {
      const top = Math.max(high ?? 1, ...limits.map((l) => l.value));
      return [Math.min(0, low ?? 0), top <= 0 ? 1 : top * 1.08];
    } } },
    axes: [{ ...axis, size: 28, values: (_u, ticks) => ticks.map((t) => `${t} s`) }, { ...axis, size: 54 }],
    legend: { show: lines.length > 1 },
    cursor: { y: false },
    series: [{ label: "s" }, ...lines.map((label, i) => ({ label, stroke: colors[i % colors.length], width: 1.6, spanGaps: false, points: { show: false } }))],
    hooks: { draw: [drawLimits] },
  }, [[], ...lines.map(() => [])], box);
  const fit = () => plot.setSize({ width: Math.max(240, box.clientWidth), height });
  new ResizeObserver(fit).observe(box);
  return { box, set: (data) => plot.setData(data), destroy: () => plot.destroy() };
}

/** Bars from 0 to 1 with words: shares, terms, contributions. */
export const shareBar = (name, value, of, tone = "plain", words = "") =>
  el("div", { class: "share" }, el("span", { class: "share-name" }, name),
    el("meter", { min: "0", max: "1", value: String(of === 0 ? 0 : Math.max(0, Math.min(1, value / of))), class: tone, "aria-label": name }),
    el("span", { class: "share-value" }, words === "" ? String(Number(value.toPrecision(3))) : words));

/** A histogram as columns; `values` are numbers. */
export function histogram(title, values, bins = 24) {
  const box = el("figure", { class: "chart-box" }, el("figcaption", {}, title));
  if (values.length === 0) return box;
  const low = Math.min(...values);
  const high = Math.max(...values);
  const step = (high - low || 1) / bins;
  const counts = new Array(bins).fill(0);
  for (const v of values) counts[Math.min(bins - 1, Math.floor((v - low) / step))]++;
  const top = Math.max(...counts);
  const NS = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", `0 0 ${bins * 10} 110`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${title}: ${values.length} values from ${low.toPrecision(3)} to ${high.toPrecision(3)}`);
  counts.forEach((count, i) => {
    const bar = document.createElementNS(NS, "rect");
    const height = (count / top) * 100;
    bar.setAttribute("x", String(i * 10 + 1));
    bar.setAttribute("y", String(105 - height));
    bar.setAttribute("width", "8");
    bar.setAttribute("height", String(height));
    svg.append(bar);
  });
  box.append(svg, el("div", { class: "ends" }, el("span", {}, low.toPrecision(3)), el("span", {}, `${values.length} values`), el("span", {}, high.toPrecision(3))));
  return box;
}
