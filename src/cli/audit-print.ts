import { relative } from "node:path";
import { type AuditResult, QUESTIONS, type WorstCase } from "../core/audit/index.ts";
import type { Io } from "./command.ts";
import { wrapped } from "./wrap.ts";

const FINDING_COLUMNS = 10;

/** Findings by question; a question without a finding says so. */
export function printFindings(result: AuditResult, io: Io): void {
  const say = (line: string, indent = FINDING_COLUMNS): void =>
    wrapped(line, io.columns, indent).forEach((part) => io.out(part));
  for (const question of QUESTIONS) {
    const found = result.findings.filter((f) => f.question === question);
    io.out(`\n${question}: ${found.length === 0 ? "nothing found" : found.length}`);
    if (question === "resource exhaustion" && result.worst.length > 0)
      say(
        `  every cap at its worst together: ${result.worst
          .filter(({ needed }) => needed > 0)
          .map(worstLine)
          .join(", ")}`,
        4,
      );
    for (const f of found) {
      const where = f.place === null ? "" : `${near(f.place.file, io.cwd)}:${f.place.line}: `;
      say(`  ${f.severity.padEnd(7)} ${where}${f.code}`);
      say(`${" ".repeat(FINDING_COLUMNS)}${f.what}`);
      say(`${" ".repeat(FINDING_COLUMNS)}→ ${f.safeguard}`, FINDING_COLUMNS + 2);
    }
  }
  io.out(`\n${verdictOf(result)}`);
}

/** A path below the folder that one is in, without that folder. */
const near = (file: string, cwd: string): string => {
  const below = relative(cwd, file);
  return file.startsWith("/") && !below.startsWith("..") ? below : file;
};

function worstLine({ what, needed, have }: WorstCase): string {
  const show = (n: number): string =>
    what !== "memory" && what !== "disk"
      ? String(n)
      : n < 2 ** 30
        ? `${Math.ceil(n / 2 ** 20)} MiB`
        : `${(n / 2 ** 30).toFixed(1)} GiB`;
  return `${what} ${show(needed)} of ${show(have)}`;
}

/** A warning is no pass without a person's look. */
function verdictOf({ passed, findings }: AuditResult): string {
  if (!passed) return "NOT PASSED: close the blockers before scaling";
  const warnings = findings.filter((f) => f.severity === "warning").length;
  if (warnings === 0) return "PASSED: no blocker";
  return `PASSED: no blocker; ${warnings} ${warnings === 1 ? "warning" : "warnings"} for a person to judge`;
}
