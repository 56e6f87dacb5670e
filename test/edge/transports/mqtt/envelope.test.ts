import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  crc16Modbus,
  crc16X25,
  crc32,
  ENVELOPE_SEQ_MAX,
  ENVELOPE_SEQ_START,
  type Envelope,
  EnvelopeGuard,
  EnvelopeWriter,
  envelopeCheck,
  envelopeConfigHash,
  envelopeKey,
  readEnvelope,
  sum16,
  sum8,
} from "../../../../src/edge/wire/index.ts";

const CONFIG = "0123456789abcdef";
const KEY = envelopeKey("00112233445566778899aabbccddeeff")!;
const DIGITS = Buffer.from("123456789");
const MS = 1_000;

const guardOf = (key: Uint8Array | null = null): EnvelopeGuard =>
  new EnvelopeGuard({
    address: "a/b",
    source: "panel",
    config: CONFIG,
    key,
    maxDelayUs: 100 * MS,
    errorIntervalUs: 60_000 * MS,
  });
const writerOf = (key: Uint8Array | null = null, session = 5, extra: object = {}): EnvelopeWriter =>
  new EnvelopeWriter({ address: "a/b", source: "panel", session, config: CONFIG, key, ...extra });
const resealed = (envelope: Envelope, change: Partial<Envelope>, key: Uint8Array | null = null): Envelope => {
  const changed = { ...envelope, ...change };
  return { ...changed, check: envelopeCheck("a/b", changed, key) };
};

describe("check values", () => {
  it("agree with the published check of 123456789", () => {
    expect(crc16Modbus(DIGITS)).toBe(0x4b37);
    expect(crc16X25(DIGITS)).toBe(0x906e);
    expect(crc32(DIGITS)).toBe(0xcbf43926);
    expect([sum8(Uint8Array.of(255, 2)), sum16(Uint8Array.of(255, 255, 2))]).toEqual([1, 512]);
  });
});

describe("B12 envelope: every error of a black channel", () => {
  for (const key of [null, KEY]) {
    const name = key === null ? "CRC-32" : "HMAC";
    it(`${name}: corruption of any field is found`, () => {
      const guard = guardOf(key);
      const good = writerOf(key).wrap('{"value":1}', 10);
      const damaged: Partial<Envelope>[] = [
        { payload: '{"value":0}' },
        { seq: good.seq + 1 },
        { sent_us: 11 },
        { session: 6 },
        { check: good.check.replace(/.$/, (c) => (c === "0" ? "1" : "0")) },
      ];
      for (const change of damaged)
        expect(guard.accept({ ...good, ...change }, 0).fault).toBe("ENVELOPE_CHECK");
      expect(guardOf(key).accept(good, 0)).toEqual({ accepted: true, fault: null, detail: "" });
    });
  }
  it("unintended repetition and wrong sequence", () => {
    const guard = guardOf();
    const writer = writerOf();
    const [a, b, c] = [writer.wrap("1", 1), writer.wrap("1", 2), writer.wrap("1", 3)];
    expect(guard.accept(a, 0).accepted).toBe(true);
    expect(guard.accept(a, 1)).toMatchObject({ accepted: false, fault: "ENVELOPE_SEQUENCE" });
    expect(guard.accept(c, 2)).toMatchObject({ accepted: true, fault: "ENVELOPE_LOSS" });
    expect(guard.accept(b, 3)).toMatchObject({ accepted: false, fault: "ENVELOPE_SEQUENCE" });
  });
  it("insertion, masquerade, addressing, other configuration, no envelope", () => {
    const good = writerOf().wrap("1", 1);
    expect(guardOf().accept(resealed(good, { source: "other" }), 0).fault).toBe("ENVELOPE_SOURCE");
    expect(
      guardOf().accept(
        new EnvelopeWriter({ address: "a/c", source: "panel", session: 5, config: CONFIG, key: null }).wrap(
          "1",
          1,
        ),
        0,
      ).fault,
    ).toBe("ENVELOPE_CHECK");
    expect(guardOf().accept(resealed(good, { config: "f".repeat(16) }), 0).fault).toBe("ENVELOPE_CONFIG");
    expect(guardOf().accept(null, 0).fault).toBe("ENVELOPE_MISSING");
    expect(guardOf(KEY).accept(good, 0).fault).toBe("ENVELOPE_CHECK");
    for (const raw of [
      null,
      1,
      "x",
      [],
      {},
      { ...good, extra: 1 },
      { ...good, seq: 3 },
      { ...good, seq: 2 ** 33 },
      { ...good, seq: 300.5 },
    ])
      expect(readEnvelope(raw)).toBeNull();
  });
  it("unacceptable delay, although the clocks share no zero", () => {
    const guard = guardOf();
    const writer = writerOf();
    const offset = 7_000_000;
    for (let i = 0; i < 50; i++)
      expect(guard.accept(writer.wrap("1", i * 10 * MS), offset + i * 10 * MS + 500).fault).toBeNull();
    expect(guard.accept(writer.wrap("1", 500 * MS), offset + 601 * MS + 500)).toMatchObject({
      accepted: false,
      fault: "ENVELOPE_DELAY",
    });
    expect(guard.accept(writer.wrap("1", 610 * MS), offset + 610 * MS + 500).fault).toBeNull();
  });
  it("B9 clocks that drift apart 100 ppm for a day raise nothing", () => {
    const guard = guardOf();
    const writer = writerOf();
    for (let second = 0; second < 86_400; second += 5) {
      const sent = second * 1e6;
      expect(guard.accept(writer.wrap("1", sent), Math.round(sent * 1.0001)).fault).toBeNull();
    }
  });
  it("an old run of the source never comes back; a new one is told", () => {
    const guard = guardOf();
    const old = writerOf(null, 5);
    guard.accept(old.wrap("1", 1), 1);
    expect(guard.accept(writerOf(null, 6).wrap("1", 1), 2)).toMatchObject({
      accepted: true,
      fault: "ENVELOPE_SESSION",
    });
    expect(guard.accept(old.wrap("1", 2), 3)).toMatchObject({ accepted: false, fault: "ENVELOPE_SESSION" });
  });
  it("two errors inside the interval latch, one does not, ten valid messages end the condition", () => {
    const guard = guardOf();
    const writer = writerOf();
    guard.accept(writer.wrap("1", 0), 0);
    guard.accept(null, 1 * MS);
    expect(guard.latched).toBe(false);
    guard.accept(null, 60_002 * MS);
    expect(guard.latched).toBe(false);
    guard.accept(null, 60_003 * MS);
    expect(guard.latched).toBe(true);
    for (let i = 0; i < 10; i++) {
      expect(guard.latched).toBe(true);
      guard.accept(writer.wrap("1", 61_000 * MS + i), 61_000 * MS + i);
    }
    expect(guard.latched).toBe(false);
  });
  it("the sequence wraps to 256 without an error", () => {
    const guard = guardOf();
    const first = resealed(writerOf().wrap("1", 1), { seq: ENVELOPE_SEQ_MAX });
    expect(guard.accept(first, 0).fault).toBeNull();
    expect(guard.accept(resealed(first, { seq: ENVELOPE_SEQ_START, sent_us: 2 }), 1).fault).toBeNull();
    expect(guard.accept(first, 2).fault).toBe("ENVELOPE_SEQUENCE");
  });
  it("the agreed hash changes with everything that both ends share", () => {
    const agreement = {
      cell: "c",
      address: "a",
      source: "s",
      quantity: "estop",
      maxDelayMs: 100,
      protection: "crc32",
    } as const;
    const changes = [
      { cell: "d" },
      { address: "b" },
      { source: "t" },
      { quantity: "flag" },
      { maxDelayMs: 101 },
      { protection: "hmac" as const },
    ];
    const hashes = [agreement, ...changes.map((change) => ({ ...agreement, ...change }))].map((a) =>
      envelopeConfigHash(a),
    );
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(envelopeKey("00ff")).toBeNull();
    expect(envelopeKey("not hexadecimal at all, really not")).toBeNull();
  });
  it("property: of any mix of real messages at most one each is accepted, in order", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(19), { maxLength: 60 }), (picks) => {
        const writer = writerOf();
        const messages = Array.from({ length: 20 }, (_, i) => writer.wrap(String(i), i));
        const guard = guardOf();
        const accepted = picks.filter((pick, at) => guard.accept(messages[pick]!, at).accepted);
        expect(accepted).toEqual([...new Set(accepted)].sort((a, b) => a - b));
      }),
      { seed: 12, numRuns: 500 },
    );
  });
});
