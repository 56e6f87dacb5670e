// A chart of anything that is not time.
import type { Plot } from "../model.ts";
import { el } from "./dom.ts";
import { colorOf, cssColor, lineColors } from "./palette.ts";
import { axisOf, plotLibrary } from "./uplot.ts";

const LABEL_FONT = "12px system-ui, sans-serif";

export function plot(p: Plot): HTMLElement {
  const colors = lineColors();
  const box = el(
    "div",
    { class: "sheet chart" },
    el(
      "h3",
      {},
      p.title,
      // one line is named by the title already
      (p.lines.length < 2 ? [] : p.lines).map((line, i) =>
        el("span", { class: "key" }, el("i", { style: `background:${colorOf(colors, i)}` }), line.name),
      ),
    ),
  );
  const Library = plotLibrary();
  const rows = Library.join(p.lines.map((line) => [[...line.x], [...line.y]]));
  const axis = axisOf(cssColor("--quiet"), cssColor("--rule"));
  const series = [
    {},
    ...p.lines.map((line, i) => ({
      stroke: colorOf(colors, i),
      width: line.points ? 0 : 1.5,
      spanGaps: true,
      points: { show: line.points === true, size: 5 },
    })),
  ];
  requestAnimationFrame(() => {
    new Library(
      {
        width: box.clientWidth - 28,
        height: 260,
        series,
        legend: { show: false },
        scales: { x: { time: false } },
        axes: [
          { ...axis, label: p.xTitle, labelSize: 18, labelFont: LABEL_FONT },
          { ...axis, label: p.yTitle, labelSize: 18, labelFont: LABEL_FONT, size: 56 },
        ],
      },
      rows,
      box,
    );
  });
  return box;
}
