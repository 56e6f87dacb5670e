// What wanted to take the place of what, which checks it met, and what was taken back.
import { codeEntry, codeTitle, el, getJson, pairs, pill, replace, wall } from "./dom.js";
import { figuresOf } from "./promotion-figures.js";
import { emptySheet, receiptLink, record, termsOf } from "./pieces.js";
import { followReceipts } from "./receipts.js";

const TONES = { passed: "good", promoted: "good", refused: "bad", insufficient: "warn" };
/** as many as a report is fetched for; those below show their steps and a link */
const FIGURES_SHOWN = 4;
const NAME_LENGTH = 16;
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
  const drawAll = async (rows) => {
    const reports = new Set(await getJson("/data/reports").catch(() => []));
    if (alive.here) draw(list, rows, reports, alive);
  };
  return followReceipts(["promotion", "rollback"], drawAll, alive);
}
/** one group for each try of a candidate: it ends with the step that decides */
function groupsOf(rows) {
  const groups = [];
  const open = new Map();
  for (const row of [...rows].reverse()) {
    if (row.type === "rollback") {
      groups.push([row]);
      continue;
    }
    const key = `${row.body.candidate}/${row.body.baseline}`;
    if (!open.has(key)) {
      open.set(key, []);
      groups.push(open.get(key));
    }
    open.get(key).push(row);
    if (row.body.step === "decide") open.delete(key);
  }
  return groups.reverse();
}
function draw(list, rows, reports, alive) {
  const groups = groupsOf(rows);
  let shown = 0;
  replace(
    list,
    groups.length === 0
      ? emptySheet(
          "No promotion yet.",
          "When a candidate is tried against its baseline (cellgate promote), its checks appear here.",
        )
      : groups.map((group) =>
          group[0].type === "rollback"
            ? rollback(group[0])
            : candidate(group, reports, shown++ < FIGURES_SHOWN, alive),
        ),
  );
}
function candidate(steps, reports, withFigures, alive) {
  const newest = steps.at(-1);
  const { body } = newest;
  const name = body.candidate.slice(0, NAME_LENGTH);
  const reported = reports.has(name);
  return record(
    {
      outcome: body.outcome,
      tone: TONES[body.outcome],
      title: `${short(body.candidate)} for ${short(body.baseline)}`,
      hint: wall(newest.at),
      more: reported
        ? el(
            "a",
            { class: "to-report", href: `/reports/${name}.html`, target: "_blank", rel: "noopener" },
            "Whole report",
          )
        : null,
    },
    el("p", {}, el("strong", {}, `${codeTitle(body.code)}. `), codeEntry(body.code)?.meaning ?? ""),
    el("ol", { class: "track" }, steps.map(step)),
    reported && withFigures ? figuresOf(name, alive) : null,
    termsOf(body.terms),
  );
}
function step({ body, id }) {
  const troubles = Array.isArray(body.terms?.troubles) ? body.terms.troubles : [];
  return el(
    "li",
    { class: TONES[body.outcome] },
    el("div", {}, el("strong", {}, body.step), " ", pill(body.outcome, TONES[body.outcome])),
    body.outcome === "passed" ? null : el("div", {}, codeTitle(body.code)),
    troubles
      .slice(0, 3)
      .map((t) => el("div", { class: "quiet" }, `${codeTitle(String(t?.code ?? ""))}: ${t?.detail ?? ""}`)),
    el("div", { class: "quiet" }, receiptLink(id)),
  );
}
const rollback = ({ body, at, id }) =>
  record(
    { outcome: "rolled back", tone: "bad", title: `back to ${short(body.to)}`, hint: wall(at) },
    el("p", {}, el("strong", {}, `${codeTitle(body.code)}. `), body.reason),
    pairs([
      ["from", el("span", { title: body.from }, short(body.from))],
      ["to", el("span", { title: body.to }, short(body.to))],
      ["written down", receiptLink(id, "as a receipt")],
    ]),
    termsOf(body.terms),
  );
