import type { Code } from "../../core/domain/index.ts";
import { ENVELOPE_SEQ_MAX, ENVELOPE_SEQ_START, type Envelope, envelopeHolds } from "./envelope.ts";

export interface EnvelopeGuardSettings {
  readonly address: string;
  readonly source: string;
  /** the agreed hash; see envelopeConfigHash */
  readonly config: string;
  /** null: CRC-32 */
  readonly key: Uint8Array | null;
  /** longer on the way than the fastest recent message by this much: late */
  readonly maxDelayUs: number;
  /** two errors closer together than this latch the channel */
  readonly errorIntervalUs: number;
}
export type EnvelopeFault = Extract<Code, `ENVELOPE_${string}`>;
export interface EnvelopeAnswer {
  /** the message may be used */
  readonly accepted: boolean;
  /** an error was found; a message after a gap is accepted and still an error */
  readonly fault: EnvelopeFault | null;
  readonly detail: string;
}

/** valid messages in a row after which the condition of a latched channel counts as ended */
const VALID_TO_RECOVER = 10;
/** two quartz clocks drift apart by less than this share */
const DRIFT_RATIO = 200e-6;
const FINE: EnvelopeAnswer = { accepted: true, fault: null, detail: "" };

/** Judges the envelopes of one source on one address: every error of a black channel has its own code. */
export class EnvelopeGuard {
  readonly #set: EnvelopeGuardSettings;
  #session = -1;
  #seq = -1;
  /** smallest arrival − send of late, leaking upwards with the clocks' drift */
  #fastestUs = Number.POSITIVE_INFINITY;
  #fastestAtUs = 0;
  #lastErrorUs = Number.NEGATIVE_INFINITY;
  #validInRow = 0;
  /** true from the second error inside the interval until enough valid messages came in a row */
  latched = false;
  errors = 0;

  constructor(settings: EnvelopeGuardSettings) {
    this.#set = settings;
  }

  /** Judges a message; `envelope` null: the message carries none that can be read. */
  accept(envelope: Envelope | null, nowUs: number): EnvelopeAnswer {
    const answer =
      envelope === null ? refuse("ENVELOPE_MISSING", "no readable envelope") : this.#judge(envelope, nowUs);
    if (answer.fault === null) this.#noteValid();
    else this.#noteError(nowUs);
    return answer;
  }

  /**
   * The content of a stored message if source, settings and check value are right, else null. A store knows
   * neither order nor time, so this neither counts nor moves the sequence.
   */
  holds(envelope: Envelope | null): string | null {
    const { source, address, key, config } = this.#set;
    if (envelope === null || envelope.source !== source || envelope.config !== config) return null;
    return envelopeHolds(address, envelope, key) ? envelope.payload : null;
  }

  #judge(envelope: Envelope, nowUs: number): EnvelopeAnswer {
    const set = this.#set;
    if (envelope.source !== set.source)
      return refuse("ENVELOPE_SOURCE", `source "${envelope.source}", expected "${set.source}"`);
    if (!envelopeHolds(set.address, envelope, set.key))
      return refuse("ENVELOPE_CHECK", `check value differs at seq ${envelope.seq}`);
    if (envelope.config !== set.config)
      return refuse("ENVELOPE_CONFIG", `configuration ${envelope.config}, agreed ${set.config}`);
    if (envelope.session < this.#session)
      return refuse("ENVELOPE_SESSION", `run ${envelope.session} after run ${this.#session}`);
    return envelope.session > this.#session
      ? this.#newSession(envelope, nowUs)
      : this.#sameSession(envelope, nowUs);
  }

  #newSession(envelope: Envelope, nowUs: number): EnvelopeAnswer {
    const before = this.#session;
    this.#session = envelope.session;
    this.#seq = envelope.seq;
    this.#fastestUs = nowUs - envelope.sent_us;
    this.#fastestAtUs = nowUs;
    if (before === -1) return FINE;
    return {
      accepted: true,
      fault: "ENVELOPE_SESSION",
      detail: `source restarted: run ${before} became ${envelope.session}`,
    };
  }

  #sameSession(envelope: Envelope, nowUs: number): EnvelopeAnswer {
    const ahead = distance(this.#seq, envelope.seq);
    if (ahead === 0) return refuse("ENVELOPE_SEQUENCE", `seq ${envelope.seq} came again`);
    if (ahead < 0) return refuse("ENVELOPE_SEQUENCE", `seq ${envelope.seq} after ${this.#seq}`);
    const before = this.#seq;
    this.#seq = envelope.seq;
    const delayUs = this.#delay(nowUs - envelope.sent_us, nowUs);
    if (delayUs > this.#set.maxDelayUs)
      return refuse(
        "ENVELOPE_DELAY",
        `${Math.round(delayUs / 1_000)} ms on the way, allowed ${this.#set.maxDelayUs / 1_000} ms`,
      );
    if (ahead === 1) return FINE;
    return {
      accepted: true,
      fault: "ENVELOPE_LOSS",
      detail: `${ahead - 1} lost between seq ${before} and ${envelope.seq}`,
    };
  }

  /** The clocks of both ends share no zero: only how much slower than the fastest one can be known. */
  #delay(transitUs: number, nowUs: number): number {
    this.#fastestUs += Math.max(0, nowUs - this.#fastestAtUs) * DRIFT_RATIO;
    this.#fastestAtUs = nowUs;
    if (transitUs < this.#fastestUs) this.#fastestUs = transitUs;
    return transitUs - this.#fastestUs;
  }

  #noteError(nowUs: number): void {
    this.errors++;
    this.#validInRow = 0;
    if (nowUs - this.#lastErrorUs <= this.#set.errorIntervalUs) this.latched = true;
    this.#lastErrorUs = nowUs;
  }
  #noteValid(): void {
    if (this.#validInRow < VALID_TO_RECOVER) this.#validInRow++;
    if (this.#validInRow >= VALID_TO_RECOVER) this.latched = false;
  }
}

const refuse = (fault: EnvelopeFault, detail: string): EnvelopeAnswer => ({ accepted: false, fault, detail });

/** How far `to` lies ahead of `from` on the ring of sequence numbers; the shorter way round counts. */
function distance(from: number, to: number): number {
  const ring = ENVELOPE_SEQ_MAX - ENVELOPE_SEQ_START + 1;
  const ahead = (to - from + ring) % ring;
  return ahead <= ring / 2 ? ahead : ahead - ring;
}
