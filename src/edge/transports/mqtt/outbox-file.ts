import { existsSync, renameSync } from "node:fs";
import Database from "better-sqlite3";

/** what another process may hold the file locked before a write is tried again later; only this thread waits */
const LOCK_WAIT_MS = 1_000;

export interface OutboxRow {
  readonly id: number;
  readonly topic: string;
  readonly payload: string;
  readonly retain: number;
}
/** What happened since the last change that was written, in this order: rows that are gone, rows that came. */
export interface OutboxChange {
  readonly removed: readonly number[];
  readonly added: readonly OutboxRow[];
}

/**
 * The file of an outbox, for the thread that writes it. A power cut may lose the newest rows, and a file that it damaged is
 * set aside: the ledger, not the outbox, is the record.
 */
export class OutboxFile {
  /** the file that could not be read was renamed to this; empty when all was well */
  readonly setAside: string;
  readonly #db: Database.Database;
  readonly #insert: Database.Statement<[number, string, string, number]>;
  readonly #remove: Database.Statement<[number]>;

  constructor(path: string) {
    const opened = open(path);
    this.#db = opened.db;
    this.setAside = opened.setAside;
    this.#insert = this.#db.prepare(
      "INSERT OR REPLACE INTO outbox (id, topic, payload, retain) VALUES (?, ?, ?, ?)",
    );
    this.#remove = this.#db.prepare("DELETE FROM outbox WHERE id = ?");
  }
  rows(limit: number): OutboxRow[] {
    const select = this.#db.prepare<[number], OutboxRow>(
      "SELECT id, topic, payload, retain FROM outbox ORDER BY id LIMIT ?",
    );
    return select.all(limit);
  }
  /** the largest id that was ever given: one that was sent and deleted does not come again */
  lastId(): number {
    const row = this.#db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").get() as
      | { seq: number }
      | undefined;
    return row?.seq ?? 0;
  }
  /** all of it or nothing; the same change written twice is one change */
  write({ removed, added }: OutboxChange): void {
    this.#db.transaction(() => {
      for (const id of removed) this.#remove.run(id);
      for (const { id, topic, payload, retain } of added) this.#insert.run(id, topic, payload, retain);
    })();
  }
  /** A number that is larger in every run, even when the clock was set back: run of envelopes and probes. */
  nextSession(least: number): number {
    const last = this.#db.prepare("SELECT value FROM meta WHERE key = 'session'").get() as
      | { value: number }
      | undefined;
    const session = Math.max(least, (last?.value ?? 0) + 1);
    this.#db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('session', ?)").run(session);
    return session;
  }
  close(): void {
    if (this.#db.open) this.#db.close();
  }
}

function open(path: string): { db: Database.Database; setAside: string } {
  try {
    return { db: prepare(path), setAside: "" };
  } catch (error) {
    if (!isDamage(error)) throw error;
    const setAside = `${path}.damaged-${Date.now()}`;
    renameSync(path, setAside);
    for (const tail of ["-wal", "-shm"])
      if (existsSync(path + tail)) renameSync(path + tail, setAside + tail);
    return { db: prepare(path), setAside };
  }
}
const isDamage = (error: unknown): boolean =>
  error instanceof DamagedError ||
  /^SQLITE_(NOTADB|CORRUPT)/.test(String((error as { code?: unknown }).code));
class DamagedError extends Error {
  override readonly name = "DamagedError";
}
function prepare(path: string): Database.Database {
  const db = new Database(path, { timeout: LOCK_WAIT_MS });
  try {
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = OFF");
    db.exec(
      "CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, payload TEXT NOT NULL, retain INTEGER NOT NULL)",
    );
    db.exec("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL)");
    const checked = db.pragma("quick_check(1)", { simple: true });
    if (checked !== "ok") throw new DamagedError(String(checked));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
