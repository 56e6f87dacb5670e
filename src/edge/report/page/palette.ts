// The colours of the page for what is drawn on a canvas, as the present theme has them.
const root = (): HTMLElement => document.documentElement;
/** the page states its theme; a report follows the system */
export const isDark = (): boolean =>
  root().dataset["dark"] === undefined
    ? matchMedia("(prefers-color-scheme: dark)").matches
    : root().dataset["dark"] === "true";

/** a colour of the style sheet as the browser resolves it */
export function cssColor(name: string): string {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}
/** lines of a chart, in the order of their being drawn */
export const lineColors = (): readonly string[] =>
  isDark()
    ? ["#6cb6ff", "#f0883e", "#56d4bb", "#d2a8ff", "#ff9492", "#c9d15a"]
    : ["#1f6feb", "#bc4c00", "#0a7f6f", "#8250df", "#bf3989", "#6b7300"];
export const colorOf = (colors: readonly string[], i: number): string => colors[i % colors.length]!;
