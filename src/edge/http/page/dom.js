// Small hands for the page. Text goes in as text, never as markup: names and reasons come from strangers.
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== null && value !== false)
      node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...shown(children));
  return node;
}
const shown = (children) => children.flat().filter((c) => c !== null && c !== undefined && c !== false);
export const replace = (node, ...children) => node.replaceChildren(...shown(children));

const NS = "http://www.w3.org/2000/svg";
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(NS, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  node.append(...shown(children));
  return node;
}

/** Live text changes only when it differs, so that selections and screen readers are left in peace. */
export const setText = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
};
const keys = new WeakMap();
/** Builds the content again only when `key` differs from last time. */
export function swap(node, key, make) {
  const text = JSON.stringify(key);
  if (keys.get(node) === text) return;
  keys.set(node, text);
  replace(node, make());
}

export const number = (value, digits = 4) =>
  value === null || value === undefined ? "–" : String(Number(Number(value).toPrecision(digits)));
export const fixed = (value, digits) => (value === null || value === undefined ? "–" : value.toFixed(digits));
/** a length of time in words that fit into a cell */
export function lasting(s) {
  if (s < 60) return `${Math.max(0, s).toFixed(s < 10 ? 1 : 0)} s`;
  if (s < 3_600) return `${Math.floor(s / 60)} min ${Math.floor(s % 60)} s`;
  return `${Math.floor(s / 3_600)} h ${Math.floor((s % 3_600) / 60)} min`;
}
/** how many pictures stand for a health, a verdict or a state: never colour alone */
const SHAPES = { good: "●", warn: "▲", bad: "■", plain: "○" };
export const pill = (text, tone = "plain") =>
  el(
    "span",
    { class: `pill ${tone}` },
    el("span", { class: "shape", "aria-hidden": "true" }, SHAPES[tone]),
    ` ${text}`,
  );

const pad = (n) => String(n).padStart(2, "0");
/** the cell's own clock */
export const wall = (us) => {
  const d = new Date(us / 1000);
  return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())} ${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}.${String(d.getMilliseconds()).padStart(3, "0")}`;
};
export const wallTime = (us) => wall(us).slice(11);

export const sheet = (...children) => el("div", { class: "sheet" }, ...children);
export const quietSheet = (text) => el("div", { class: "sheet quiet" }, text);
export const heading = (text, hint = "") =>
  el("h2", {}, text, hint === "" ? null : el("span", { class: "hint" }, hint));
export function table(head, rows, empty) {
  if (rows.length === 0) return quietSheet(empty);
  return el(
    "div",
    { class: "sheet scroll", tabindex: "0", role: "region", "aria-label": `Table: ${head.join(", ")}` },
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, ...head.map((h) => el("th", { scope: "col" }, h)))),
      el(
        "tbody",
        {},
        ...rows.map((row) =>
          row instanceof HTMLElement
            ? row
            : el("tr", {}, ...row.map((c, i) => el("td", { "data-head": head[i] }, c ?? "–"))),
        ),
      ),
    ),
  );
}
export const pairs = (entries) =>
  el(
    "dl",
    {},
    ...entries
      .filter(([, v]) => v !== null && v !== undefined && v !== "")
      .flatMap(([k, v]) => [el("dt", {}, k), el("dd", {}, v)]),
  );

export async function getJson(path) {
  const answer = await fetch(path, { headers: { accept: "application/json" } }).catch(() => {
    throw new Error("The node does not answer.");
  });
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error ?? `${answer.status}`);
  return answer.json();
}

let codes = null;
/** The table of codes: every text that explains a code comes from there. */
export async function loadCodes() {
  codes ??= await getJson("/data/codes");
  return codes;
}
export const codeTitle = (code) => (codes !== null && Object.hasOwn(codes, code) ? codes[code].title : code);
export const codeEntry = (code) => (codes !== null && Object.hasOwn(codes, code) ? codes[code] : null);
