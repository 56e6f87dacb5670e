// What was proposed, what was judged and why; RED ones that wait for a person are answered here.
import { askApproval } from "./act.js";
import { barOf, countsChart, shareBar } from "./chart.js";
import {
  codeTitle,
  el,
  getJson,
  heading,
  lasting,
  number,
  pairs,
  pill,
  replace,
  sheet,
  swap,
  table,
  wallTime,
} from "./dom.js";
import { live, on } from "./live.js";
import { storyOf } from "./story.js";

const TONES = { GREEN: "good", YELLOW: "warn", RED: "bad" };
const AGAIN_MS = 400;
/** from here on the list and one verdict stand side by side */
const WIDE = "(min-width: 1200px)";

export function decisionsView(root, [actionId], alive) {
  const waiting = el("section");
  const counts = el("div", { class: "cards" });
  const list = el("div");
  const reasons = el("section");
  const detail = el("section", { class: "detail-pane", "aria-live": "polite" });
  root.append(
    waiting,
    counts,
    el(
      "div",
      { class: "split" },
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
  const load = () => loadVerdicts(list, actionId, alive);
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
        if (body.action_id === actionId) void drawDetail(detail, actionId, alive);
      }, AGAIN_MS);
    }),
  ];
  const nothingChosen = actionId === undefined || actionId === "";
  void load().then((newest) => {
    // room for both: the newest verdict is shown until one is chosen
    if (nothingChosen && newest !== undefined && alive.here && matchMedia(WIDE).matches)
      void drawDetail(detail, newest, alive);
  });
  if (nothingChosen)
    replace(
      detail,
      heading("One verdict"),
      el(
        "div",
        { class: "sheet quiet" },
        "Choose a verdict: its confidence, its trials and its whole story are shown here.",
      ),
    );
  else void drawDetail(detail, actionId, alive);
  return () => {
    clearTimeout(timer);
    stops.forEach((stop) => stop());
  };
}

function drawWaiting(node, { gate, at, config_hash }) {
  swap(
    node,
    [gate.approvals.map((a) => [a.action_id, a.code, Math.ceil((a.expires_at - at) / 1e6)]), gate.enforced],
    () =>
      gate.approvals.length === 0
        ? []
        : [
            heading(`Waits for a person (${gate.approvals.length})`),
            el(
              "div",
              { class: "waiting" },
              gate.approvals.map((a) =>
                el(
                  "article",
                  { class: "sheet wait" },
                  el("div", {}, pill("RED", "bad"), " ", el("strong", {}, a.summary)),
                  el("p", {}, `${codeTitle(a.code)} (${a.code})`),
                  el(
                    "p",
                    { class: "quiet" },
                    `“${a.action_id}”, proposed by ${a.proposer}. Void in ${lasting((a.expires_at - at) / 1e6)}.`,
                  ),
                  el(
                    "div",
                    { class: "buttons" },
                    el(
                      "button",
                      {
                        type: "button",
                        class: "danger",
                        onclick: () => askApproval({ ...a, config_hash }, true),
                      },
                      "Approve…",
                    ),
                    el(
                      "button",
                      { type: "button", onclick: () => askApproval({ ...a, config_hash }, false) },
                      "Deny…",
                    ),
                    el("a", { href: `#decisions/${encodeURIComponent(a.action_id)}` }, "Why it is RED"),
                  ),
                ),
              ),
            ),
          ],
  );
}
const VERDICT_CARDS = [
  ["green", "GREEN", "good", "ran"],
  ["yellow", "YELLOW", "warn", "ran watched"],
  ["red", "RED", "bad", "did not run by themselves"],
];
const ENDS = { ended_completed: "completed", ended_aborted: "aborted", ended_revoked: "revoked" };
const cardOf = (name, value, detail, tone = "plain") =>
  el(
    "div",
    { class: `card ${tone}` },
    el("div", { class: "name" }, name),
    el("div", { class: "value" }, String(value)),
    el("div", { class: "detail" }, detail),
  );
/** counts since the start of this run; reasons come as codes */
function drawCounts(node, { counts, stage, enforced, open }) {
  swap(node, [counts, stage, enforced, open.length], () => {
    const ended = Object.entries(ENDS)
      .filter(([name]) => (counts[name] ?? 0) > 0)
      .map(([name, text]) => `${counts[name]} ${text}`);
    return [
      cardOf(
        "Stage",
        stage,
        enforced ? "verdicts are enforced" : "shadow: verdicts enforce nothing",
        enforced ? "good" : "warn",
      ),
      cardOf("Proposed", counts.proposed ?? 0, `${open.length} open: judged, waiting or running`),
      ...VERDICT_CARDS.map(([name, title, tone, detail]) =>
        cardOf(
          title,
          counts[name] ?? 0,
          (counts[name] ?? 0) === 0 ? "none since the start" : detail,
          (counts[name] ?? 0) === 0 ? "plain" : tone,
        ),
      ),
      cardOf("Permits", counts.permits ?? 0, ended.length === 0 ? "none has ended" : ended.join(", ")),
    ];
  });
}
function drawReasons(node, { counts }) {
  const reasons = Object.entries(counts)
    .filter(([name, n]) => name.startsWith("code_") && !name.startsWith("code_VERDICT_") && n > 0)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 6);
  const most = reasons[0]?.[1] ?? 1;
  swap(node, reasons, () =>
    reasons.length === 0
      ? []
      : [
          heading("Why RED", "since the start"),
          sheet(reasons.map(([name, n]) => shareBar(codeTitle(name.slice(5)), n / most, "bad", String(n)))),
        ],
  );
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
      table(
        ["When", "Verdict", "Confidence", "Action", "Reason"],
        rows.map((r) => verdictRow(r, chosen)),
        "No proposal was judged yet.",
      ),
    );
    return rows[0]?.body.action_id;
  } catch (cause) {
    if (alive.here) replace(node, el("div", { class: "sheet" }, cause.message));
  }
}
function verdictRow({ at, body }, chosen) {
  const verdict = body.receipt_type === "block" ? "RED" : body.decision;
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
      pill(verdict, TONES[verdict]),
      body.enforced ? null : el("div", { class: "quiet" }, "shadow"),
    ),
    el(
      "td",
      { class: "confidence" },
      typeof confidence === "number"
        ? [
            barOf(confidence, TONES[verdict], 0.9, `confidence ${number(confidence, 3)}`),
            ` ${number(confidence, 3)}`,
          ]
        : "–",
    ),
    el(
      "td",
      {},
      el("a", { href: `#decisions/${encodeURIComponent(body.action_id)}` }, body.action_id),
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

/** Everything that the ledger holds of one action. */
async function drawDetail(node, actionId, alive) {
  try {
    const { rows } = await getJson(`/data/receipts?${new URLSearchParams({ search: actionId })}`);
    if (!alive.here) return;
    const own = rows
      .filter((r) => r.body?.action_id === actionId)
      .sort((a, b) => a.at - b.at || a.index - b.index);
    if (own.length === 0)
      return replace(
        node,
        heading("One verdict"),
        el("div", { class: "sheet quiet" }, `Nothing about “${actionId}” in the newest part of the ledger.`),
      );
    const verdicts = own.filter((r) => ["gate_decision", "block"].includes(r.type));
    const newest = verdicts.at(-1)?.body;
    replace(
      node,
      heading(actionId),
      newest === undefined ? null : verdictSheet(newest),
      own
        .filter((r) => r.type === "monte_carlo")
        .slice(-1)
        .map((r) => trialsSheet(r.body)),
      heading("Its story"),
      storyOf(own),
      el("p", {}, el("a", { href: `#audit/${encodeURIComponent(actionId)}` }, "Open as a graph")),
    );
  } catch (cause) {
    if (alive.here) replace(node, el("div", { class: "sheet" }, cause.message));
  }
}
const unitShare = (value) => (typeof value === "number" ? value : null);
function verdictSheet(body) {
  const verdict = body.receipt_type === "block" ? "RED" : body.decision;
  const t = body.terms ?? {};
  const score = body.confidence_score ?? t.score;
  const factors = Object.entries(t.factors ?? {});
  return sheet(
    el(
      "p",
      {},
      pill(verdict, TONES[verdict]),
      " ",
      el("strong", {}, t.summary ?? ""),
      el("span", { class: "hint" }, `${t.proposer ?? ""} · ${t.verb ?? ""} → ${t.target ?? ""}`),
    ),
    el(
      "p",
      {},
      body.code === undefined && t.code === undefined ? "" : `${codeTitle(body.code ?? t.code)}. `,
      body.reason ?? t.reason ?? "",
    ),
    typeof score === "number"
      ? shareBar(
          "confidence",
          score,
          TONES[verdict],
          `${number(score, 4)} (GREEN from ${t.green_threshold ?? "0.9"})`,
        )
      : null,
    typeof t.safe_share_lower_bound === "number"
      ? shareBar(
          "cap by trials",
          t.safe_share_lower_bound,
          "plain",
          number(t.safe_share_lower_bound, 4),
          "Lower bound of the share of safe trials: confidence is never above it",
        )
      : null,
    factors.map(([name, factor]) => {
      const share = unitShare(factor?.factor);
      return share === null
        ? null
        : shareBar(
            name,
            share,
            share < 0.7 ? "bad" : share < 0.9 ? "warn" : "good",
            `${number(share, 4)}${typeof factor.value === "number" ? ` (measured ${number(Math.abs(factor.value) < 1e-9 ? 0 : factor.value, 3)})` : ""}`,
          );
    }),
    el(
      "details",
      {},
      el("summary", {}, "Every number of this verdict"),
      el("pre", {}, JSON.stringify(t, null, 2)),
    ),
  );
}
/** where the trials ended, from the worst outcome to the best */
const outcomesOf = (t, n, mean) =>
  Array.isArray(t.outcome_counts) && n > 0
    ? countsChart({
        title: "How the trials ended",
        counts: t.outcome_counts,
        low: "0: a limit broken",
        high: "1: best",
        words: `${n} trials`,
        mark: mean,
        toneOf: (share) => (share < 0.5 ? "bad" : share < 0.8 ? "warn" : "good"),
      })
    : null;
function trialsSheet(body) {
  const t = body.terms ?? {};
  const n = body.n_simulations;
  const safe = typeof t.safe === "number" ? t.safe : 0;
  const spread = Math.sqrt(Math.max(0, body.variance));
  return el(
    "div",
    { class: "trials" },
    heading("Monte Carlo", `${n} trials, noise ${t.noise ?? "–"}`),
    sheet(
      shareBar("safe trials", n === 0 ? 0 : safe / n, safe === n ? "good" : "bad", `${safe} of ${n}`),
      shareBar(
        "sure of at least",
        Number(t.safe_share_lower_bound ?? 0),
        "plain",
        number(t.safe_share_lower_bound, 4),
      ),
      el(
        "div",
        { class: "share" },
        el("span", { class: "share-name" }, "outcome"),
        spreadBar(body.mean_outcome, spread),
        el("span", { class: "share-value" }, `${number(body.mean_outcome, 3)} ± ${number(spread, 3)}`),
      ),
      outcomesOf(t, n, body.mean_outcome),
      pairs([
        [
          "least separation",
          t.min_separation_m === null || t.min_separation_m === undefined
            ? null
            : `${number(t.min_separation_m, 3)} m`,
        ],
        [
          "highest force",
          t.max_force_n === null || t.max_force_n === undefined ? null : `${number(t.max_force_n, 3)} N`,
        ],
        ["worst trial", t.worst_cause],
        ["variance", `${number(body.variance, 3)} (${body.is_stable ? "stable" : "not stable"}, limit 0.2)`],
        ["problem", t.outcome === "done" ? null : `${codeTitle(t.outcome)} ${t.detail ?? ""}`],
      ]),
    ),
  );
}
/** mean and one standard deviation to both sides, from 0 to 1 */
function spreadBar(mean, spread) {
  const bar = barOf(mean + spread, "plain", mean, `mean ${number(mean, 3)}, spread ${number(spread, 3)}`);
  const fill = bar.querySelector(".fill");
  const low = Math.max(0, mean - spread) * 100;
  fill.setAttribute("x", String(low));
  fill.setAttribute("width", String(Math.max(0.5, Math.min(1, mean + spread) * 100 - low)));
  return bar;
}
