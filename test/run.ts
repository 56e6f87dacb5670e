import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/**
 * All that `npm test` checks: types, the core on its own, lint, format, then every test. Ends with one line
 * `N passed, N failed` that counts them all, and names each skipped test with its reason.
 */
const root = resolve(import.meta.dirname, "..");
const bin = (name: string) => join(root, "node_modules", ".bin", name);
const args = process.argv.slice(2);

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTotalTestSuites: number;
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { fullName: string; status: string }[];
  }[];
}

const CHECKS: readonly [string, string, string[]][] = [
  ["types", "tsc", ["-p", "."]],
  ["core alone, without Node's types", "tsc", ["-p", "test/tsconfig.core.json"]],
  ["lint", "eslint", ["src", "devices", "sim", "test"]],
  [
    "format and suspicious code",
    "biome",
    ["ci", "--config-path", "biome.json", "--diagnostic-level=error", "src", "devices", "sim", "test"],
  ],
];

function runChecks(): { passed: number; failed: number } {
  let failed = 0;
  for (const [label, program, options] of CHECKS) {
    const started = performance.now();
    const { status, stdout, stderr } = spawnSync(bin(program), options, { cwd: root, encoding: "utf8" });
    if (status !== 0) failed++;
    console.log(
      `${status === 0 ? "✓" : "✗"} ${label} (${((performance.now() - started) / 1000).toFixed(1)} s)`,
    );
    if (status !== 0) console.log(`${stdout}\n${stderr}`.trim().split("\n").slice(0, 60).join("\n"));
  }
  return { passed: CHECKS.length - failed, failed };
}

function runTests(): { passed: number; failed: number; skipped: string[] } {
  const folder = mkdtempSync(join(tmpdir(), "cellgate-test-"));
  const file = join(folder, "report.json");
  const run = spawnSync(
    bin("vitest"),
    [
      "run",

      ".vitest.config.ts",
      "--reporter=default",
      "--reporter=json",
      `--outputFile=${file}`,
      ...args,
    ],
    { cwd: root, stdio: "inherit" },
  );
  try {
    const report = JSON.parse(readFileSync(file, "utf8")) as Report;
    const broken = report.testResults.filter(
      (r) => r.status === "failed" && r.assertionResults.length === 0,
    ).length;
    const skipped = report.testResults.flatMap((r) =>
      r.assertionResults.filter((a) => a.status !== "passed" && a.status !== "failed").map((a) => a.fullName),
    );
    const failed = report.numFailedTests + broken;
    return { passed: report.numPassedTests, failed: failed === 0 && run.status !== 0 ? 1 : failed, skipped };
  } catch {
    return { passed: 0, failed: 1, skipped: [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const checks = args.length === 0 ? runChecks() : { passed: 0, failed: 0 };
const tests = runTests();
if (tests.skipped.length > 0)
  console.log(
    `${tests.skipped.length} skipped, each with its reason in its name:\n${tests.skipped.map((n) => `  - ${n}`).join("\n")}`,
  );
const failed = checks.failed + tests.failed;
console.log(`${checks.passed + tests.passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
