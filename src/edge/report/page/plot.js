// A chart of anything that is not time.
import { el } from "./dom.js";
import { COLORS, QUIET, RULE } from "./palette.js";

export function plot(p) {
  const box = el(
    "div",
    { class: "sheet chart" },
    el(
      "h3",
      {},
      p.title,
      // one line is named by the title already
      ...(p.lines.length < 2 ? [] : p.lines).map((line, i) =>
        el(
          "span",
          { class: "key" },
          el("i", { style: `background:${COLORS[i % COLORS.length]}` }),
          line.name,
        ),
      ),
    ),
  );
  const rows = uPlot.join(p.lines.map((line) => [line.x, line.y]));
  const series = [
    {},
    ...p.lines.map((line, i) => ({
      stroke: COLORS[i % COLORS.length],
      width: line.points ? 0 : 1.5,
      spanGaps: true,
      points: { show: line.points === true, size: 5 },
    })),
  ];
  requestAnimationFrame(() => {
    new uPlot(
      {
        width: box.clientWidth - 28,
        height: 260,
        series,
        legend: { show: false },
        scales: { x: { time: false } },
        axes: [
          {
            stroke: QUIET,
            grid: { stroke: RULE, width: 1 },
            ticks: { stroke: RULE },
            label: p.xTitle,
            labelSize: 18,
            labelFont: "12px system-ui, sans-serif",
          },
          {
            stroke: QUIET,
            grid: { stroke: RULE, width: 1 },
            ticks: { stroke: RULE },
            label: p.yTitle,
            labelSize: 18,
            labelFont: "12px system-ui, sans-serif",
            size: 56,
          },
        ],
      },
      rows,
      box,
    );
  });
  return box;
}
