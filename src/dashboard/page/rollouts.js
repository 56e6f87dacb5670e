// A change that walks from cell to cell: its plans, their stages, and how to stop this cell.
import { askKillHere } from "./act.js";
import { barOf } from "./chart.js";
import { codeEntry, codeTitle, el, number, pill, replace, wallTime, wall } from "./dom.js";
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
        "A rollout changes one cell, then 10, then 100, then all, and goes on only while the changed cells are no worse than those beside them.",
      ),
      el("button", { type: "button", class: "danger", onclick: askKillHere }, "Kill this cell…"),
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
          el("strong", {}, "No rollout is in this ledger yet."),
          el("p", { class: "quiet" }, "Stages, verdicts and who gave them appear here when one is."),
        )
      : [...plans].map(([plan, steps]) => planSheet(plan, [...steps].reverse())),
  );
}
/** "2 of 4: 10 cells" → which stage, of how many, how far it reaches */
function placeOf(stage) {
  const match = /^(\d+) of (\d+): (.*)$/.exec(stage);
  if (match === null) return { at: 1, of: 1, reach: stage };
  return {
    at: Number(match[1]),
    of: Math.min(12, Number(match[2])),
    reach: match[3].replace(/^1 cells$/, "1 cell"),
  };
}
/** `steps` in order of time */
function planSheet(plan, steps) {
  const newest = steps.at(-1);
  const { body } = newest;
  const places = steps.map((r) => placeOf(r.body.stage));
  const stages = Math.max(...places.map((p) => p.of));
  const reached = Math.max(...places.map((p) => p.at));
  return el(
    "article",
    { class: "sheet promotion" },
    el(
      "div",
      { class: "row-head" },
      pill(body.verdict, TONES[body.verdict]),
      el("h2", {}, plan),
      el("span", { class: "hint" }, `${wall(newest.at)}${body.by === "" ? "" : ` · ${body.by}`}`),
    ),
    el("p", {}, el("strong", {}, `${codeTitle(body.code)}. `), codeEntry(body.code)?.meaning ?? ""),
    el(
      "ol",
      { class: "ladder" },
      Array.from({ length: stages }, (_, i) =>
        stageBox(
          i + 1,
          steps.filter((_step, k) => places[k].at === i + 1),
          places.find((p) => p.at === i + 1)?.reach ?? "",
          i + 1 < reached,
        ),
      ),
    ),
    termsOf(body.terms),
  );
}
function stageBox(n, steps, reach, passed) {
  const last = steps.at(-1);
  const tone = passed ? "good" : last === undefined ? "plain" : TONES[last.body.verdict];
  return el(
    "li",
    { class: `${tone}${last === undefined ? " ahead" : ""}` },
    el(
      "div",
      { class: "ladder-head" },
      el("strong", {}, `Stage ${n}`),
      el("span", { class: "quiet" }, reach),
      passed
        ? pill("passed", "good")
        : last === undefined
          ? pill("ahead", "plain")
          : pill(last.body.verdict, tone),
    ),
    last === undefined ? el("div", { class: "quiet" }, "not begun") : evidence(last.body.terms),
    steps.map((r) =>
      el(
        "div",
        { class: "ladder-step" },
        el("span", { class: "quiet" }, wallTime(r.at).slice(0, 8)),
        el(
          "a",
          { href: `#receipts/${encodeURIComponent(r.id)}`, class: `words ${TONES[r.body.verdict]}` },
          codeTitle(r.body.code),
        ),
      ),
    ),
  );
}
/** how much was seen, and how many of those decisions failed */
function evidence(terms) {
  const { decisions, failures, baselineDecisions } = terms ?? {};
  if (typeof decisions !== "number" || decisions === 0) return null;
  const share = failures / decisions;
  return el(
    "div",
    { class: "ladder-seen" },
    barOf(1 - share, share > 0.02 ? "bad" : "good", null, `${failures} of ${decisions} decisions failed`),
    el(
      "div",
      { class: "quiet" },
      `${number(failures)} of ${number(decisions, 6)} decisions failed; ${number(baselineDecisions, 6)} beside them`,
    ),
  );
}
