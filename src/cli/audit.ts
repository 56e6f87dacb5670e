import { dirname, resolve } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { readPlanFile } from "../fleet/index.ts";
import {
  auditHash,
  graphOfDeployment,
  graphOfSnapshot,
  readSnapshot,
  thisMachine,
} from "../promote/index.ts";
import { audit, type AuditGraph, dotOf } from "../rollout/index.ts";
import { printFindings } from "./audit-print.ts";
import { type Command, EXIT, type Io, UserError } from "./command.ts";
import { requireDeployment } from "./config.ts";
import { planGraph } from "./rollout/audit-plan.ts";
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
    else {
      io.out(`${result.subject}: ${result.nodes} parts and topics, ${result.edges} connections`);
      printFindings(result, io);
    }
    return result.passed ? EXIT.ok : EXIT.found;
  },
};

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
    const read = readPlanFile(file);
    if (!read.ok) throw new UserError(read.error.what, read.error.remedy);
    return planGraph(read.value, name, dirname(file));
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
