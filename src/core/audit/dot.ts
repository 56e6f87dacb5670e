import type { AuditResult } from "./audit.ts";
import type { AuditEdge, AuditGraph, AuditNode } from "./graph.ts";

const SHAPES: Readonly<Record<AuditNode["kind"], string>> = {
  part: "box",
  topic: "ellipse",
  queue: "cds",
  store: "cylinder",
  workers: "component",
  trigger: "diamond",
  quantity: "note",
};
const quote = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", " ")}"`;

/** What it may take at most stands below its name. */
function labelOf(node: AuditNode): string {
  const { id, memoryBytesMax, diskBytesMax, threadsMax } = node;
  const caps = [
    memoryBytesMax === undefined ? "" : `${sizeOf(memoryBytesMax)} memory`,
    diskBytesMax === undefined ? "" : `${sizeOf(diskBytesMax)} disk`,
    threadsMax === undefined ? "" : `${threadsMax} ${threadsMax === 1 ? "thread" : "threads"}`,
  ].filter((cap) => cap !== "");
  return caps.length === 0 ? "" : `, label=${quote(id).slice(0, -1)}\\n≤ ${caps.join(", ")}"`;
}
const KIB = 1_024;
const sizeOf = (bytes: number): string =>
  bytes < KIB * KIB ? `${Math.ceil(bytes / KIB)} KiB` : `${Math.ceil(bytes / (KIB * KIB))} MiB`;

/** The graph in the language of Graphviz; what a blocker names is red, and so is the way around a cycle. */
export function dotOf(graph: AuditGraph, result: AuditResult): string {
  const named = result.findings.filter((f) => f.severity === "blocker").map((f) => f.what);
  const words = named.map((what) => ` ${what} `);
  const hot = (id: string): boolean =>
    words.some((w) => w.includes(` ${id} `) || w.includes(` ${id},`) || w.includes(` ${id};`));
  const onCycle = ({ from, to }: AuditEdge): boolean =>
    words.some((w) => w.includes(` ${from} → ${to} `) || w.includes(` ${from} → ${to},`));
  const red = (is: boolean): string => (is ? ", color=red, penwidth=2" : "");
  return [
    "digraph audit {",
    "  rankdir=LR; node [fontname=Helvetica, fontsize=10]; edge [fontname=Helvetica, fontsize=9];",
    ...graph.nodes.map((n) => `  ${quote(n.id)} [shape=${SHAPES[n.kind]}${red(hot(n.id))}${labelOf(n)}];`),
    ...graph.edges.map(
      (e) => `  ${quote(e.from)} -> ${quote(e.to)} [label=${quote(e.kind)}${red(onCycle(e))}];`,
    ),
    "}",
    "",
  ].join("\n");
}
