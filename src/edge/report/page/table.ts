// Rows of a report; those that have a moment lead to it.
import type { Table } from "../model.ts";
import { el } from "./dom.ts";

/** names of files beside the report, and web addresses; everything else stays text. A browser drops tabs and line ends
 * from a link before it reads it: one that holds any is none. */
const mayLink = (href: string | undefined): href is string =>
  href !== undefined &&
  (/^https?:\/\/[!-~]+$/i.test(href) || /^(?:\.\/)?[\p{L}\p{N}_][\p{L}\p{N}_.,+ ()#=&%/-]*$/u.test(href));

/** `goTo` brings the moment of a row into view; null where there is no course */
export function tableOf(table: Table, goTo: ((s: number) => void) | null): HTMLElement {
  if (table.rows.length === 0) return el("div", { class: "sheet" }, table.empty);
  const rows = table.rows.map((cells) => {
    const at = cells
      .map((cell) => (typeof cell === "string" ? undefined : cell.atS))
      .find((value) => value !== undefined);
    const act =
      at === undefined || goTo === null
        ? {}
        : {
            class: "jump",
            tabindex: "0",
            title: "show in the charts",
            onclick: () => goTo(at),
            onkeydown: (event: KeyboardEvent) => {
              if (event.key !== "Enter" && event.key !== " ") return;
              event.preventDefault();
              goTo(at);
            },
          };
    return el(
      "tr",
      act,
      cells.map((cell) => {
        if (typeof cell === "string") return el("td", {}, cell);
        return el(
          "td",
          { class: cell.tone },
          mayLink(cell.href) ? el("a", { href: cell.href }, cell.text) : cell.text,
        );
      }),
    );
  });
  const head = el(
    "thead",
    {},
    el(
      "tr",
      {},
      table.head.map((text) => el("th", { scope: "col" }, text)),
    ),
  );
  return el(
    "div",
    { class: "sheet scroll", tabindex: rows.length > 12 || innerWidth <= 640 ? "0" : undefined },
    el("table", {}, head, el("tbody", {}, rows)),
  );
}
