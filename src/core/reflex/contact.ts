import { CONTACT_WINDOW_READINGS, MICROS_PER_S, msToMicros, type RulesConfig } from "../domain/index.ts";
import { channelNamed } from "./channel-named.ts";
import { Margin } from "./margin.ts";
import type { ChannelInfo, Rule, RuleFactory } from "./rule.ts";
import { Trip } from "./trip.ts";

type Setting = RulesConfig["contact"][string];

/** A force that changes both far and fast is a contact, whatever its size. */
export const contact: RuleFactory = {
  name: "contact",
  build: ({ deployment, channels }) =>
    Object.entries(deployment.rules.contact)
      .filter(([, own]) => own.monitored)
      .map(([name, own]) => contactRule(name, own, channelNamed(channels, own.channel))),
};

function contactRule(name: string, own: Setting, channel: ChannelInfo): Rule {
  const past = new RecentForces(msToMicros(own.windowMs));
  const trip = new Trip(msToMicros(own.releaseMs));
  const margin = new Margin({
    code: "FORCE_SPIKE",
    source: name,
    channel: channel.name,
    unit: "N within the window",
    above: true,
    limit: own.minRiseN,
  });
  return {
    name: `contact ${name}`,
    codes: ["FORCE_SPIKE"],
    listens: [channel.index],
    takesDoubtful: true,
    margins: [margin],
    measure: ({ t, values }) => margin.see(past.largestRise(t, values, own.minRateNPerS)),
    onSample(sample, around, report) {
      const values = sample.values;
      const found = past.steepest(sample.t, values, own.minRiseN, own.minRateNPerS);
      past.add(sample.t, values);
      if (found) {
        if (trip.trip())
          report.raise(
            "FORCE_SPIKE",
            name,
            `${past.changeN.toFixed(1)} N within ${(past.overUs / 1_000).toFixed(1)} ms`,
          );
      } else if (!around.doubtful && trip.release(sample.t)) report.clear("FORCE_SPIKE", name);
    },
  };
}

/** Forces of the last moments. Bounded; looking back allocates nothing. */
class RecentForces {
  /** the change that was found last, and over how long it took place */
  changeN = 0;
  overUs = 0;
  readonly #windowUs: number;
  readonly #t = new Float64Array(CONTACT_WINDOW_READINGS);
  readonly #f = new Float64Array(CONTACT_WINDOW_READINGS * 3);
  #next = 0;
  #held = 0;

  constructor(windowUs: number) {
    this.#windowUs = windowUs;
  }

  add(t: number, values: Float64Array): void {
    this.#t[this.#next] = t;
    for (let k = 0; k < 3; k++) this.#f[3 * this.#next + k] = values[k]!;
    this.#next = (this.#next + 1) % CONTACT_WINDOW_READINGS;
    this.#held = Math.min(this.#held + 1, CONTACT_WINDOW_READINGS);
  }

  /** The largest change from an earlier force of the window that was fast enough; the newest is this reading itself. */
  largestRise(t: number, values: Float64Array, rateNPerS: number): number {
    let largest = 0;
    for (let back = 2; back <= this.#held; back++) {
      const i = (this.#next - back + CONTACT_WINDOW_READINGS) % CONTACT_WINDOW_READINGS;
      const over = t - this.#t[i]!;
      if (over > this.#windowUs) break;
      const x = values[0]! - this.#f[3 * i]!;
      const y = values[1]! - this.#f[3 * i + 1]!;
      const z = values[2]! - this.#f[3 * i + 2]!;
      const change = Math.sqrt(x * x + y * y + z * z);
      if (change > largest && change * MICROS_PER_S >= rateNPerS * over) largest = change;
    }
    return largest;
  }

  /** Is there an earlier force from which this one is `riseN` away, reached at `rateNPerS` or faster? */
  steepest(t: number, values: Float64Array, riseN: number, rateNPerS: number): boolean {
    for (let back = 1; back <= this.#held; back++) {
      const i = (this.#next - back + CONTACT_WINDOW_READINGS) % CONTACT_WINDOW_READINGS;
      const over = t - this.#t[i]!;
      if (over > this.#windowUs) return false;
      const x = values[0]! - this.#f[3 * i]!;
      const y = values[1]! - this.#f[3 * i + 1]!;
      const z = values[2]! - this.#f[3 * i + 2]!;
      const change = Math.sqrt(x * x + y * y + z * z);
      if (change < riseN || change * MICROS_PER_S < rateNPerS * over) continue;
      this.changeN = change;
      this.overUs = over;
      return true;
    }
    return false;
  }
}
