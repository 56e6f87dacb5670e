import type { Code, ReceiptBody } from "../core/domain/index.ts";
import { CODES, codeEntry } from "../core/domain/index.ts";
import { plainText } from "../core/gate/index.ts";
import { wrapped } from "./wrap.ts";

/** One receipt of an action, with when it was written. */
export interface Written {
  readonly id: string;
  /** microseconds since 1970 */
  readonly at: number;
  readonly body: ReceiptBody;
}
type Json = unknown;
type Row = Readonly<Record<string, Json>>;

interface Told {
  /** what a person wants to know first, without every number of every receipt */
  readonly short: boolean;
  /** how wide a line may be */
  readonly columns: number;
}

/** The story of an action in lines for a person, from its receipts and nothing else. */
export function explainLines(actionId: string, written: readonly Written[], told: Told): string[] {
  const summary = summaryLines(written).flatMap((line) => wrapped(line, told.columns, SUMMARY_INDENT));
  const lines = [`Action ${plainText(actionId, NAME_MAX)}`, ...summary];
  const start = written[0]?.at ?? 0;
  if (told.short) return [...lines, ...scoreLines(written, told), "", ...stepLines(written, start)];
  for (const one of written) {
    lines.push("", `${clock(one.at)}  ${sinceText(one, start)}  ${one.id}  ${one.body.receipt_type}`);
    for (const line of linesOf(one.body, told.columns - 2)) lines.push(`  ${line}`);
  }
  return lines;
}
const SUMMARY_INDENT = 13;
const sinceText = (one: Written, start: number): string => `+${((one.at - start) / 1_000).toFixed(1)} ms`;

/** How the verdict was reached: the score as a sum, and what the trials say. */
function scoreLines(written: readonly Written[], { columns }: Told): string[] {
  const lines: string[] = [];
  for (const { body } of written) {
    if (body.receipt_type === "gate_decision" || body.receipt_type === "block")
      lines.push(...factorLines(body.terms));
    if (body.receipt_type === "monte_carlo") lines.push(safeLine(body));
  }
  return lines.length === 0 ? [] : ["", ...lines.flatMap((line) => wrapped(`  ${line}`, columns, 4))];
}

/** One line a receipt, in the order in which they were written. */
function stepLines(written: readonly Written[], start: number): string[] {
  return written.map((one) => {
    const { body } = one;
    const what = "outcome" in body ? body.outcome : "code" in body ? body.code : "";
    return `  ${sinceText(one, start).padStart(12)}  ${one.id.padEnd(14)} ${`${body.receipt_type} ${what ?? ""}`.trimEnd()}`;
  });
}

const NAME_MAX = 256;

/** What a person wants to know first: who asked for what, what the gate said and why, what came of it. */
function summaryLines(written: readonly Written[]): string[] {
  const verdict = written.findLast(
    ({ body }) => body.receipt_type === "gate_decision" || body.receipt_type === "block",
  )?.body;
  if (verdict?.receipt_type !== "gate_decision" && verdict?.receipt_type !== "block") return [];
  const { terms } = verdict;
  const isBlock = verdict.receipt_type === "block";
  const shadow = verdict.enforced ? "" : ", in shadow: nothing was let through";
  const say = (name: string, text: string): string[] => (text === "" ? [] : [`  ${name.padEnd(10)} ${text}`]);
  const known = (...names: string[]): string[] =>
    names.flatMap((name) => (terms[name] === undefined ? [] : [show(terms[name])]));
  return [
    ...say("asked", known("summary", "target").join(" at ")),
    ...say("by", known("proposer", "via").join(" through ")),
    ...say("verdict", `${isBlock ? "RED" : verdict.decision}${shadow}`),
    ...say("because", isBlock ? `${show(verdict.reason)}. ${meaningOf(verdict.code)}` : limitOf(terms)),
    ...say("then", written.flatMap(({ body }) => outcomeOf(body)).join("; ")),
  ];
}

/** Which of the two numbers held the score down. */
function limitOf(terms: Row): string {
  const [product, bound, score] = [terms["product"], terms["safe_share_lower_bound"], terms["score"]];
  if (typeof product !== "number" || typeof bound !== "number") return show(terms["reason"]);
  const which =
    product <= bound
      ? `the five terms multiply to it; the bound on safe trials would allow ${show(bound)}`
      : `no more is proven by the trials; the five terms would allow ${show(product)}`;
  return `confidence ${show(score)}: ${which}`;
}

function outcomeOf(body: ReceiptBody): string[] {
  switch (body.receipt_type) {
    case "approval":
      return [`${body.outcome} by ${show(body.by)}`];
    case "permit_used":
      return [`permit ${body.outcome}${body.outcome === "released" ? "" : ` (${body.code})`}`];
    case "watcher":
      return [`watch ${body.outcome}`];
    default:
      return [];
  }
}

const clock = (at: number): string => new Date(Math.round(at / 1_000)).toISOString();

function linesOf(body: ReceiptBody, columns: number): string[] {
  switch (body.receipt_type) {
    case "gate_decision":
      return [
        `${body.decision}${body.enforced ? "" : " (shadow: nothing was let through)"}, confidence ${show(body.confidence_score)}`,
        ...decisionLines(body.terms, columns),
      ];
    case "block":
      return [
        `RED${body.enforced ? "" : " (shadow)"}: ${body.reason}`,
        `${meaningOf(body.code)}${body.requires_approval ? " A person was asked." : " Nobody was asked."}`,
        ...decisionLines(body.terms, columns),
      ];
    case "monte_carlo":
      return trialLines(body, columns);
    default:
      return Object.entries(body).flatMap(([key, value]) =>
        key === "receipt_type" || key === "action_id" || value === "" ? [] : rowLines(key, value, columns),
      );
  }
}

const meaningOf = (code: string): string =>
  Object.hasOwn(CODES, code) ? codeEntry(code as Code).meaning : "";
const isRow = (value: Json): value is Row =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The score as a sum that can be checked by hand: factors, their product, the cap, the result. */
function factorLines(terms: Row): string[] {
  const { factors } = terms;
  if (!isRow(factors)) return [];
  const lines = ["term         value      penalty    weight     factor"];
  for (const [name, term] of Object.entries(factors))
    if (isRow(term)) {
      const numbers = ["value", "penalty", "weight", "factor"].map((key) => cell(term[key])).join(" ");
      lines.push(`${name.padEnd(12)} ${numbers}${term["missing"] === true ? " not stated" : ""}`.trimEnd());
    }
  lines.push(
    `product ${show(terms["product"])}, capped by the lower bound on safe trials ${show(terms["safe_share_lower_bound"])} → ${show(terms["score"])} (GREEN ≥ ${show(terms["green_threshold"])}, YELLOW ≥ ${show(terms["yellow_threshold"])})`,
  );
  return lines;
}
function decisionLines(terms: Row, columns: number): string[] {
  const rest = Object.entries(terms).filter(([key]) => !PRINTED.has(key));
  return [
    ...factorLines(terms).flatMap((line) => wrapped(line, columns, 2)),
    ...rest.flatMap(([key, value]) => rowLines(key, value, columns)),
  ];
}
const PRINTED: ReadonlySet<string> = new Set([
  "factors",
  "product",
  "safe_share_lower_bound",
  "score",
  "green_threshold",
  "yellow_threshold",
]);

type Trials = Extract<ReceiptBody, { receipt_type: "monte_carlo" }>;
const safeLine = ({ terms, n_simulations }: Trials): string =>
  `${show(terms["safe"])} of ${n_simulations} trials safe: at least ${show(terms["safe_share_lower_bound"])} of all (95 %)`;

function trialLines(body: Trials, columns: number): string[] {
  return [
    safeLine(body),
    `variance ${show(body.variance)} (${body.is_stable ? "stable" : "unstable"}), mean outcome ${show(body.mean_outcome)}`,
    ...Object.entries(body.terms).flatMap(([key, value]) =>
      key === "safe" || key === "safe_share_lower_bound" || value === "" || value === null
        ? []
        : rowLines(key, value, columns),
    ),
  ];
}

const NAME_WIDTH = 34;
const HASH = /^[0-9a-f]{64}(:[0-9a-f]{64})?$/;
const HASH_SHOWN = 16;
const SHOWN_DIGITS = 7;

/** Every number below its own name; long rows of numbers go on in the next line, nothing is left out. */
function rowLines(name: string, value: Json, columns: number): string[] {
  if (value === null || value === undefined) return [`${name.padEnd(NAME_WIDTH)} none`];
  if (isRow(value)) {
    const entries = Object.entries(value);
    return entries.length === 0
      ? [`${name.padEnd(NAME_WIDTH)} none`]
      : entries.flatMap(([key, inner]) => rowLines(`${name}.${plainText(key, NAME_MAX)}`, inner, columns));
  }
  if (Array.isArray(value) && value.some((v) => typeof v === "object" && v !== null))
    return value.flatMap((inner, i) => rowLines(`${name}[${i}]`, inner, columns));
  const words = Array.isArray(value) ? value.map(show) : show(value).split(" ");
  return wrapped(
    `${name.padEnd(NAME_WIDTH)} ${(words.length === 0 ? ["none"] : words).join(" ")}`,
    columns,
    NAME_WIDTH + 1,
  );
}

/** What callers wrote is data: nothing in it may steer a terminal. Hashes are told apart by their beginning. */
function show(value: Json): string {
  if (typeof value === "number")
    return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(SHOWN_DIGITS)));
  if (typeof value !== "string") return JSON.stringify(value) ?? "";
  return HASH.test(value) ? `${value.slice(0, HASH_SHOWN)}…` : plainText(value, value.length);
}
const cell = (value: Json): string => show(value).padEnd(10);
