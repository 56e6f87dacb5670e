// What was proposed, what was judged and why; RED ones that wait for a person are answered here.
import { barOf } from "./chart.js";
import {
  codeTitle,
  el,
  getJson,
  heading,
  number,
  pill,
  quietSheet,
  replace,
  sheet,
  table,
  wallTime,
} from "./dom.js";
import { drawCounts, drawReasons, drawWaiting } from "./gate-now.js";
import { live, on } from "./live.js";
import { actionLink, emptySheet } from "./pieces.js";
import { TONE_OF_VERDICT, verdictOf } from "./state-words.js";
import { drawVerdict } from "./verdict.js";

const AGAIN_MS = 400;
/** from here on the list and one verdict stand side by side */
const WIDE = "(min-width: 1200px)";

export function decisionsView(root, [actionId], alive) {
  const waiting = el("section");
  const counts = el("div", { class: "cards" });
  const list = el("div");
  const reasons = el("section");
  const detail = el("section", { class: "detail-pane", "aria-live": "polite" });
  const nothingChosen = actionId === undefined || actionId === "";
  root.append(
    waiting,
    counts,
    el(
      "div",
      { class: nothingChosen ? "split" : "split chosen" },
      el("div", {}, el("section", {}, heading("Verdicts", "newest first"), list), reasons),
      detail,
    ),
  );
  const update = (status) => {
    drawWaiting(waiting, status);
    drawCounts(counts, status.gate);
    drawReasons(reasons, status.gate);
  };
  if (live.status !== null) update(live.status);
  const load = async () => {
    const newest = await loadVerdicts(list, actionId, alive);
    detail.hidden = nothingChosen && newest === undefined;
    return newest;
  };
  let timer = null;
  const stops = [
    on("status", update),
    on("receipt", ({ body }) => {
      if (
        !["gate_decision", "block", "approval", "permit_used", "monte_carlo"].includes(body.receipt_type) ||
        timer !== null
      )
        return;
      timer = setTimeout(() => {
        timer = null;
        void load();
        if (body.action_id === actionId) void drawVerdict(detail, actionId, alive);
      }, AGAIN_MS);
    }),
  ];
  void load().then((newest) => {
    // room for both: the newest verdict is shown until one is chosen
    if (nothingChosen && newest !== undefined && alive.here && matchMedia(WIDE).matches)
      void drawVerdict(detail, newest, alive);
  });
  if (nothingChosen)
    replace(
      detail,
      heading("One verdict"),
      quietSheet("Choose a verdict: its confidence, its trials and its whole story are shown here."),
    );
  else void drawVerdict(detail, actionId, alive);
  return () => {
    clearTimeout(timer);
    stops.forEach((stop) => stop());
  };
}

/** gives back the newest action */
async function loadVerdicts(node, chosen, alive) {
  try {
    const answers = await Promise.all(
      ["gate_decision", "block"].map((type) => getJson(`/data/receipts?type=${type}`)),
    );
    if (!alive.here) return undefined;
    const rows = answers
      .flatMap((a) => a.rows)
      .filter((r) => r.body != null && r.body.action_id !== undefined)
      .sort((a, b) => b.at - a.at)
      .slice(0, 200);
    replace(
      node,
      rows.length === 0
        ? emptySheet(
            "No proposal has been judged yet.",
            "Every action that is proposed (cellgate propose, or any wire) appears here with its verdict and why.",
          )
        : table(
            ["When", "Verdict", "Confidence", "Action", "Reason"],
            rows.map((r) => verdictRow(r, chosen)),
            "",
          ),
    );
    return rows[0]?.body.action_id;
  } catch (cause) {
    if (alive.here) replace(node, sheet(cause.message));
  }
}
function verdictRow({ at, body }, chosen) {
  const verdict = verdictOf(body);
  const { proposer = "", summary = "", score } = body.terms ?? {};
  const confidence = body.confidence_score ?? score;
  const why = body.reason ?? body.terms?.reason ?? "";
  return el(
    "tr",
    { class: body.action_id === chosen ? "chosen" : null },
    el("td", { class: "nowrap" }, wallTime(at)),
    el(
      "td",
      {},
      pill(verdict, TONE_OF_VERDICT[verdict]),
      body.enforced ? null : el("div", { class: "quiet" }, "shadow"),
    ),
    el(
      "td",
      { class: "confidence" },
      typeof confidence === "number"
        ? [
            number(confidence, 3),
            barOf(confidence, TONE_OF_VERDICT[verdict], 0.9, `confidence ${number(confidence, 3)}`),
          ]
        : "–",
    ),
    el(
      "td",
      {},
      actionLink(body.action_id),
      el("div", { class: "quiet" }, [proposer, summary].filter((t) => t !== "").join(": ")),
    ),
    el(
      "td",
      {},
      body.code === undefined ? "" : el("strong", {}, codeTitle(body.code)),
      el("div", { class: "quiet" }, why),
    ),
  );
}
