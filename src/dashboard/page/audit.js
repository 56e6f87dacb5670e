// Findings of audits, and the graph of what led to what.
import { codeEntry, codeTitle, el, getJson, heading, pill, replace, sheet, table, wall } from "./dom.js";
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
    heading("Findings", "what an audit of a deployment, plan or ledger found"),
    list,
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
      el("div", { class: "field" }, el("label", { for: "audit-subject" }, "Subject"), field),
      el("button", { type: "submit" }, "Draw"),
    ),
    graph,
  );
  const stop = followReceipts(["audit"], (rows) => drawFindings(list, rows), alive);
  void drawGraph(graph, subject ?? "", alive);
  return stop;
}
function drawFindings(list, rows) {
  replace(
    list,
    rows.length === 0
      ? el(
          "div",
          { class: "sheet empty" },
          el("strong", {}, "No audit has been written into this ledger yet."),
          el(
            "p",
            { class: "quiet" },
            "An audit looks for cycles, missing bounds, checks that are off and thresholds that drift; its findings appear here.",
          ),
        )
      : rows
          .slice(0, 20)
          .map(({ body, at, id }) =>
            el(
              "article",
              { class: "sheet" },
              el(
                "div",
                { class: "row-head" },
                el("strong", {}, body.subject),
                pill(body.passed ? "passed" : "not passed", body.passed ? "good" : "bad"),
                el(
                  "span",
                  { class: "hint" },
                  `${wall(at)} · ${body.by} · `,
                  el("a", { href: `#receipts/${encodeURIComponent(id)}` }, "receipt"),
                ),
              ),
              table(["Finding", "Where", "What it means"], body.findings.map(findingRow), "No finding."),
            ),
          ),
  );
}
function findingRow(finding) {
  const code = typeof finding.code === "string" ? finding.code : "";
  const entry = codeEntry(code);
  const rest = Object.entries(finding)
    .filter(([k]) => k !== "code")
    .map(([k, v]) => `${k}: ${typeof v === "string" ? v : JSON.stringify(v)}`);
  return [
    el("div", {}, el("strong", {}, codeTitle(code)), el("div", { class: "quiet" }, code)),
    rest.join(", "),
    el("div", {}, entry?.meaning ?? "", entry === null ? null : el("div", { class: "quiet" }, entry.remedy)),
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
