// Findings of audits, and the graph of what led to what.
import { codeEntry, codeTitle, el, getJson, heading, pill, replace, sheet, table, wall } from "./dom.js";
import { emptySheet, receiptLink, record, withCommands } from "./pieces.js";
import { followReceipts } from "./receipts.js";
import { storyGraph } from "./story.js";

export function auditView(root, [subject], alive) {
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
function drawFindings(list, rows) {
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
const SEVERITY = { blocker: "bad", warning: "warn", note: "plain" };
const QUESTIONS = [
  "cascade spawning",
  "feedback loops",
  "resource exhaustion",
  "threshold drift",
  "time bombs",
];
const textOf = (value) =>
  value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
/** the five questions of an audit, each with its answer in one glance */
function questionsOf(findings) {
  if (!findings.every((f) => f.question === undefined || QUESTIONS.includes(f.question))) return null;
  const rank = ["plain", "warn", "bad"];
  return el(
    "ul",
    { class: "questions" },
    QUESTIONS.map((question) => {
      const own = findings.filter((f) => f.question === question);
      const worst = own
        .map((f) => SEVERITY[f.severity] ?? "warn")
        .sort((a, b) => rank.indexOf(b) - rank.indexOf(a))[0];
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
function findingRow(finding) {
  const code = textOf(finding.code);
  const { place } = finding;
  const where =
    place !== null && typeof place === "object" ? `${place.file ?? ""}:${place.line ?? ""}` : textOf(place);
  return [
    pill(textOf(finding.severity) || "finding", SEVERITY[finding.severity] ?? "warn"),
    el("div", {}, el("strong", {}, codeTitle(code)), el("div", { class: "quiet" }, code)),
    el("div", {}, textOf(finding.what), el("div", { class: "quiet" }, where)),
    el("div", {}, withCommands(textOf(finding.safeguard) || (codeEntry(code)?.remedy ?? ""))),
  ];
}
async function drawGraph(node, subject, alive) {
  const params = new URLSearchParams(subject === "" ? { type: "state_change" } : { search: subject });
  try {
    const { rows } = await getJson(`/data/receipts?${params}`);
    if (!alive.here) return;
    const own = rows
      .filter((r) => r.body != null && r.type !== "telemetry_digest")
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
    if (alive.here) replace(node, sheet(cause.message));
  }
}
