import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { cellOf, ROOT, table } from "./markdown.ts";

const FILE = "src/edge/http/control/metrics.ts";
const textOf = (node: ts.Node | undefined): string | null =>
  node !== undefined && ts.isStringLiteralLike(node) ? node.text : null;

/** Every metric that the code can print, read off the calls that print them. */
export function metricsPage(): string {
  const source = ts.createSourceFile(
    FILE,
    readFileSync(join(ROOT, FILE), "utf8"),
    ts.ScriptTarget.ESNext,
    true,
  );
  const rows: string[][] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const [name, type, help] = node.arguments.map(textOf);
      if (["metric", "one"].includes(node.expression.name.text) && name && type && help)
        rows.push([`\`cellgate_${name}\``, type, cellOf(help)]);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  rows.sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
  return [
    "# Metrics",
    "",
    "`/metrics` on the node's port, in the text format of Prometheus. The unit stands in each name; durations are in seconds.",
    "`launch/grafana-dashboard.json` shows them.",
    "",
    ...table(["Name", "Type", "What it counts"], rows),
    "",
  ].join("\n");
}
