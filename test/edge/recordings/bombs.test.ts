import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import Database from "better-sqlite3";
import { afterAll, describe, expect, test } from "vitest";
import { openBag } from "../../../src/edge/recordings/index.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-bombs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const place = (name: string): string => join(folder, name);
const MB = 1_048_576;
const MAGIC = Buffer.from([0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a]);

const text = (value: string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(value));
  return Buffer.concat([length, Buffer.from(value)]);
};
const u16 = (value: number): Buffer => {
  const out = Buffer.alloc(2);
  out.writeUInt16LE(value);
  return out;
};
const u32 = (value: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value);
  return out;
};
const u64 = (value: number): Buffer => {
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(BigInt(value));
  return out;
};
const record = (op: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([op]), u64(body.length), body]);
};
const schema = (name: string, definition: string): Buffer =>
  record(3, u16(1), text(name), text("ros2msg"), text(definition));
const channel = record(4, u16(1), u16(1), text("/t"), text("cdr"), u32(0));
const message = (time: number, data: Buffer): Buffer => record(5, u16(1), u32(0), u64(time), u64(time), data);
const chunk = (packed: Buffer, claims: number, from = 1, to = 9): Buffer =>
  record(6, u64(from), u64(to), u64(claims), u32(0), text("zstd"), u64(packed.length), packed);
function mcap(name: string, ...records: Buffer[]): string {
  const file = place(name);
  writeFileSync(file, Buffer.concat([MAGIC, record(1, text(""), text("")), ...records]));
  return file;
}

/** Reads a recording to its end in a process of its own: what it says, and what it cost. */
async function read(file: string): Promise<{ said: string; mb: number; code: number | null }> {
  const script = `
    import { openBag } from ${JSON.stringify(join(import.meta.dirname, "../../../src/edge/recordings/index.ts"))};
    const before = process.resourceUsage().maxRSS;
    const bag = await openBag(process.argv[1]);
    if (!bag.ok) console.log("refused: " + bag.error);
    else {
      const cursor = bag.value.read();
      let n = 0;
      while (cursor.next()) n++;
      cursor.close();
      console.log(n + " read; " + bag.value.losses().listed.map((l) => l.detail).join("; "));
      bag.value.close();
    }
    console.log("MB " + (process.resourceUsage().maxRSS - before) / 1024);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, file], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TMPDIR: folder },
  });
  let out = "";
  child.stdout.on("data", (piece) => (out += String(piece)));
  child.stderr.on("data", (piece) => (out += String(piece)));
  const code = await new Promise<number | null>((done) => child.on("close", done));
  const mb = Number(/MB ([\d.]+)/.exec(out)?.[1] ?? Number.NaN);
  return { said: out, mb, code };
}

describe("a file costs what it is, not what it claims", () => {
  test("13 KB that claim 400 MB: refused for at most 64 MB", async () => {
    const packed = zstdCompressSync(Buffer.alloc(400 * MB));
    const file = mcap("claims.mcap", schema("a/T", "uint8 x"), channel, chunk(packed, 400 * MB));
    const { said, mb, code } = await read(file);
    expect(said).toMatch(/claims \d+ bytes/);
    expect(code).toBe(0);
    expect(mb).toBeLessThan(64);
  }, 60_000);
  test("as much out of many chunks", async () => {
    const packed = zstdCompressSync(Buffer.alloc(15 * MB));
    const chunks = Array.from({ length: 60 }, (_, i) => chunk(packed, 15 * MB, i, i + 100));
    const { said, mb, code } = await read(mcap("many.mcap", schema("a/T", "uint8 x"), channel, ...chunks));
    expect(said).toMatch(/unpacks to far more than its size|broken/);
    expect(code).toBe(0);
    expect(mb).toBeLessThan(256);
  }, 60_000);
  test("a chunk of 4 MB of nothing is read", async () => {
    const inside = message(5, Buffer.alloc(4 * MB));
    const file = mcap(
      "calm.mcap",
      schema("a/T", "uint8 x"),
      channel,
      chunk(zstdCompressSync(inside), inside.length),
    );
    expect((await read(file)).said).toMatch(/^1 read; the recording was not ended[^;]*\n/);
  }, 60_000);
  test("a packed file unpacks to a bounded size, and leaves nothing behind", async () => {
    const file = place("bomb.mcap.zst");
    writeFileSync(file, zstdCompressSync(Buffer.alloc(300 * MB)));
    const { said, code } = await read(file);
    expect(said).toMatch(/refused: .*unpacks to more than \d+ bytes/);
    expect(code).toBe(0);
    expect(readdirSync(folder).filter((name) => name.startsWith("cellgate-bag-"))).toEqual([]);
  }, 60_000);
  test("a signal leaves nothing behind either", async () => {
    const file = place("open.mcap.zst");
    writeFileSync(file, zstdCompressSync(Buffer.concat([MAGIC, record(1, text(""), text(""))])));
    const script = `
      import { openBag } from ${JSON.stringify(join(import.meta.dirname, "../../../src/edge/recordings/index.ts"))};
      await openBag(process.argv[1]);
      console.log("open");
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script, file], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, TMPDIR: folder },
    });
    await new Promise((open) => child.stdout.once("data", open));
    const left = (): string[] => readdirSync(folder).filter((name) => name.startsWith("cellgate-bag-"));
    expect(left()).toHaveLength(1);
    child.kill("SIGTERM");
    const [, signal] = await new Promise<[number | null, string | null]>((end) =>
      child.on("close", (...how) => end(how)),
    );
    expect(signal).toBe("SIGTERM");
    expect(left()).toEqual([]);
  }, 60_000);
});

const ROSBAG2 = `
  CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL);
  CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, timestamp INTEGER NOT NULL, data BLOB NOT NULL);
  CREATE INDEX timestamp_idx ON messages (timestamp ASC);
  INSERT INTO topics VALUES (1, '/t', 'std_msgs/msg/String', 'cdr', '');`;
function db3(name: string, sql: string, more: (db: Database.Database) => void = () => undefined): string {
  const file = place(name);
  const db = new Database(file);
  db.exec(sql);
  more(db);
  db.close();
  return file;
}
const messages =
  (count: number, bytes = 8) =>
  (db: Database.Database) => {
    const add = db.prepare("INSERT INTO messages(topic_id, timestamp, data) VALUES (1, ?, ?)");
    db.transaction(() => {
      for (let i = 0; i < count; i++)
        add.run(1_700_000_000_000_000_000n + BigInt(count - i), Buffer.alloc(bytes, i));
    })();
  };

describe("a database is read as tables, within its size", () => {
  test.each([
    [
      "a view that never ends",
      `${ROSBAG2} DROP TABLE messages; CREATE VIEW messages AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT id, 1 AS topic_id, id AS timestamp, x'00' AS data FROM n;`,
      /plain table/,
    ],
    [
      "topics as a view",
      `${ROSBAG2} ALTER TABLE topics RENAME TO t; CREATE VIEW topics AS SELECT * FROM t;`,
      /plain table/,
    ],
    [
      "a computed column",
      `${ROSBAG2} DROP TABLE messages; CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER, timestamp INTEGER, data BLOB GENERATED ALWAYS AS (zeroblob(900000000)) VIRTUAL);`,
      /no table of messages/,
    ],
    [
      "rows without a number",
      `${ROSBAG2} DROP TABLE messages; CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER, timestamp INTEGER, data BLOB) WITHOUT ROWID;`,
      /plain table/,
    ],
    [
      "topics without id",
      `${ROSBAG2} DROP TABLE topics; CREATE TABLE topics(name TEXT, type TEXT);`,
      /no table of topics/,
    ],
  ])("%s is refused with words", async (name, sql, words) => {
    const opened = await openBag(db3(`${name.replaceAll(" ", "_")}.db3`, sql));
    expect(opened.ok ? "opened" : opened.error).toMatch(words);
  });
  const all = async (file: string): Promise<{ count: number; times: number[]; details: string[] }> => {
    const opened = await openBag(file);
    if (!opened.ok) throw new Error(opened.error);
    const cursor = opened.value.read();
    const times: number[] = [];
    while (cursor.next()) times.push(cursor.micros);
    cursor.close();
    const details = opened.value.losses().listed.map((l) => l.detail);
    opened.value.close();
    return { count: times.length, times, details };
  };
  const inOrder = (times: number[]): boolean => times.every((t, i) => i === 0 || t >= times[i - 1]!);
  test("messages without a column id are read", async () => {
    const sql = ROSBAG2.replace("messages(id INTEGER PRIMARY KEY, ", "messages(");
    const { count, times, details } = await all(db3("no-id.db3", sql, messages(1_500)));
    expect([count, inOrder(times), details]).toEqual([1_500, true, []]);
  });
  test("messages without an index of times are read in their order", async () => {
    const sql = ROSBAG2.replace(/CREATE INDEX.*;/, "");
    const { count, times, details } = await all(db3("no-index.db3", sql, messages(20_000)));
    expect([count, inOrder(times), details]).toEqual([20_000, true, []]);
  });
  test("a row with an enormous number costs nothing, with a damaged index neither", async () => {
    const file = db3("far.db3", ROSBAG2, (db) => {
      messages(1_000)(db);
      db.exec("INSERT INTO messages VALUES (9007199254740991, 1, 5, x'00')");
    });
    expect((await all(file)).count).toBe(1_001);
    const page = db3("far-damaged.db3", ROSBAG2, (db) => {
      messages(3_000)(db);
      db.exec("INSERT INTO messages VALUES (9007199254740991, 1, 5, x'00')");
    });
    const bytes = await import("node:fs").then((fs) => fs.readFileSync(page));
    const root = new Database(page)
      .prepare("SELECT rootpage FROM sqlite_master WHERE name = 'timestamp_idx'")
      .get() as {
      rootpage: number;
    };
    bytes.fill(0xff, (root.rootpage - 1) * 4_096, (root.rootpage - 1) * 4_096 + 64);
    writeFileSync(page, bytes);
    const { said, mb, code } = await read(page);
    expect(said).toMatch(/read; .*damaged/);
    expect([code, mb < 128]).toEqual([0, true]);
    expect(existsSync(page)).toBe(true);
  }, 60_000);
});
