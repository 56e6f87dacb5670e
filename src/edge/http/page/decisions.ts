// What was proposed, what was judged and why; RED ones that wait for a person are answered here.
import type { NodeStatus } from "../../../core/domain/index.ts";
import { barOf } from "../../report/page/index.ts";
import {
  codeTitle,
  el,
  getJson,
  heading,
  number,
  pill,
  quietSheet,
  replace,
  rowsIn,
  sheet,
  wallTime,
  wordsOfError,
} from "./dom.ts";
import { drawCounts, drawReasons, waitingPart } from "./gate-now.ts";
import { type Alive, type Found, type Full, isFull, numberIn, textIn } from "./ledger.ts";
import { live, on } from "./live.ts";
import { picturePart } from "./picture.ts";
import { actionLink, emptySheet } from "./pieces.ts";
import { toneOfVerdict, type Verdict, verdictOf } from "./state-words.ts";
import { drawVerdict } from "./verdict.ts";

const AGAIN_MS = 400;
/** from here on the list and one verdict stand side by side */
const WIDE = "(min-width: 1200px)";
const TOLD: ReadonlySet<string> = new Set([
  "gate_decision",
  "block",
  "approval",
  "permit_used",
  "monte_carlo",
  "watcher",
]);

export function decisionsView(root: HTMLElement, [actionId]: readonly string[], alive: Alive): () => void {
  const waiting = waitingPart();
  const picture = picturePart("What is asked for, in the cell");
  const counts = el("div", { class: "cards" });
  const list = verdictList(actionId);
  const reasons = el("section");
  const detail = el("section", { class: "detail-pane", "aria-live": "polite" });
  const chosen = actionId === "" ? undefined : actionId;
  root.append(
    el("div", { class: "ask-and-look" }, waiting.node, picture.node),
    counts,
    el(
      "div",
      { class: chosen === undefined ? "split" : "split chosen" },
      el("div", {}, el("section", {}, heading("Verdicts", "newest first"), list.node), reasons),
      detail,
    ),
  );
  const update = (status: NodeStatus): void => {
    waiting.update(status);
    drawCounts(counts, status.gate);
    drawReasons(reasons, status.gate);
  };
  if (live.status !== null) update(live.status);
  const load = async (): Promise<string | undefined> => {
    const newest = await list.load(alive);
    detail.hidden = chosen === undefined && newest === undefined;
    return newest;
  };
  let timer: number | undefined;
  const stops = [
    on("status", update),
    on("receipt", ({ body }) => {
      if (!TOLD.has(body.receipt_type) || timer !== undefined) return;
      timer = setTimeout(() => {
        timer = undefined;
        void load();
        if (chosen !== undefined && "action_id" in body && body.action_id === chosen)
          void drawVerdict(detail, chosen, alive);
      }, AGAIN_MS);
    }),
  ];
  void load().then((newest) => {
    // room for both: the newest verdict is shown until one is chosen
    if (chosen === undefined && newest !== undefined && alive.here && matchMedia(WIDE).matches)
      void drawVerdict(detail, newest, alive);
  });
  if (chosen !== undefined) void drawVerdict(detail, chosen, alive);
  else
    replace(
      detail,
      heading("One verdict"),
      quietSheet("Choose a verdict: its confidence, its trials and its whole story are shown here."),
    );
  return () => {
    clearTimeout(timer);
    stops.forEach((stop) => stop());
    picture.end();
  };
}

type VerdictRow = Full<"gate_decision" | "block">;
const HEAD = ["When", "Verdict", "Confidence", "Action", "Reason"] as const;
const ROWS_MAX = 200;

/** Rows that stay while new ones come in above them. `load` gives back the newest action. */
function verdictList(chosen: string | undefined) {
  const body = el("tbody");
  const rows = rowsIn<VerdictRow>(body, (row) => ({ node: verdictRow(row, chosen) }));
  const head = el(
    "thead",
    {},
    el(
      "tr",
      {},
      HEAD.map((h) => el("th", { scope: "col" }, h)),
    ),
  );
  const full = el(
    "div",
    { class: "sheet scroll", tabindex: "0", role: "region", "aria-label": `Table: ${HEAD.join(", ")}` },
    el("table", {}, head, body),
  );
  const node = el("div");
  const show = (part: HTMLElement): void => {
    if (node.firstElementChild !== part) replace(node, part);
  };
  const none = emptySheet(
    "No proposal has been judged yet.",
    "Every action that is proposed (cellgate propose, or any wire) appears here with its verdict and why.",
  );
  return {
    node,
    async load(alive: Alive): Promise<string | undefined> {
      try {
        const answers = await Promise.all([
          getJson<Found<"gate_decision">>("/data/receipts?type=gate_decision"),
          getJson<Found<"block">>("/data/receipts?type=block"),
        ]);
        if (!alive.here) return undefined;
        const found: readonly VerdictRow[] = answers
          .flatMap<VerdictRow>(({ rows: some }) => [...some].filter(isFull) as VerdictRow[])
          .sort((a, b) => b.at - a.at)
          .slice(0, ROWS_MAX);
        show(found.length === 0 ? none : full);
        rows(found.map((r) => [r.id, r]));
        return found[0]?.body.action_id;
      } catch (cause) {
        if (alive.here) show(sheet(wordsOfError(cause)));
        return undefined;
      }
    },
  };
}
function verdictRow({ at, body }: { at: number; body: Verdict }, chosen: string | undefined): HTMLElement {
  const verdict = verdictOf(body);
  const isBlock = body.receipt_type === "block";
  const t = body.terms;
  const confidence = isBlock ? numberIn(t, "score") : body.confidence_score;
  const tone = toneOfVerdict(verdict);
  return el(
    "tr",
    { class: body.action_id === chosen ? "chosen" : null },
    el("td", { class: "nowrap" }, wallTime(at)),
    el("td", {}, pill(verdict, tone), body.enforced ? null : el("div", { class: "quiet" }, "shadow")),
    el(
      "td",
      { class: "confidence" },
      confidence === null
        ? "–"
        : [number(confidence, 3), barOf(confidence, tone, 0.9, `confidence ${number(confidence, 3)}`).bar],
    ),
    el(
      "td",
      {},
      actionLink(body.action_id),
      el(
        "div",
        { class: "quiet" },
        [textIn(t, "proposer"), textIn(t, "summary")].filter((part) => part !== "").join(": "),
      ),
    ),
    el(
      "td",
      {},
      isBlock ? el("strong", {}, codeTitle(body.code)) : "",
      el("div", { class: "quiet" }, isBlock ? body.reason : textIn(t, "reason")),
    ),
  );
}
