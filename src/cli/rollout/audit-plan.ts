import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { FrozenRollout } from "../../fleet/index.ts";
import { auditHash, createLocator, graphOfPlan, thisMachine } from "../../fleet/audit/index.ts";
import { audit, type AuditGraph, type AuditResult } from "../../core/audit/index.ts";

/** A frozen plan as a graph, with the machine that its centre runs on. */
export function planGraph(frozen: FrozenRollout, subject: string, folder: string): AuditGraph {
  return graphOfPlan(frozen.plan, createLocator(frozen.text, subject), subject, {
    machine: thisMachine(folder),
    ...(frozen.archive !== null && { archive: frozen.archive, archiveBytes: bytesOf(frozen.plan.cells) }),
  });
}
/** The five questions, asked of exactly the plan that is about to go on, on the machine as it is now. */
export function auditPlan(frozen: FrozenRollout, dataDir: string): AuditResult & { readonly hash: string } {
  const graph = planGraph(frozen, frozen.file, dirname(dataDir));
  return { ...audit(graph), hash: auditHash(graph) };
}

const bytesOf = (paths: readonly string[]): number =>
  paths.reduce((sum, path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory() !== true) return sum + (stat?.size ?? 0);
    return sum + bytesOf(readdirSync(path).map((name) => join(path, name)));
  }, 0);
