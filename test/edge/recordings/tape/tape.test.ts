import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { McapIndexedReader } from "@mcap/core";
import { parse } from "@foxglove/rosmsg";
import { MessageReader } from "@foxglove/rosmsg2-serialization";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { CellEvent } from "../../../../src/core/domain/index.ts";
import {
  besideTape,
  createTapeWriter,
  readTape,
  type TapeMeta,
  type TapeSetting,
} from "../../../../src/edge/recordings/tape/index.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-tape-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const EPOCH = 1_700_000_000_000_000;
const meta = {
  cell: "press",
  configHash: "aa:bb",
  configText: '{"cell":"press"}',
  seed: 7,
  boot: 3,
  epoch: EPOCH,
  version: "0.1.0",
  channels: [
    { name: "wrist", quantity: "wrench" },
    { name: "fan", quantity: "scan" },
  ],
  files: new Map([
    ["head.json", '{"a":1}'],
    ["arm.urdf", "<robot name='ä'/>"],
  ]),
} as unknown as TapeMeta;
let files = 0;
const newPath = (): string => join(folder, `t${files++}.mcap`);
const copyOf = (event: CellEvent): CellEvent =>
  event.kind === "sample" ? { ...event, values: event.values.slice() } : event;

const start = {
  kind: "start",
  t: 0,
  seq: 0,
  boot: 3,
  epoch: EPOCH,
  latched: [],
  ledgerFault: null,
  configHash: "aa:bb",
  seed: 7,
} as unknown as CellEvent;
const sample = (
  seq: number,
  t: number,
  channel: number,
  values: number[],
  stamp = EPOCH + t,
  sourceSeq = seq,
): CellEvent =>
  ({
    kind: "sample",
    t,
    seq,
    channel,
    stamp,
    sourceSeq,
    values: Float64Array.from(values),
  }) as unknown as CellEvent;

async function write(events: readonly CellEvent[], extra: Partial<TapeSetting> = {}): Promise<string> {
  const path = newPath();
  const writer = createTapeWriter({ path, meta, live: false, ...extra });
  for (const event of events) expect(writer.append(event)).toBe(true);
  await writer.close();
  expect(writer.stats.dropped).toBe(0);
  return path;
}
function readAll(path: string | readonly string[]): { events: CellEvent[]; broken: string | null } {
  const tape = readTape(path);
  if (!tape.ok) throw new Error(tape.error);
  const events: CellEvent[] = [];
  const iterator = tape.value.events();
  for (;;) {
    const step = iterator.next();
    if (step.done === true) return { events, broken: step.value.broken };
    events.push(copyOf(step.value));
  }
}

describe("a tape gives back exactly what was put on it", () => {
  test("samples with every kind of number, other events with every kind of JSON", async () => {
    const raw = JSON.parse(
      '{"a":-0,"b":1e999,"$n":"x","deep":[{"$o":[1]}],"__proto__":{"x":1},"text":"Grüße \\ud800"}',
    ) as unknown;
    const events = [
      start,
      sample(1, 10, 0, [1.5, -0, NaN, Infinity, 5e-324, 1.7976931348623157e308]),
      sample(
        2,
        10,
        1,
        Array.from({ length: 8_192 }, (_, i) => i / 7),
      ),
      sample(3, 11, 1, []),
      sample(4, 12, 0, [1, 2, 3, 4, 5, 6], -1, -1),
      {
        kind: "proposal",
        t: 13,
        seq: 5,
        raw,
        via: { transport: "m", caller: "c" },
        refused: null,
      } as unknown as CellEvent,
      { kind: "tick", t: 20_000, seq: 7 } as unknown as CellEvent,
    ];
    const read = readAll(await write(events));
    expect(read.broken).toBeNull();
    expect(read.events).toEqual(events);
    const proposal = read.events[5] as { raw: { a: number } };
    expect(Object.is(proposal.raw.a, -0)).toBe(true);
    expect(Object.hasOwn(proposal.raw, "__proto__")).toBe(true);
  });
  test("any event, any values", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.array(fc.double(), { maxLength: 20 }), fc.nat(1e6), fc.double(), fc.integer()), {
          maxLength: 40,
        }),
        fc.array(fc.jsonValue(), { maxLength: 5 }),
        async (rows, values) => {
          const events = [start];
          let t = 0;
          for (const [numbers, step, stamp, seq] of rows)
            events.push(sample(events.length, (t += step), 0, numbers, stamp, seq));
          for (const raw of values)
            events.push({
              kind: "proposal",
              t,
              seq: events.length,
              raw,
              via: { transport: "x", caller: "y" },
              refused: null,
            } as unknown as CellEvent);
          const read = readAll(await write(events));
          expect(read).toEqual({ events, broken: null });
        },
      ),
      { numRuns: 60, seed: 11 },
    );
  });
  test("the head says where it comes from", async () => {
    const tape = readTape(await write([start]));
    expect(tape.ok && tape.value.meta).toEqual(meta);
    expect(readTape(join(folder, "absent.mcap")).ok).toBe(false);
    const other = newPath();
    writeFileSync(other, "not a tape");
    expect(readTape(other)).toMatchObject({ ok: false });
  });
});

describe("other tools read it", () => {
  test("an independent reader sees the samples as ROS 2 messages", async () => {
    const path = await write([
      start,
      sample(1, 10, 0, [1, 2, 3, 4, 5, 6]),
      sample(2, 600_000, 0, [6, 5, 4, 3, 2, 1]),
    ]);
    const bytes = readFileSync(path);
    const reader = await McapIndexedReader.Initialize({
      readable: {
        size: async () => BigInt(bytes.length),
        read: async (at, size) => new Uint8Array(bytes.subarray(Number(at), Number(at + size))),
      },
    });
    const found: unknown[] = [];
    for await (const message of reader.readMessages({ topics: ["/cellgate/samples/wrist"] })) {
      const channel = reader.channelsById.get(message.channelId)!;
      const schema = reader.schemasById.get(channel.schemaId)!;
      const decoder = new MessageReader(parse(new TextDecoder().decode(schema.data), { ros2: true }));
      found.push([message.logTime, decoder.readMessage(message.data)]);
    }
    expect(found).toEqual([
      [
        BigInt(EPOCH + 10) * 1_000n,
        {
          seq: 1n,
          t_us: 10n,
          stamp_us: EPOCH + 10,
          source_seq: 1,
          channel: 0,
          values: Float64Array.of(1, 2, 3, 4, 5, 6),
        },
      ],
      [
        BigInt(EPOCH + 600_000) * 1_000n,
        {
          seq: 2n,
          t_us: 600_000n,
          stamp_us: EPOCH + 600_000,
          source_seq: 2,
          channel: 0,
          values: Float64Array.of(6, 5, 4, 3, 2, 1),
        },
      ],
    ]);
    expect(reader.statistics?.messageCount).toBe(3n);
  });
});

describe("killed while writing", () => {
  test("everything that was flushed is read, and the tape says that it was not ended", async () => {
    const path = newPath();
    const writer = createTapeWriter({ path, meta, live: true });
    writer.append(start);
    for (let i = 1; i <= 1_000; i++) writer.append(sample(i, i * 1_000, 0, [i, 0, 0, 0, 0, 0]));
    await expect.poll(() => readAll(path).events.length, { timeout: 60_000 }).toBe(1_001);
    // what a kill leaves: the file as the system has it now
    const left = newPath();
    writeFileSync(left, readFileSync(path));
    const read = readAll(left);
    expect(read.events.length).toBe(1_001);
    expect(read.broken).toMatch(/not ended/);
    await writer.close();
    expect(readAll(path)).toMatchObject({ broken: null });
  });
  test("a cut anywhere gives a prefix, never an invention", async () => {
    const events = [
      start,
      ...Array.from({ length: 4_000 }, (_, i) => sample(i + 1, (i + 1) * 1_000, 0, [i, 1, 2, 3, 4, 5])),
    ];
    const path = await write(events);
    const whole = readFileSync(path);
    for (let part = 1; part < 50; part++) {
      const cut = newPath();
      writeFileSync(cut, whole);
      truncateSync(cut, Math.floor((whole.length * part) / 50));
      const tape = readTape(cut);
      if (!tape.ok) continue;
      const read = readAll(cut);
      expect(read.events).toEqual(events.slice(0, read.events.length));
      expect(read.broken).not.toBeNull();
      rmSync(cut);
    }
  });
});

describe("bounds", () => {
  test("a disk that does not keep up costs events, said once and counted, never memory", async () => {
    const problems: string[] = [];
    const writer = createTapeWriter({
      path: newPath(),
      meta,
      live: true,
      onHealth: (code) => problems.push(code),
    });
    // no turn of the event loop: nothing can be written meanwhile
    let kept = 0;
    for (let i = 0; i < 100_000; i++) if (writer.append(sample(i, i, 0, [1, 2, 3, 4, 5, 6]))) kept++;
    expect(kept).toBeLessThan(100_000);
    expect(writer.stats.dropped).toBe(100_000 - kept);
    await writer.close();
    expect(problems).toEqual(["TAPE_DROPPED"]);
  });
  test("segments follow each other, the oldest go, and together they are one tape", async () => {
    const path = newPath();
    const writer = createTapeWriter({ path, meta, live: false, segments: { maxBytes: 100_000, keep: 3 } });
    const events = [
      start,
      ...Array.from({ length: 8_000 }, (_, i) => sample(i + 1, (i + 1) * 1_000, 0, [i, 1, 2, 3, 4, 5])),
    ];
    for (const event of events) writer.append(event);
    await writer.close();
    const stem = path
      .replace(/\.mcap$/, "-")
      .split("/")
      .at(-1)!;
    const names = readdirSync(folder)
      .filter((name) => name.startsWith(stem))
      .sort();
    expect(names.length).toBe(3);
    const read = readAll(names.map((name) => join(folder, name)));
    expect(read.broken).toBeNull();
    expect(read.events).toEqual(events.slice(-read.events.length));
  });
  test("a tape that is named goes on in files beside it, is read as one, and says when its oldest part goes", async () => {
    const path = join(folder, "named.mcap");
    const problems: string[] = [];
    const setting = { path, meta, live: false, onHealth: (code: string) => void problems.push(code) };
    const writer = createTapeWriter({
      ...setting,
      segments: { maxBytes: 100_000, keep: 100, asNamed: true },
    });
    const count = 8_000;
    for (let i = 0; i < count; i++) writer.append(sample(i, i * 1_000, 0, [i, 1, 2, 3, 4, 5]));
    await writer.close();
    expect(existsSync(path) && existsSync(path.replace(".mcap", "-00002.mcap"))).toBe(true);
    expect(problems).toEqual([]);
    const tape = readTape(path);
    if (!tape.ok) throw new Error(tape.error);
    expect(tape.value.files.length).toBeGreaterThan(2);
    expect([...tape.value.events()].length).toBeGreaterThanOrEqual(count);
    tape.value.close();
    const short = createTapeWriter({
      ...setting,
      path: join(folder, "short.mcap"),
      segments: { maxBytes: 50_000, keep: 2, asNamed: true },
    });
    for (let i = 0; i < count; i++) short.append(sample(i, i * 1_000, 0, [i, 1, 2, 3, 4, 5]));
    await short.close();
    expect(problems).toEqual(["TAPE_OLDEST_GONE"]);
  });

  test("without segments a full tape stops and says so", async () => {
    const problems: string[] = [];
    const path = newPath();
    const setting = { path, meta, live: false, onHealth: (code: string) => problems.push(code) };
    const writer = createTapeWriter(setting);
    const big = sample(1, 0, 1, new Array<number>(8_192).fill(1));
    for (let i = 0; i < 4_300; i++) writer.append(big);
    await writer.close();
    expect(problems).toEqual(["TAPE_FULL"]);
    rmSync(path);
  });
  test("a value that no JSON can hold is dropped and counted", async () => {
    let nested: unknown = 1;
    for (let i = 0; i < 100_000; i++) nested = [nested];
    const writer = createTapeWriter({ path: newPath(), meta, live: false });
    const event = {
      kind: "proposal",
      t: 0,
      seq: 0,
      raw: nested,
      via: { transport: "x", caller: "y" },
      refused: null,
    } as unknown as CellEvent;
    expect(writer.append(event)).toBe(false);
    expect(writer.stats.dropped).toBe(1);
    await writer.close();
  });
});

describe("black box", () => {
  const box = (): {
    folder: string;
    beforeUs: number;
    afterUs: number;
    maxBytes: number;
    maxFiles: number;
  } => ({
    folder: join(folder, `box${files++}`),
    beforeUs: 3_000_000,
    afterUs: 1_000_000,
    maxBytes: 1_000_000,
    maxFiles: 3,
  });
  test("one file per block with what was before and what followed, named by its receipt", async () => {
    const blackBox = box();
    const writer = createTapeWriter({ path: null, meta, live: false, blackBox });
    for (let i = 0; i < 20_000; i++) {
      writer.append(sample(i, i * 1_000, 0, [i, 0, 0, 0, 0, 0]));
      if (i === 10_000) writer.block("r3.10000.0", "ESTOP_PRESSED");
    }
    await writer.close();
    expect(readdirSync(blackBox.folder)).toEqual(["r3.10000.0.mcap"]);
    const read = readAll(join(blackBox.folder, "r3.10000.0.mcap"));
    expect(read.broken).toBeNull();
    const [first, last] = [read.events[0]!.t, read.events.at(-1)!.t];
    expect(10_000_000 - first).toBeGreaterThanOrEqual(3_000_000 - 250_000);
    expect(10_000_000 - first).toBeLessThanOrEqual(3_000_000 + 500_000);
    expect(last - 10_000_000).toBeGreaterThanOrEqual(1_000_000 - 250_000);
    expect(read.events.map((e) => e.seq)).toEqual(
      Array.from({ length: read.events.length }, (_, i) => read.events[0]!.seq + i),
    );
  });
  test("the ring is bounded in bytes and the folder in files; a second block shares the open file", async () => {
    const blackBox = { ...box(), maxBytes: 100_000 };
    const writer = createTapeWriter({ path: null, meta, live: false, blackBox });
    for (let i = 0; i < 60_000; i++) {
      writer.append(sample(i, i * 1_000, 0, [i, 0, 0, 0, 0, 0]));
      if (i % 10_000 === 5_000) writer.block(`r3.${i}.0`, "ESTOP_PRESSED");
      if (i % 10_000 === 5_500) writer.block(`r3.${i}.0`, "FORCE_LIMIT");
    }
    await writer.close();
    const names = readdirSync(blackBox.folder).sort();
    expect(names).toHaveLength(3 + 1);
    for (const name of names) expect(readAll(join(blackBox.folder, name)).events.length).toBeLessThan(4_000);
    expect(readFileSync(join(blackBox.folder, "r3.55000.0.mcap"))).toEqual(
      readFileSync(join(blackBox.folder, "r3.55500.0.mcap")),
    );
  });
  test("the files that the configuration names travel with it", async () => {
    const blackBox = box();
    const writer = createTapeWriter({ path: null, meta, live: false, blackBox });
    writer.append(start);
    writer.block("r3.0.0", "ESTOP_PRESSED");
    await writer.close();
    const tape = readTape(join(blackBox.folder, "r3.0.0.mcap"));
    if (!tape.ok) throw new Error(tape.error);
    expect(tape.value.meta.files).toEqual(meta.files);
    expect(tape.value.boxed).toEqual([{ receiptId: "r3.0.0", code: "ESTOP_PRESSED", t: 0 }]);
    expect(besideTape(tape.value.meta)("head.json", "risk.head")).toEqual({ ok: true, value: '{"a":1}' });
    expect(besideTape(tape.value.meta)("absent.json", "risk.head").ok).toBe(false);
  });
  test("a folder in bytes: the oldest files go", async () => {
    const blackBox = { ...box(), maxFiles: 100, maxBytes: 100_000, maxFolderBytes: 700_000 };
    const writer = createTapeWriter({ path: null, meta, live: false, blackBox });
    for (let i = 0; i < 80_000; i++) {
      writer.append(sample(i, i * 1_000, 0, [i, 0, 0, 0, 0, 0]));
      if (i % 4_000 === 2_000) writer.block(`r3.${i}.0`, "ESTOP_PRESSED");
    }
    await writer.close();
    const names = readdirSync(blackBox.folder);
    const bytes = names.reduce((sum, name) => sum + readFileSync(join(blackBox.folder, name)).length, 0);
    expect(names).toContain("r3.78000.0.mcap");
    expect(names.length).toBeLessThan(20);
    expect(bytes).toBeLessThanOrEqual(700_000);
  });
  test("a disk that is full ends the tape with a code; the black box goes on", async () => {
    if (!existsSync("/dev/full")) return;
    for (const live of [false, true]) {
      const said: [string, boolean][] = [];
      const blackBox = box();
      const writer = createTapeWriter({
        path: "/dev/full",
        meta,
        live,
        blackBox,
        onHealth: (code, active) => said.push([code, active]),
      });
      for (let i = 0; i < 4_000; i++) {
        writer.append(sample(i, i * 1_000, 0, [i, 0, 0, 0, 0, 0]));
        if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      writer.block("r3.1.0", "ESTOP_PRESSED");
      await writer.close();
      expect(said).toEqual([["TAPE_FAILED", true]]);
      expect(writer.stats.error).toMatch(/ENOSPC/);
      expect(readAll(join(blackBox.folder, "r3.1.0.mcap")).events.length).toBeGreaterThan(3_000);
    }
  });
  test("a black box that cannot be written says so, and says when it can again; nothing throws", async () => {
    const said: [string, boolean][] = [];
    const blackBox = box();
    writeFileSync(blackBox.folder, "in the way");
    const writer = createTapeWriter({
      path: null,
      meta,
      live: false,
      blackBox,
      onHealth: (code, active) => said.push([code, active]),
    });
    writer.append(start);
    writer.block("r3.1.0", "ESTOP_PRESSED");
    expect(said).toEqual([["BLACK_BOX_FAILED", true]]);
    rmSync(blackBox.folder);
    writer.block("r3.2.0", "ESTOP_PRESSED");
    await writer.close();
    expect(said.at(-1)).toEqual(["BLACK_BOX_FAILED", false]);
    expect(readdirSync(blackBox.folder)).toEqual(["r3.2.0.mcap"]);
  });
  test("a next file that cannot be opened ends the tape with a code; nothing throws", async () => {
    const home = join(folder, `gone${files++}`);
    mkdirSync(home);
    const said: string[] = [];
    const blackBox = box();
    const writer = createTapeWriter({
      path: join(home, "t.mcap"),
      meta,
      live: false,
      blackBox,
      segments: { maxBytes: 50_000, keep: 3 },
      onHealth: (code) => said.push(code),
    });
    writer.append(start);
    rmSync(home, { recursive: true });
    for (let i = 1; i < 3_000; i++) writer.append(sample(i, i * 1_000, 0, [i, 0, 0, 0, 0, 0]));
    writer.block("r3.1.0", "ESTOP_PRESSED");
    await writer.close();
    expect(said).toEqual(["TAPE_FAILED"]);
    expect(readAll(join(blackBox.folder, "r3.1.0.mcap")).events).toHaveLength(3_000);
  });
});
