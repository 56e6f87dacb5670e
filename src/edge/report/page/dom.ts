// Small hands for pages and reports. Text goes in as text, never as markup: names and reasons come from strangers.
export type Tone = "good" | "warn" | "bad" | "plain";
type Content = Node | string | number | null | undefined | false;
export type Children = Content | readonly Children[];
type Attribute = string | number | boolean | null | undefined;
// declared as a method, so that a listener may say which event it expects
type Listener = { hear(event: Event): unknown }["hear"];
/** what stands in a tag; names that begin with "on" are listeners */
export type Attributes = Readonly<Record<string, Attribute | Listener>>;

const flat = (children: Children): readonly (Node | string)[] =>
  Array.isArray(children)
    ? (children as readonly Children[]).flatMap(flat)
    : children === null || children === undefined || children === false
      ? []
      : [typeof children === "object" ? (children as Node) : String(children)];

function dress(node: Element, attributes: Attributes): void {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(key.slice(2), value as EventListener);
    // set as text it would be refused where the page's policy forbids styles in markup
    else if (key === "style") (node as HTMLElement).style.cssText = String(value);
    else if (value !== undefined && value !== null && value !== false)
      node.setAttribute(key, value === true ? "" : String(value));
  }
}
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Children[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  dress(node, attributes);
  node.append(...flat(children));
  return node;
}
export const replace = (node: Element, ...children: readonly Children[]): void =>
  node.replaceChildren(...flat(children));

const NS = "http://www.w3.org/2000/svg";
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Children[]
): SVGElementTagNameMap[K] {
  const node = document.createElementNS(NS, tag);
  dress(node, attributes);
  node.append(...flat(children));
  return node;
}

/** Live text changes only when it differs, so that selections and screen readers are left in peace. */
export const setText = (node: Node, text: string): void => {
  if (node.textContent !== text) node.textContent = text;
};
export const setAttribute = (node: Element, name: string, text: string): void => {
  if (node.getAttribute(name) !== text) node.setAttribute(name, text);
};
const keys = new WeakMap<Element, string>();
/** Builds the content again only when `key` differs from last time. */
export function swap(node: Element, key: unknown, make: () => Children): void {
  const text = JSON.stringify(key);
  if (keys.get(node) === text) return;
  keys.set(node, text);
  replace(node, make());
}

/**
 * A list whose rows stay: each key has one row, made once, brought up to date ever after. What has the focus or is
 * selected is not touched, only what came or went is.
 */
export function rowsIn<T>(
  parent: Element,
  make: (item: T) => { readonly node: Element; update?(item: T): void },
): (items: readonly (readonly [key: string, item: T])[]) => void {
  const rows = new Map<string, ReturnType<typeof make>>();
  return (items) => {
    const wanted = new Set(items.map(([key]) => key));
    for (const [key, { node }] of rows)
      if (!wanted.has(key)) {
        node.remove();
        rows.delete(key);
      }
    items.forEach(([key, item], i) => {
      let row = rows.get(key);
      if (row === undefined) rows.set(key, (row = make(item)));
      row.update?.(item);
      // moving a node takes its focus away: one that stands in its place is left there
      if (parent.children[i] !== row.node) parent.insertBefore(row.node, parent.children[i] ?? null);
    });
  };
}

export const number = (value: number | null | undefined, digits = 4): string =>
  value === null || value === undefined ? "–" : String(Number(Number(value).toPrecision(digits)));
export const fixed = (value: number | null | undefined, digits: number): string =>
  value === null || value === undefined ? "–" : value.toFixed(digits);
/** a length of time in words that fit into a cell */
export function lasting(s: number): string {
  if (s < 60) return `${Math.max(0, s).toFixed(s < 10 ? 1 : 0)} s`;
  if (s < 3_600) return `${Math.floor(s / 60)} min ${Math.floor(s % 60)} s`;
  return `${Math.floor(s / 3_600)} h ${Math.floor((s % 3_600) / 60)} min`;
}
/** a moment of a recording: 3.2 s, 2:05 */
export const clock = (s: number): string => {
  const minutes = Math.floor(s / 60);
  return minutes > 0
    ? `${minutes}:${(s - minutes * 60).toFixed(s % 1 === 0 ? 0 : 2).padStart(s % 1 === 0 ? 2 : 5, "0")}`
    : `${Number(s.toFixed(3))} s`;
};
/** which shape stands for a health, a verdict or a state: never colour alone */
const SHAPES: Readonly<Record<Tone, string>> = { good: "●", warn: "▲", bad: "■", plain: "○" };
export const pill = (text: string, tone: Tone = "plain"): HTMLElement =>
  el(
    "span",
    { class: `pill ${tone}` },
    el("span", { class: "shape", "aria-hidden": "true" }, SHAPES[tone]),
    ` ${text}`,
  );
export const cardOf = (
  name: string,
  value: string | number,
  detail: string,
  tone: Tone = "plain",
): HTMLElement =>
  el(
    "div",
    { class: `card ${tone}` },
    el("div", { class: "name" }, name),
    el("div", { class: "value" }, String(value)),
    el("div", { class: "detail" }, detail),
  );
export const pairs = (
  entries: readonly (readonly [string, string | Node | null | undefined])[],
): HTMLElement =>
  el(
    "dl",
    {},
    entries
      .filter(([, v]) => v !== null && v !== undefined && v !== "")
      .map(([k, v]) => [el("dt", {}, k), el("dd", {}, v)]),
  );
