import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { requireDeployment } from "../../../src/cli/config.ts";
import type { ReceiptBody } from "../../../src/core/domain/index.ts";
import { openLedger } from "../../../src/edge/ledger/index.ts";
import { type Report, renderReport } from "../../../src/edge/report/index.ts";
import { audit, type AuditGraph } from "../../../src/core/audit/index.ts";

const CANDIDATE = `${"7c0b4d051c3fd8d2".padEnd(64, "a")}:${"b".repeat(64)}`;
const BUILT_IN = "built-in";
export const REPORT_NAME = "7c0b4d051c3fd8d2.html";
const HOSTILE = "</script><img src=x onerror=globalThis.hurt=4>";

/** what a promotion leaves: a report, as the same code writes it */
const REPORT: Report = {
  title: "Promotion of head 7c0b4d051c3fd8d2",
  subtitle: `against built-in ${HOSTILE}`,
  verdict: { text: "promoted: candidate promoted", tone: "good" },
  cards: [{ title: "worse scenarios", value: "0 of 180", detail: "allowed 3", tone: "good" }],
  timeline: null,
  plots: [
    {
      title: "change of V_s",
      xTitle: "ΔV_s",
      yTitle: "scenarios",
      lines: [{ name: "change of V_s", x: [-2, -1, -1, 0, 0, 1], y: [3, 3, 170, 170, 7, 7] }],
    },
  ],
  tables: [
    {
      title: "Reasons",
      head: ["step", "code"],
      rows: [["delta", { text: "x", href: "javascript:globalThis.hurt=5" }]],
      empty: "none",
    },
  ],
  facts: [["candidate", CANDIDATE]],
  notes: ["The bound holds for scenarios like those of the generator."],
};

const promotion = (step: string, outcome: "passed" | "promoted", terms: Record<string, unknown> = {}) =>
  ({
    receipt_type: "promotion",
    candidate: CANDIDATE,
    baseline: BUILT_IN,
    step,
    outcome,
    code: outcome === "promoted" ? "PROMOTION_PROMOTED" : "PROMOTION_PASSED",
    terms,
  }) as ReceiptBody;
const rollout = (stage: string, verdict: "start" | "advance" | "hold" | "abort", code: string) =>
  ({
    receipt_type: "rollout",
    plan: "head-v2-line4",
    stage,
    verdict,
    code,
    by: "judge",
    terms: { decisions: 240, failures: 3, baselineDecisions: 4200 },
  }) as ReceiptBody;

const part = (id: string, kind: "part" | "topic") => ({ id, kind, place: { file: "plan.json", line: 3 } });
const sends = (from: string, to: string) => ({ kind: "sends" as const, from, to });
/** a planner that hears its own output */
const LOOP: AuditGraph = {
  subject: "planner-and-critic",
  nodes: [part("planner", "part"), part("goal", "topic"), part("critic", "part"), part("score", "topic")],
  edges: [
    sends("planner", "goal"),
    sends("goal", "critic"),
    sends("critic", "score"),
    sends("score", "planner"),
  ],
  unknown: [],
  machine: null,
};

const ofTheNode = (): ReceiptBody[] =>
  [
    ...["freeze", "battery", "delta", "divergence", "policy", "smells"].map((s) => promotion(s, "passed")),
    promotion("decide", "promoted", { swapped: true }),
    {
      receipt_type: "rollback",
      from: CANDIDATE,
      to: BUILT_IN,
      code: "ROLLBACK_BY_PERSON",
      reason: "too many stops on line 3",
      terms: {},
    },
  ] as ReceiptBody[];
const ofTheCentre = (): ReceiptBody[] => {
  const { subject, passed, findings } = audit(LOOP);
  return [
    rollout("1 of 4: 1 cells", "start", "ROLLOUT_STARTED"),
    rollout("2 of 4: 10 cells", "advance", "ROLLOUT_ADVANCED"),
    rollout("2 of 4: 10 cells", "abort", "ROLLOUT_ABORT_WORSE"),
    {
      receipt_type: "audit",
      subject,
      passed,
      by: "kim",
      findings: JSON.parse(JSON.stringify(findings)) as Record<string, unknown>[],
    },
  ] as ReceiptBody[];
};

async function write(dir: string, deploymentFile: string, bodies: readonly ReceiptBody[]): Promise<void> {
  const { deployment, hash } = requireDeployment(deploymentFile);
  const ledger = await openLedger({
    dir,
    cell: deployment.cell,
    configHash: hash,
    settings: deployment.ledger,
    onStored: () => {},
    onHealth: () => {},
  });
  for (const [i, body] of bodies.entries())
    ledger.append({
      receipt_id: `${basename(dir)}-before-${i}`,
      at: (FIRST_AT + i * 1_000_000) as never,
      cell: deployment.cell,
      config_hash: hash,
      body,
    });
  await ledger.flush();
  await ledger.close();
}
const FIRST_AT = Date.UTC(2025, 0, 1) * 1_000;
export const LAST_WORD_AT = FIRST_AT + (ofTheNode().length - 1) * 1_000_000;

/** Data folders as promotions, a rollout with its audit leave them, before the node starts beside them. */
export async function fillLedger(dataDir: string, deploymentFile: string): Promise<void> {
  await write(dataDir, deploymentFile, ofTheNode());
  await write(join(dirname(dataDir), "rollouts"), deploymentFile, ofTheCentre());
  const folder = join(dataDir, "promotion", "reports");
  mkdirSync(folder, { recursive: true });
  // the store that goes with the promotion's receipts: the part has left use since
  const store = { format: "cellgate-promotion-1", slots: {}, refused: {}, history: [] };
  writeFileSync(join(dataDir, "promotion", "state.json"), JSON.stringify(store));
  writeFileSync(join(folder, REPORT_NAME), renderReport(REPORT));
  writeFileSync(join(folder, "0123456789abcdef.html"), "<script>globalThis.hurt=6</script>");
  symlinkSync(join(dataDir, "operators", "shift_lead.token"), join(folder, "fedcba9876543210.html"));
}
