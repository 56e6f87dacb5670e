import type { Code, ReceiptBody } from "../domain/index.ts";
import { CODES, codeEntry } from "../domain/index.ts";

/** One receipt of an action, with when it was written. */
export interface Written {
  readonly id: string;
  /** microseconds since 1970 */
  readonly at: number;
  readonly body: ReceiptBody;
}
type Json = unknown;
type Row = Readonly<Record<string, Json>>;

/** The story of an action in lines for a person, from its receipts and nothing else. */
export function explainLines(actionId: string, written: readonly Written[]): string[] {
  const start = written[0]?.at ?? 0;
  const lines = [`Action ${actionId}, ${written.length} receipts`];
  for (const one of written) {
    lines.push(
      "",
      `${clock(one.at)}  +${((one.at - start) / 1_000).toFixed(1)} ms  ${one.id}  ${one.body.receipt_type}`,
    );
    for (const line of linesOf(one.body)) lines.push(`  ${line}`);
  }
  return lines;
}

const clock = (at: number): string => new Date(Math.round(at / 1_000)).toISOString();

function linesOf(body: ReceiptBody): string[] {
  switch (body.receipt_type) {
    case "gate_decision":
      return [
        `${body.decision}${body.enforced ? "" : " (shadow: nothing was let through)"}, confidence ${show(body.confidence_score)}`,
        ...decisionLines(body.terms),
      ];
    case "block":
      return [
        `RED${body.enforced ? "" : " (shadow)"}: ${body.reason}`,
        `${meaningOf(body.code)}${body.requires_approval ? " A person was asked." : " Nobody was asked."}`,
        ...decisionLines(body.terms),
      ];
    case "monte_carlo":
      return trialLines(body);
    default:
      return Object.entries(body).flatMap(([key, value]) =>
        key === "receipt_type" || key === "action_id" || value === ""
          ? []
          : [`${key.padEnd(22)} ${show(value)}`],
      );
  }
}

const meaningOf = (code: string): string =>
  Object.hasOwn(CODES, code) ? codeEntry(code as Code).meaning : "";
const isRow = (value: Json): value is Row =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The score as a sum that can be checked by hand: factors, their product, the cap, the result. */
function decisionLines(terms: Row): string[] {
  const lines: string[] = [];
  const factors = terms["factors"];
  if (isRow(factors)) {
    lines.push("term         value      penalty    weight     factor");
    for (const [name, term] of Object.entries(factors))
      if (isRow(term))
        lines.push(
          `${name.padEnd(12)} ${cell(term["value"])} ${cell(term["penalty"])} ${cell(term["weight"])} ${cell(term["factor"])}${term["missing"] === true ? " not stated" : ""}`,
        );
    lines.push(
      `product ${show(terms["product"])}, capped by the lower bound on safe trials ${show(terms["safe_share_lower_bound"])} → ${show(terms["score"])} (GREEN ≥ ${show(terms["green_threshold"])}, YELLOW ≥ ${show(terms["yellow_threshold"])})`,
    );
  }
  const rest = Object.entries(terms).filter(([key]) => !PRINTED.has(key));
  for (const [key, value] of rest) lines.push(`${key.padEnd(22)} ${show(value)}`);
  return lines;
}
const PRINTED: ReadonlySet<string> = new Set([
  "factors",
  "product",
  "safe_share_lower_bound",
  "score",
  "green_threshold",
  "yellow_threshold",
]);

function trialLines(body: Extract<ReceiptBody, { receipt_type: "monte_carlo" }>): string[] {
  const { terms } = body;
  return [
    `${show(terms["safe"])} of ${body.n_simulations} trials safe: at least ${show(terms["safe_share_lower_bound"])} of all (95 %)`,
    `variance ${show(body.variance)} (${body.is_stable ? "stable" : "unstable"}), mean outcome ${show(body.mean_outcome)}`,
    ...Object.entries(terms).flatMap(([key, value]) =>
      key === "safe" || key === "safe_share_lower_bound" || value === "" || value === null
        ? []
        : [`${key.padEnd(22)} ${show(value)}`],
    ),
  ];
}

const TEXT_MAX = 160;
function show(value: Json): string {
  if (typeof value === "number")
    return Number.isInteger(value) ? String(value) : String(Math.round(value * 1e6) / 1e6);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
}
const cell = (value: Json): string => show(value).padEnd(10);
