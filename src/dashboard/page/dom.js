// Small hands for the page. Text goes in as text, never as markup: names and reasons come from strangers.
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}
export const replace = (node, ...children) => node.replaceChildren(...children.flat().filter((c) => c !== null && c !== false));
export const number = (value, digits = 4) => (value === null || value === undefined ? "–" : String(Number(Number(value).toPrecision(digits))));
export const clock = (us) => {
  const s = us / 1e6;
  const h = Math.floor(s / 3600);
  const m = Math.floor(s / 60) % 60;
  const rest = (s % 60).toFixed(1).padStart(4, "0");
  return h > 0 ? `${h}:${String(m).padStart(2, "0")}:${rest}` : `${m}:${rest}`;
};
export const wall = (us) => new Date(us / 1000).toISOString().replace("T", " ").replace("Z", "");
export const card = (title, value, detail = "", tone = "plain") =>
  el("div", { class: `card ${tone}` }, el("div", { class: "name" }, title), el("div", { class: "value" }, value), el("div", { class: "detail" }, detail));
export const sheet = (...children) => el("div", { class: "sheet" }, ...children);
export function table(head, rows, empty) {
  if (rows.length === 0) return sheet(empty);
  return el("div", { class: "sheet scroll", tabindex: "0", role: "region", "aria-label": head.join(", ") },
    el("table", {}, el("thead", {}, el("tr", {}, ...head.map((h) => el("th", { scope: "col" }, h)))),
      el("tbody", {}, ...rows.map((cells) => el("tr", {}, ...cells.map((c) => (c instanceof HTMLTableCellElement ? c : el("td", {}, c ?? "–"))))))));
}
export async function getJson(path) {
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error ?? `${answer.status}`);
  return answer.json();
}
