import type { AuditResult } from "./audit.ts";
import type { AuditGraph, AuditNode } from "./graph.ts";

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

/** The graph in the language of Graphviz; what a blocker names is red. */
export function dotOf(graph: AuditGraph, result: AuditResult): string {
  const words = result.findings.filter((f) => f.severity === "blocker").map((f) => ` ${f.what} `);
  const hot = (id: string): boolean =>
    words.some((w) => w.includes(` ${id} `) || w.includes(` ${id},`) || w.includes(` ${id};`));
  return [
    "digraph audit {",
    "  rankdir=LR; node [fontname=Helvetica, fontsize=10]; edge [fontname=Helvetica, fontsize=9];",
    ...graph.nodes.map(
      (n) => `  ${quote(n.id)} [shape=${SHAPES[n.kind]}${hot(n.id) ? ", color=red, penwidth=2" : ""}];`,
    ),
    ...graph.edges.map((e) => `  ${quote(e.from)} -> ${quote(e.to)} [label=${quote(e.kind)}];`),
    "}",
    "",
  ].join("\n");
}
