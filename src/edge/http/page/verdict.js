// One verdict: its confidence, its trials and its whole story.
import { barOf, countsChart, shareBar } from "./chart.js";
import { codeTitle, el, getJson, heading, number, pairs, pill, quietSheet, replace, sheet } from "./dom.js";
import { TONE_OF_VERDICT, verdictOf } from "./state-words.js";
import { storyOf } from "./story.js";

/** Everything that the ledger holds of one action. */
export async function drawVerdict(node, actionId, alive) {
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
        quietSheet(`Nothing about “${actionId}” in the newest part of the ledger.`),
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
      el(
        "p",
        { class: "after" },
        el("a", { href: `#audit/${encodeURIComponent(actionId)}` }, "Open as a graph"),
      ),
    );
  } catch (cause) {
    if (alive.here) replace(node, sheet(cause.message));
  }
}
/** as the gate reads a share: what GREEN and YELLOW ask for */
const toneOfShare = (share) => (share >= 0.9 ? "good" : share >= 0.7 ? "warn" : "bad");
const unitShare = (value) => (typeof value === "number" ? value : null);
function verdictSheet(body) {
  const verdict = verdictOf(body);
  const t = body.terms ?? {};
  const score = body.confidence_score ?? t.score;
  const factors = Object.entries(t.factors ?? {});
  return sheet(
    el(
      "p",
      {},
      pill(verdict, TONE_OF_VERDICT[verdict]),
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
          TONE_OF_VERDICT[verdict],
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
            toneOfShare(share),
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
        low: "−1: a limit broken wholly",
        high: "1: best",
        words: `${n} trials`,
        mark: (mean + 1) / 2,
        toneOf: (share) => (share < 0.5 ? "bad" : share < 0.6 ? "warn" : "good"),
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
      shareBar(
        "safe trials",
        n === 0 ? 0 : safe / n,
        toneOfShare(t.safe_share_lower_bound),
        `${safe} of ${n}`,
      ),
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
        spreadBar((body.mean_outcome + 1) / 2, spread / 2),
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
