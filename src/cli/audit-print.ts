import { type AuditResult, QUESTIONS } from "../rollout/index.ts";
import type { Io } from "./command.ts";

/** Findings by question; a question without a finding says so. */
export function printFindings(result: AuditResult, io: Io): void {
  for (const question of QUESTIONS) {
    const found = result.findings.filter((f) => f.question === question);
    io.out(`\n${question}: ${found.length === 0 ? "nothing found" : `${found.length}`}`);
    for (const f of found) {
      const where = f.place === null ? "" : `${f.place.file}:${f.place.line}: `;
      io.out(`  ${f.severity.padEnd(7)} ${where}${f.code}: ${f.what}\n          → ${f.safeguard}`);
    }
  }
  io.out(`\n${result.passed ? "PASSED: no blocker" : "NOT PASSED: close the blockers before scaling"}`);
}
