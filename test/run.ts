import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { LANES } from "./lanes.ts";

/**
 * All that `npm test` checks: types, the core on its own, lint and format, while the first tests run beside them, then
 * every lane but soak. With names of lanes, those alone; anything else goes to vitest (a file, --reporter=verbose).
 * Ends with one line `N passed, N failed` that counts them all, and names each skipped suite with its reason.
 */
const root = resolve(import.meta.dirname, "..");
const bin = (name: string) => join(root, "node_modules", ".bin", name);
const given = process.argv.slice(2);
const named = given.filter((word) => (LANES as readonly string[]).includes(word));
const more = given.filter((word) => !named.includes(word));
const lanes = named.length > 0 ? named : LANES.filter((lane) => lane !== "soak");

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  testResults: {
    name: string;
    status: string;
    startTime: number;
    endTime: number;
    assertionResults: { ancestorTitles: string[]; fullName: string; title: string; status: string }[];
  }[];
}
interface Ended {
  readonly status: number;
  readonly words: string;
}

const CHECKS: readonly [string, string, string[]][] = [
  ["types", "tsc", ["-p", "."]],
  ["the page, as a browser has it", "tsc", ["-p", "src/edge/http/page"]],
  ["core alone, without Node's types", "tsc", ["-p", "test/tsconfig.core.json"]],
  ["lint", "eslint", ["src", "devices", "sim", "test"]],
  [
    "format and suspicious code",
    "biome",
    ["ci", "--config-path", "biome.json", "--diagnostic-level=error", "src", "devices", "sim", "test"],
  ],
];

const run = (program: string, args: readonly string[], aloud: boolean): Promise<Ended> =>
  new Promise((done) => {
    const child = spawn(bin(program), args, {
      cwd: root,
      stdio: aloud ? "inherit" : ["ignore", "pipe", "pipe"],
    });
    let words = "";
    const keep = (chunk: Buffer): void => void (words += chunk.toString());
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    child.on("error", (cause) => done({ status: 1, words: cause.message }));
    child.on("close", (status) => done({ status: status ?? 1, words }));
  });

/** One after the other, so that they take one core and the tests the rest; told when they are all through. */
async function runChecks(): Promise<{ passed: number; failed: number; told: string }> {
  let failed = 0;
  let told = "";
  for (const [label, program, options] of CHECKS) {
    const started = performance.now();
    const { status, words } = await run(program, options, false);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    told += `${status === 0 ? "✓" : "✗"} ${label} (${seconds} s)\n`;
    if (status === 0) continue;
    failed++;
    told += `${words.trim().split("\n").slice(0, 60).join("\n")}\n`;
  }
  return { passed: CHECKS.length - failed, failed, told };
}

/** A whole suite once, by the title that carries its reason; single tests by their names. */
function skippedIn(report: Report): string[] {
  return report.testResults.flatMap(({ name, assertionResults }) => {
    const skipped = assertionResults.filter((a) => a.status !== "passed" && a.status !== "failed");
    const whole = (suite: string): boolean =>
      assertionResults.every((a) => a.ancestorTitles[0] !== suite || skipped.includes(a));
    const titles = skipped.map((a) => {
      const suite = a.ancestorTitles[0];
      return suite !== undefined && whole(suite) ? suite : a.fullName;
    });
    const file = relative(root, name);
    return [...new Set(titles)].map((title) => {
      const tests = titles.filter((t) => t === title).length;
      return `${file}: ${title}${tests > 1 ? ` (${tests} tests)` : ""}`;
    });
  });
}

async function runTests(): Promise<{ passed: number; failed: number; skipped: string[]; slow: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), "cellgate-test-"));
  const file = join(folder, "report.json");
  const projects = lanes.map((lane) => `--project=${lane}`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile=${file}`];
  const { status } = await run("vitest", ["run", ...projects, ...reporters, ...more], true);
  try {
    const report = JSON.parse(readFileSync(file, "utf8")) as Report;
    const broken = report.testResults.filter(
      (r) => r.status === "failed" && r.assertionResults.length === 0,
    ).length;
    const failed = report.numFailedTests + broken;
    const seconds = (r: { startTime: number; endTime: number }): number => (r.endTime - r.startTime) / 1000;
    const slow = report.testResults
      .toSorted((a, b) => seconds(b) - seconds(a))
      .slice(0, 10)
      .map((r) => `${seconds(r).toFixed(1)} s ${relative(root, r.name)}`);
    return {
      passed: report.numPassedTests,
      failed: failed === 0 && status !== 0 ? 1 : failed,
      skipped: skippedIn(report),
      slow,
    };
  } catch {
    return { passed: 0, failed: 1, skipped: [], slow: [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const started = performance.now();
const [checks, tests] = await Promise.all([
  given.length === 0 ? runChecks() : { passed: 0, failed: 0, told: "" },
  runTests(),
]);
const list = (title: string, lines: readonly string[]): void => {
  if (lines.length > 0) console.log(`${title}\n${lines.map((line) => `  - ${line}`).join("\n")}`);
};
console.log(checks.told.trimEnd());
list("slowest files:", tests.slow);
list(`${tests.skipped.length} skipped, each with its reason:`, tests.skipped);
const failed = checks.failed + tests.failed;
console.log(`lanes ${lanes.join(", ")} in ${Math.round((performance.now() - started) / 1000)} s`);
console.log(`${checks.passed + tests.passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
