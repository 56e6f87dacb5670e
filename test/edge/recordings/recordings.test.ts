import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { crc32, zstdCompressSync } from "node:zlib";
import Database from "better-sqlite3";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type Bag, McapWriter, openBag, openSyncSink } from "../../../src/edge/recordings/index.ts";
import { decodeLz4Frame } from "../../../src/edge/recordings/lz4.ts";
import { filesBelow, unlessShared } from "../../shared-data.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-bags-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function bagOf(path: string): Promise<Bag> {
  const opened = await openBag(path);
  if (!opened.ok) throw new Error(opened.error);
  return opened.value;
}
interface Line {
  readonly topic: string;
  readonly at: string;
  readonly data: number;
}
function linesOf(bag: Bag, order: "time" | "file" = "time"): Line[] {
  const cursor = bag.read({ order });
  const lines: Line[] = [];
  while (cursor.next()) {
    const at = String((BigInt(cursor.logHigh) << 32n) | BigInt(cursor.logLow));
    lines.push({
      topic: bag.topics[cursor.channel]!.name,
      at,
      data: crc32(cursor.bytes.subarray(cursor.offset, cursor.offset + cursor.length)),
    });
  }
  bag.close();
  return lines;
}
/** The rows of a .db3 as SQLite itself gives them. */
function rowsOf(path: string): Line[] {
  const db = new Database(path, { readonly: true });
  const rows = db
    .prepare(
      "SELECT t.name AS topic, CAST(m.timestamp AS TEXT) AS at, m.data AS data FROM messages m JOIN topics t ON t.id = m.topic_id ORDER BY m.timestamp, m.id",
    )
    .all() as { topic: string; at: string; data: Buffer }[];
  db.close();
  return rows.map(({ topic, at, data }) => ({ topic, at, data: crc32(data) }));
}

const noBags = unlessShared("rosbag2_resources");
describe.skipIf(noBags !== "")(`recordings that rosbag2 wrote${noBags}`, () => {
  const dbs = filesBelow("rosbag2_resources", ".db3");
  const folders = filesBelow("rosbag2_resources", "metadata.yaml").map((path) => dirname(path));

  test("all of them are here", () => {
    expect(dbs.length).toBe(19);
    expect(filesBelow("rosbag2_resources", ".mcap").length).toBe(20);
  });
  test.each(dbs.map((path) => [basename(path), path]))(
    "%s: every row as SQLite gives it",
    async (_name, path) => {
      expect(linesOf(await bagOf(path))).toEqual(rowsOf(path));
    },
  );
  test.each(folders.map((path) => [path.split("/").slice(-3).join("/"), path]))(
    "%s: counts, topics and times as metadata.yaml says",
    async (_name, path) => {
      const info = (
        parse(readFileSync(join(path, "metadata.yaml"), "utf8")) as {
          rosbag2_bagfile_information: Record<string, never>;
        }
      ).rosbag2_bagfile_information as unknown as {
        message_count: number;
        topics_with_message_count: {
          topic_metadata: { name: string; type: string };
          message_count: number;
        }[];
      };
      const bag = await bagOf(path);
      const types = new Map(bag.topics.map((t) => [t.name, t.type]));
      const lines = linesOf(bag);
      expect(lines.length).toBe(info.message_count);
      expect(bag.losses().count).toBe(0);
      for (const { topic_metadata: meta, message_count: count } of info.topics_with_message_count) {
        expect(types.get(meta.name)).toBe(meta.type);
        expect(lines.filter((l) => l.topic === meta.name).length, meta.name).toBe(count);
      }
      const times = lines.map((l) => BigInt(l.at));
      expect(times.every((t, i) => i === 0 || t >= times[i - 1]!)).toBe(true);
    },
  );
  test("the same recording as .mcap and as .db3 holds the same messages", async () => {
    const [mcap, db3] = ["mcap", "sqlite3"].map(
      (kind) => folders.find((f) => f.includes(`rosbag2_py/test/resources/${kind}/wbag`))!,
    );
    const sorted = (lines: Line[]): string[] => lines.map((l) => `${l.topic} ${l.data}`).sort();
    expect(sorted(linesOf(await bagOf(mcap!))).length).toBe(sorted(linesOf(await bagOf(db3!))).length);
  });
  test("damaged databases: nothing invented, nothing hangs, the damage is named", async () => {
    for (const path of dbs.slice(0, 6)) {
      const bytes = readFileSync(path);
      const whole = new Set(rowsOf(path).map((l) => JSON.stringify(l)));
      const target = join(folder, "damaged.db3");
      for (let part = 1; part < 50; part += 7) {
        writeFileSync(target, bytes);
        truncateSync(target, Math.floor((bytes.length * part) / 50));
        const opened = await openBag(target);
        if (!opened.ok) continue;
        const lines = linesOf(opened.value);
        expect(
          lines.every((l) => whole.has(JSON.stringify(l))),
          `${path} cut at ${part}/50`,
        ).toBe(true);
        if (lines.length < whole.size) expect(opened.value.losses().count).toBeGreaterThan(0);
      }
      for (let k = 0; k < 40; k++) {
        const flipped = Uint8Array.from(bytes);
        flipped[Math.floor(((k + 0.5) * bytes.length) / 40)]! ^= 1 << (k % 8);
        writeFileSync(target, flipped);
        const opened = await openBag(target);
        if (!opened.ok) continue;
        const lines = linesOf(opened.value);
        // SQLite has no checksums: what is delivered is named as unprotected
        expect(opened.value.losses().unprotected).toBe(lines.length);
      }
    }
  });
  test("a folder without metadata.yaml, with a missing file, with a wrong one", async () => {
    const source = folders.find((f) => f.includes("rosbag2_py/test/resources/mcap/wbag"))!;
    const copy = join(folder, "copy");
    cpSync(source, copy, { recursive: true });
    const whole = linesOf(await bagOf(source)).length;
    rmSync(join(copy, "metadata.yaml"));
    expect(linesOf(await bagOf(copy)).length).toBe(whole);
    copyFileSync(join(source, "metadata.yaml"), join(copy, "metadata.yaml"));
    rmSync(join(copy, "wbag_2.mcap"));
    const missing = await bagOf(copy);
    expect(linesOf(missing).length).toBe(whole - 1_240);
    expect(missing.losses().listed[0]?.detail).toMatch(/wbag_2\.mcap/);
    writeFileSync(join(copy, "metadata.yaml"), "rosbag2_bagfile_information: [");
    const unreadable = await bagOf(copy);
    expect(linesOf(unreadable).length).toBe(whole - 1_240);
    expect(unreadable.losses().count).toBeGreaterThan(0);
  });
  test("paths in metadata.yaml never lead out of the folder", async () => {
    const trap = join(folder, "trap");
    mkdirSync(trap);
    writeFileSync(join(folder, "outside.mcap"), readFileSync(filesBelow("rosbag2_resources", ".mcap")[0]!));
    writeFileSync(
      join(trap, "metadata.yaml"),
      "rosbag2_bagfile_information:\n  relative_file_paths: [../outside.mcap]\n",
    );
    expect(await openBag(trap)).toMatchObject({ ok: false });
  });
});

describe("compression", () => {
  const made = async (path: string, count = 5_000): Promise<void> => {
    const writer = new McapWriter(openSyncSink(path), { chunkBytes: 20_000 });
    const channel = writer.addChannel(
      "/a",
      writer.addSchema("std_msgs/msg/Float64", "ros2msg", "float64 data"),
      "cdr",
    );
    for (let i = 0; i < count; i++)
      writer.addMessage(channel, i, 1_000_000 + i * 100, 0, new Uint8Array(new Float64Array([i, i]).buffer));
    await writer.end();
  };
  test("of whole files: bag.mcap.zstd in a folder", async () => {
    const bag = join(folder, "packed");
    mkdirSync(bag);
    const plain = join(folder, "plain.mcap");
    await made(plain);
    writeFileSync(join(bag, "packed_0.mcap.zstd"), zstdCompressSync(readFileSync(plain)));
    writeFileSync(
      join(bag, "metadata.yaml"),
      "rosbag2_bagfile_information:\n  relative_file_paths: [packed_0.mcap]\n  compression_format: zstd\n  compression_mode: FILE\n",
    );
    expect(linesOf(await bagOf(bag))).toEqual(linesOf(await bagOf(plain)));
  });
  test("of each message", async () => {
    const bag = join(folder, "by-message");
    mkdirSync(bag);
    const writer = new McapWriter(openSyncSink(join(bag, "m_0.mcap")));
    const channel = writer.addChannel("/a", 0, "cdr");
    const plain = Array.from({ length: 100 }, (_, i) => new Uint8Array(200).fill(i));
    plain.forEach((data, i) => writer.addMessage(channel, i, 1_000 + i, 0, zstdCompressSync(data)));
    writer.addMessage(channel, 100, 2_000, 0, Uint8Array.of(1, 2, 3));
    await writer.end();
    writeFileSync(
      join(bag, "metadata.yaml"),
      "rosbag2_bagfile_information:\n  relative_file_paths: [m_0.mcap]\n  compression_format: zstd\n  compression_mode: MESSAGE\n",
    );
    const opened = await bagOf(bag);
    expect(linesOf(opened).map((l) => l.data)).toEqual(plain.map((data) => crc32(data)));
    expect(opened.losses().listed[0]?.kind).toBe("unpack");
  });
  const noLz4 = existsSync("/usr/bin/lz4") ? "" : " (skipped: lz4 is not installed)";
  test.skipIf(noLz4 !== "")(`lz4 frames of the reference tool come out as they went in${noLz4}`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.uint8Array({ maxLength: 60 }), fc.nat(200)), { maxLength: 30 }),
        fc.constantFrom("-1", "-9", "-BD", "-B4", "--content-size", "--no-frame-crc"),
        (parts, flag) => {
          const data = Buffer.concat(
            parts.flatMap(([bytes, times]) => new Array<Uint8Array>(times).fill(bytes)),
          );
          const packed = execFileSync("lz4", ["-c", flag, "-"], {
            input: data,
            stdio: ["pipe", "pipe", "ignore"],
          });
          const unpacked = decodeLz4Frame(packed, data.length);
          expect(unpacked.ok && Buffer.compare(Buffer.from(unpacked.value), data)).toBe(0);
        },
      ),
      { numRuns: 60, seed: 3 },
    );
  });
  test("any bytes as lz4: words, never a throw, never more than was allowed", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(10_000), (bytes, max) => {
        const framed = Buffer.concat([Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0), bytes]);
        for (const input of [bytes, framed]) {
          const result = decodeLz4Frame(input, max);
          if (result.ok) expect(result.value.length).toBeLessThanOrEqual(max);
        }
      }),
      { numRuns: 100_000, seed: 4 },
    );
  });
});

describe("order", () => {
  test("any interleaving of chunks comes out by time, equal times as they stand in the file", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(500), { minLength: 1, maxLength: 400 }),
        fc.integer({ min: 100, max: 2_000 }),
        async (times, chunkBytes) => {
          const path = join(folder, "order.mcap");
          const writer = new McapWriter(openSyncSink(path), { chunkBytes });
          const channel = writer.addChannel("/a", 0, "cdr");
          times.forEach((t, i) =>
            writer.addMessage(channel, i, t, 0, new Uint8Array(new Uint32Array([i]).buffer)),
          );
          await writer.end();
          const bag = await bagOf(path);
          const cursor = bag.read();
          const read: number[] = [];
          while (cursor.next()) read.push(cursor.sequence);
          bag.close();
          const expected = times
            .map((t, i) => [t, i] as const)
            .sort((a, b) => a[0] - b[0] || a[1] - b[1])
            .map(([, i]) => i);
          expect(read).toEqual(expected);
        },
      ),
      { numRuns: 150, seed: 8 },
    );
  });
  test("more overlapping chunks than memory allows: still in order, memory bounded", async () => {
    const path = join(folder, "wide.mcap");
    const writer = new McapWriter(openSyncSink(path), { chunkBytes: 8_000_000 });
    const channel = writer.addChannel("/a", 0, "cdr");
    const data = new Uint8Array(2_000);
    for (let lane = 0; lane < 20; lane++)
      for (let i = 0; i < 4_000; i++) writer.addMessage(channel, lane, i * 20 + lane, 0, data);
    await writer.end();
    const before = process.memoryUsage().arrayBuffers;
    const bag = await bagOf(path);
    const cursor = bag.read();
    let last = -1;
    let count = 0;
    let most = 0;
    while (cursor.next()) {
      expect(cursor.micros >= last).toBe(true);
      last = cursor.micros;
      if (++count % 10_000 === 0) most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    bag.close();
    expect(count).toBe(80_000);
    expect(most).toBeLessThan(200 * 1_048_576);
  });
  test("from, to and topics select without changing the rest", async () => {
    const path = join(folder, "select.mcap");
    const writer = new McapWriter(openSyncSink(path), { chunkBytes: 500 });
    const channels = ["/a", "/b"].map((topic) => writer.addChannel(topic, 0, "cdr"));
    for (let i = 0; i < 1_000; i++)
      writer.addMessage(channels[i % 2]!, i, 1_000_000 + i, 0, new Uint8Array(4));
    await writer.end();
    const bag = await bagOf(path);
    const cursor = bag.read({ fromMicros: 1_000_100, toMicros: 1_000_199, topics: new Set([1]) });
    const read: number[] = [];
    while (cursor.next()) read.push(cursor.sequence);
    expect(read).toEqual(Array.from({ length: 50 }, (_, i) => 101 + 2 * i));
  });
});
