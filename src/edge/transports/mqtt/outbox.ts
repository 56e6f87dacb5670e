import { existsSync, renameSync } from "node:fs";
import Database from "better-sqlite3";

/** somebody else's lock must not hold up the thread that stops the robot */
const LOCK_WAIT_MS = 5;
/** state replaces itself topic by topic and still finds room when receipts have filled the rest */
const STATE_RESERVE_ROWS = 64;

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
  readonly #db: Database.Database;
  readonly #insert: Database.Statement<[string, string, number]>;
  readonly #replace: Database.Statement<[string, number | bigint]>;
  readonly #remove: Database.Statement<[number]>;
  readonly #select: Database.Statement<[number, number], OutboxRow>;
  readonly #maxRows: number;
  readonly #onTrouble: (detail: string) => void;
  #rows: number;

  /** `onTrouble` hears of a disk that is full or broken; such a call took nothing */
  constructor(path: string, maxRows: number, onTrouble: (detail: string) => void) {
    this.#onTrouble = onTrouble;
    const opened = open(path);
    this.#db = opened.db;
    this.setAside = opened.setAside;
    this.#maxRows = maxRows;
    this.#insert = this.#db.prepare("INSERT INTO outbox (topic, payload, retain) VALUES (?, ?, ?)");
    this.#replace = this.#db.prepare("DELETE FROM outbox WHERE topic = ? AND retain = 1 AND id <> ?");
    this.#remove = this.#db.prepare("DELETE FROM outbox WHERE id = ?");
    this.#select = this.#db.prepare(
      "SELECT id, topic, payload, retain FROM outbox WHERE id > ? ORDER BY id LIMIT ?",
    );
    this.#rows = (this.#db.prepare("SELECT count(*) AS n FROM outbox").get() as { n: number }).n;
  }
  get isFull(): boolean {
    return this.#rows >= this.#maxRows;
  }
  get size(): number {
    return this.#rows;
  }
  /** false: full or broken, nothing was taken. State replaces the older state of its topic. */
  add(topic: string, payload: string, retain: boolean): boolean {
    if (this.#rows >= this.#maxRows + (retain ? STATE_RESERVE_ROWS : 0)) return false;
    return this.#guarded(false, () => {
      const { lastInsertRowid } = this.#insert.run(topic, payload, retain ? 1 : 0);
      this.#rows++;
      if (retain) this.#rows -= this.#replace.run(topic, lastInsertRowid).changes;
      return true;
    });
  }
  after(id: number, limit: number): readonly OutboxRow[] {
    return this.#guarded([], () => this.#select.all(id, limit));
  }
  /** Rows that could not be deleted are sent once more after the next start. */
  delete(ids: readonly number[]): void {
    this.#guarded(undefined, () =>
      this.#db.transaction(() => {
        for (const id of ids) this.#rows -= this.#remove.run(id).changes;
      })(),
    );
  }
  #guarded<T>(fallback: T, act: () => T): T {
    try {
      return act();
    } catch (error) {
      this.#onTrouble(error instanceof Error ? error.message : String(error));
      return fallback;
    }
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
    db.exec("CREATE INDEX IF NOT EXISTS state ON outbox (topic) WHERE retain = 1");
    db.exec("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL)");
    const checked = db.pragma("quick_check(1)", { simple: true });
    if (checked !== "ok") throw new DamagedError(String(checked));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
