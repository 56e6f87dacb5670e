// Receipts of one action or subject, in order: as a list and as a graph.
import type { ReceiptBody, ReceiptBodyOf, ReceiptType } from "../../../core/domain/index.ts";
import type { Row } from "./ledger.ts";
import { codeTitle, el, lasting, number, table, type Tone, wallTime } from "./dom.ts";
import { receiptLink } from "./pieces.ts";

type Words = readonly [tone: Tone, text: string];
type WordsByType = { readonly [T in ReceiptType]: (body: ReceiptBodyOf<T>) => Words };
const words: WordsByType = {
  gate_decision: (b) => [
    b.decision === "GREEN" ? "good" : "warn",
    `${b.decision}, confidence ${number(b.confidence_score, 3)}`,
  ],
  block: (b) => ["bad", `RED: ${codeTitle(b.code)}`],
  monte_carlo: (b) => [
    b.is_stable ? "good" : "warn",
    `${b.n_simulations} trials, mean ${number(b.mean_outcome, 3)}`,
  ],
  approval: (b) => [
    b.outcome === "granted" ? "good" : "warn",
    `${b.outcome}${["", "nobody"].includes(b.by) ? "" : ` by ${b.by}`}${b.reason === "" ? "" : `: ${codeTitle(b.reason)}`}`,
  ],
  permit_used: (b) => [
    ["released", "completed"].includes(b.outcome) ? "good" : "bad",
    `${b.outcome}${b.detail === "" ? "" : `: ${b.detail}`}`,
  ],
  watcher: (b) => [b.outcome === "completed" ? "good" : "bad", b.outcome],
  wound: (b) => ["warn", `confidence fell by ${number(b.drop_magnitude, 3)}`],
  spawn: (b) => ["plain", `${b.helpers_spawned} deeper checks`],
  convergence: (b) => [b.halted ? "bad" : "plain", `asked ${b.repeats} times`],
  state_change: (b) => [
    b.to === "RUNNING" ? "good" : b.to === "STOPPED" ? "bad" : "warn",
    `${b.from} → ${b.to}: ${codeTitle(b.code)}${b.by === "cell" ? "" : `, by ${b.by}`}${b.reason === "" ? "" : `: ${b.reason}`}`,
  ],
  fault: (b) => [
    b.active ? "bad" : "good",
    `${b.active ? "began" : "ended"}: ${codeTitle(b.code)} (${b.source})${b.detail === "" ? "" : `: ${b.detail}`}`,
  ],
  promotion: (b) => [
    b.outcome === "passed" || b.outcome === "promoted" ? "good" : b.outcome === "refused" ? "bad" : "warn",
    `${b.step}: ${b.outcome}, ${codeTitle(b.code)}`,
  ],
  rollback: (b) => ["bad", `rolled back: ${codeTitle(b.code)}${b.reason === "" ? "" : `, ${b.reason}`}`],
  rollout: (b) => [
    ["abort", "kill"].includes(b.verdict)
      ? "bad"
      : b.verdict === "hold" || b.verdict === "pause"
        ? "warn"
        : "good",
    `${b.stage}: ${b.verdict}, ${codeTitle(b.code)}`,
  ],
  audit: (b) => [b.passed ? "good" : "bad", `${b.subject}: ${b.findings.length} findings`],
  config_change: (b) => ["plain", `${b.what} changed by ${b.by}${b.reason === "" ? "" : `: ${b.reason}`}`],
  telemetry_digest: (b) => ["plain", `${b.events} events digested`],
  anchor: (b) => [b.outcome === "sent" ? "good" : "bad", `${b.sink}: ${b.outcome}, tree of ${b.tree_size}`],
  finding: (b) => [
    b.outcome === "found" ? "plain" : "warn",
    `helper ${b.helper_id}, ${b.kind}: ${b.outcome}`,
  ],
  lift: (b) => ["good", `${codeTitle(b.code)} (${b.source}) lifted by ${b.by}`],
  stoprule: (b) => ["bad", `${b.rule}: ${number(b.measured, 3)} against ${number(b.limit, 3)}, ${b.action}`],
};
/** [tone, one line] for any receipt */
export function wordsOfReceipt(body: ReceiptBody | null): Words {
  if (body === null || body === undefined)
    return ["plain", "opening of a part of the ledger, or a body dropped by retention"];
  const of = words[body.receipt_type] as ((body: ReceiptBody) => Words) | undefined;
  return of?.(body) ?? ["plain", body.receipt_type ?? "opening of a shard"];
}

export const storyOf = (rows: readonly Row[]): HTMLElement =>
  table(
    ["When", "Receipt", "What"],
    rows.map((r: Row) => {
      const [tone, text] = wordsOfReceipt(r.body);
      return [wallTime(r.at), receiptLink(r.id, r.type), el("span", { class: `words ${tone}` }, text)];
    }),
    "No receipts.",
  );

/** Receipts from top to bottom with the time between them. */
export const storyGraph = (rows: readonly Row[]): HTMLElement =>
  el(
    "ol",
    { class: "sheet graph", "aria-label": `${rows.length} receipts in order` },
    rows.map((r: Row, i) => {
      const [tone, text] = wordsOfReceipt(r.body);
      const gapS = i === 0 ? null : (r.at - rows[i - 1]!.at) / 1e6;
      return el(
        "li",
        {},
        gapS === null
          ? null
          : el("div", { class: "gap" }, `+${gapS < 1 ? `${(gapS * 1000).toFixed(0)} ms` : lasting(gapS)}`),
        el(
          "div",
          { class: `box ${tone}` },
          el("strong", {}, receiptLink(r.id, r.type), ` ${wallTime(r.at)}`),
          el("div", {}, text),
        ),
      );
    }),
  );
