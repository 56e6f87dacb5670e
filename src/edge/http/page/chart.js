/* global uPlot */
import { el, number, setText, svg } from "./dom.js";

const css = (name) => {
  const probe = el("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
};
const COLORS = () =>
  document.documentElement.dataset.dark === "true"
    ? ["#6cb6ff", "#f0883e", "#56d4bb", "#d2a8ff", "#ff9492", "#c9d15a"]
    : ["#1f6feb", "#bc4c00", "#0a7f6f", "#8250df", "#bf3989", "#6b7300"];
const ago = (t) =>
  t === 0 ? "now" : `−${Math.floor(-t / 60)}:${String(Math.round(-t % 60)).padStart(2, "0")}`;

/** The shape that stands for a tone, for eyes that do not tell the colours apart. */
function drawShape(ctx, tone, x, y, r) {
  ctx.beginPath();
  if (tone === "bad") ctx.rect(x - r, y - r, 2 * r, 2 * r);
  else if (tone === "good") ctx.arc(x, y, r, 0, 2 * Math.PI);
  else {
    ctx.moveTo(x, y - r);
    ctx.lineTo(x + r, y + r);
    ctx.lineTo(x - r, y + r);
    ctx.closePath();
  }
  ctx.fill();
}
const NEAR_PX = 6;
const SPAN_LEAST_S = 30;

/**
 * A time chart: lines over the seconds before now, dashed limits, vertical marks for what happened.
 * `set(times, columns, marks, windowS)` draws; times are the cell's clock.
 */
export function timeChart({ title, unit, lines, limits = [], height = 170 }) {
  const inner = el("div", { class: "chart-inner" });
  const hint = el("span", { class: "hint" }, unit);
  const pointed = el("span", { class: "hint pointed" });
  const box = el("figure", { class: "chart-box" }, el("figcaption", {}, title, hint, pointed), inner);
  const colors = COLORS();
  const ink = css("--quiet");
  const rule = css("--rule");
  const bad = css("--bad");
  const tones = { good: css("--good"), warn: css("--warn"), bad };
  let marks = [];
  /** value and event under the pointer */
  const wordsAt = (u) => {
    const { idx, left } = u.cursor;
    if (idx === null || idx === undefined || left < 0) return "";
    const values = lines.map((_, i) => u.data[i + 1][idx]).filter((v) => v !== null && v !== undefined);
    const event = marks.find((m) => Math.abs(u.valToPos(m.t, "x") - left) < NEAR_PX);
    return [ago(Math.round(u.data[0][idx])), ...values.map((v) => `${number(v)} ${unit}`), event?.text ?? ""]
      .filter((text) => text !== "")
      .join(" · ");
  };
  const drawMarks = (u) => {
    const { ctx, bbox } = u;
    const ratio = devicePixelRatio || 1;
    ctx.save();
    ctx.lineWidth = ratio;
    ctx.font = `${11 * ratio}px system-ui`;
    for (const { t, tone } of marks) {
      const x = u.valToPos(t, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.strokeStyle = tones[tone] ?? ink;
      ctx.fillStyle = ctx.strokeStyle;
      ctx.globalAlpha = 0.55;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.globalAlpha = 1;
      drawShape(ctx, tone, x, bbox.top - 5 * ratio, 3.6 * ratio);
    }
    ctx.textAlign = "left";
    ctx.textBaseline = "bottom";
    ctx.setLineDash([6 * ratio, 4 * ratio]);
    ctx.strokeStyle = bad;
    ctx.fillStyle = bad;
    for (const { value, text } of limits) {
      const y = u.valToPos(value, "y", true);
      if (y < bbox.top || y > bbox.top + bbox.height) continue;
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      ctx.fillText(text, bbox.left + 5 * ratio, y - 2 * ratio);
    }
    ctx.restore();
  };
  const axis = {
    stroke: ink,
    grid: { stroke: rule, width: 1 },
    ticks: { stroke: rule, width: 1, size: 4 },
    font: "11.5px system-ui",
  };
  const top = Math.max(...limits.map((l) => l.value), -Infinity);
  const plot = new uPlot(
    {
      width: 320,
      height,
      scales: {
        x: { time: false, range: (u) => [-(u.windowS ?? 60), 0] },
        y: {
          range: (_u, low, high) => {
            const highest = Math.max(high ?? 0, top * 1.15, 1e-9);
            return [Math.min(0, low ?? 0), highest === 1e-9 ? 1 : Math.max(highest * 1.05, top * 1.15)];
          },
        },
      },
      axes: [
        { ...axis, size: 26, values: (_u, ticks) => ticks.map(ago) },
        { ...axis, size: 42 },
      ],
      padding: [14, 12, 0, 0],
      legend: { show: lines.length > 1, live: false },
      cursor: { y: false, drag: { setScale: false } },
      series: [
        { label: "s" },
        ...lines.map((label, i) => ({
          label,
          stroke: colors[i % colors.length],
          width: 1.8,
          spanGaps: false,
          points: { show: false },
        })),
      ],
      hooks: { draw: [drawMarks], setCursor: [(u) => setText(pointed, wordsAt(u))] },
    },
    [[], ...lines.map(() => [])],
    inner,
  );
  plot.root.querySelector("canvas")?.setAttribute("role", "img");
  plot.root.querySelector("canvas")?.setAttribute("aria-label", `${title} over time`);
  const fit = () => {
    if (inner.clientWidth > 0) plot.setSize({ width: Math.max(200, inner.clientWidth), height });
  };
  const observer = new ResizeObserver(fit);
  observer.observe(inner);
  return {
    box,
    set(times, columns, happened, windowS) {
      const now = times.at(-1) ?? 0;
      marks = happened.map((m) => ({ t: m.t_s - now, tone: m.tone, text: m.text }));
      // a run that is younger than the time shown fills the chart
      plot.windowS = Math.min(windowS, Math.max(SPAN_LEAST_S, Math.ceil(now - (times[0] ?? now))));
      setText(hint, columns.some((c) => c.some((v) => v !== null)) ? unit : "no trusted value in this time");
      plot.setData([times.map((t) => t - now), ...columns]);
    },
    destroy() {
      observer.disconnect();
      plot.destroy();
    },
  };
}

/** A bar from 0 to 1 with words: shares, terms, contributions. */
export const shareBar = (name, share, tone = "plain", words = "", title = "") =>
  el(
    "div",
    { class: "share", title: title === "" ? null : title },
    el("span", { class: "share-name" }, name),
    barOf(share, tone, null, `${name}: ${words}`),
    el("span", { class: "share-value" }, words),
  );

/** The bar alone; `mark` is a share too. */
export function barOf(share, tone, mark, label) {
  const at = (value) => String(Math.max(0, Math.min(1, value)) * 100);
  const fill = svg("rect", { x: 0, y: 0, width: at(share), height: 10, class: `fill ${tone}` });
  const bar = svg(
    "svg",
    { viewBox: "0 0 100 10", preserveAspectRatio: "none", class: "bar", role: "img", "aria-label": label },
    svg("rect", { x: 0, y: 0, width: 100, height: 10, class: "ground" }),
    fill,
    mark === null
      ? null
      : svg("path", { d: `M${Math.max(0.4, Math.min(99.6, mark * 100))} 0 V10`, class: "mark" }),
  );
  bar.update = (next, nextTone, nextLabel) => {
    fill.setAttribute("width", at(next));
    fill.setAttribute("class", `fill ${nextTone}`);
    bar.setAttribute("aria-label", nextLabel);
  };
  return bar;
}

/** A histogram as columns; `values` are numbers. */
export function histogram(title, values, bins = 31) {
  if (values.length === 0) return countsChart({ title, counts: [], low: "", high: "" });
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const step = (high - low || 1) / bins;
  const counts = new Array(bins).fill(0);
  for (const v of values) counts[Math.min(bins - 1, Math.floor((v - low) / step))]++;
  const zero = low < 0 && high > 0 ? -low / (high - low) : null;
  return countsChart({
    title,
    counts,
    low: low.toPrecision(3),
    high: high.toPrecision(3),
    words: `${values.length} values`,
    mark: zero,
  });
}

/**
 * Columns of counts that were made elsewhere, with what stands below both ends. Heights grow with the logarithm:
 * one value in a thousand is still seen. `mark` is a share of the width; `toneOf(share)` colours a column.
 */
export function countsChart({ title, counts, low, high, words = "", mark = null, toneOf = () => "plain" }) {
  const box = el("figure", { class: "chart-box" }, el("figcaption", {}, title));
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  if (most === 0) {
    box.append(el("p", { class: "quiet" }, "No values yet."));
    return box;
  }
  const top = Math.log1p(most);
  const n = counts.length;
  const bars = counts.map((count, i) => {
    const height = (Math.log1p(count) / top) * 100;
    const column = svg("rect", { x: i * 10 + 1, y: 105 - height, width: 8, height });
    column.setAttribute("class", `column ${toneOf((i + 0.5) / n)}`);
    column.append(svg("title", {}, String(count)));
    return column;
  });
  box.append(
    svg(
      "svg",
      {
        viewBox: `0 0 ${n * 10} 106`,
        preserveAspectRatio: "none",
        class: "histogram",
        role: "img",
        "aria-label": `${title}: ${words}, from ${low} to ${high}`,
      },
      svg("path", { d: `M0 105.5 H${n * 10}`, class: "base" }),
      ...bars,
      mark === null ? null : svg("path", { d: `M${mark * n * 10} 0 V106`, class: "mark-line" }),
    ),
    el(
      "div",
      { class: "ends" },
      el("span", {}, low),
      el("span", {}, `${words}${words === "" ? "" : ", "}heights on a log scale`),
      el("span", {}, high),
    ),
  );
  return box;
}
