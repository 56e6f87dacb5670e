// The course of a run: what the cell did, what happened, and the charts, all with the same piece of time in view.
import { clock, el } from "./dom.js";
import { timeChart } from "./time-chart.js";

/** gives back the section, and how to bring a moment into view */
export function timeline(time) {
  const charts = [];
  let zoom = [0, time.spanS];
  const strip = el("div", { class: "strip", role: "img", "aria-label": "State of the cell over time" });
  const marks = el("div", { class: "marks" });
  const span = el("span", {}, "");
  const all = el("button", { type: "button", onclick: () => setZoom(0, time.spanS) }, "Whole recording");
  const legend = el(
    "div",
    { class: "legend" },
    ...[
      ["--good-soft", "moving"],
      ["--warn-soft", "slowed"],
      ["--bad-soft", "blocked"],
    ].map(([name, text]) => el("span", { style: `--swatch: var(${name})` }, text)),
    time.shades.length > 0 ? el("span", { style: "--swatch: var(--hazard)" }, "hazard") : null,
  );
  const holder = el("div", {});
  const width = () => zoom[1] - zoom[0];
  const tool = (text, label, act) =>
    el("button", { type: "button", "aria-label": label, title: label, onclick: act }, text);
  const tools = [
    tool("◀", "earlier", () => setZoom(zoom[0] - width() / 2, zoom[1] - width() / 2)),
    tool("▶", "later", () => setZoom(zoom[0] + width() / 2, zoom[1] + width() / 2)),
    tool("+", "closer", () => setZoom(zoom[0] + width() / 4, zoom[1] - width() / 4)),
    tool("−", "further away", () => setZoom(zoom[0] - width() / 2, zoom[1] + width() / 2)),
  ];
  const section = el("section", {}, el("h2", {}, "Course"));
  const sheet = el(
    "div",
    { class: "sheet" },
    el(
      "div",
      { class: "tools" },
      all,
      ...tools,
      span,
      el("span", {}, "Drag to zoom, wheel to zoom, shift and drag to move, double click for everything."),
      legend,
    ),
    marks,
    strip,
    holder,
  );
  section.append(sheet);

  const drawStrip = () => {
    const [from, to] = zoom;
    const place = (s) => ((s - from) / (to - from)) * 100;
    strip.replaceChildren(
      ...time.bands
        .filter((b) => b.toS > from && b.fromS < to)
        .map((b) => {
          const left = Math.max(0, place(b.fromS));
          const right = Math.min(100, place(b.toS));
          const wide = right - left > 2;
          return el(
            "div",
            {
              class: b.tone,
              style: `left:${left}%;width:${right - left}%`,
              title: `${b.text} ${clock(b.fromS)} – ${clock(b.toS)}`,
            },
            wide ? b.text : "",
          );
        }),
    );
    const visible = time.marks
      .map((mark, i) => ({ ...mark, i }))
      .filter((m) => m.atS >= from && m.atS <= to)
      .slice(0, 200);
    marks.replaceChildren(
      ...visible.map((m) =>
        el(
          "button",
          {
            type: "button",
            class: m.tone,
            style: `left:${place(m.atS)}%`,
            title: `${clock(m.atS)} ${m.text}`,
            "aria-label": `${clock(m.atS)} ${m.text}`,
            onclick: () => goTo(m.atS),
          },
          m.tone === "bad" ? "■" : "!",
        ),
      ),
    );
    span.textContent = `${clock(from)} – ${clock(to)}`;
  };
  let setting = false;
  const setZoom = (from, to) => {
    if (setting) return;
    const width = Math.max(0.02, Math.min(time.spanS, to - from));
    const start = Math.max(0, Math.min(time.spanS - width, from));
    zoom = [start, start + width];
    setting = true;
    for (const chart of charts) chart.setScale("x", { min: zoom[0], max: zoom[1] });
    setting = false;
    drawStrip();
  };
  const goTo = (s) => {
    const width = Math.min(time.spanS, 6);
    setZoom(s - width / 2, s + width / 2);
    section.scrollIntoView({ block: "start" });
  };
  requestAnimationFrame(() => {
    for (const chart of time.charts) {
      const { box, drawn } = timeChart(chart, time, holder.clientWidth, { zoom: () => zoom, setZoom });
      charts.push(drawn);
      holder.append(box);
    }
    drawStrip();
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
