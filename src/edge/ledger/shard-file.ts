import { existsSync, rmSync } from "node:fs";
import Database from "better-sqlite3";
import { HASH_BYTES } from "../../core/base/hash.ts";
import type { AuditRow, Hash, NodeSource, TreeHasher } from "../../core/receipts/index.ts";
import { putInPlace } from "../files/index.ts";
import { entryInserter } from "./entry-inserter.ts";
import { idOrder, OTHERS } from "./id-order.ts";

/** A name of our own for it, which declarations can use. */
export interface Connection extends Database.Database {}

/** One row: a leaf of the tree, with its receipt until retention drops the body. */
export interface EntryRow {
  readonly idx: number;
  readonly id: string;
  readonly type: string;
  readonly at: number;
  /** leaf hash, SHA-256 and BLAKE3 of the body, 32 bytes each */
  readonly hashes: Buffer;
  readonly body: Buffer | null;
}
type TextColumns = [
  idx: number,
  id: string,
  type: string,
  at: number,
  hashes: string,
  body: string | null,
  bytes: number,
];
export interface CheckpointRow {
  readonly size: number;
  readonly root: Buffer;
  /** null until signed; at most one row, the newest, is unsigned */
  readonly note: string | null;
}

/** longest wait for another connection, in milliseconds; only the opening of a shard by two ever needs it */
const BUSY_TIMEOUT_MS = 2_000;
const FORMAT = 1;
const APPLICATION_ID = 0x43474c31;
/**
 * `node` holds complete subtrees from this level up; lower ones are computed from at most 256 leaf hashes,
 * which keeps the cost of the tree at two rows per 256 receipts.
 */
export const NODE_LEVEL_MIN = 8;

const SCHEMA = `
CREATE TABLE entry (idx INTEGER PRIMARY KEY, id TEXT NOT NULL, ord INTEGER NOT NULL, type TEXT NOT NULL,
  at INTEGER NOT NULL, hashes BLOB NOT NULL, body BLOB) STRICT;
CREATE INDEX entry_ord ON entry (ord);
CREATE TABLE node (level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, idx)) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, root BLOB NOT NULL, note TEXT) STRICT;
CREATE TABLE anchor (sink TEXT PRIMARY KEY, size INTEGER NOT NULL, note TEXT NOT NULL) STRICT;
CREATE TABLE mark (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`;

/** Every connection that writes goes through here: the build's default loses committed rows at a power cut. */
function configure(db: Connection): Connection {
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.pragma("wal_autocheckpoint = 0");
  db.pragma("locking_mode = NORMAL");
  db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  db.pragma("foreign_keys = ON");
  const synchronous = db.pragma("synchronous", { simple: true });
  if (synchronous !== 2) throw new Error(`synchronous expected FULL (2), got ${String(synchronous)}`);
  return db;
}

/**
 * First creation: a temporary file is filled, synced and renamed, and the folder synced, so that a power cut
 * leaves either no shard or a whole one.
 */
export function createShard(path: string, fill: (db: Connection) => void): void {
  const temporary = `${path}.tmp`;
  for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(temporary + suffix, { force: true });
  const db = new Database(temporary);
  try {
    db.pragma("page_size = 4096");
    db.pragma("auto_vacuum = INCREMENTAL");
    configure(db);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${FORMAT}`);
    db.exec(SCHEMA);
    fill(db);
  } finally {
    db.close();
  }
  if (existsSync(path)) throw new Error(`${path} exists already`);
  putInPlace(temporary, path);
}

export const openShardForWriting = (path: string): Connection =>
  checkFormat(configure(new Database(path, { fileMustExist: true })));

export function openShardForReading(path: string): Connection {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  return checkFormat(db);
}

function checkFormat(db: Connection): Connection {
  const format = db.pragma("user_version", { simple: true });
  if (format === FORMAT && db.pragma("application_id", { simple: true }) === APPLICATION_ID) return db;
  db.close();
  throw new Error(`not a shard of format ${FORMAT}`);
}

/** somebody else, a reader for instance, holds what is needed; trying again later is enough */
export const isBusy = (error: unknown): boolean =>
  (error as { code?: string }).code?.startsWith("SQLITE_BUSY") === true;

/** the disk or the system refused; what the file holds is another question */
export const isDiskError = (error: unknown): boolean =>
  /^(SQLITE_(IOERR|FULL|CANTOPEN|BUSY|NOMEM)|E(IO|NOSPC|MFILE|NFILE|NOMEM)$)/.test(
    (error as { code?: string }).code ?? "",
  );

/**
 * Copies the write-ahead log into the database, syncs it and empties the log, without waiting for readers:
 * "copied" = all of it is in the database, a reader keeps the log from being emptied.
 */
export function emptyLog(db: Connection): "emptied" | "copied" | "held" {
  db.pragma("busy_timeout = 0");
  try {
    const [state] = db.pragma("wal_checkpoint(TRUNCATE)") as LogState[];
    if (state?.busy === 0) return "emptied";
    return state !== undefined && state.log === state.checkpointed ? "copied" : "held";
  } finally {
    db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  }
}
/** The same as far as readers allow, leaving the log's file as it is: overwriting it is cheaper than growing it anew. */
export function copyLog(db: Connection): boolean {
  const [state] = db.pragma("wal_checkpoint(PASSIVE)") as LogState[];
  return state !== undefined && state.log === state.checkpointed;
}
interface LogState {
  readonly busy: number;
  readonly log: number;
  readonly checkpointed: number;
}

/** Statements of one open shard. */
export function shardTables(db: Connection) {
  const begin = db.prepare("BEGIN IMMEDIATE");
  const commit = db.prepare("COMMIT");
  const inserter = entryInserter(db);
  const insertNode = db.prepare<[number, number, Uint8Array]>("INSERT INTO node VALUES (?, ?, ?)");
  const moveCheckpoint = db.prepare<[number, Uint8Array]>(
    "UPDATE checkpoint SET size = ?, root = ? WHERE note IS NULL AND size = (SELECT max(size) FROM checkpoint)",
  );
  const insertCheckpoint = db.prepare<[number, Uint8Array]>("INSERT INTO checkpoint VALUES (?, ?, NULL)");
  const signCheckpoint = db.prepare<[string, number]>("UPDATE checkpoint SET note = ? WHERE size = ?");
  const dropCheckpoint = db.prepare<[number]>("DELETE FROM checkpoint WHERE size = ?");
  const entryById = db.prepare<[number, string], EntryRow>("SELECT * FROM entry WHERE ord = ? AND id = ?");
  const newestOrd = db.prepare<[number], { n: number | null }>(
    "SELECT max(ord) AS n FROM entry WHERE ord < ?",
  );
  const entriesFrom = db.prepare<[number, number], EntryRow>(
    "SELECT * FROM entry WHERE idx >= ? ORDER BY idx LIMIT ?",
  );
  const entriesWith = db.prepare<[number, number, number, Buffer], EntryRow>(
    "SELECT * FROM entry WHERE idx >= ? AND idx < ? AND instr(substr(body, 1, ?), ?) > 0 ORDER BY idx",
  );
  const entriesApart = db.prepare<[number, string], EntryRow>(
    "SELECT * FROM entry INDEXED BY entry_ord WHERE ord >= ? AND type = ? ORDER BY idx",
  );
  const textsFrom = db
    .prepare<[number, number]>(
      "SELECT idx, id, type, at, lower(hex(hashes)), CAST(body AS TEXT), length(body) FROM entry WHERE idx >= ? ORDER BY idx LIMIT ?",
    )
    .raw();
  const bodyAt = db.prepare<[number], { body: Buffer }>("SELECT body FROM entry WHERE idx = ?");
  /** bytes that are no text read as a text that they are not: such a row is told apart by what it reads as */
  const exactText = (idx: number, text: string, bytes: number): string =>
    Buffer.byteLength(text) === bytes &&
    (!text.includes("\ufffd") || Buffer.from(text).equals(bodyAt.get(idx)!.body))
      ? text
      : `${text} (not text)`;
  const textRow = ([idx, id, type, at, hashes, body, bytes]: TextColumns): AuditRow => ({
    idx,
    id,
    type,
    at,
    hashes,
    body: body === null ? null : exactText(idx, body, bytes),
  });
  const leafAt = db.prepare<[number], { hashes: Buffer }>("SELECT hashes FROM entry WHERE idx = ?");
  const nodeAt = db.prepare<[number, number], { hash: Buffer }>(
    "SELECT hash FROM node WHERE level = ? AND idx = ?",
  );
  const size = db.prepare<[], { n: number }>("SELECT coalesce(max(idx) + 1, 0) AS n FROM entry");
  const newestCheckpoint = db.prepare<[], CheckpointRow>(
    "SELECT * FROM checkpoint ORDER BY size DESC LIMIT 1",
  );
  const newestSigned = db.prepare<[], CheckpointRow>(
    "SELECT * FROM checkpoint WHERE note IS NOT NULL ORDER BY size DESC LIMIT 1",
  );
  const signedFrom = db.prepare<[number], CheckpointRow>(
    "SELECT * FROM checkpoint WHERE note IS NOT NULL AND size >= ? ORDER BY size LIMIT 1",
  );
  const checkpoints = db.prepare<[], CheckpointRow>("SELECT * FROM checkpoint ORDER BY size");
  const types = db.prepare<[], { type: string; n: number }>(
    "SELECT type, count(*) AS n FROM entry GROUP BY type ORDER BY type",
  );
  const anchors = db.prepare<[], { sink: string; size: number; note: string }>(
    "SELECT * FROM anchor ORDER BY sink",
  );
  const setAnchor = db.prepare<[string, number, string]>("INSERT OR REPLACE INTO anchor VALUES (?, ?, ?)");
  const mark = db.prepare<[string], { value: string }>("SELECT value FROM mark WHERE name = ?");
  const setMark = db.prepare<[string, string]>("INSERT OR REPLACE INTO mark VALUES (?, ?)");
  return {
    db,
    begin: () => void begin.run(),
    commit(): void {
      inserter.flush();
      commit.run();
    },
    /** rows gather until something depends on them: a look-up by id, the checkpoint that covers them, the commit */
    insertEntry: inserter.add,
    insertNode: (level: number, index: number, hash: Uint8Array) => void insertNode.run(level, index, hash),
    /** the one unsigned checkpoint, always that of the newest transaction */
    setHead(treeSize: number, root: Uint8Array): void {
      inserter.flush();
      if (moveCheckpoint.run(treeSize, root).changes === 0) insertCheckpoint.run(treeSize, root);
    },
    signHead: (treeSize: number, note: string): boolean => signCheckpoint.run(note, treeSize).changes === 1,
    dropCheckpoint: (treeSize: number) => void dropCheckpoint.run(treeSize),
    entryById(id: string): EntryRow | undefined {
      inserter.flush();
      return entryById.get(idOrder(id), id);
    },
    /** largest number among the cell's ids, and among all */
    newestOrds: () => ({
      cell: newestOrd.get(OTHERS)?.n ?? -1,
      others: newestOrd.get(Number.MAX_SAFE_INTEGER)?.n ?? -1,
    }),
    entriesFrom: (from: number, limit: number) => entriesFrom.all(from, limit),
    /** rows of a range whose body holds these bytes, begun within its first `within` ones */
    entriesWith(text: string, within: number, from: number, to: number): EntryRow[] {
      const bytes = Buffer.from(text);
      return entriesWith.all(from, to, within + bytes.length, bytes);
    },
    /** rows of one type whose ids are not of the cell's own steps; the index leads to them */
    entriesApart: (type: string) => entriesApart.all(OTHERS, type),
    /** rows as text, for those who read all of them */
    textsFrom: (from: number, limit: number) => (textsFrom.all(from, limit) as TextColumns[]).map(textRow),
    size: () => size.get()!.n,
    newestCheckpoint: () => newestCheckpoint.get(),
    newestSigned: () => newestSigned.get(),
    signedFrom: (treeSize: number) => signedFrom.get(treeSize),
    checkpoints: () => checkpoints.iterate(),
    types: () => types.all(),
    anchors: () => anchors.all(),
    setAnchor: (sink: string, treeSize: number, note: string) => void setAnchor.run(sink, treeSize, note),
    mark: (name: string) => mark.get(name)?.value,
    setMark: (name: string, value: string) => void setMark.run(name, value),
    leafAt: (index: number): Buffer | undefined => leafAt.get(index)?.hashes.subarray(0, HASH_BYTES),
    nodeAt: (level: number, index: number): Buffer | undefined => nodeAt.get(level, index)?.hash,
  };
}
export type ShardTables = ReturnType<typeof shardTables>;

/** Reads complete subtrees from a shard; low levels are computed from their leaves. */
export function storedNodes(tables: ShardTables, hasher: TreeHasher): NodeSource {
  const node = (level: number, index: number): Hash => {
    if (level >= NODE_LEVEL_MIN) {
      const hash = tables.nodeAt(level, index);
      if (hash === undefined) throw new Error(`node ${level}/${index} is missing`);
      return hash;
    }
    if (level === 0) {
      const hash = tables.leafAt(index);
      if (hash === undefined) throw new Error(`row ${index} is missing`);
      return hash;
    }
    return hasher.node(node(level - 1, 2 * index), node(level - 1, 2 * index + 1));
  };
  return { node };
}
