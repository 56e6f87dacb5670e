import { existsSync, renameSync } from "node:fs";
import Database from "better-sqlite3";

export interface OutboxRow {
  readonly id: number;
  readonly topic: string;
  readonly payload: string;
  readonly retain: number;
}

/**
 * Messages that the broker has to get, on disk until it said that it has them. The client library keeps them
 * in memory only, where a crash takes them along.
 *
 * The thread that stops the robot writes here, so no call waits for the disk: a killed process loses nothing,
 * a power cut may lose the newest rows, and a file that it damaged is set aside. The ledger, not the outbox,
 * is the record.
 */
export class Outbox {
  /** the file that could not be read was renamed to this; empty when all was well */
  readonly setAside: string;
  private readonly db: Database.Database;
  private readonly insert: Database.Statement<[string, string, number]>;
  private readonly replace: Database.Statement<[string]>;
  private readonly remove: Database.Statement<[number]>;
  private readonly select: Database.Statement<[number, number], OutboxRow>;
  private readonly maxRows: number;
  private rows: number;

  constructor(path: string, maxRows: number) {
    const opened = open(path);
    this.db = opened.db;
    this.setAside = opened.setAside;
    this.maxRows = maxRows;
    this.insert = this.db.prepare("INSERT INTO outbox (topic, payload, retain) VALUES (?, ?, ?)");
    this.replace = this.db.prepare("DELETE FROM outbox WHERE topic = ? AND retain = 1");
    this.remove = this.db.prepare("DELETE FROM outbox WHERE id = ?");
    this.select = this.db.prepare(
      "SELECT id, topic, payload, retain FROM outbox WHERE id > ? ORDER BY id LIMIT ?",
    );
    this.rows = (this.db.prepare("SELECT count(*) AS n FROM outbox").get() as { n: number }).n;
  }
  get size(): number {
    return this.rows;
  }
  /** false: full, nothing was taken. State replaces the older state of its topic. */
  add(topic: string, payload: string, retain: boolean): boolean {
    if (retain) this.rows -= this.replace.run(topic).changes;
    if (this.rows >= this.maxRows) return false;
    this.insert.run(topic, payload, retain ? 1 : 0);
    this.rows++;
    return true;
  }
  after(id: number, limit: number): readonly OutboxRow[] {
    return this.select.all(id, limit);
  }
  delete(ids: readonly number[]): void {
    this.db.transaction(() => {
      for (const id of ids) this.rows -= this.remove.run(id).changes;
    })();
  }
  /** A number that is larger in every run, even when the clock was set back: run of envelopes and probes. */
  nextSession(least: number): number {
    const last = this.db.prepare("SELECT value FROM meta WHERE key = 'session'").get() as
      | { value: number }
      | undefined;
    const session = Math.max(least, (last?.value ?? 0) + 1);
    this.db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('session', ?)").run(session);
    return session;
  }
  close(): void {
    if (this.db.open) this.db.close();
  }
}

function open(path: string): { db: Database.Database; setAside: string } {
  try {
    return { db: prepare(path), setAside: "" };
  } catch {
    const setAside = `${path}.damaged-${Date.now()}`;
    renameSync(path, setAside);
    for (const tail of ["-wal", "-shm"])
      if (existsSync(path + tail)) renameSync(path + tail, setAside + tail);
    return { db: prepare(path), setAside };
  }
}
function prepare(path: string): Database.Database {
  const db = new Database(path);
  try {
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = OFF");
    db.exec(
      "CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, payload TEXT NOT NULL, retain INTEGER NOT NULL)",
    );
    db.exec("CREATE INDEX IF NOT EXISTS state ON outbox (topic) WHERE retain = 1");
    db.exec("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL)");
    const checked = db.pragma("quick_check(1)", { simple: true });
    if (checked !== "ok") throw new Error(String(checked));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
