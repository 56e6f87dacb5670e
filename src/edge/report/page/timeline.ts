// The course of a run: what the cell did, what happened, the picture and the charts, all at the same moment.
import type { Timeline } from "../model.ts";
import type { Film } from "../scene.ts";
import { clock, el, setText } from "./dom.ts";
import { filmOf } from "./film.ts";
import { type Drawn, timeChart } from "./time-chart.ts";

const MOMENTS_PER_S = 20;
const MARKS_SHOWN = 200;

/** gives back the section, and how to bring a moment into view */
export function timeline(time: Timeline, film: Film | null) {
  const charts: Drawn["drawn"][] = [];
  let zoom: readonly [number, number] = [0, time.spanS];
  let moment: number | null = null;
  const strip = el("div", { class: "strip", role: "img", "aria-label": "State of the cell over time" });
  const marks = el("div", { class: "marks" });
  const span = el("span", {}, "");
  const holder = el("div", {});
  const picture = film === null ? null : filmOf(film);
  const words = el("output", { class: "moment", for: "moment" });
  const scrub: HTMLInputElement = el("input", {
    id: "moment",
    class: "scrub",
    type: "range",
    min: 0,
    max: Math.max(1, Math.round(time.spanS * MOMENTS_PER_S)),
    value: 0,
    "aria-label": "Moment of the recording",
    oninput: () => point(Number(scrub.value) / MOMENTS_PER_S),
  });
  const setZoom = (from: number, to: number): void => {
    const width = Math.max(0.02, Math.min(time.spanS, to - from));
    const start = Math.max(0, Math.min(time.spanS - width, from));
    zoom = [start, start + width];
    for (const chart of charts) chart.setScale("x", { min: zoom[0], max: zoom[1] });
    draw();
  };
  const goTo = (s: number): void => {
    const width = Math.min(time.spanS, 6);
    setZoom(s - width / 2, s + width / 2);
    point(s);
    section.scrollIntoView({ block: "start" });
  };
  const draw = (): void => {
    drawStrip(strip, time, zoom);
    drawMarks(marks, time, zoom, goTo);
    setText(span, `${clock(zoom[0])} – ${clock(zoom[1])}`);
  };
  /** picture, charts, cause and verdict of one moment */
  const point = (s: number): void => {
    moment = Math.max(0, Math.min(time.spanS, s));
    scrub.value = String(Math.round(moment * MOMENTS_PER_S));
    scrub.setAttribute("aria-valuetext", clock(moment));
    for (const chart of charts) chart.redraw(false);
    picture?.show(moment);
    setText(words, wordsAt(time, moment));
  };
  const section = el(
    "section",
    {},
    el("h2", {}, "Course"),
    el(
      "div",
      { class: "sheet" },
      toolRow(time, () => zoom, setZoom, span),
      picture?.node,
      el("div", { class: "scrubber" }, scrub, words),
      marks,
      strip,
      holder,
    ),
  );
  requestAnimationFrame(() => {
    const view = { zoom: () => zoom, setZoom, moment: () => moment, point };
    for (const chart of time.charts) {
      const { box, drawn } = timeChart(chart, time, holder.clientWidth, view);
      charts.push(drawn);
      holder.append(box);
    }
    draw();
    point(time.marks.find((m) => m.tone === "bad")?.atS ?? 0);
  });
  let pending = 0;
  addEventListener("resize", () => {
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(() =>
      charts.forEach((chart) => chart.setSize({ width: holder.clientWidth, height: chart.height })),
    );
  });
  return { section, goTo };
}

/** how near an event has to be to count as what is looked at */
const NEAR_S = 1;
function wordsAt(time: Timeline, s: number): string {
  const band = time.bands.find((b) => s >= b.fromS && s <= b.toS);
  const event = [...time.marks]
    .filter((m) => Math.abs(m.atS - s) <= NEAR_S)
    .sort((a, b) => Math.abs(a.atS - s) - Math.abs(b.atS - s))[0];
  return [clock(s), band?.text ?? "", event === undefined ? "" : `${clock(event.atS)} ${event.text}`]
    .filter((text) => text !== "")
    .join(" · ");
}

function toolRow(
  time: Timeline,
  zoom: () => readonly [number, number],
  setZoom: (from: number, to: number) => void,
  span: HTMLElement,
): HTMLElement {
  const width = (): number => zoom()[1] - zoom()[0];
  const tool = (text: string, label: string, act: () => void): HTMLElement =>
    el("button", { type: "button", "aria-label": label, title: label, onclick: act }, text);
  return el(
    "div",
    { class: "tools" },
    el("button", { type: "button", onclick: () => setZoom(0, time.spanS) }, "Whole recording"),
    tool("◀", "earlier", () => setZoom(zoom()[0] - width() / 2, zoom()[1] - width() / 2)),
    tool("▶", "later", () => setZoom(zoom()[0] + width() / 2, zoom()[1] + width() / 2)),
    tool("+", "closer", () => setZoom(zoom()[0] + width() / 4, zoom()[1] - width() / 4)),
    tool("−", "further away", () => setZoom(zoom()[0] - width() / 2, zoom()[1] + width() / 2)),
    span,
    el("span", {}, "Drag to zoom, wheel to zoom, shift and drag to move, double click for everything."),
    el(
      "div",
      { class: "legend" },
      (
        [
          ["--good-soft", "moving"],
          ["--warn-soft", "slowed"],
          ["--bad-soft", "blocked"],
        ] as const
      ).map(([name, text]) => el("span", { style: `--swatch: var(${name})` }, text)),
      time.shades.length > 0 ? el("span", { style: "--swatch: var(--hazard)" }, "hazard") : null,
    ),
  );
}

function drawStrip(strip: HTMLElement, time: Timeline, [from, to]: readonly [number, number]): void {
  const place = (s: number): number => ((s - from) / (to - from)) * 100;
  strip.replaceChildren(
    ...time.bands
      .filter((b) => b.toS > from && b.fromS < to)
      .map((b) => {
        const left = Math.max(0, place(b.fromS));
        const right = Math.min(100, place(b.toS));
        return el(
          "div",
          {
            class: b.tone,
            style: `left:${left}%;width:${right - left}%`,
            title: `${b.text} ${clock(b.fromS)} – ${clock(b.toS)}`,
          },
          right - left > 2 ? b.text : "",
        );
      }),
  );
}
function drawMarks(
  marks: HTMLElement,
  time: Timeline,
  [from, to]: readonly [number, number],
  goTo: (s: number) => void,
): void {
  const visible = time.marks.filter((m) => m.atS >= from && m.atS <= to).slice(0, MARKS_SHOWN);
  marks.replaceChildren(
    ...visible.map((m) =>
      el(
        "button",
        {
          type: "button",
          class: m.tone,
          style: `left:${((m.atS - from) / (to - from)) * 100}%`,
          title: `${clock(m.atS)} ${m.text}`,
          "aria-label": `${clock(m.atS)} ${m.text}`,
          onclick: () => goTo(m.atS),
        },
        m.tone === "bad" ? "■" : "!",
      ),
    ),
  );
}
