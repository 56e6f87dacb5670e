import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { lockFile } from "./layout.ts";

/**
 * One writer per ledger. The lock is an open transaction on an empty database: the system drops it with the
 * process, so that a kill leaves no stale lock behind. null: somebody else holds it.
 */
export function takeWriterLock(dir: string): (() => void) | null {
  const db = new Database(lockFile(dir));
  try {
    db.pragma("busy_timeout = 0");
    db.pragma("journal_mode = MEMORY");
    db.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    db.close();
    if ((error as { code?: string }).code?.startsWith("SQLITE_BUSY")) return null;
    throw error;
  }
  return () => db.close();
}

/** True while a node writes to this data folder. */
export function hasWriter(dir: string): boolean {
  if (!existsSync(lockFile(dir))) return false;
  const unlock = takeWriterLock(dir);
  unlock?.();
  return unlock === null;
}
