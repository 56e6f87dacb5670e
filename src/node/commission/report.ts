import type { Deployment } from "../../core/domain/index.ts";
import type { GuardTable } from "../run/index.ts";
import {
  type Claims,
  confidenceOfLargest,
  faultsOf,
  proposedLimits,
  REPEATS_MIN,
  type Spread,
  spreadOf,
  type StepResult,
} from "./figures.ts";
import type { CommissionStep } from "./steps.ts";

export interface ReportFacts {
  readonly deployment: Deployment;
  readonly file: string;
  readonly configHash: string;
  /** of the deployment as it stands, without the simulation in its place */
  readonly simulated: boolean;
  readonly version: string;
  readonly by: string;
  readonly at: string;
  readonly repeats: number;
  readonly machine: string;
  readonly steps: readonly CommissionStep[];
  readonly results: ReadonlyMap<string, StepResult>;
  readonly guards: GuardTable;
}

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const cells = (tag: "td" | "th", row: readonly string[]): string =>
  row.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join("");
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<table><thead><tr>${cells("th", head)}</tr></thead><tbody>${rows
    .map((row) => `<tr>${cells("td", row)}</tr>`)
    .join("")}</tbody></table>`;
const list = (lines: readonly string[]): string =>
  `<ul>${lines.map((line) => `<li>${escape(line)}</li>`).join("")}</ul>`;

const STYLE =
  "body{font:14px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}" +
  "h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;width:100%;font-size:13px}" +
  "th,td{border:1px solid #999;padding:.3rem .5rem;text-align:left;vertical-align:top}th{background:#eee}" +
  ".no{font-weight:700}.box{border:2px solid #111;padding:.6rem 1rem}dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}" +
  "dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}@media print{body{margin:0;max-width:none}h2{break-after:avoid}tr{break-inside:avoid}}";

const shown = (spread: Spread | null, digits: number, unit: string): string =>
  spread === null
    ? "not measured"
    : `${spread.p99.toFixed(digits)} ${unit} (median ${spread.median.toFixed(digits)}, n = ${spread.n})`;

/** What was tried and what came of it, for the safety file: one file, offline, printable. */
export function commissionReport(facts: ReportFacts): string {
  const { deployment, steps, results, repeats } = facts;
  const claims: Claims = deployment.robot;
  const rows = steps.map((step) => stepRow(step, results.get(step.id), facts, claims));
  const failed = steps.filter((step) => {
    const result = results.get(step.id);
    return result !== undefined && faultsOf(result, repeats, claims).length > 0;
  });
  const open = openPoints(facts);
  const verdict =
    failed.length > 0
      ? `NOT PASSED: ${failed.map((step) => step.id).join(", ")}`
      : steps.some((step) => !results.has(step.id))
        ? "NOT FINISHED: steps are left"
        : repeats < REPEATS_MIN
          ? `NOT ENOUGH: fewer than ${REPEATS_MIN} repetitions`
          : "Every step that was tried passed";
  const parts = [
    `<h1>Commissioning of cell ${escape(deployment.cell)}</h1>`,
    `<p class="box"><span class="no">${escape(verdict)}.</span> ${
      facts.simulated
        ? "<strong>Against the simulated cell: nothing here was measured at a machine.</strong>"
        : "Measured at the machine."
    } This node is not a safety-rated device; this report replaces no validation of the machine.</p>`,
    definitions(facts),
    "<h2>What was tried</h2>",
    table(
      [
        "Step",
        "What came",
        "Reaction p99",
        "Standing after, p99",
        "Way while stopping, p99",
        "Verdict",
        "Receipt",
      ],
      rows,
    ),
    `<p>p99 by order statistic: of n readings the one of rank ⌈0.99 n⌉, without assuming a distribution. With n = ${repeats} it is the largest, and lies above the true p99 with a confidence of ${(100 * confidenceOfLargest(repeats)).toFixed(1)} %; 299 readings give 95 %. Reaction counts from the last reading that was still good to the cause: it contains the wait for the next reading, and not the time from the event to the sensor.</p>`,
    "<h2>Claimed and measured</h2>",
    claimTable(facts, claims),
    "<h2>Guard table</h2>",
    table(
      ["Hazard", "Seen by", "Rule", "Limit", "Reaction", "Cleared by"],
      facts.guards.rows.map((r) => [r.hazard, r.source, r.rule, r.limit, r.reaction, r.clearedBy]),
    ),
    "<h2>What was not tested, and what is not guarded</h2>",
    list([...open, ...facts.guards.gaps]),
    "<h2>Signatures of people</h2>",
    table(
      ["Name", "Role", "Date", "Signature"],
      [
        ["", "", "", ""],
        ["", "", "", ""],
      ],
    ),
  ];
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Commissioning of ${escape(deployment.cell)}</title><meta name="viewport" content="width=device-width"><style>${STYLE}</style></head><body>${parts.join("\n")}</body></html>\n`;
}

function stepRow(
  step: CommissionStep,
  result: StepResult | undefined,
  { repeats }: ReportFacts,
  claims: Claims,
): string[] {
  if (result === undefined) return [step.id, "", "", "", "", "not done", ""];
  const { measured } = result;
  const causes = [...new Set(measured.map((m) => m.cause ?? "nothing"))];
  const faults = faultsOf(result, repeats, claims);
  const speed = spreadOf(measured.map((m) => m.speedMPerS));
  return [
    step.kind === "speed" && speed !== null
      ? `${step.id}: ${speed.median.toFixed(2)} m/s at the tool`
      : step.id,
    causes.join(", "),
    shown(spreadOf(measured.map((m) => m.reactionMs)), 0, "ms"),
    shown(spreadOf(measured.map((m) => m.stopMs)), 0, "ms"),
    shown(spreadOf(measured.map((m) => m.distanceM)), 3, "m"),
    faults.length === 0 ? "passed" : faults.join("; "),
    result.receipt ?? "",
  ];
}

function definitions(facts: ReportFacts): string {
  const rows: [string, string][] = [
    ["Deployment", facts.file],
    ["Configuration hash", facts.configHash],
    ["cellgate", facts.version],
    ["Machine", facts.machine],
    ["Carried out by", facts.by],
    ["At", facts.at],
    ["Repetitions", String(facts.repeats)],
  ];
  return `<dl>${rows.map(([k, v]) => `<dt>${escape(k)}</dt><dd>${escape(v)}</dd>`).join("")}</dl>`;
}

function claimTable({ results, deployment }: ReportFacts, claims: Claims): string {
  const all = [...results.values()];
  const measured = all.flatMap((r) => r.measured);
  const proposed = new Map(proposedLimits(all).map(({ key, value }) => [key, String(value)]));
  const row = (key: string, claim: string, spread: Spread | null, digits: number, unit: string): string[] => [
    key,
    claim,
    shown(spread, digits, unit),
    proposed.get(key) ?? "leave as it is",
  ];
  const stop = spreadOf(measured.map((m) => m.stopMs));
  const way = spreadOf(measured.map((m) => m.distanceM));
  const fastest = Math.max(0, ...measured.map((m) => m.speedMPerS ?? 0));
  return `${table(
    ["Setting", "Claimed", "Measured p99", "Proposed, with a fifth of room"],
    [
      row("robot.stopTimeMs", `${claims.stopTimeMs} ms`, stop, 0, "ms"),
      row("robot.stopDistanceM", `${claims.stopDistanceM} m`, way, 3, "m"),
    ],
  )}<p>Stops were measured at up to ${fastest.toFixed(2)} m/s; the cell allows ${deployment.robot.maxToolSpeedMPerS} m/s. A faster stop, another load or reach was not measured.</p>`;
}

/** Honest about its edges: guards without a step, steps that were not done, what no step can show. */
function openPoints({ guards, steps, results }: ReportFacts): string[] {
  const tried = new Set(steps.filter((s) => results.has(s.id)).flatMap((s) => [s.part, ...s.sources]));
  const untested = guards.rows.filter((r) => !tried.has(r.rule.split(" ").slice(1).join(" ")));
  const left = steps.filter((step) => !results.has(step.id)).map((step) => `not done: ${step.id}`);
  return [
    ...left,
    ...untested.map((r) => `no step tried: ${r.hazard} (${r.rule}, ${r.source})`),
    "the hardwired emergency stop itself, and anything that does not pass this node",
    "other loads, reaches and poses than the robot's job while it was tried",
    "power loss, a damaged disk, a machine that is overloaded",
  ];
}
