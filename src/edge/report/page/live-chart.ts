// Lines over the seconds before now.
import { el, number, setText, type Tone } from "./dom.ts";
import { colorOf, cssColor, lineColors } from "./palette.ts";
import { axisOf, type Plot, plotLibrary } from "./uplot.ts";

const ago = (t: number): string =>
  t === 0 ? "now" : `−${Math.floor(-t / 60)}:${String(Math.round(-t % 60)).padStart(2, "0")}`;

/** The shape that stands for a tone, for eyes that do not tell the colours apart. */
function drawShape(ctx: CanvasRenderingContext2D, tone: Tone, x: number, y: number, r: number): void {
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
export interface LiveChart {
  readonly box: HTMLElement;
  set(
    times: readonly number[],
    columns: readonly (readonly (number | null)[])[],
    happened: readonly LiveMark[],
    windowS: number,
  ): void;
  destroy(): void;
}
export interface LiveMark {
  readonly t_s: number;
  readonly text: string;
  readonly tone: Tone;
}
export interface LiveSetting {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly string[];
  readonly limits?: readonly { readonly value: number; readonly text: string }[];
  readonly height?: number;
}
type Mark = { readonly t: number; readonly text: string; readonly tone: Tone };
export function liveChart({ title, unit, lines, limits = [], height = 170 }: LiveSetting): LiveChart {
  const inner = el("div", { class: "chart-inner" });
  const hint = el("span", { class: "hint" }, unit);
  const pointed = el("span", { class: "hint pointed" });
  const box = el("figure", { class: "chart-box" }, el("figcaption", {}, title, hint, pointed), inner);
  const colors = lineColors();
  const Library = plotLibrary();
  let shownS = 60;
  const ink = cssColor("--quiet");
  const bad = cssColor("--bad");
  const tones: Record<Tone, string> = { good: cssColor("--good"), warn: cssColor("--warn"), bad, plain: ink };
  let marks: readonly Mark[] = [];
  /** value and event under the pointer */
  const wordsAt = (u: Plot): string => {
    const { idx, left } = u.cursor;
    if (idx === null || idx === undefined || left === undefined || left < 0) return "";
    const values = lines.map((_, i) => u.data[i + 1]![idx]).filter((v) => v !== null && v !== undefined);
    const event = marks.find((m) => Math.abs(u.valToPos(m.t, "x") - left) < NEAR_PX);
    return [
      ago(Math.round(u.data[0][idx] ?? 0)),
      ...values.map((v) => `${number(v)} ${unit}`),
      event?.text ?? "",
    ]
      .filter((text) => text !== "")
      .join(" · ");
  };
  const drawMarks = (u: Plot): void => {
    const { ctx, bbox } = u;
    const ratio = devicePixelRatio || 1;
    ctx.save();
    ctx.lineWidth = ratio;
    ctx.font = `${11 * ratio}px system-ui`;
    for (const { t, tone } of marks) {
      const x = u.valToPos(t, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.strokeStyle = tones[tone];
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
  const axis = axisOf(ink, cssColor("--rule"));
  const top = Math.max(...limits.map((l) => l.value), -Infinity);
  const plot = new Library(
    {
      width: 320,
      height,
      scales: {
        x: { time: false, range: () => [-shownS, 0] },
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
          stroke: colorOf(colors, i),
          width: 1.8,
          spanGaps: false,
          points: { show: false },
        })),
      ],
      hooks: { draw: [drawMarks], setCursor: [(u) => setText(pointed, wordsAt(u))] },
    },
    [[], ...lines.map((): number[] => [])],
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
      shownS = Math.min(windowS, Math.max(SPAN_LEAST_S, Math.ceil(now - (times[0] ?? now))));
      setText(hint, columns.some((c) => c.some((v) => v !== null)) ? unit : "no trusted value in this time");
      plot.setData([times.map((t) => t - now), ...columns.map((c) => [...c])]);
    },
    destroy() {
      observer.disconnect();
      plot.destroy();
    },
  };
}
