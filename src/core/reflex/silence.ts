import { type Code, isCommand, msToMicros } from "../domain/index.ts";
import type { ChannelInfo, Report, Rule, RuleFactory, Surroundings } from "./rule.ts";
import { Trip } from "./trip.ts";

/**
 * Every channel has a greatest age and a lowest rate. Age is judged twice, by arrival on the monotonic clock
 * and by the source's own stamp, so that neither a clock that was set nor a queue on the way hides silence.
 */
export const silence: RuleFactory = {
  name: "silence",
  build: ({ deployment, channels }) => {
    const releaseUs = msToMicros(deployment.rules.silence.releaseMs);
    const startUs = msToMicros(deployment.self.startTimeoutMs);
    const watches = channels
      .filter((c) => c.config.monitored && !isCommand(c.config.quantity))
      .map((c) => new Watch(c, releaseUs, startUs));
    return watches.length === 0 ? [] : [silenceRule(watches)];
  },
};

function silenceRule(watches: readonly Watch[]): Rule {
  return {
    name: "silence",
    codes: ["SOURCE_MISSING", "SOURCE_NEVER_HEARD", "SOURCE_SILENT", "SOURCE_SLOW", "OPTIONAL_SOURCE_LOST"],
    listens: [],
    onStart(report) {
      for (const watch of watches) watch.begin(report);
    },
    onTick(t, around, report) {
      for (let i = 0; i < watches.length; i++) watches[i]!.look(t, around, report);
    },
  };
}

/** One channel under watch. */
class Watch {
  readonly #channel: ChannelInfo;
  readonly #maxAgeUs: number;
  readonly #startUs: number;
  readonly #missing: Code;
  readonly #silent: Code;
  readonly #slow: Code;
  readonly #silence: Trip;
  readonly #slowness: Trip;
  #heard = false;
  #startedAt = -1;

  constructor(channel: ChannelInfo, releaseUs: number, startUs: number) {
    const { required, maxAgeMs } = channel.config;
    this.#channel = channel;
    this.#maxAgeUs = msToMicros(maxAgeMs);
    this.#startUs = startUs;
    this.#missing = required ? "SOURCE_MISSING" : "OPTIONAL_SOURCE_LOST";
    this.#silent = required ? "SOURCE_SILENT" : "OPTIONAL_SOURCE_LOST";
    this.#slow = required ? "SOURCE_SLOW" : "OPTIONAL_SOURCE_LOST";
    this.#silence = new Trip(releaseUs);
    this.#slowness = new Trip(releaseUs);
  }

  begin(report: Report): void {
    report.raise(this.#missing, this.#channel.name, "not heard since the node started");
  }

  look(t: number, around: Surroundings, report: Report): void {
    const { index, name } = this.#channel;
    if (this.#startedAt < 0) this.#startedAt = t;
    if (!this.#heard) {
      if (around.vitals.lastAt[index]! < 0) return this.#stillMissing(t, report);
      this.#heard = true;
      report.clear(this.#missing, name);
      report.clear("SOURCE_NEVER_HEARD", name);
    }
    this.#judgeAge(t, around, report);
    this.#judgeRate(t, around, report);
    if (!this.#channel.config.required && !this.#silence.active && !this.#slowness.active)
      report.clear("OPTIONAL_SOURCE_LOST", name);
  }

  #stillMissing(t: number, report: Report): void {
    const { name, config } = this.#channel;
    if (
      !config.required ||
      t - this.#startedAt < this.#startUs ||
      report.isActive("SOURCE_NEVER_HEARD", name)
    )
      return;
    report.raise(
      "SOURCE_NEVER_HEARD",
      name,
      `nothing within ${Math.round(this.#startUs / 1_000)} ms of the start`,
    );
  }

  #judgeAge(t: number, around: Surroundings, report: Report): void {
    const { index, name, config } = this.#channel;
    const arrival = t - around.vitals.lastAt[index]!;
    const stamp = around.vitals.lastStamp[index]!;
    const content = stamp < 0 || !config.stamped ? arrival : around.epoch + t - stamp;
    const age = Math.max(arrival, content);
    if (age > this.#maxAgeUs) {
      if (!this.#silence.trip()) return;
      report.raise(this.#silent, name, `${ageWords(age)} old, allowed ${config.maxAgeMs} ms`);
    } else if (this.#silence.release(t) && config.required) report.clear(this.#silent, name);
  }

  #judgeRate(t: number, around: Surroundings, report: Report): void {
    const { index, name, config } = this.#channel;
    const rate = around.vitals.rateHz[index]!;
    if (rate < 0) return;
    // one reading more or less is the phase of the window, not the rate of the source
    if (rate + this.#onePerWindow() < config.minRateHz) {
      if (this.#slowness.trip())
        report.raise(this.#slow, name, `${rate.toFixed(1)} Hz, lowest healthy ${config.minRateHz} Hz`);
    } else if (this.#slowness.release(t) && config.required) report.clear(this.#slow, name);
  }
  #onePerWindow(): number {
    return 1 / Math.max(1, 2 / this.#channel.config.minRateHz);
  }
}

const ageWords = (us: number): string =>
  us < 10_000_000 ? `${Math.round(us / 1_000)} ms` : `${Math.round(us / 1_000_000)} s`;
