import { type Envelope, EnvelopeGuard, envelopeConfigHash } from "../../wire/index.ts";

const MICROS_PER_MS = 1_000;
const ERROR_INTERVAL_US = 360_000_000;

export interface Opened {
  readonly content: unknown;
  /** why it does not count; "": it does */
  readonly wrong: string;
}

/** The hash that an actuator has to send with its reports; it is given it once, by hand. */
export const reportConfigHash = (cell: string, topic: string, source: string, maxDelayMs: number): string =>
  envelopeConfigHash({ cell, address: topic, source, quantity: "report", maxDelayMs, protection: "hmac" });

/**
 * Who reports for an actuator: on a wire whose commands carry a key, the reports about them carry the same
 * key. Without one anybody who may write there could say that an arm has arrived.
 */
export class Acknowledgers {
  readonly #cell: string;
  readonly #key: Uint8Array | null;
  readonly #maxDelayMs: number;
  readonly #guards = new Map<string, EnvelopeGuard>();

  constructor(set: { cell: string; key: Uint8Array | null; maxDelayMs: number }) {
    this.#cell = set.cell;
    this.#key = set.key;
    this.#maxDelayMs = set.maxDelayMs;
  }
  /** reports need the envelope */
  get protects(): boolean {
    return this.#key !== null;
  }
  /** A report that came late or twice proves nothing about now; one after a gap is the newest word. */
  open(from: string, topic: string, envelope: Envelope | null, nowUs: number): Opened {
    const guard = this.#guards.get(from) ?? this.#guardOf(from, topic);
    const { accepted, detail } = guard.accept(envelope, nowUs);
    if (!accepted || envelope === null) return { content: null, wrong: detail };
    // only whoever has the key is remembered: a stranger's names take no memory
    this.#guards.set(from, guard);
    try {
      return { content: JSON.parse(envelope.payload) as unknown, wrong: "" };
    } catch {
      return { content: null, wrong: "the content of the envelope is not JSON" };
    }
  }
  #guardOf(from: string, topic: string): EnvelopeGuard {
    return new EnvelopeGuard({
      address: topic,
      source: from,
      config: reportConfigHash(this.#cell, topic, from, this.#maxDelayMs),
      key: this.#key,
      maxDelayUs: this.#maxDelayMs * MICROS_PER_MS,
      errorIntervalUs: ERROR_INTERVAL_US,
    });
  }
}
