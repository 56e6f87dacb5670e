import { readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { DEMANDS, PAGE, pageOf, resultsOnPage, ROOT } from "./page.ts";

/**
 * Writes docs/safety/specification.md: `node test/specification/update.ts [REPORT.json …]`. Each report is one of vitest's
 * (`vitest run --reporter=json --outputFile=REPORT.json`); what no report tells keeps the result that the page has.
 * `--files` names the files whose tests the page speaks of.
 */
interface Report {
  readonly startTime: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}
const given = process.argv.slice(2);
if (given.includes("--files")) {
  console.log([...new Set(DEMANDS.flatMap((d) => (d.test === null ? [] : [d.test.file])))].join("\n"));
} else {
  const results = new Map(resultsOnPage());
  for (const path of given) read(JSON.parse(readFileSync(path, "utf8")) as Report, results);
  writeFileSync(PAGE, pageOf(results));
}

function read(report: Report, results: Map<string, string>): void {
  const day = new Date(report.startTime).toISOString().slice(0, 10);
  for (const { id, test } of DEMANDS) {
    if (test === null) continue;
    const { file, title } = test;
    const ran = report.testResults.find((r) => relative(ROOT, r.name) === file);
    // a title that is filled in once for each case stands for all of them
    const ending = title.startsWith("%s") ? title.slice(2) : null;
    const cases = ran?.assertionResults.filter((a) =>
      ending === null ? a.title === title : a.title.endsWith(ending),
    );
    if (cases === undefined || cases.length === 0) continue;
    const bad = cases.find((a) => a.status !== "passed");
    results.set(id, `${bad === undefined ? "passed" : bad.status} ${day}`);
  }
}
