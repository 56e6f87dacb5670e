// How near each rule is to its limit, and how near it came today: what to tune, and by how much.
import type { MarginStatus, NodeStatus } from "../../../core/domain/index.ts";
import { codeTitle, el, heading, number, pill, rowsIn, setText, swap, type Tone, wallTime } from "./dom.ts";

const HEAD = ["Rule", "Now", "Limit", "Left now", "Least left today"] as const;
/** a margin below this share of its limit is near */
const NEAR = 0.25;

export function marginsPart(): { readonly node: HTMLElement; update(status: NodeStatus): void } {
  const body = el("tbody");
  const rows = rowsIn<MarginStatus>(body, marginRow);
  const sheet = el(
    "div",
    { class: "sheet scroll", tabindex: "0", role: "region", "aria-label": "Margins of the rules" },
    el(
      "table",
      { class: "margins" },
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          HEAD.map((h) => el("th", { scope: "col" }, h)),
        ),
      ),
      body,
    ),
  );
  const node = el("section", {}, heading("Margins", "since midnight, or since this run began"), sheet);
  return {
    node,
    update({ margins = [] }) {
      node.hidden = margins.length === 0;
      rows(margins.map((m) => [`${m.code}/${m.rule}/${m.channel}/${m.unit}`, m]));
    },
  };
}

/** an input that has but two values is at its limit while all is well */
const toneOf = (left: number | null, limit: number | null, isLevel: boolean): Tone =>
  left === null || limit === null
    ? "plain"
    : left < 0
      ? "bad"
      : !isLevel && left < NEAR * Math.abs(limit)
        ? "warn"
        : "good";

function marginRow(first: MarginStatus): { node: HTMLElement; update(m: MarginStatus): void } {
  const isLevel = first.unit === "0|1";
  const unit = isLevel ? "" : ` ${first.unit}`;
  const [now, limit] = [el("span"), el("span")];
  const [left, least] = [el("div"), el("div")];
  const cells = [
    el(
      "div",
      {},
      el("strong", {}, first.rule),
      el("div", { class: "quiet" }, `${codeTitle(first.code)} · ${first.channel}`),
    ),
    now,
    limit,
    left,
    least,
  ];
  const node = el(
    "tr",
    {},
    cells.map((cell, i) => el("td", { "data-head": HEAD[i] }, cell)),
  );
  return {
    node,
    update(m) {
      setText(now, m.value === null ? "–" : `${number(m.value, 3)}${unit}`);
      setText(limit, m.limit === null ? "–" : `${m.side} ${number(m.limit, 3)}${unit}`);
      const tone = toneOf(m.left, m.limit, isLevel);
      swap(left, [tone, number(m.left, 3)], () =>
        pill(m.left === null ? "–" : `${number(m.left, 3)}${unit}`, tone),
      );
      const { least: was } = m;
      swap(least, was, () =>
        was === null
          ? "–"
          : [
              pill(`${number(was.left, 3)}${unit}`, toneOf(was.left, m.limit, isLevel)),
              el(
                "div",
                { class: "quiet" },
                `${number(was.value, 3)}${unit} at ${wallTime(was.at).slice(0, 8)}`,
              ),
            ],
      );
    },
  };
}
