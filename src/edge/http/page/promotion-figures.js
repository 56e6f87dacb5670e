// The figures behind a promotion, from the report that it left: the same cards and plots as in that report.
import { countsChart } from "./chart.js";
import { el, getJson, replace } from "./dom.js";
import { cardOf } from "./pieces.js";

const PLOTS_SHOWN = 2;
const TONES = new Set(["good", "warn", "bad", "plain"]);
const toneOf = (tone) => (TONES.has(tone) ? tone : "plain");

/** fills itself when the report is there */
export function figuresOf(name, alive) {
  const node = el("div", { class: "figures" });
  getJson(`/data/report?${new URLSearchParams({ name: `${name}.html` })}`)
    .then((report) => {
      if (!alive.here || report === null) return;
      replace(
        node,
        el(
          "div",
          { class: "cards" },
          report.cards.map((card) => cardOf(card.title, card.value, card.detail ?? "", toneOf(card.tone))),
        ),
        el("div", { class: "figure-plots" }, report.plots.slice(0, PLOTS_SHOWN).map(plotOf)),
      );
    })
    .catch(() => {});
  return node;
}
/** plots of a promotion are outlines of histograms: each column is two points of the same height */
function plotOf({ title, xTitle, lines }) {
  const [line] = lines;
  if (line === undefined || !Array.isArray(line.x) || !Array.isArray(line.y) || line.x.length < 2)
    return null;
  const counts = line.y.filter((_, i) => i % 2 === 0).map(Number);
  const [low, high] = [Number(line.x[0]), Number(line.x.at(-1))];
  const sum = counts.reduce((a, b) => a + b, 0);
  if (sum === 0) return null;
  return countsChart({
    title: `${title} (${xTitle})`,
    counts,
    low: low.toPrecision(3),
    high: high.toPrecision(3),
    words: `${sum} scenarios`,
    mark: low < 0 && high > 0 ? -low / (high - low) : null,
  });
}
