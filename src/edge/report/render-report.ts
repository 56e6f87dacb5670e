import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import { browserFile, oneScript } from "./browser-code.ts";
import type { Report } from "./model.ts";

/** only the outline: what is in a part is drawn as text and numbers, whatever it is */
const reportSchema = z.looseObject({
  title: z.string(),
  subtitle: z.string(),
  verdict: z.looseObject({ text: z.string(), tone: z.string() }).nullable(),
  cards: z.array(z.looseObject({ title: z.string(), value: z.string() })),
  timeline: z.looseObject({}).nullable(),
  film: z.looseObject({}).optional(),
  plots: z.array(z.looseObject({ title: z.string(), lines: z.array(z.looseObject({})) })),
  tables: z.array(z.looseObject({ title: z.string(), rows: z.array(z.array(z.unknown())) })),
  facts: z.array(z.tuple([z.string(), z.string()])),
  notes: z.array(z.string()),
});

const beside = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");
const ofUplot = (name: string): string => {
  const entry = createRequire(import.meta.url).resolve("uplot");
  return readFileSync(join(dirname(entry), name), "utf8");
};
/** All of it as one script that needs no other file: a report may lie anywhere. */
export const reportScript = (): string => oneScript(browserFile("page/report", import.meta.url));
/** looks that reports share with the node's page */
export const reportStyle = (): string => beside("page.css");

/** Text inside a script element may not end it. */
const safeScript = (text: string): string => text.replaceAll("</", "<\\/");
const safeJson = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c");
const safeText = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** The same report served by the node's page: scripts and looks are files beside it, none stands in its text. */
export const renderServedReport = (report: Report): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${safeText(report.title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page/uplot.css">
<link rel="stylesheet" href="/page/shared.css">
<script src="/page/uplot.js" defer></script>
<script src="/page/report.js" defer></script>
</head>
<body>
<main></main>
<noscript>This report draws itself with JavaScript.</noscript>
<script type="application/json" id="data">${safeJson(report)}</script>
</body>
</html>
`;

const DATA = /<script type="application\/json" id="data">([^<]*)<\/script>/;
/** What a rendered report shows, read back from its file; null when it is none. */
export function readReport(html: string): Report | null {
  try {
    const found = reportSchema.safeParse(JSON.parse(DATA.exec(html)?.[1] ?? "null"));
    return found.success ? (found.data as unknown as Report) : null;
  } catch {
    return null;
  }
}

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
${reportStyle()}</style>
</head>
<body>
<main></main>
<noscript>This report draws itself with JavaScript. The same figures are in the output of --json.</noscript>
<script type="application/json" id="data">${safeJson(report)}</script>
<script>${safeScript(ofUplot("uPlot.iife.min.js"))}</script>
<script>${safeScript(reportScript())}</script>
</body>
</html>
`;
}
