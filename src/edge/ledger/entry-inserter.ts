import type Database from "better-sqlite3";

export interface NewEntry {
  readonly idx: number;
  readonly id: string;
  /** place among the ids, see id-order */
  readonly ord: number;
  readonly type: string;
  readonly at: number;
  /** leaf hash, SHA-256 and BLAKE3 of the body, 32 bytes each */
  readonly hashes: Buffer;
  readonly body: Buffer;
}

/** rows in one statement: a call costs about as much as a row */
const ROWS = 10;
const COLUMNS = 7;
const VALUES = `(${Array.from({ length: COLUMNS }, () => "?").join(", ")})`;

/**
 * Gathers rows and writes ten with one statement. `flush` comes before anything that reads them; after an
 * error the connection and what waits here are thrown away together.
 */
export function entryInserter(db: Database.Database) {
  const one = db.prepare(`INSERT INTO entry VALUES ${VALUES}`);
  const many = db.prepare(
    `INSERT INTO entry VALUES ${Array.from({ length: ROWS }, () => VALUES).join(", ")}`,
  );
  let waiting: (string | number | Buffer)[] = [];
  return {
    add(row: NewEntry): void {
      waiting.push(row.idx, row.id, row.ord, row.type, row.at, row.hashes, row.body);
      if (waiting.length < ROWS * COLUMNS) return;
      const full = waiting;
      waiting = [];
      many.run(full);
    },
    flush(): void {
      const rest = waiting;
      waiting = [];
      for (let at = 0; at < rest.length; at += COLUMNS) one.run(rest.slice(at, at + COLUMNS));
    },
  };
}
