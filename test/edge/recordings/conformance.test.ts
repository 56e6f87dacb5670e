import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { openMcap } from "../../../src/edge/recordings/index.ts";
import { unpackChunk } from "../../../src/edge/recordings/compression.ts";
import { type McapRecord, parseRecord } from "../../../src/edge/recordings/records.ts";
import { filesBelow, unlessShared } from "../../shared-data.ts";

interface Expected {
  readonly type: string;
  readonly fields: readonly (readonly [string, unknown])[];
}
const files = filesBelow("mcap_conformance", ".mcap");
const expectedOf = (path: string): Expected[] =>
  (JSON.parse(readFileSync(path.replace(/\.mcap$/, ".json"), "utf8")) as { records: Expected[] }).records;

/** Field names and values as the vectors spell them. */
function asExpected(record: McapRecord): Expected {
  const snake = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
  const value = (v: unknown): unknown => {
    if (v instanceof Uint8Array) return [...v].map(String);
    if (v instanceof Map) return Object.fromEntries([...v].map(([k, x]) => [String(k), String(x)]));
    return typeof v === "object" ? { ...v } : String(v);
  };
  const skipped = record.type === "Attachment" ? ["type", "crc", "crcAt"] : ["type"];
  const fields = Object.entries(record)
    .filter(([k]) => !skipped.includes(k))
    .map(([k, v]) => [snake(k), value(v)] as const);
  return { type: record.type, fields: fields.sort(([a], [b]) => (a < b ? -1 : 1)) };
}

/** Every record in file order, chunks opened, message indexes left out: what the vectors list. */
function recordsOf(bytes: Uint8Array): McapRecord[] {
  const records: McapRecord[] = [];
  const walk = (part: Uint8Array, end: number, start: number): void => {
    const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
    for (let at = start; at < end; ) {
      const length = Number(view.getBigUint64(at + 1, true));
      const record = parseRecord(view.getUint8(at), view, at + 9, length);
      if (record === null) throw new Error(`unreadable record at ${at}`);
      if (record.type === "Chunk") {
        const unpacked = unpackChunk(
          record.compression,
          part.subarray(record.recordsAt, record.recordsAt + record.recordsLength),
          record.uncompressedSize,
        );
        if (!unpacked.ok) throw new Error(unpacked.error);
        walk(unpacked.value, unpacked.value.length, 0);
      } else if (record.type !== "MessageIndex") records.push(record);
      at += 9 + length;
    }
  };
  walk(bytes, bytes.length - 8, 8);
  return records;
}

const why = unlessShared("mcap_conformance");
describe.skipIf(why !== "")(`conformance files of the format's makers${why}`, () => {
  test("there are as many as promised", () => {
    expect(files.length).toBeGreaterThanOrEqual(192);
  });
  test.each(files.map((path) => [basename(path), path]))("%s: every record as expected", (_name, path) => {
    const expected = expectedOf(path);
    expect(recordsOf(readFileSync(path)).map(asExpected)).toEqual(expected);
  });
  test.each(files.map((path) => [basename(path), path]))("%s: read as a bag, nothing lost", (_name, path) => {
    const expected = expectedOf(path);
    const of = (type: string): Record<string, unknown>[] =>
      expected.filter((r) => r.type === type).map((r) => Object.fromEntries(r.fields));
    const opened = openMcap(path);
    if (!opened.ok) throw new Error(opened.error);
    const bag = opened.value;
    for (const order of ["file", "time"] as const) {
      const messages = of("Message").map((m) => [
        String(m["log_time"]),
        String(m["publish_time"]),
        String(m["sequence"]),
        (m["data"] as string[]).join(),
      ]);
      if (order === "time") messages.sort((a, b) => Number(a[0]) - Number(b[0]));
      const cursor = bag.read({ order });
      const read: string[][] = [];
      while (cursor.next()) {
        const data = cursor.bytes.subarray(cursor.offset, cursor.offset + cursor.length);
        const words = (high: number, low: number): string => String((BigInt(high) << 32n) | BigInt(low));
        read.push([
          words(cursor.logHigh, cursor.logLow),
          words(cursor.publishHigh, cursor.publishLow),
          String(cursor.sequence),
          data.join(),
        ]);
        expect(bag.topics[cursor.channel]!.name).toBe("example");
      }
      expect(read).toEqual(messages);
    }
    expect(new Set(bag.topics.map((t) => t.name))).toEqual(new Set(of("Channel").map((c) => c["topic"])));
    expect(bag.metadata.map((m) => m.name)).toEqual(of("Metadata").map((m) => m["name"]));
    expect(bag.attachments.map((a) => [...a.data].map(String))).toEqual(
      of("Attachment").map((a) => a["data"]),
    );
    expect(bag.losses()).toEqual({ listed: [], count: 0, bytes: 0, unprotected: 0 });
    bag.close();
  });
});
