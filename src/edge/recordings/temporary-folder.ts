import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folders = new Set<string>();
const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/** A folder that goes when it is dropped, or with the process, unless that is killed outright. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "cellgate-bag-"));
  if (folders.size === 0) {
    process.on("exit", dropAll);
    for (const signal of SIGNALS) process.on(signal, endBy);
  }
  folders.add(folder);
  return folder;
}

export function dropTemporary(some: readonly string[]): void {
  for (const folder of some) {
    rmSync(folder, { recursive: true, force: true });
    folders.delete(folder);
  }
  if (folders.size > 0) return;
  process.off("exit", dropAll);
  for (const signal of SIGNALS) process.off(signal, endBy);
}

const dropAll = (): void => dropTemporary([...folders]);

/** Whoever else listens decides how the process ends; alone, it ends as it would have. */
function endBy(signal: NodeJS.Signals): void {
  const alone = process.listenerCount(signal) === 1;
  if (!alone) return;
  dropAll();
  process.kill(process.pid, signal);
}
