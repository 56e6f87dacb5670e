import Database from "better-sqlite3";
import { err, ok, type Result } from "../../core/base/result.ts";
import type { Bag, BagLosses, BagTopic, ReadOptions } from "./bag.ts";
import { openDb3Cursor } from "./db3-cursor.ts";
import { LossList } from "./losses.ts";
import { nanosHigh, nanosLow, microsOfWords } from "./mcap-format.ts";
import type { BagCursor } from "./mcap-cursor.ts";
import type { Origin } from "./stretch-reader.ts";
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

/** Opens one .db3 file of rosbag2. */
export function openDb3(path: string): Result<Db3Bag, string> {
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true });
    const columns = db.pragma("table_info(messages)") as { name: string }[];
    if (!["topic_id", "timestamp", "data"].every((name) => columns.some((c) => c.name === name))) {
      db.close();
      return err(`${path} has no table of messages as rosbag2 writes it`);
    }
    return ok(new Db3Bag(db, path));
  } catch (cause) {
    db?.close();
    return err(`${path} cannot be read as a rosbag2 database: ${(cause as Error).message}`);
  }
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
  #delivered = 0;

  constructor(db: Database.Database, path: string) {
    this.#db = db;
    this.path = path;
    this.files = [path];
    this.bytes = statSync(path).size;
    this.#lost = new LossList(path);
    const rows = db.prepare("SELECT * FROM topics ORDER BY id LIMIT ?").all(MAX_TOPICS) as TopicRow[];
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
    const [first, last] = this.#span();
    this.origin = first;
    this.startMicros = last === null ? -1 : microsOfWords(first.high, first.low);
    this.endMicros = last === null ? -1 : microsOfWords(last.high, last.low);
    this.messages = last === null ? 0 : this.#guess();
  }
  #definitions(): Map<string, DefinitionRow> {
    try {
      const rows = this.#db
        .prepare("SELECT topic_type, encoding, encoded_message_definition FROM message_definitions LIMIT ?")
        .all(MAX_TOPICS) as DefinitionRow[];
      return new Map(rows.map((row) => [row.topic_type, row]));
    } catch {
      // recordings before 2023 have no such table
      return new Map();
    }
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
      return (this.#db.prepare("SELECT max(id) AS n FROM messages").get() as { n: number | null }).n ?? 0;
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
  close(): void {
    this.#db.close();
  }
}
