// One verdict: its life, its confidence, its trials and every receipt of it.
import type { ReceiptBodyOf } from "../../../core/domain/index.ts";
import { barOf, countsChart, shareBar } from "../../report/page/index.ts";
import {
  codeTitle,
  el,
  getJson,
  heading,
  number,
  pairs,
  pill,
  quietSheet,
  replace,
  sheet,
  type Tone,
  wordsOfError,
} from "./dom.ts";
import { actionIn, type Alive, type Found, type Full, isFull, isOf, numberIn, textIn } from "./ledger.ts";
import { lifeLine } from "./life-line.ts";
import { toneOfVerdict, type Verdict, verdictOf } from "./state-words.ts";
import { storyOf } from "./story.ts";

/** Everything that the ledger holds of one action. */
export async function drawVerdict(node: HTMLElement, actionId: string, alive: Alive): Promise<void> {
  try {
    const { rows } = await getJson<Found>(`/data/receipts?${new URLSearchParams({ search: actionId })}`);
    if (!alive.here) return;
    const own = rows
      .filter(isFull)
      .filter((r) => actionIn(r.body) === actionId)
      .sort((a, b) => a.at - b.at || a.index - b.index);
    if (own.length === 0)
      return replace(
        node,
        heading("One verdict"),
        quietSheet(`Nothing about “${actionId}” in the newest part of the ledger.`),
      );
    drawParts(node, actionId, own);
  } catch (cause) {
    if (alive.here) replace(node, sheet(wordsOfError(cause)));
  }
}

/** what is open and what is chosen inside stays so: only parts that changed are made anew */
function drawParts(node: HTMLElement, actionId: string, own: readonly Full[]): void {
  const newest = own.filter(isOf("gate_decision", "block")).at(-1)?.body;
  const trials = own.filter(isOf("monte_carlo")).at(-1);
  replace(
    node,
    heading(actionId),
    lifeLine(own),
    newest === undefined ? null : verdictSheet(newest),
    trials === undefined ? null : trialsSheet(trials.body),
    heading("Its story"),
    storyOf(own),
    el(
      "p",
      { class: "after" },
      el("a", { href: `#audit/${encodeURIComponent(actionId)}` }, "Open as a graph"),
    ),
  );
}

/** as the gate reads a share: what GREEN and YELLOW ask for */
const toneOfShare = (share: number): Tone => (share >= 0.9 ? "good" : share >= 0.7 ? "warn" : "bad");

function verdictSheet(body: Verdict): HTMLElement {
  const verdict = verdictOf(body);
  const t = body.terms;
  const isBlock = body.receipt_type === "block";
  const score = isBlock ? numberIn(t, "score") : body.confidence_score;
  const code = isBlock ? body.code : textIn(t, "code");
  const bound = numberIn(t, "safe_share_lower_bound");
  return sheet(
    el(
      "p",
      {},
      pill(verdict, toneOfVerdict(verdict)),
      " ",
      el("strong", {}, textIn(t, "summary")),
      el(
        "span",
        { class: "hint" },
        `${textIn(t, "proposer")} · ${textIn(t, "verb")} → ${textIn(t, "target")}`,
      ),
    ),
    el("p", {}, code === "" ? "" : `${codeTitle(code)}. `, isBlock ? body.reason : textIn(t, "reason")),
    score === null
      ? null
      : shareBar(
          "confidence",
          score,
          toneOfVerdict(verdict),
          `${number(score, 4)} (GREEN from ${numberIn(t, "green_threshold") ?? 0.9})`,
        ),
    bound === null
      ? null
      : shareBar(
          "cap by trials",
          bound,
          "plain",
          number(bound, 4),
          "Lower bound of the share of safe trials: confidence is never above it",
        ),
    factorsOf(t["factors"]),
    el(
      "details",
      {},
      el("summary", {}, "Every number of this verdict"),
      el("pre", {}, JSON.stringify(t, null, 2)),
    ),
  );
}
interface Factor {
  readonly factor?: unknown;
  readonly value?: unknown;
}
const factorsOf = (factors: unknown): readonly HTMLElement[] =>
  Object.entries((factors ?? {}) as Record<string, Factor | null>).flatMap(([name, factor]) => {
    const share = factor?.factor;
    if (typeof share !== "number") return [];
    const value = factor?.value;
    const measured =
      typeof value === "number" ? ` (measured ${number(Math.abs(value) < 1e-9 ? 0 : value, 3)})` : "";
    return [shareBar(name, share, toneOfShare(share), `${number(share, 4)}${measured}`)];
  });

type Trials = ReceiptBodyOf<"monte_carlo">;
/** where the trials ended, from the worst outcome to the best */
const outcomesOf = ({ terms: t, n_simulations: n, mean_outcome: mean }: Trials): HTMLElement | null =>
  Array.isArray(t["outcome_counts"]) && n > 0
    ? countsChart({
        title: "How the trials ended",
        counts: t["outcome_counts"].map(Number),
        low: "−1: a limit broken wholly",
        high: "1: best",
        words: `${n} trials`,
        mark: (mean + 1) / 2,
        toneOf: (share) => (share < 0.5 ? "bad" : share < 0.6 ? "warn" : "good"),
      })
    : null;
const withUnit = (value: number | null, unit: string): string | null =>
  value === null ? null : `${number(value, 3)} ${unit}`;

function trialsSheet(body: Trials): HTMLElement {
  const t = body.terms;
  const n = body.n_simulations;
  const safe = numberIn(t, "safe") ?? 0;
  const spread = Math.sqrt(Math.max(0, body.variance));
  const bound = numberIn(t, "safe_share_lower_bound") ?? 0;
  const outcome = textIn(t, "outcome");
  return el(
    "div",
    { class: "trials" },
    heading("Monte Carlo", `${n} trials, noise ${numberIn(t, "noise") ?? "–"}`),
    sheet(
      shareBar("safe trials", n === 0 ? 0 : safe / n, toneOfShare(bound), `${safe} of ${n}`),
      shareBar("sure of at least", bound, "plain", number(bound, 4)),
      el(
        "div",
        { class: "share" },
        el("span", { class: "share-name" }, "outcome"),
        spreadBar((body.mean_outcome + 1) / 2, spread / 2),
        el("span", { class: "share-value" }, `${number(body.mean_outcome, 3)} ± ${number(spread, 3)}`),
      ),
      outcomesOf(body),
      pairs([
        ["least separation", withUnit(numberIn(t, "min_separation_m"), "m")],
        ["highest force", withUnit(numberIn(t, "max_force_n"), "N")],
        ["worst trial", textIn(t, "worst_cause")],
        ["variance", `${number(body.variance, 3)} (${body.is_stable ? "stable" : "not stable"}, limit 0.2)`],
        ["problem", outcome === "done" ? null : `${codeTitle(outcome)} ${textIn(t, "detail")}`],
      ]),
    ),
  );
}
/** mean and one standard deviation to both sides, from 0 to 1 */
function spreadBar(mean: number, spread: number): SVGElement {
  const { bar, fill } = barOf(
    mean + spread,
    "plain",
    mean,
    `mean ${number(mean, 3)}, spread ${number(spread, 3)}`,
  );
  const low = Math.max(0, mean - spread) * 100;
  fill.setAttribute("x", String(low));
  fill.setAttribute("width", String(Math.max(0.5, Math.min(1, mean + spread) * 100 - low)));
  return bar;
}
