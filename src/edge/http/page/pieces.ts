// Pieces that several views are made of.
import type { Terms } from "./ledger.ts";
import { type Children, el, number, pairs, pill, type Tone } from "./dom.ts";

/** Buttons of which one is pressed: [value, text] each. */
export function choiceOf<T>(
  label: string,
  options: readonly (readonly [T, string])[],
  pressed: T,
  choose: (value: T) => void,
  size = "",
): HTMLElement {
  const buttons: HTMLElement[] = options.map(([value, text]) =>
    el(
      "button",
      {
        type: "button",
        "aria-pressed": String(value === pressed),
        onclick: ({ currentTarget }: Event) => {
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
export const emptySheet = (what: string, when: string): HTMLElement =>
  el("div", { class: "sheet empty" }, el("strong", {}, what), el("p", { class: "quiet" }, when));

/** One thing that was decided: how it came out, its name, when and by whom. */
export interface RecordHead {
  readonly outcome: string;
  readonly tone: Tone;
  readonly title: string;
  readonly hint: Children;
  readonly more?: Children;
}
export const record = (
  { outcome, tone, title, hint, more = null }: RecordHead,
  ...content: readonly Children[]
): HTMLElement =>
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

export const receiptLink = (id: string, text = "receipt"): HTMLElement =>
  el("a", { href: `#receipts/${encodeURIComponent(id)}` }, text);
export const actionLink = (id: string, text = id): HTMLElement =>
  el("a", { href: `#decisions/${encodeURIComponent(id)}` }, text);

/** Text in which commands stand between backticks, as the table of codes writes them. */
export const withCommands = (text: string): Children =>
  text.split("`").map((part, i) => (i % 2 === 1 ? el("code", {}, part) : part));

/** Numbers of a receipt, flat ones as a list. */
export function termsOf(terms: Terms | undefined): HTMLElement | null {
  if (terms === undefined || Object.keys(terms).length === 0) return null;
  const flat = Object.entries(terms).filter(([, v]) => v === null || typeof v !== "object");
  return el(
    "details",
    {},
    el("summary", {}, "Numbers"),
    pairs(flat.map(([k, v]) => [k, typeof v === "number" ? number(v, 5) : String(v)])),
    flat.length < Object.keys(terms).length ? el("pre", {}, JSON.stringify(terms, null, 2)) : null,
  );
}
