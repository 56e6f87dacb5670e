import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { canonicalBytes } from "../../core/base/canonical.ts";
import { sha256Hex } from "../../core/base/hash.ts";
import { crc32 } from "./checksum.ts";

/**
 * The black channel: broker, network and serial line are believed to do anything to a message. What both
 * ends check themselves travels with it: who sent it, in which run, as which one, when, under which
 * settings, and a check value over all of that and the address.
 */
export const ENVELOPE_SCHEMA = "cellgate.envelope/1";
/** sequence numbers count from here, so that a zeroed memory is no valid message */
export const ENVELOPE_SEQ_START = 0x100;
export const ENVELOPE_SEQ_MAX = 0xffff_ffff;
export const ENVELOPE_PAYLOAD_MAX_CHARS = 65_536;
const KEY_BYTES_MIN = 16;

export const envelopeSchema = z
  .strictObject({
    schema: z.literal(ENVELOPE_SCHEMA),
    source: z.string().min(1).max(64).describe("name of the sender, as the deployment knows it"),
    session: z.number().int().min(0).describe("run of the sender; larger after every restart"),
    seq: z
      .number()
      .int()
      .min(ENVELOPE_SEQ_START)
      .max(ENVELOPE_SEQ_MAX)
      .describe("counts every message of the run; 256 follows 4294967295"),
    sent_us: z.number().int().min(0).describe("the sender's monotonic clock in microseconds"),
    config: z
      .string()
      .regex(/^[0-9a-f]{16}$/)
      .describe("hash of the settings that both ends share"),
    payload: z
      .string()
      .max(ENVELOPE_PAYLOAD_MAX_CHARS)
      .describe("the message itself as JSON text, exactly as it was checked"),
    check: z
      .string()
      .regex(/^(crc32:[0-9a-f]{8}|hmac:[0-9a-f]{64})$/)
      .describe(
        "CRC-32 or HMAC-SHA-256 over: address, source, session, seq, sent_us, config, payload, joined with line feeds",
      ),
  })
  .describe("protects one message on a channel that safety depends on");
export type Envelope = z.infer<typeof envelopeSchema>;

/** What both ends have to agree on; its hash travels in every envelope. */
export interface EnvelopeAgreement {
  readonly cell: string;
  readonly address: string;
  readonly source: string;
  readonly quantity: string;
  readonly maxDelayMs: number;
  readonly protection: "crc32" | "hmac";
}
export const envelopeConfigHash = (agreement: EnvelopeAgreement): string =>
  sha256Hex(canonicalBytes({ ...agreement })).slice(0, 16);

type Checked = Pick<Envelope, "source" | "session" | "seq" | "sent_us" | "config" | "payload">;

/** The check value of a message; `key` null means CRC-32, which finds accidents but no attackers. */
export function envelopeCheck(address: string, message: Checked, key: Uint8Array | null): string {
  const { source, session, seq, sent_us, config, payload } = message;
  const text = `${address}\n${source}\n${session}\n${seq}\n${sent_us}\n${config}\n${payload}`;
  if (key !== null) return `hmac:${createHmac("sha256", key).update(text).digest("hex")}`;
  return `crc32:${crc32(Buffer.from(text, "utf8")).toString(16).padStart(8, "0")}`;
}
export function envelopeHolds(
  address: string,
  envelope: Checked & { check: string },
  key: Uint8Array | null,
): boolean {
  const expected = Buffer.from(envelopeCheck(address, envelope, key), "latin1");
  const found = Buffer.from(envelope.check, "latin1");
  return expected.length === found.length && timingSafeEqual(expected, found);
}

/** null: not an envelope at all */
export function readEnvelope(raw: unknown): Envelope | null {
  const parsed = envelopeSchema.safeParse(raw);
  return parsed.success ? parsed.data : null;
}

export const nextSeq = (seq: number): number => (seq >= ENVELOPE_SEQ_MAX ? ENVELOPE_SEQ_START : seq + 1);

/** Wraps what one sender sends; one writer per address. */
export class EnvelopeWriter {
  #seq = ENVELOPE_SEQ_START - 1;
  readonly #address: string;
  readonly #source: string;
  readonly #session: number;
  readonly #config: string;
  readonly #key: Uint8Array | null;
  constructor(set: {
    address: string;
    source: string;
    session: number;
    config: string;
    key: Uint8Array | null;
  }) {
    this.#address = set.address;
    this.#source = set.source;
    this.#session = set.session;
    this.#config = set.config;
    this.#key = set.key;
  }
  wrap(payload: string, nowUs: number): Envelope {
    this.#seq = nextSeq(this.#seq);
    const checked = {
      source: this.#source,
      session: this.#session,
      seq: this.#seq,
      sent_us: Math.round(nowUs),
      config: this.#config,
      payload,
    };
    return { schema: ENVELOPE_SCHEMA, ...checked, check: envelopeCheck(this.#address, checked, this.#key) };
  }
}

/** Keys are hexadecimal text in a file of their own; short ones are refused. */
export function envelopeKey(text: string): Uint8Array | null {
  const hex = text.trim().toLowerCase();
  if (!/^([0-9a-f]{2})+$/.test(hex) || hex.length < 2 * KEY_BYTES_MIN) return null;
  return Uint8Array.from(Buffer.from(hex, "hex"));
}
