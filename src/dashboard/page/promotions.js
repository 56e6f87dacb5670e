// What wanted to take the place of what, which checks it met, and what was taken back.
import { codeEntry, codeTitle, el, number, pairs, pill, replace, wall } from "./dom.js";
import { followReceipts } from "./receipts.js";

const TONES = { passed: "good", promoted: "good", refused: "bad", insufficient: "warn" };
const short = (hash) => (hash.length > 16 ? `${hash.slice(0, 12)}…` : hash);

export function promotionsView(root, _rest, alive) {
  const list = el("div", { class: "stack" });
  root.append(
    el(
      "p",
      { class: "lead" },
      "A candidate replaces a baseline only when every check passes. Each check leaves a receipt; a rollback does too.",
    ),
    list,
  );
  return followReceipts(["promotion", "rollback"], (rows) => draw(list, rows), alive);
}
function draw(list, rows) {
  const groups = new Map();
  for (const row of rows) {
    const key =
      row.type === "promotion"
        ? `${row.body.candidate}/${row.body.baseline}`
        : `${row.body.from}/${row.body.to}/${row.id}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  replace(
    list,
    groups.size === 0
      ? el(
          "div",
          { class: "sheet empty" },
          el("strong", {}, "No promotion yet."),
          el(
            "p",
            { class: "quiet" },
            "When a candidate head or program is tried against its baseline, its checks appear here.",
          ),
        )
      : [...groups.values()].map((group) =>
          group[0].type === "rollback" ? rollback(group[0]) : candidate(group),
        ),
  );
}
function candidate(rows) {
  const [newest] = rows;
  const { body } = newest;
  return el(
    "article",
    { class: "sheet" },
    el(
      "div",
      { class: "row-head" },
      el("strong", {}, `${short(body.candidate)} for ${short(body.baseline)}`),
      pill(body.outcome, TONES[body.outcome]),
      el("span", { class: "hint" }, wall(newest.at)),
    ),
    el("p", {}, `${codeTitle(body.code)}. `, codeEntry(body.code)?.meaning ?? ""),
    el(
      "ul",
      { class: "steps" },
      [...rows]
        .reverse()
        .map((r) =>
          el(
            "li",
            {},
            pill(r.body.outcome, TONES[r.body.outcome]),
            ` ${r.body.step}: `,
            codeTitle(r.body.code),
            " ",
            el("a", { href: `#receipts/${encodeURIComponent(r.id)}` }, "receipt"),
            report(r.body.terms),
          ),
        ),
    ),
    termsOf(body.terms),
  );
}
/** a report that the step wrote, when it names one inside the data folder */
const report = (terms) =>
  typeof terms?.report === "string" && /^[\w.-]+\.html$/.test(terms.report)
    ? [" ", el("a", { href: `/reports/${terms.report}`, target: "_blank", rel: "noopener" }, "report")]
    : null;
const rollback = ({ body, at, id }) =>
  el(
    "article",
    { class: "sheet" },
    el(
      "div",
      { class: "row-head" },
      el("strong", {}, `back to ${short(body.to)}`),
      pill("rolled back", "bad"),
      el("span", { class: "hint" }, wall(at)),
    ),
    el("p", {}, `${codeTitle(body.code)}. ${body.reason}`),
    pairs([
      ["from", body.from],
      ["to", body.to],
    ]),
    el("p", {}, el("a", { href: `#receipts/${encodeURIComponent(id)}` }, "receipt")),
    termsOf(body.terms),
  );

/** numbers of a receipt, flat ones as a list */
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
