// A change that walks from cell to cell: its plans, their stages, and how to end it.
import { askKill } from "./act.js";
import { codeEntry, codeTitle, el, pill, replace, wall } from "./dom.js";
import { termsOf } from "./promotions.js";
import { followReceipts } from "./receipts.js";

const TONES = {
  start: "plain",
  advance: "good",
  done: "good",
  hold: "warn",
  pause: "warn",
  abort: "bad",
  kill: "bad",
};

export function rolloutsView(root, _rest, alive) {
  const list = el("div", { class: "stack" });
  root.append(
    el(
      "div",
      { class: "row-head" },
      el(
        "p",
        { class: "lead" },
        "A rollout changes one cell first, watches it, then the next. It stops by itself when a cell gets worse.",
      ),
      el("button", { type: "button", class: "danger", onclick: askKill }, "Kill this cell…"),
    ),
    list,
  );
  return followReceipts(["rollout"], (rows) => draw(list, rows), alive);
}
function draw(list, rows) {
  const plans = Map.groupBy(rows, (r) => r.body.plan);
  replace(
    list,
    plans.size === 0
      ? el(
          "div",
          { class: "sheet empty" },
          el("strong", {}, "No rollout has reached this cell yet."),
          el("p", { class: "quiet" }, "Stages, verdicts and who gave them appear here when one does."),
        )
      : [...plans].map(([plan, steps]) => planSheet(plan, steps)),
  );
}
function planSheet(plan, steps) {
  const { body } = steps[0];
  return el(
    "article",
    { class: "sheet" },
    el(
      "div",
      { class: "row-head" },
      el("strong", {}, plan),
      pill(body.verdict, TONES[body.verdict]),
      el("span", { class: "hint" }, `stage ${body.stage}`),
    ),
    el("p", {}, `${codeTitle(body.code)}. `, codeEntry(body.code)?.meaning ?? ""),
    el(
      "ol",
      { class: "track" },
      [...steps]
        .reverse()
        .map((r) =>
          el(
            "li",
            { class: TONES[r.body.verdict] },
            el("div", {}, pill(r.body.verdict, TONES[r.body.verdict]), ` ${r.body.stage}`),
            el("div", { class: "quiet" }, `${wall(r.at)}${r.body.by === "" ? "" : ` · ${r.body.by}`}`),
            el(
              "div",
              {},
              codeTitle(r.body.code),
              " ",
              el("a", { href: `#receipts/${encodeURIComponent(r.id)}` }, "receipt"),
            ),
          ),
        ),
    ),
    termsOf(body.terms),
  );
}
