// Small hands for a report. Text goes in as text, never as markup.
export const el = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    // set as text it would be refused where the node serves this page
    else if (key === "style") node.style.cssText = value;
    else if (value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
};

export const number = (value) => {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  return size !== 0 && (size < 0.001 || size >= 1e6)
    ? value.toExponential(2)
    : String(Number(value.toPrecision(4)));
};
export const clock = (s) => {
  const minutes = Math.floor(s / 60);
  return minutes > 0
    ? `${minutes}:${(s - minutes * 60).toFixed(s % 1 === 0 ? 0 : 2).padStart(s % 1 === 0 ? 2 : 5, "0")}`
    : `${Number(s.toFixed(3))} s`;
};
