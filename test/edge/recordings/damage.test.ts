import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { crc32, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  memorySource,
  McapWriter,
  openMcapSource,
  type BagLosses,
  type ByteSink,
} from "../../../src/edge/recordings/index.ts";
import { filesBelow, hasShared, unlessShared, SHARED } from "../../shared-data.ts";

interface Reading {
  readonly messages: string[];
  readonly losses: BagLosses;
  readonly error: string | null;
}
function readAll(bytes: Uint8Array): Reading {
  const opened = openMcapSource(memorySource(bytes), "memory");
  if (!opened.ok)
    return { messages: [], losses: { listed: [], count: 1, bytes: 0, unprotected: 0 }, error: opened.error };
  const bag = opened.value;
  const cursor = bag.read();
  const messages: string[] = [];
  while (cursor.next()) {
    const data = crc32(cursor.bytes.subarray(cursor.offset, cursor.offset + cursor.length));
    const topic = bag.topics[cursor.channel]!;
    messages.push(
      `${topic.name} ${topic.type} ${cursor.logHigh}:${cursor.logLow} ${cursor.sequence} ${data}`,
    );
  }
  return { messages, losses: bag.losses(), error: null };
}
/** A message that the undamaged file does not have was invented. */
const invented = (read: readonly string[], whole: ReadonlySet<string>): string | undefined =>
  read.find((m) => !whole.has(m));

class Memory implements ByteSink {
  readonly error = null;
  readonly busy = false;
  readonly parts: Uint8Array[] = [];
  write(bytes: Uint8Array, done?: () => void): void {
    this.parts.push(bytes.slice());
    done?.();
  }
  async close(): Promise<void> {}
  get bytes(): Uint8Array {
    return Buffer.concat(this.parts);
  }
}
async function madeFile(compression: "" | "zstd", messages = 2_000): Promise<Uint8Array> {
  const sink = new Memory();
  const writer = new McapWriter(sink, { chunkBytes: 8_192, compression });
  const schema = writer.addSchema("std_msgs/msg/Float64", "ros2msg", "float64 data");
  const channels = [
    writer.addChannel("/a", schema, "cdr"),
    writer.addChannel("/b", schema, "cdr", { k: "v" }),
  ];
  writer.addMetadata("m", { key: "value" });
  for (let i = 0; i < messages; i++)
    writer.addMessage(
      channels[i % 2]!,
      i,
      1_000_000 + i * 10,
      0,
      new Uint8Array(new Float64Array([i, i * 2]).buffer),
    );
  writer.addAttachment("a.txt", "text/plain", 5, new TextEncoder().encode("attached"));
  await writer.end();
  return sink.bytes;
}

const shared = [...filesBelow("mcap_conformance", ".mcap"), ...filesBelow("rosbag2_resources", ".mcap")];

const noFiles = unlessShared("mcap_conformance");
describe("a cut anywhere", () => {
  test.skipIf(!hasShared("mcap_conformance"))(
    `at every fiftieth of every known file: a beginning of it, and the loss is reported${noFiles}`,
    () => {
      for (const path of shared) {
        const bytes = readFileSync(path);
        const whole = readAll(bytes);
        for (let part = 0; part < 50; part++) {
          const cut = readAll(bytes.subarray(0, Math.floor((bytes.length * part) / 50)));
          expect(
            invented(cut.messages, new Set(whole.messages)),
            `${path} cut at ${part}/50`,
          ).toBeUndefined();
          expect(cut.error !== null || cut.losses.count > 0, `${path} cut at ${part}/50 unreported`).toBe(
            true,
          );
        }
      }
    },
  );
  test("every whole chunk before the cut is there", async () => {
    const bytes = await madeFile("zstd");
    const whole = readAll(bytes);
    for (let part = 5; part < 50; part++) {
      const cut = readAll(bytes.subarray(0, Math.floor((bytes.length * part) / 50)));
      expect(cut.messages).toEqual(whole.messages.slice(0, cut.messages.length));
      if (part > 25) expect(cut.messages.length).toBeGreaterThan(whole.messages.length * (part / 50 - 0.2));
    }
  });
  test("one byte missing at the end costs nothing but a note", async () => {
    const bytes = await madeFile("");
    const cut = readAll(bytes.subarray(0, bytes.length - 1));
    expect(cut.messages).toEqual(readAll(bytes).messages);
    expect(cut.losses.count).toBeGreaterThan(0);
  });
  test("a tail of zeros is no data", async () => {
    const bytes = await madeFile("");
    const half = bytes.subarray(0, bytes.length / 2);
    const padded = readAll(Buffer.concat([half, new Uint8Array(100_000)]));
    expect(padded.messages).toEqual(readAll(half).messages);
    expect(padded.losses.count).toBeGreaterThan(0);
  });
});

describe("one flipped byte", () => {
  const flips = (bytes: Uint8Array, check: (flipped: Reading, place: number) => void): void => {
    for (let k = 0; k < 200; k++) {
      const place = Math.floor(((k + 0.5) * bytes.length) / 200);
      const flipped = Uint8Array.from(bytes);
      flipped[place]! ^= 1 << (k % 8);
      check(readAll(flipped), place);
    }
  };
  test.skipIf(!hasShared("mcap_conformance"))(
    `at 200 places of every known file: nothing changed is delivered unless it is named as unprotected or lossy${noFiles}`,
    () => {
      const wrong: string[] = [];
      for (const path of shared) {
        const bytes = readFileSync(path);
        const whole = new Set(readAll(bytes).messages);
        flips(bytes, ({ messages, losses, error }, place) => {
          if (error !== null || losses.count > 0 || losses.unprotected > 0) return;
          const changed = invented(messages, whole);
          if (changed !== undefined) wrong.push(`${basename(path)} byte ${place}: ${changed}`);
          else if (messages.length < whole.size)
            wrong.push(`${basename(path)} byte ${place}: messages vanished`);
        });
      }
      expect(wrong).toEqual([]);
    },
    300_000,
  );
  test.each(["", "zstd"] as const)(
    "in a file with checksums (%s): no changed message at all, and at most one chunk is lost",
    async (compression) => {
      const bytes = await madeFile(compression);
      const whole = readAll(bytes).messages;
      flips(bytes, (flipped, place) => {
        expect(invented(flipped.messages, new Set(whole)), `byte ${place}`).toBeUndefined();
        if (flipped.messages.length < whole.length)
          expect(flipped.losses.count, `byte ${place}`).toBeGreaterThan(0);
        expect(flipped.messages.length, `byte ${place}`).toBeGreaterThan(whole.length - 450);
      });
    },
  );
  test("a chunk with a wrong checksum is left out, its span and bytes are named, and reading goes on", async () => {
    const bytes = Uint8Array.from(await madeFile(""));
    const at = Buffer.from(bytes).indexOf(Buffer.from(new Float64Array([1_000, 2_000]).buffer));
    bytes[at]! ^= 0x40;
    const read = readAll(bytes);
    const loss = read.losses.listed.find((l) => l.kind === "checksum")!;
    expect(loss.fromByte).toBeLessThan(at);
    expect(loss.toByte).toBeGreaterThan(at);
    expect(loss.fromMicros).toBeLessThanOrEqual(1_010_000);
    expect(loss.toMicros).toBeGreaterThanOrEqual(1_010_000);
    expect(read.messages.some((m) => m.includes(" 1999 "))).toBe(true);
  });
});

describe("hostile files", () => {
  const le = (value: bigint): Uint8Array => new Uint8Array(new BigUint64Array([value]).buffer);
  const magic = Uint8Array.of(0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a);
  const record = (op: number, ...parts: (Uint8Array | number[])[]): Uint8Array => {
    const body = Buffer.concat(parts.map((p) => Uint8Array.from(p)));
    return Buffer.concat([Uint8Array.of(op), le(BigInt(body.length)), body]);
  };
  const header = record(1, [0, 0, 0, 0, 0, 0, 0, 0]);

  test.each([2n ** 63n, 2n ** 64n - 1n, 2n ** 40n, 2n ** 32n])(
    "a record of %i bytes allocates nothing",
    (length) => {
      const before = process.memoryUsage().arrayBuffers;
      for (const op of [1, 3, 4, 5, 6, 7, 9, 12, 15]) {
        const read = readAll(
          Buffer.concat([magic, header, Uint8Array.of(op), le(length), new Uint8Array(64)]),
        );
        expect(read.messages).toEqual([]);
        expect(read.losses.count).toBeGreaterThan(0);
      }
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1_048_576);
    },
  );
  test.each(["", "zstd", "lz4"])(
    "a chunk (%s) that claims 2^50 bytes unpacked allocates nothing",
    (compression) => {
      const name = new TextEncoder().encode(compression);
      const content = zstdCompressSync(new Uint8Array(100));
      const chunk = record(
        6,
        le(0n),
        le(1n),
        le(2n ** 50n),
        [0, 0, 0, 0],
        [name.length, 0, 0, 0],
        name,
        le(BigInt(content.length)),
        content,
      );
      const before = process.memoryUsage().arrayBuffers;
      const read = readAll(Buffer.concat([magic, header, chunk]));
      expect(read.losses.listed.some((l) => l.kind === "unpack")).toBe(true);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1_048_576);
    },
  );
  test("a chunk that unpacks to more than it claims is not used", () => {
    const name = new TextEncoder().encode("zstd");
    const bomb = zstdCompressSync(new Uint8Array(50 * 1_048_576));
    const chunk = record(
      6,
      le(0n),
      le(1n),
      le(1_000n),
      [0, 0, 0, 0],
      [4, 0, 0, 0],
      name,
      le(BigInt(bomb.length)),
      bomb,
    );
    const read = readAll(Buffer.concat([magic, header, chunk]));
    expect(read.losses.listed.some((l) => l.kind === "unpack")).toBe(true);
  });
  test("bytes of any kind end in words, never in a throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (tail) => {
        expect(readAll(Buffer.concat([magic, header, tail])).messages).toEqual([]);
        readAll(tail);
      }),
      { numRuns: 3_000, seed: 5 },
    );
  });
  test("shuffled pieces of a real file: no throw, no hang", async () => {
    const bytes = await madeFile("", 300);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length), fc.nat(2_000)), { minLength: 1, maxLength: 8 }),
        (cuts) => {
          const pieces = cuts.map(([at, length]) => bytes.subarray(at, at + length));
          readAll(Buffer.concat([bytes.subarray(0, 200), ...pieces]));
        },
      ),
      { numRuns: 1_500, seed: 6 },
    );
  });
  test("a file of repeated plausible heads does not hang the search for the next record", () => {
    const one = record(0x0c, [255, 255, 15, 0]);
    const many = Buffer.concat([magic, header, ...new Array<Uint8Array>(200_000).fill(one)]);
    expect(readAll(many).messages).toEqual([]);
  });
  test.skipIf(noFiles !== "")(`a path that is no recording says so${noFiles}`, () => {
    const text = openMcapSource(
      memorySource(readFileSync(join(SHARED, "mcap_conformance/PROVENANCE.md"))),
      "PROVENANCE.md",
    );
    expect(text).toEqual({ ok: false, error: "PROVENANCE.md is not an MCAP file" });
    expect(openMcapSource(memorySource(new Uint8Array(0)), "x")).toEqual({ ok: false, error: "x is empty" });
  });
});
