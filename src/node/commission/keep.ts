import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { StepResult } from "./figures.ts";

const FOLDER = "commission";
export const commissionFolder = (dataDir: string): string => join(dataDir, FOLDER);
const file = (dataDir: string): string => join(commissionFolder(dataDir), "steps.jsonl");

/** Steps that were finished before, newest of each; only those of this very configuration count. */
export function keptSteps(dataDir: string, configHash: string): Map<string, StepResult> {
  const kept = new Map<string, StepResult>();
  if (!existsSync(file(dataDir))) return kept;
  for (const line of readFileSync(file(dataDir), "utf8").split("\n")) {
    const result = stepIn(line);
    if (result?.configHash === configHash) kept.set(result.id, result);
  }
  return kept;
}
/** the last line may be torn by a power cut: that step is taken again */
function stepIn(line: string): StepResult | null {
  try {
    const raw: unknown = JSON.parse(line);
    return typeof raw === "object" && raw !== null && "measured" in raw ? (raw as StepResult) : null;
  } catch {
    return null;
  }
}
export function keepStep(dataDir: string, result: StepResult): void {
  mkdirSync(commissionFolder(dataDir), { recursive: true });
  appendFileSync(file(dataDir), `${JSON.stringify(result)}\n`, { flush: true });
}
