import { assert } from "../base/assert.ts";
import { MAX_SCAN_RAYS, type Sample, TELEMETRY_DIGEST_PERIOD_US } from "../domain/index.ts";

/** A running hash; the edge hands in a fast one, both must give the same bytes. */
export interface RunningHash {
  update(bytes: Uint8Array): void;
  /** hexadecimal digest; the hash starts anew */
  finish(): string;
}
export interface DigestSpan {
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly events: number;
  readonly sha256: string;
  readonly perChannel: readonly number[];
}

const HEAD_NUMBERS = 6;
/** Small blocks keep each update in the microseconds. */
const BLOCK_NUMBERS = 512;
/** upper word of the quiet NaN */
const NAN_HIGH = 0x7ff8_0000;

/**
 * Hashes every sample that passed the door, so that one receipt per second pins all telemetry. A sample is
 * laid down as little-endian doubles: channel, seq, t, stamp, source seq, count, values.
 */
export function createTelemetryDigest(hash: RunningHash, channels: number) {
  const numbers = new Float64Array(BLOCK_NUMBERS + HEAD_NUMBERS + MAX_SCAN_RAYS);
  const bytes = new Uint8Array(numbers.buffer);
  const words = new Uint32Array(numbers.buffer);
  assert(new Uint8Array(new Uint16Array([1]).buffer)[0] === 1, "the digest is laid down little-endian");
  const perChannel = new Array<number>(channels).fill(0);
  let used = 0;
  let fromSeq = -1;
  let toSeq = -1;
  let events = 0;
  let nextDue = TELEMETRY_DIGEST_PERIOD_US;

  /** A NaN carries bits of its own, which copies may keep or lose: here every NaN is the same one. */
  const put = (at: number, value: number): void => {
    numbers[at] = value;
    if (value === value) return;
    words[2 * at] = 0;
    words[2 * at + 1] = NAN_HIGH;
  };
  const flush = (): void => {
    if (used > 0) hash.update(bytes.subarray(0, used * 8));
    used = 0;
  };

  return {
    add(sample: Sample): void {
      const { values } = sample;
      let at = used;
      numbers[at++] = sample.channel;
      numbers[at++] = sample.seq;
      numbers[at++] = sample.t;
      put(at++, sample.stamp);
      put(at++, sample.sourceSeq);
      numbers[at++] = values.length;
      for (let i = 0; i < values.length; i++) put(at++, values[i]!);
      used = at;
      if (fromSeq < 0) fromSeq = sample.seq;
      toSeq = sample.seq;
      events++;
      perChannel[sample.channel]!++;
      if (used >= BLOCK_NUMBERS) flush();
    },
    /** the span that ended at tick time `t`, or null while it is not due or nothing came */
    due(t: number): DigestSpan | null {
      if (t < nextDue) return null;
      nextDue = t + TELEMETRY_DIGEST_PERIOD_US;
      if (events === 0) return null;
      flush();
      const span = { fromSeq, toSeq, events, sha256: hash.finish(), perChannel: perChannel.slice() };
      fromSeq = -1;
      events = 0;
      perChannel.fill(0);
      return span;
    },
  };
}
export type TelemetryDigest = ReturnType<typeof createTelemetryDigest>;
