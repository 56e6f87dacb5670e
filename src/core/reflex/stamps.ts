import { type Code, msToMicros, NO_SOURCE_SEQ, type Sample } from "../domain/index.ts";
import type { ChannelInfo, Judge, JudgeFactory, Surroundings } from "./rule.ts";

/**
 * Judges when a reading says it was made. A stamp that is missing, in the future, too old, repeated or going
 * backwards makes a reading doubtful: it may stop the cell but counts as missing. A refused stamp is never
 * compared with later ones, so that one wild clock cannot make all that follows look old.
 */
export const stamps: JudgeFactory = {
  name: "stamps",
  build: ({ deployment, channels }) =>
    new Stamps(channels, msToMicros(deployment.rules.stamps.futureToleranceMs)),
};

class Stamps implements Judge {
  readonly name = "stamps";
  readonly codes = [
    "STAMP_ABSENT",
    "STAMP_FUTURE",
    "STAMP_OLD",
    "STAMP_BACKWARD",
    "STAMP_REPEATED",
    "SEQUENCE_REPEATED",
    "SEQUENCE_BACKWARD",
  ] as const satisfies readonly Code[];
  readonly failing = "doubtful";
  readonly #channels: readonly ChannelInfo[];
  readonly #toleranceUs: number;
  readonly #maxAgeUs: Float64Array;
  readonly #lastStamp: Float64Array;
  readonly #lastSeq: Float64Array;
  #seqBefore = NO_SOURCE_SEQ;

  constructor(channels: readonly ChannelInfo[], toleranceUs: number) {
    this.#channels = channels;
    this.#toleranceUs = toleranceUs;
    this.#maxAgeUs = Float64Array.from(channels, (c) => msToMicros(c.config.maxAgeMs));
    this.#lastStamp = new Float64Array(channels.length).fill(-1);
    this.#lastSeq = new Float64Array(channels.length).fill(NO_SOURCE_SEQ);
  }

  judge(sample: Sample, around: Surroundings): Code | null {
    const { config } = this.#channels[sample.channel]!;
    if (!config.monitored) return null;
    const bySeq = this.#judgeSequence(sample);
    if (!config.stamped) return bySeq;
    return this.#judgeStamp(sample, around) ?? bySeq;
  }

  #judgeStamp({ stamp, t, channel }: Sample, around: Surroundings): Code | null {
    const now = around.epoch + t;
    const last = this.#lastStamp[channel]!;
    if (stamp < 0) return "STAMP_ABSENT";
    if (stamp > now + this.#toleranceUs) return "STAMP_FUTURE";
    if (stamp === last) return "STAMP_REPEATED";
    if (stamp < last) return "STAMP_BACKWARD";
    if (now - stamp > this.#maxAgeUs[channel]!) return "STAMP_OLD";
    this.#lastStamp[channel] = stamp;
    return null;
  }

  /** A counter that went back is a source that started again: one reading is doubtful, the next is measured by it. */
  #judgeSequence({ sourceSeq, channel }: Sample): Code | null {
    if (sourceSeq === NO_SOURCE_SEQ) return null;
    const last = this.#lastSeq[channel]!;
    this.#seqBefore = last;
    this.#lastSeq[channel] = sourceSeq;
    if (last === NO_SOURCE_SEQ || sourceSeq > last) return null;
    return sourceSeq === last ? "SEQUENCE_REPEATED" : "SEQUENCE_BACKWARD";
  }

  explain(sample: Sample, code: Code, around: Surroundings): string {
    const { config } = this.#channels[sample.channel]!;
    const ahead = (sample.stamp - around.epoch - sample.t) / 1_000;
    switch (code) {
      case "STAMP_ABSENT":
        return "no stamp, though the channel says stamped";
      case "STAMP_FUTURE":
        return `${ahead.toFixed(0)} ms ahead, allowed ${this.#toleranceUs / 1_000} ms`;
      case "STAMP_OLD":
        return `${(-ahead).toFixed(0)} ms old on arrival, allowed ${config.maxAgeMs} ms`;
      case "STAMP_BACKWARD":
        return `${((this.#lastStamp[sample.channel]! - sample.stamp) / 1_000).toFixed(1)} ms before the one it follows`;
      case "STAMP_REPEATED":
        return `stamp ${sample.stamp} again`;
      default:
        return `counter ${sample.sourceSeq} after ${this.#seqBefore}`;
    }
  }
}
