import { type Code, msToMicros, type RulesConfig } from "../domain/index.ts";
import { channelNamed } from "./channel-named.ts";
import { createDistanceReading } from "./distance-reading.ts";
import { Margin } from "./margin.ts";
import type { ChannelInfo, Report, Rule, RuleFactory } from "./rule.ts";
import { Trip } from "./trip.ts";

type Setting = RulesConfig["proximity"][string];

/** Nothing may come nearer than a fixed distance. */
export const proximity: RuleFactory = {
  name: "proximity",
  build: ({ deployment, channels }) =>
    Object.entries(deployment.rules.proximity)
      .filter(([, own]) => own.monitored)
      .map(([name, own]) => proximityRule(name, own, channelNamed(channels, own.channel))),
};

function proximityRule(name: string, own: Setting, channel: ChannelInfo): Rule {
  const read = createDistanceReading(channel, own);
  const marks = [new Mark("PROXIMITY_MIN", name, own.minM, own)];
  if (own.slowM !== undefined) marks.push(new Mark("PROXIMITY_NEAR", name, own.slowM, own));
  const margins = marks.map(
    ({ code, limitM }) =>
      new Margin({
        code,
        source: name,
        channel: channel.name,
        unit: "m",
        above: false,
        limit: limitM,
        harm: 0,
      }),
  );
  return {
    name: `proximity ${name}`,
    codes: ["PROXIMITY_MIN", "PROXIMITY_NEAR"],
    listens: [channel.index],
    takesDoubtful: true,
    margins,
    measure: ({ values }) => {
      const distance = read(values);
      for (const margin of margins) margin.see(distance);
    },
    onSample(sample, around, report) {
      const distance = read(sample.values);
      for (let i = 0; i < marks.length; i++) marks[i]!.look(distance, sample.t, around.doubtful, report);
    },
  };
}

/** One mark that a distance may not fall below. */
class Mark {
  readonly code: Code;
  readonly #source: string;
  readonly limitM: number;
  readonly #releaseM: number;
  readonly #trip: Trip;
  #nearest = 0;

  constructor(code: Code, source: string, limitM: number, own: Setting) {
    this.code = code;
    this.#source = source;
    this.limitM = limitM;
    this.#releaseM = limitM + own.hysteresisM;
    this.#trip = new Trip(msToMicros(own.releaseMs));
  }

  look(distanceM: number, t: number, doubtful: boolean, report: Report): void {
    if (distanceM < this.limitM) {
      if (this.#trip.trip() || distanceM < this.#nearest) {
        this.#nearest = distanceM;
        report.raise(this.code, this.#source, `${distanceM.toFixed(3)} m, limit ${this.limitM} m`);
      }
    } else if (doubtful) return;
    else if (distanceM < this.#releaseM) this.#trip.linger();
    else if (this.#trip.release(t)) report.clear(this.code, this.#source);
  }
}
