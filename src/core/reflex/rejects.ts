import { type Code, MICROS_PER_S, type FaultEvent } from "../domain/index.ts";
import type { ChannelInfo, Report, Rule, RuleFactory } from "./rule.ts";

/** a channel without a fault for this long, and heard meanwhile, is whole again */
const QUIET_US = MICROS_PER_S;

/** Faults of readings: each is shown while it lasts, and too many within a second stop the cell. */
export const rejects: RuleFactory = {
  name: "rejects",
  build: ({ channels }) => (channels.length === 0 ? [] : [rejectsRule(channels.map((c) => new Rejects(c)))]),
};

function rejectsRule(byChannel: readonly Rejects[]): Rule {
  return {
    name: "rejects",
    codes: [
      "REJECTS_EXCEEDED",
      "SAMPLE_NOT_FINITE",
      "SAMPLE_OUT_OF_RANGE",
      "SAMPLE_WRONG_LENGTH",
      "STAMP_ABSENT",
      "STAMP_FUTURE",
      "STAMP_OLD",
      "STAMP_BACKWARD",
      "STAMP_REPEATED",
      "SEQUENCE_REPEATED",
      "SEQUENCE_BACKWARD",
    ],
    listens: "all",
    onFault: (fault, _around, report) => byChannel[fault.channel]!.add(fault, report),
    onTick(t, around, report) {
      for (let i = 0; i < byChannel.length; i++) byChannel[i]!.settle(t, around.vitals.lastAt[i]!, report);
    },
  };
}

/** The faults of one channel: the times of the last K, and the codes that are shown. */
class Rejects {
  readonly #name: string;
  readonly #allowed: number;
  readonly #times: Float64Array;
  readonly #shown = new Set<Code>();
  #next = 0;
  #last = -1;

  constructor({ name, config }: ChannelInfo) {
    this.#name = name;
    this.#allowed = config.maxRejectsPerSecond;
    this.#times = new Float64Array(this.#allowed).fill(Number.NEGATIVE_INFINITY);
  }

  add(fault: FaultEvent, report: Report): void {
    const oldest = this.#times[this.#next]!;
    this.#times[this.#next] = fault.t;
    this.#next = (this.#next + 1) % this.#allowed;
    this.#last = fault.t;
    if (!this.#shown.has(fault.code)) {
      this.#shown.add(fault.code);
      report.raise(fault.code, this.#name, fault.detail);
    }
    // the K-th last one is less than a second ago: this one makes more than K
    if (fault.t - oldest < MICROS_PER_S && !report.isActive("REJECTS_EXCEEDED", this.#name))
      report.raise(
        "REJECTS_EXCEEDED",
        this.#name,
        `more than ${this.#allowed} within a second, last: ${fault.code} ${fault.detail}`,
      );
  }

  settle(t: number, heardAt: number, report: Report): void {
    if (this.#shown.size === 0 || t - this.#last < QUIET_US || heardAt <= this.#last) return;
    for (const code of this.#shown) report.clear(code, this.#name);
    this.#shown.clear();
    report.clear("REJECTS_EXCEEDED", this.#name);
  }
}
