// Findings of audits, and the graph of what led to what.
import type { ReceiptBodyOf } from "../../../core/domain/index.ts";
import type { Alive, Found, Full, Terms } from "./ledger.ts";
import {
  type Children,
  codeEntry,
  codeTitle,
  el,
  getJson,
  heading,
  pill,
  replace,
  sheet,
  table,
  type Tone,
  wall,
  wordsOfError,
} from "./dom.ts";
import { emptySheet, receiptLink, record, withCommands } from "./pieces.ts";
import { followReceipts } from "./receipts.ts";
import { storyGraph } from "./story.ts";

export function auditView(root: HTMLElement, [subject]: readonly string[], alive: Alive): () => void {
  const list = el("div", { class: "stack" });
  const graph = el("div");
  const field = el("input", {
    id: "audit-subject",
    type: "search",
    placeholder: "action, operator, code or plan",
    maxlength: "200",
    autocomplete: "off",
  });
  field.value = subject ?? "";
  root.append(
    el(
      "div",
      { class: "split even" },
      el("section", {}, heading("Findings", "what an audit of a deployment, plan or ledger found"), list),
      el(
        "section",
        {},
        heading("What led to what", "the receipts of one subject in order"),
        el(
          "form",
          {
            class: "filters",
            role: "search",
            onsubmit: (event) => {
              event.preventDefault();
              location.hash = `audit/${encodeURIComponent(field.value.trim())}`;
            },
          },
          el("div", { class: "field wide" }, el("label", { for: "audit-subject" }, "Subject"), field),
          el("button", { type: "submit" }, "Draw"),
        ),
        graph,
      ),
    ),
  );
  const stop = followReceipts(["audit"], (rows) => drawFindings(list, rows), alive);
  void drawGraph(graph, subject ?? "", alive);
  return stop;
}
function drawFindings(list: HTMLElement, rows: readonly Full<"audit">[]): void {
  replace(
    list,
    rows.length === 0
      ? emptySheet(
          "No audit has been written into this ledger yet.",
          "An audit looks for cycles, missing bounds, checks that are off and thresholds that drift; its findings appear here.",
        )
      : rows.slice(0, 20).map(({ body, at, id }) =>
          record(
            {
              outcome: body.passed ? "passed" : "not passed",
              tone: body.passed ? "good" : "bad",
              title: body.subject,
              hint: [`${wall(at)} · ${body.by} · `, receiptLink(id)],
            },
            questionsOf(body.findings),
            body.findings.length === 0
              ? null
              : table(
                  ["Weight", "Finding", "What and where", "Safeguard"],
                  body.findings.map(findingRow),
                  "",
                ),
          ),
        ),
  );
}
const SEVERITY: Readonly<Record<string, Tone>> = { blocker: "bad", warning: "warn", note: "plain" };
const QUESTIONS = [
  "cascade spawning",
  "feedback loops",
  "resource exhaustion",
  "threshold drift",
  "time bombs",
];
const textOf = (value: unknown): string =>
  value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
/** the five questions of an audit, each with its answer in one glance */
type Finding = ReceiptBodyOf<"audit">["findings"][number];
const toneOf = (finding: Finding): Tone => SEVERITY[textOf(finding["severity"])] ?? "warn";
function questionsOf(findings: readonly Finding[]): HTMLElement | null {
  const questionOf = (f: Finding): string => textOf(f["question"]);
  if (!findings.every((f) => f["question"] === undefined || QUESTIONS.includes(questionOf(f)))) return null;
  const rank: readonly Tone[] = ["plain", "warn", "bad"];
  return el(
    "ul",
    { class: "questions" },
    QUESTIONS.map((question) => {
      const own = findings.filter((f) => questionOf(f) === question);
      const worst = own.map(toneOf).sort((a, b) => rank.indexOf(b) - rank.indexOf(a))[0];
      return el(
        "li",
        {},
        pill(own.length === 0 ? "nothing found" : `${own.length} found`, worst ?? "good"),
        " ",
        question,
      );
    }),
  );
}
function findingRow(finding: Finding): readonly Children[] {
  const code = textOf(finding["code"]);
  const place = finding["place"];
  const where =
    typeof place === "object" && place !== null && !Array.isArray(place)
      ? `${textOf((place as Terms)["file"])}:${textOf((place as Terms)["line"])}`
      : textOf(place);
  return [
    pill(textOf(finding["severity"]) || "finding", toneOf(finding)),
    el("div", {}, el("strong", {}, codeTitle(code)), el("div", { class: "quiet" }, code)),
    el("div", {}, textOf(finding["what"]), el("div", { class: "quiet" }, where)),
    el("div", {}, withCommands(textOf(finding["safeguard"]) || (codeEntry(code)?.remedy ?? ""))),
  ];
}
async function drawGraph(node: HTMLElement, subject: string, alive: Alive): Promise<void> {
  const params = new URLSearchParams(subject === "" ? { type: "state_change" } : { search: subject });
  try {
    const { rows } = await getJson<Found>(`/data/receipts?${params}`);
    if (!alive.here) return;
    const own = rows
      .filter((r) => r.body !== null && r.type !== "telemetry_digest")
      .slice(0, 24)
      .reverse();
    replace(
      node,
      own.length === 0
        ? sheet("No receipt names it.")
        : [
            el(
              "p",
              { class: "quiet" },
              subject === ""
                ? "Newest changes of state:"
                : `${own.length} newest receipts that name “${subject}”:`,
            ),
            storyGraph(own),
          ],
    );
  } catch (cause) {
    if (alive.here) replace(node, sheet(wordsOfError(cause)));
  }
}
