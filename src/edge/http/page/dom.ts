// What the page's views are made of besides the kit that they share with reports.
import type { CodeEntry } from "../../../core/domain/index.ts";
import { el, type Children } from "../../report/page/index.ts";

export {
  cardOf,
  type Children,
  el,
  fixed,
  lasting,
  number,
  pairs,
  pill,
  replace,
  rowsIn,
  setText,
  svg,
  swap,
  type Tone,
} from "../../report/page/index.ts";

const pad = (n: number): string => String(n).padStart(2, "0");
/** the cell's own clock */
export const wall = (us: number): string => {
  const d = new Date(us / 1000);
  return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())} ${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}.${String(d.getMilliseconds()).padStart(3, "0")}`;
};
export const wallTime = (us: number): string => wall(us).slice(11);

export const sheet = (...children: readonly Children[]): HTMLElement =>
  el("div", { class: "sheet" }, ...children);
export const quietSheet = (text: string): HTMLElement => el("div", { class: "sheet quiet" }, text);
export const heading = (text: string, hint = ""): HTMLElement =>
  el("h2", {}, text, hint === "" ? null : el("span", { class: "hint" }, hint));
/** rows of cells, or rows that were made already */
export function table(
  head: readonly string[],
  rows: readonly (HTMLTableRowElement | readonly Children[])[],
  empty: string,
): HTMLElement {
  if (rows.length === 0) return quietSheet(empty);
  return el(
    "div",
    { class: "sheet scroll", tabindex: "0", role: "region", "aria-label": `Table: ${head.join(", ")}` },
    el(
      "table",
      {},
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          head.map((h) => el("th", { scope: "col" }, h)),
        ),
      ),
      el(
        "tbody",
        {},
        rows.map((row) =>
          row instanceof HTMLTableRowElement
            ? row
            : el(
                "tr",
                {},
                row.map((c, i) => el("td", { "data-head": head[i] }, c ?? "–")),
              ),
        ),
      ),
    ),
  );
}
/** words for a person, whatever was thrown */
export const wordsOfError = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);

/** What the node answers; the caller knows what it asked for. */
export async function getJson<T>(path: string): Promise<T> {
  const answer = await fetch(path, { headers: { accept: "application/json" } }).catch(() => {
    throw new Error("The node does not answer.");
  });
  if (!answer.ok) {
    const words = (await answer.json().catch(() => ({}))) as { readonly error?: string };
    throw new Error(words.error ?? `${answer.status}`);
  }
  return answer.json() as Promise<T>;
}

type Codes = Readonly<Record<string, CodeEntry>>;
let codes: Codes | null = null;
/** The table of codes: every text that explains a code comes from there. */
export async function loadCodes(): Promise<void> {
  codes ??= await getJson<Codes>("/data/codes");
}
export const codeEntry = (code: string): CodeEntry | null =>
  codes !== null && Object.hasOwn(codes, code) ? codes[code]! : null;
export const codeTitle = (code: string): string => codeEntry(code)?.title ?? code;
