// A change that walks from cell to cell: its plans, their stages, and how to stop this cell.
import type { ReceiptBody, ReceiptBodyOf } from "../../../core/domain/index.ts";
import { type Alive, type Found, type Full, isOf, numberIn, type Row, type Terms } from "./ledger.ts";
import { askKillHere } from "./act.ts";
import { barOf } from "../../report/page/index.ts";
import {
  codeEntry,
  codeTitle,
  el,
  getJson,
  heading,
  number,
  pill,
  sheet,
  swap,
  type Tone,
  wall,
  wallTime,
} from "./dom.ts";
import { emptySheet, record, termsOf } from "./pieces.ts";
import { storyOf } from "./story.ts";

type Stage = Full<"rollout">;
const TONES: Readonly<Record<ReceiptBodyOf<"rollout">["verdict"], Tone>> = {
  start: "plain",
  advance: "good",
  done: "good",
  hold: "warn",
  pause: "warn",
  abort: "bad",
  kill: "bad",
};

const AGAIN_MS = 5_000;

export function rolloutsView(root: HTMLElement, _rest: readonly string[], alive: Alive): () => void {
  const list = el("div", { class: "stack" });
  const here = el("div");
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
    heading("What rollouts did to this cell", "orders taken or refused, and the fleet's kill switch"),
    here,
  );
  const load = async () => {
    const [rollouts, fleet] = await Promise.all(
      ["/data/receipts?type=rollout", "/data/receipts?search=fleet"].map((path) =>
        getJson<Found>(path).catch(() => null),
      ),
    );
    if (!alive.here) return;
    if (rollouts !== null && rollouts !== undefined) draw(list, rollouts.rows.filter(isOf("rollout")));
    if (fleet !== null && fleet !== undefined)
      drawHere(
        here,
        fleet.rows.filter(({ body }) => isOfFleet(body)),
      );
  };
  // a centre writes into a ledger of its own, which this node does not hear
  const timer = setInterval(() => void load(), AGAIN_MS);
  void load();
  return () => clearInterval(timer);
}
const isOfFleet = (body: ReceiptBody | null): boolean =>
  body !== null &&
  (("source" in body && body.source === "fleet") ||
    ("by" in body && /^fleet(:|$)/.test(body.by)) ||
    ("reason" in body && /^rollout /.test(body.reason ?? "")));
function drawHere(node: HTMLElement, rows: readonly Row[]): void {
  const ordered = rows.slice(0, 50);
  swap(
    node,
    ordered.map((r) => r.id),
    () => (ordered.length === 0 ? sheet(el("span", { class: "quiet" }, "Nothing yet.")) : storyOf(ordered)),
  );
}
function draw(list: HTMLElement, rows: readonly Stage[]): void {
  const plans = Map.groupBy(rows, (r) => r.body.plan);
  swap(
    list,
    rows.map((r) => r.id),
    () =>
      plans.size === 0
        ? emptySheet(
            "No rollout is known here.",
            "Stages, verdicts and who gave them stand in the ledger of the centre that runs a rollout. They appear here when its folder, rollouts/, lies beside this node's data folder.",
          )
        : [...plans].map(([plan, steps]) => planSheet(plan, [...steps].reverse())),
  );
}
/** "2 of 4: 10 cells" → which stage, of how many, how far it reaches */
interface Place {
  readonly at: number;
  readonly of: number;
  readonly reach: string;
}
function placeOf(stage: string): Place | null {
  const match = /^(\d+) of (\d+): (.*)$/.exec(stage);
  // of the whole fleet, whatever stage it was in
  if (match === null) return null;
  return {
    at: Number(match[1]),
    of: Math.min(12, Number(match[2])),
    reach: match[3]!.replace(/^1 cells$/, "1 cell"),
  };
}
/** `steps` in order of time */
function planSheet(plan: string, steps: readonly Stage[]): HTMLElement {
  const newest = steps.at(-1)!;
  const { body } = newest;
  const places: Place[] = [];
  for (const { body } of steps)
    places.push(placeOf(body.stage) ?? places.at(-1) ?? { at: 1, of: 1, reach: body.stage });
  const stages = Math.max(...places.map((p) => p.of));
  const reached = Math.max(...places.map((p) => p.at));
  return record(
    {
      outcome: body.verdict,
      tone: TONES[body.verdict],
      title: plan,
      hint: `${wall(newest.at)}${body.by === "" ? "" : ` · ${body.by}`}`,
    },
    el("p", {}, el("strong", {}, `${codeTitle(body.code)}. `), codeEntry(body.code)?.meaning ?? ""),
    el(
      "ol",
      { class: "ladder" },
      Array.from({ length: stages }, (_, i) =>
        stageBox(
          i + 1,
          steps.filter((_step, k) => places[k]!.at === i + 1),
          places.find((p) => p.at === i + 1)?.reach ?? "",
          i + 1 < reached,
        ),
      ),
    ),
    termsOf(body.terms),
  );
}
function stageBox(n: number, steps: readonly Stage[], reach: string, passed: boolean): HTMLElement {
  const last = steps.at(-1);
  const tone: Tone = passed ? "good" : last === undefined ? "plain" : TONES[last.body.verdict];
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
function evidence(terms: Terms): HTMLElement | null {
  const [decisions, failures] = [numberIn(terms, "decisions"), numberIn(terms, "failures")];
  const baselineDecisions = numberIn(terms, "baselineDecisions");
  if (decisions === null || failures === null || decisions === 0) return null;
  const share = failures / decisions;
  return el(
    "div",
    { class: "ladder-seen" },
    barOf(1 - share, share > 0.02 ? "bad" : "good", null, `${failures} of ${decisions} decisions failed`).bar,
    el(
      "div",
      { class: "quiet" },
      `${number(failures)} of ${number(decisions, 6)} decisions failed; ${number(baselineDecisions, 6)} beside them`,
    ),
  );
}
