// The life of one action from left to right: proposed, judged, approved, judged again, ran, ended; each with its figures.
import type { ReceiptBody } from "../../../core/domain/index.ts";
import { codeTitle, el, lasting, number, pill, type Tone, wallTime } from "./dom.ts";
import { type Full, numberIn, type Terms, textIn } from "./ledger.ts";
import { receiptLink } from "./pieces.ts";

interface Step {
  readonly what: string;
  readonly tone: Tone;
  readonly figures: readonly string[];
}

const ENDS: Readonly<Record<string, Step["tone"]>> = {
  completed: "good",
  released: "good",
  withheld: "bad",
  expired: "warn",
  revoked: "bad",
  aborted: "bad",
};
const RAN: Readonly<Record<string, string>> = { released: "ran", completed: "completed" };

const figuresOf = (t: Terms): string[] => {
  const [safe, separation, force] = ["safe", "min_separation_m", "max_force_n"].map((n) => numberIn(t, n));
  const sims = numberIn(t, "sims") ?? numberIn(t, "n");
  return [
    typeof safe === "number" ? `${safe}${sims === null ? "" : ` of ${sims}`} trials safe` : "",
    typeof separation === "number" && separation < 1_000 ? `least separation ${number(separation, 3)} m` : "",
    typeof force === "number" && force > 0 ? `highest force ${number(force, 3)} N` : "",
  ].filter((text) => text !== "");
};

/** what a receipt is in the life of its action; null: a detail that the story below tells */
function stepOf(body: ReceiptBody, judged: number): Step | null {
  const again = judged > 0 ? "judged again" : "judged";
  switch (body.receipt_type) {
    case "monte_carlo":
      return {
        what: `${again} in trials`,
        tone: body.is_stable ? "good" : "warn",
        figures: [
          `mean outcome ${number(body.mean_outcome, 3)}`,
          ...figuresOf({ ...body.terms, sims: body.n_simulations }),
        ],
      };
    case "gate_decision":
      return {
        what: body.decision,
        tone: body.decision === "GREEN" ? "good" : "warn",
        figures: [`confidence ${number(body.confidence_score, 3)}`, textIn(body.terms, "reason")].filter(
          Boolean,
        ),
      };
    case "block": {
      const score = numberIn(body.terms, "score");
      return {
        what: "RED",
        tone: "bad",
        figures: [codeTitle(body.code), score === null ? "" : `confidence ${number(score, 3)}`].filter(
          Boolean,
        ),
      };
    }
    case "approval":
      return {
        what: body.outcome === "granted" ? `approved by ${body.by}` : approvalWords(body.outcome, body.by),
        tone: body.outcome === "granted" ? "good" : body.outcome === "refused" ? "bad" : "warn",
        figures: [body.reason],
      };
    case "permit_used":
      return {
        what: RAN[body.outcome] ?? body.outcome,
        tone: ENDS[body.outcome] ?? "plain",
        figures: [body.detail].filter(Boolean),
      };
    case "watcher":
      return {
        what: `watch ${body.outcome}`,
        tone: body.outcome === "completed" ? "good" : "bad",
        figures: [],
      };
    default:
      return null;
  }
}
const approvalWords = (outcome: string, by: string): string =>
  outcome === "expired" ? "nobody answered" : `${outcome}${by === "nobody" || by === "" ? "" : ` by ${by}`}`;

export function lifeLine(rows: readonly Full[]): HTMLElement {
  const steps: HTMLElement[] = [];
  let before: number | null = null;
  let judged = 0;
  const put = (what: string, tone: Tone, at: number, figures: readonly string[], id: string | null): void => {
    const gapS = before === null ? null : (at - before) / 1e6;
    before = at;
    steps.push(
      el(
        "li",
        { class: tone },
        el(
          "div",
          { class: "life-when quiet" },
          gapS === null
            ? wallTime(at).slice(0, 8)
            : `+${gapS < 1 ? `${(gapS * 1_000).toFixed(0)} ms` : lasting(gapS)}`,
        ),
        el("div", {}, pill(what, tone)),
        figures.map((text) => el("div", { class: "life-figure" }, text)),
        id === null ? null : el("div", { class: "quiet" }, receiptLink(id)),
      ),
    );
  };
  const first = rows[0];
  if (first !== undefined) put("proposed", "plain", first.at, proposedBy(rows), null);
  for (const { body, at, id } of rows) {
    const step = stepOf(body, judged);
    if (body.receipt_type === "gate_decision" || body.receipt_type === "block") judged++;
    if (step !== null) put(step.what, step.tone, at, step.figures, id);
  }
  return el("ol", { class: "sheet life", "aria-label": "The life of this action" }, steps);
}
function proposedBy(rows: readonly Full[]): string[] {
  for (const { body } of rows)
    if (body.receipt_type === "gate_decision" || body.receipt_type === "block")
      return [textIn(body.terms, "proposer"), textIn(body.terms, "summary")].filter(Boolean);
  return [];
}
