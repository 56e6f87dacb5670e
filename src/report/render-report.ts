import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Report } from "./model.ts";

const beside = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");
const ofUplot = (name: string): string => {
  const entry = createRequire(import.meta.url).resolve("uplot");
  return readFileSync(join(dirname(entry), name), "utf8");
};
/** Text inside a script element may not end it. */
const safeScript = (text: string): string => text.replaceAll("</", "<\\/");
const safeJson = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c");
const safeText = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/**
 * One HTML file that needs nothing else: no network, no font, no second file. The page's policy forbids it to
 * load anything, so that a report can be opened and handed on without a thought.
 */
export function renderReport(report: Report): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>${safeText(report.title)}</title>
<style>${ofUplot("uPlot.min.css")}
${beside("page.css")}</style>
</head>
<body>
<main></main>
<noscript>This report draws itself with JavaScript. The same figures are in the output of --json.</noscript>
<script type="application/json" id="data">${safeJson(report)}</script>
<script>${safeScript(ofUplot("uPlot.iife.min.js"))}</script>
<script>${safeScript(beside("page.js"))}</script>
</body>
</html>
`;
}
