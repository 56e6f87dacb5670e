// Shares, terms and counts as bars and columns.
import { el, svg, type Tone } from "./dom.ts";

/** A bar from 0 to 1 with words: shares, terms, contributions. */
export const shareBar = (
  name: string,
  share: number,
  tone: Tone = "plain",
  words = "",
  title = "",
): HTMLElement =>
  el(
    "div",
    { class: "share", title: title === "" ? null : title },
    el("span", { class: "share-name" }, name),
    barOf(share, tone, null, `${name}: ${words}`).bar,
    el("span", { class: "share-value" }, words),
  );

/** The bar alone; `mark` is a share too. */
export interface Bar {
  readonly bar: SVGSVGElement;
  readonly fill: SVGRectElement;
  update(share: number, tone: Tone, label: string): void;
}
export function barOf(share: number, tone: Tone, mark: number | null, label: string): Bar {
  const at = (value: number): string => String(Math.max(0, Math.min(1, value)) * 100);
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
  return {
    bar,
    fill,
    update(next, nextTone, nextLabel) {
      fill.setAttribute("width", at(next));
      fill.setAttribute("class", `fill ${nextTone}`);
      bar.setAttribute("aria-label", nextLabel);
    },
  };
}

/** A histogram as columns; `values` are numbers. */
export function histogram(title: string, values: readonly number[], bins = 31): HTMLElement {
  if (values.length === 0) return countsChart({ title, counts: [], low: "", high: "" });
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const step = (high - low || 1) / bins;
  const counts = new Array<number>(bins).fill(0);
  for (const v of values) counts[Math.min(bins - 1, Math.floor((v - low) / step))]!++;
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
export interface Counts {
  readonly title: string;
  readonly counts: readonly number[];
  readonly low: string;
  readonly high: string;
  readonly words?: string;
  readonly mark?: number | null;
  readonly toneOf?: (share: number) => Tone;
}
export function countsChart({
  title,
  counts,
  low,
  high,
  words = "",
  mark = null,
  toneOf = () => "plain",
}: Counts): HTMLElement {
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
