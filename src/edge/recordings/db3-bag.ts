import Database from "better-sqlite3";
import { err, ok, type Result } from "../../core/base/result.ts";
import type { Bag, BagLosses, BagTopic, ReadOptions } from "./bag.ts";
import { LEAST_ROW_BYTES, openDb3Cursor } from "./db3-cursor.ts";
import { LossList } from "./losses.ts";
import { nanosHigh, nanosLow, microsOfWords } from "./mcap-format.ts";
import type { BagCursor } from "./mcap-cursor.ts";
import type { Origin } from "./stretch-reader.ts";
import { dropTemporary } from "./temporary-folder.ts";
import { paddedCopy, type Truncated, truncatedDb3 } from "./truncated-db3.ts";
import { statSync } from "node:fs";

interface TopicRow {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly serialization_format: string;
  readonly offered_qos_profiles?: string;
}
interface DefinitionRow {
  readonly topic_type: string;
  readonly encoding: string;
  readonly encoded_message_definition: string;
}
const MAX_TOPICS = 100_000;

/** Opens one .db3 file of rosbag2; of one that ends early, whatever its pages hold. */
export function openDb3(path: string): Result<Db3Bag, string> {
  let cut: Truncated | null;
  try {
    cut = truncatedDb3(path);
  } catch (cause) {
    return err(`${path} cannot be read: ${(cause as Error).message}`);
  }
  if (cut === null) return openWhole(path, path, null);
  const { file, folder } = paddedCopy(path, cut);
  const opened = openWhole(path, file, folder);
  if (opened.ok)
    opened.value.note(`the file ends after ${cut.pages} of ${cut.whole} pages; rows on the others are lost`);
  else dropTemporary([folder]);
  return opened;
}
function openWhole(path: string, file: string, folder: string | null): Result<Db3Bag, string> {
  let db: Database.Database | null = null;
  try {
    // the library keeps SQLite's defensive mode on
    db = new Database(file, { readonly: true, fileMustExist: true });
    db.pragma("trusted_schema = OFF");
    db.pragma("query_only = ON");
    db.pragma("cell_size_check = ON");
    const wrong = foreignShape(db);
    if (wrong === null) return ok(new Db3Bag(db, path, folder));
    db.close();
    return err(`${path} ${wrong}`);
  } catch (cause) {
    db?.close();
    return err(`${path} cannot be read as a rosbag2 database: ${(cause as Error).message}`);
  }
}

/** Only plain tables are read: a view or a computed column may run for as long as its author likes. */
function foreignShape(db: Database.Database): string | null {
  for (const [table, wanted] of [
    ["messages", ["topic_id", "timestamp", "data"]],
    ["topics", ["id", "name", "type", "serialization_format"]],
  ] as const) {
    const entries = db.pragma(`table_list(${table})`) as { type: string; wr: number }[];
    if (entries.length === 0) return `has no table of ${table} as rosbag2 writes it`;
    // rows are found by their number
    if (entries.some(({ type, wr }) => type !== "table" || wr !== 0))
      return `holds "${table}" as something else than a plain table: it is not read`;
    const columns = db.pragma(`table_xinfo(${table})`) as { name: string; hidden: number }[];
    const plain = columns.filter((c) => c.hidden === 0).map((c) => c.name);
    if (!wanted.every((name) => plain.includes(name))) return `has no table of ${table} as rosbag2 writes it`;
  }
  return null;
}

export class Db3Bag implements Bag {
  readonly path: string;
  readonly storage = "sqlite3";
  readonly files: readonly string[];
  readonly bytes: number;
  readonly topics: readonly BagTopic[];
  readonly startMicros: number;
  readonly endMicros: number;
  readonly messages: number;
  readonly metadata: Bag["metadata"] = [];
  readonly attachments: Bag["attachments"] = [];
  readonly origin: Origin;
  readonly #db: Database.Database;
  readonly #lost: LossList;
  readonly #topicIds: readonly number[];
  readonly #inTime: boolean;
  readonly #folder: string | null;
  #delivered = 0;

  /** `folder`: a temporary one that goes when the bag is closed */
  constructor(db: Database.Database, path: string, folder: string | null) {
    this.#db = db;
    this.#folder = folder;
    this.path = path;
    this.files = [path];
    this.bytes = statSync(path).size;
    this.#lost = new LossList(path);
    const rows = this.#topicRows();
    const definitions = this.#definitions();
    this.#topicIds = rows.map((row) => row.id);
    this.topics = rows.map((row, index) => {
      const definition = definitions.get(row.type);
      return {
        index,
        name: String(row.name),
        type: String(row.type),
        encoding: String(row.serialization_format),
        schemaEncoding: definition?.encoding ?? "",
        schema: new TextEncoder().encode(definition?.encoded_message_definition ?? ""),
        metadata: { offered_qos_profiles: String(row.offered_qos_profiles ?? "") },
        count: -1,
      };
    });
    this.#inTime = this.#hasTimeIndex();
    const [first, last] = this.#span();
    this.origin = first;
    this.startMicros = last === null ? -1 : microsOfWords(first.high, first.low);
    this.endMicros = last === null ? -1 : microsOfWords(last.high, last.low);
    this.messages = last === null ? 0 : this.#guess();
  }
  #topicRows(): readonly TopicRow[] {
    const columns = this.#db.pragma("table_xinfo(topics)") as { name: string; hidden: number }[];
    const profiles = columns.some((c) => c.name === "offered_qos_profiles" && c.hidden === 0);
    const rows = this.#bounded<TopicRow>(
      `SELECT id, name, type, serialization_format${profiles ? ", offered_qos_profiles" : ""} FROM topics LIMIT ?`,
    );
    return rows.sort((a, b) => a.id - b.id);
  }
  /** Rows may share the pages of a damaged file: together they may not be longer than the file is. */
  #bounded<T extends object>(sql: string): T[] {
    const rows: T[] = [];
    let left = this.bytes;
    for (const row of this.#db.prepare(sql).iterate(MAX_TOPICS) as IterableIterator<T>) {
      for (const value of Object.values(row)) left -= typeof value === "string" ? value.length : 8;
      if (left < 0) {
        this.#lost.add(
          "structure",
          0,
          0,
          "descriptions together are longer than the file; the rest is left out",
        );
        return rows;
      }
      rows.push(row);
    }
    return rows;
  }
  #definitions(): Map<string, DefinitionRow> {
    try {
      const entries = this.#db.pragma("table_list(message_definitions)") as { type: string }[];
      if (entries.some(({ type }) => type !== "table")) return new Map();
      const rows = this.#bounded<DefinitionRow>(
        "SELECT topic_type, encoding, encoded_message_definition FROM message_definitions LIMIT ?",
      );
      return new Map(rows.map((row) => [row.topic_type, row]));
    } catch {
      // recordings before 2023 have no such table
      return new Map();
    }
  }
  /** Whether rows can be asked for in the order of time without sorting all of them for each batch. */
  #hasTimeIndex(): boolean {
    const indices = this.#db.pragma("index_list(messages)") as { name: string; partial: number }[];
    return indices.some(({ name, partial }) => {
      if (partial !== 0) return false;
      const [first] = this.#db.prepare("SELECT name FROM pragma_index_info(?) LIMIT 1").all(name) as {
        name: string | null;
      }[];
      return first?.name === "timestamp";
    });
  }
  /** First and last log time; a damaged index shows up here or while reading. */
  #span(): [Origin, Origin | null] {
    const words = "(timestamp >> 32) AS high, (timestamp & 4294967295) AS low";
    try {
      const first = this.#db.prepare(`SELECT ${words} FROM messages ORDER BY timestamp LIMIT 1`).get() as
        | Origin
        | undefined;
      const last = this.#db.prepare(`SELECT ${words} FROM messages ORDER BY timestamp DESC LIMIT 1`).get() as
        | Origin
        | undefined;
      return [first ?? { high: 0, low: 0 }, last ?? null];
    } catch (cause) {
      this.#lost.add("structure", 0, 0, `the index of times is damaged: ${(cause as Error).message}`);
      return [
        { high: 0, low: 0 },
        { high: nanosHigh(0), low: nanosLow(0) },
      ];
    }
  }
  /** Row numbers run from 1: the largest one is the count of an undamaged recording. */
  #guess(): number {
    try {
      const top =
        (this.#db.prepare("SELECT max(rowid) AS n FROM messages").get() as { n: number | null }).n ?? 0;
      return top <= this.bytes / LEAST_ROW_BYTES ? top : -1;
    } catch {
      return -1;
    }
  }
  read(options: ReadOptions = {}): BagCursor {
    return this.readFrom(this.origin, options);
  }
  readFrom(origin: Origin, options: ReadOptions): BagCursor {
    return openDb3Cursor({
      db: this.#db,
      origin,
      options,
      inTime: this.#inTime,
      topicIds: this.#topicIds,
      losses: this.#lost,
      bytes: this.bytes,
      messages: this.messages,
      onMessages: (n) => (this.#delivered = Math.max(this.#delivered, n)),
    });
  }
  losses(): BagLosses {
    // SQLite checks the shape of its pages, not the bytes of a message
    return {
      listed: this.#lost.listed,
      count: this.#lost.count,
      bytes: this.#lost.bytes,
      unprotected: this.#delivered,
    };
  }
  /** What is lost before anything is read. */
  note(detail: string): void {
    this.#lost.add("structure", 0, 0, detail);
  }
  close(): void {
    this.#db.close();
    if (this.#folder !== null) dropTemporary([this.#folder]);
  }
}
