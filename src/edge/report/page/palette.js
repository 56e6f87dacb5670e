// The colours of the page for what is drawn on a canvas.
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
export const COLORS = dark
  ? ["#6cb6ff", "#f0883e", "#56d4bb", "#d2a8ff", "#ff9492", "#c9d15a"]
  : ["#1f6feb", "#bc4c00", "#0a7f6f", "#8250df", "#bf3989", "#6b7300"];
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
const probe = document.createElement("i");
document.body.append(probe);
const color = (name) => {
  probe.style.color = css(name);
  return getComputedStyle(probe).color;
};
export const QUIET = color("--quiet");
export const RULE = color("--rule");
export const BAD = color("--bad");
export const SOFT = {
  good: color("--good-soft"),
  warn: color("--warn-soft"),
  bad: color("--bad-soft"),
  plain: color("--plain-soft"),
};
export const HAZARD = color("--hazard");
probe.remove();
