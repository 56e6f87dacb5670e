import { z } from "zod";
import { QUANTITIES, type Quantity } from "../../src/core/domain/index.ts";
import type { Device, DeviceChannel, DeviceEmit } from "../../src/edge/ports/index.ts";
import {
  crc32,
  ENVELOPE_SCHEMA,
  EnvelopeGuard,
  envelopeKey,
  readEnvelope,
} from "../../src/edge/wire/index.ts";
import { CheckedEmit } from "../framed-session.ts";
import { LineReader } from "./line-reader.ts";

const LINE_BYTES_MAX = 1_024;
const COLUMNS_MAX = 64;
const quantityNames = Object.keys(QUANTITIES) as [Quantity, ...Quantity[]];

const channel = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9_]*$/)
      .max(64),
    quantity: z.enum(quantityNames),
    columns: z
      .array(
        z
          .number()
          .int()
          .min(0)
          .max(COLUMNS_MAX - 1),
      )
      .min(1)
      .max(48)
      .describe("columns of the line, counted from 0"),
    factor: z
      .number()
      .min(1e-9)
      .max(1e9)
      .default(1)
      .describe("the device's number times this is the quantity's unit"),
    min: z.number().describe("smallest value the device can measure, after the factor"),
    max: z.number(),
  })
  .refine((c) => c.min < c.max, { message: "min must lie below max", path: ["max"] })
  .refine((c) => QUANTITIES[c.quantity].width === -1 || QUANTITIES[c.quantity].width === c.columns.length, {
    message: "the quantity has another number of values",
    path: ["columns"],
  });
const envelope = z.strictObject({
  source: z.string().min(1).max(64),
  config: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .describe("agreed configuration hash"),
  keyHex: z.string().max(256).optional().describe("HMAC key; without it CRC-32"),
  maxDelayMs: z.number().min(1).max(10_000).default(100),
  errorIntervalMs: z
    .number()
    .min(1_000)
    .max(36_000_000)
    .default(360_000)
    .describe("two errors closer together latch"),
});
const settings = z
  .strictObject({
    channels: z.array(channel).min(1).max(16),
    separator: z.enum([",", ";", " ", "tab"]).default(","),
    prefix: z
      .string()
      .max(16)
      .default("")
      .describe("every line begins with this text; other lines are skipped"),
    columns: z
      .number()
      .int()
      .min(1)
      .max(COLUMNS_MAX)
      .describe("numbers per line; a line with more or fewer is refused"),
    protection: z
      .enum(["none", "crc32"])
      .default("none")
      .describe("crc32: the line ends with a star and eight hex digits, over all before the star"),
    envelope: envelope
      .optional()
      .describe("line begins with source,session,seq,sent_us,config and ends with *check"),
  })
  .refine((s) => s.channels.every((c) => c.columns.every((i) => i < s.columns)), {
    message: "a channel uses a column that the line lacks",
    path: ["channels"],
  })
  .refine((s) => s.envelope?.keyHex === undefined || envelopeKey(s.envelope.keyHex) !== null, {
    message: "a key needs at least 32 hexadecimal digits",
    path: ["envelope", "keyHex"],
  });
type Settings = z.infer<typeof settings>;

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$|^[+-]?(nan|inf|infinity)$/i;
const ENVELOPE_COLUMNS = 5;

/** NaN for what is no number at all is told apart from a device that says NaN: null means format. */
function numberOf(text: string): number | null {
  const plain = text.trim();
  if (!NUMBER.test(plain)) return null;
  const value = Number(plain);
  return /[a-df-z]/i.test(plain) && Number.isNaN(value)
    ? /nan/i.test(plain)
      ? Number.NaN
      : Number.POSITIVE_INFINITY
    : value;
}

/** One opened device: takes lines apart, checks them and hands the rows on. */
class CsvSession {
  readonly channels: readonly DeviceChannel[];
  readonly #set: Settings;
  readonly #out: CheckedEmit;
  readonly #rows: readonly Float64Array[];
  readonly #guard: EnvelopeGuard | null;
  readonly #numbers: Float64Array;
  readonly #separator: string;
  readonly #lines = new LineReader(LINE_BYTES_MAX);

  constructor(set: Settings) {
    this.#set = set;
    this.channels = set.channels.map(
      (c): DeviceChannel => ({
        name: c.name,
        quantity: c.quantity,
        width: c.columns.length,
        unit: QUANTITIES[c.quantity].unit,
        limits: [[c.min, c.max]],
      }),
    );
    this.#out = new CheckedEmit(this.channels);
    this.#rows = set.channels.map((c) => new Float64Array(c.columns.length));
    this.#numbers = new Float64Array(set.columns);
    this.#separator = set.separator === "tab" ? "\t" : set.separator;
    const e = set.envelope;
    this.#guard =
      e === undefined
        ? null
        : new EnvelopeGuard({
            address: set.prefix === "" ? "csv" : set.prefix,
            source: e.source,
            config: e.config,
            key: e.keyHex === undefined ? null : envelopeKey(e.keyHex),
            maxDelayUs: e.maxDelayMs * 1_000,
            errorIntervalUs: e.errorIntervalMs * 1_000,
          });
  }

  reset(): void {
    this.#lines.reset();
  }

  push(bytes: Uint8Array, emit: DeviceEmit, nowUs: number): void {
    this.#out.lend(emit);
    this.#lines.push(bytes, {
      line: (text) => this.#take(text, nowUs),
      tooLong: (count) => this.#out.fault(-1, "DEVICE_NOISE", `${count} bytes without the end of a line`),
    });
    this.#out.lend(null);
  }

  #take(text: string, nowUs: number): void {
    const { prefix } = this.#set;
    if (text.length === 0 || !text.startsWith(prefix)) return;
    const body = text.slice(prefix.length);
    if (this.#guard !== null) return this.#takeEnveloped(body, this.#guard, nowUs);
    if (this.#set.protection === "none") return this.#takeNumbers(body, -1);
    const star = body.lastIndexOf("*");
    const check = crc32(Buffer.from(prefix + body.slice(0, Math.max(0, star)), "latin1"));
    if (
      star === -1 ||
      body
        .slice(star + 1)
        .trim()
        .toLowerCase() !== check.toString(16).padStart(8, "0")
    )
      return this.#out.fault(-1, "DEVICE_CHECKSUM", "line with wrong check value");
    this.#takeNumbers(body.slice(0, star), -1);
  }

  #takeEnveloped(body: string, guard: EnvelopeGuard, nowUs: number): void {
    const star = body.lastIndexOf("*");
    const parts = body.slice(0, Math.max(0, star)).split(this.#separator);
    const [source, session, seq, sent, config] = parts;
    const payload = parts.slice(ENVELOPE_COLUMNS).join(this.#separator);
    const envelope = readEnvelope({
      schema: ENVELOPE_SCHEMA,
      source,
      session: wholeOf(session),
      seq: wholeOf(seq),
      sent_us: wholeOf(sent),
      config,
      payload,
      check: body.slice(star + 1).trim(),
    });
    const wasLatched = guard.latched;
    const answer = guard.accept(envelope, nowUs);
    if (answer.fault !== null) this.#out.fault(-1, answer.fault, answer.detail);
    if (guard.latched && !wasLatched)
      this.#out.fault(-1, "ENVELOPE_LATCHED", "two errors inside the interval");
    if (answer.accepted && envelope !== null) this.#takeNumbers(payload, envelope.seq);
  }

  #takeNumbers(text: string, sourceSeq: number): void {
    const parts = this.#separator === " " ? text.trim().split(/ +/) : text.split(this.#separator);
    if (parts.length !== this.#set.columns)
      return this.#out.fault(-1, "DEVICE_FORMAT", `${parts.length} columns, expected ${this.#set.columns}`);
    for (let i = 0; i < parts.length; i++) {
      const value = numberOf(parts[i]!);
      if (value === null) return this.#out.fault(-1, "DEVICE_FORMAT", `column ${i} is no number`);
      this.#numbers[i] = value;
    }
    this.#set.channels.forEach((c, index) => {
      const row = this.#rows[index]!;
      c.columns.forEach((column, i) => {
        row[i] = this.#numbers[column]! * c.factor;
      });
      this.#out.reading(index, row, -1, sourceSeq);
    });
  }
}
const wholeOf = (text: string | undefined): number =>
  text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;

export const plainCsv: Device = {
  name: "plain_csv",
  title: "any device that prints lines of numbers",
  purpose: "home-made and laboratory sensors, microcontrollers",
  link: "serial",
  line: { baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 1 },
  rateHz: 100,
  silenceMs: 200,
  maxFrameBytes: LINE_BYTES_MAX,
  settings,
  probeSettings: {
    channels: [{ name: "value", quantity: "scalar", columns: [0], min: -1e12, max: 1e12 }],
    columns: 1,
  },
  open: (raw) => new CsvSession(raw as Settings),
};
