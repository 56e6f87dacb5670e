// Pieces that several views are made of.
import { el, number, pairs, pill } from "./dom.js";

export const cardOf = (name, value, detail, tone = "plain") =>
  el(
    "div",
    { class: `card ${tone}` },
    el("div", { class: "name" }, name),
    el("div", { class: "value" }, String(value)),
    el("div", { class: "detail" }, detail),
  );

/** Buttons of which one is pressed: [value, text] each. */
export function choiceOf(label, options, pressed, choose, size = "") {
  const buttons = options.map(([value, text]) =>
    el(
      "button",
      {
        type: "button",
        "aria-pressed": String(value === pressed),
        onclick: ({ currentTarget }) => {
          for (const b of buttons) b.setAttribute("aria-pressed", String(b === currentTarget));
          choose(value);
        },
      },
      text,
    ),
  );
  return el("div", { class: `choice ${size}`, role: "group", "aria-label": label }, buttons);
}

/** Nothing to show yet, and what will bring it. */
export const emptySheet = (what, when) =>
  el("div", { class: "sheet empty" }, el("strong", {}, what), el("p", { class: "quiet" }, when));

/** One thing that was decided: how it came out, its name, when and by whom. */
export const record = ({ outcome, tone, title, hint, more = null }, ...content) =>
  el(
    "article",
    { class: "sheet record" },
    el(
      "div",
      { class: "row-head" },
      pill(outcome, tone),
      el("h2", {}, title),
      el("span", { class: "hint" }, hint),
      more,
    ),
    ...content,
  );

export const receiptLink = (id, text = "receipt") =>
  el("a", { href: `#receipts/${encodeURIComponent(id)}` }, text);
export const actionLink = (id, text = id) => el("a", { href: `#decisions/${encodeURIComponent(id)}` }, text);

/** Text in which commands stand between backticks, as the table of codes writes them. */
export const withCommands = (text) =>
  text.split("`").map((part, i) => (i % 2 === 1 ? el("code", {}, part) : part));

/** Numbers of a receipt, flat ones as a list. */
export function termsOf(terms) {
  const flat = Object.entries(terms ?? {}).filter(([, v]) => v === null || typeof v !== "object");
  if (Object.keys(terms ?? {}).length === 0) return null;
  return el(
    "details",
    {},
    el("summary", {}, "Numbers"),
    pairs(flat.map(([k, v]) => [k, typeof v === "number" ? number(v, 5) : String(v)])),
    flat.length < Object.keys(terms).length ? el("pre", {}, JSON.stringify(terms, null, 2)) : null,
  );
}
