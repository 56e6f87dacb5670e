// The figures behind a promotion, from the report that it left: the same cards and plots as in that report.
import { countsChart, type Plot, type Report } from "../../report/page/index.ts";
import { cardOf, el, getJson, replace, type Tone } from "./dom.ts";
import type { Alive } from "./ledger.ts";

const PLOTS_SHOWN = 2;
const TONES: ReadonlySet<string> = new Set(["good", "warn", "bad", "plain"]);
const toneOf = (tone: string): Tone => (TONES.has(tone) ? (tone as Tone) : "plain");

/** fills itself when the report is there */
export function figuresOf(name: string, alive: Alive): HTMLElement {
  const node = el("div", { class: "figures" });
  getJson<Report | null>(`/data/report?${new URLSearchParams({ name: `${name}.html` })}`)
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
function plotOf({ title, xTitle, lines }: Plot): HTMLElement | null {
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
