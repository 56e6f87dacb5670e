import { dirname, resolve } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { canonicalBytes } from "../base/canonical.ts";
import { dualHash } from "../base/hash.ts";
import { codeEntry } from "../domain/index.ts";
import {
  createLocator,
  graphOfDeployment,
  graphOfPlan,
  graphOfSnapshot,
  readSnapshot,
  thisMachine,
} from "../promote/index.ts";
import {
  audit,
  type AuditGraph,
  type AuditResult,
  dotOf,
  makePlan,
  type PlanDraft,
  QUESTIONS,
} from "../rollout/index.ts";
import { type Command, type CommandInput, EXIT, type Io, UserError } from "./command.ts";
import { requireDeployment } from "./config.ts";
import { flag, jsonOption, readInput } from "./ledger/place.ts";

export const auditCommand: Command = {
  words: ["audit"],
  summary: "ask the five questions before scaling: spawning, feedback, exhaustion, drift, time bombs",
  usage: "<deployment.yaml | rollout-plan.yaml | graph.json> [--dot] [--json]",
  example: "cellgate audit launch/demo-cell.yaml",
  options: {
    dot: { type: "boolean", help: "the graph for Graphviz instead of findings" },
    ...jsonOption,
  },
  async run(input, io) {
    const [file] = input.positionals;
    if (file === undefined)
      throw new UserError("nothing to audit", "name a deployment, a rollout plan or a graph snapshot");
    const graph = readGraph(file, io);
    const result = audit(graph);
    if (flag(input, "dot")) io.out(dotOf(graph, result));
    else if (flag(input, "json")) io.out(JSON.stringify({ ...result, hash: auditHash(graph) }));
    else print(result, input, io);
    return result.passed ? EXIT.ok : EXIT.found;
  },
};

/** Names the graph that was audited: a rollout asks for the audit of exactly its own plan. */
export const auditHash = (graph: AuditGraph): string =>
  dualHash(canonicalBytes(JSON.parse(JSON.stringify({ nodes: graph.nodes, edges: graph.edges }))));

/** What the file is follows from what stands in it. */
export function readGraph(name: string, io: Io): AuditGraph {
  const file = resolve(io.cwd, name);
  const source = readInput(file, io);
  const raw = valueOf(source, name);
  if ("cellgate" in raw) {
    const { deployment } = requireDeployment(file);
    return graphOfDeployment(deployment, source, name, thisMachine(dirname(file)));
  }
  if ("automation" in raw) {
    const plan = makePlan(raw as unknown as PlanDraft);
    if (!plan.ok)
      throw new UserError(
        `${name}: ${plan.error.code}: ${plan.error.detail}`,
        codeEntry(plan.error.code).remedy,
      );
    return graphOfPlan(plan.value, createLocator(source, name), name);
  }
  const snapshot = readSnapshot(raw);
  if (!snapshot.ok)
    throw new UserError(
      `${name}: ${snapshot.error}`,
      "expected a deployment, a rollout plan, or {nodes: [{name, publishes, subscribes}]}",
    );
  const lines = source.split("\n");
  return graphOfSnapshot(snapshot.value, name, (node) => {
    const at = lines.findIndex((line) => line.includes(node));
    return at < 0 ? null : { file: name, line: at + 1 };
  });
}
function valueOf(source: string, name: string): Record<string, unknown> {
  const document = parseDocument(source, { lineCounter: new LineCounter(), prettyErrors: false });
  const value: unknown = document.errors.length > 0 ? null : document.toJS({ maxAliasCount: 100 });
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new UserError(
      `${name} is neither YAML nor JSON with keys`,
      document.errors[0]?.message ?? "check the file",
    );
  return value as Record<string, unknown>;
}

function print(result: AuditResult, _input: CommandInput, io: Io): void {
  io.out(`${result.subject}: ${result.nodes} parts and topics, ${result.edges} connections`);
  for (const question of QUESTIONS) {
    const found = result.findings.filter((f) => f.question === question);
    io.out(`\n${question}: ${found.length === 0 ? "nothing found" : `${found.length}`}`);
    for (const f of found) {
      const where = f.place === null ? "" : `${f.place.file}:${f.place.line}: `;
      io.out(`  ${f.severity.padEnd(7)} ${where}${f.code}: ${f.what}\n          → ${f.safeguard}`);
    }
  }
  io.out(`\n${result.passed ? "PASSED: no blocker" : "NOT PASSED: close the blockers before scaling"}`);
}
