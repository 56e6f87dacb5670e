import { type Code, msToMicros, type RulesConfig } from "../domain/index.ts";
import { channelNamed } from "./channel-named.ts";
import { Margin } from "./margin.ts";
import type { ChannelInfo, Report, Rule, RuleFactory } from "./rule.ts";
import { Trip } from "./trip.ts";

type Setting = RulesConfig["force"][string];
/** a load must fall this far below its mark before it counts as gone */
const RELEASE_SHARE = 0.95;

/** Largest force and torque on a wrench. */
export const force: RuleFactory = {
  name: "force",
  build: ({ deployment, channels }) =>
    Object.entries(deployment.rules.force)
      .filter(([, own]) => own.monitored)
      .map(([name, own]) => forceRule(name, own, channelNamed(channels, own.channel))),
};

export const forceOf = (values: Float64Array): number =>
  Math.sqrt(values[0]! * values[0]! + values[1]! * values[1]! + values[2]! * values[2]!);
const torqueOf = (values: Float64Array): number =>
  Math.sqrt(values[3]! * values[3]! + values[4]! * values[4]! + values[5]! * values[5]!);

function forceRule(name: string, own: Setting, channel: ChannelInfo): Rule {
  const mark = (code: Code, limit: number, unit: string) =>
    new LoadMark(code, name, limit, unit, own.releaseMs);
  const hard = mark("FORCE_LIMIT", own.maxForceN, "N");
  const soft = own.slowForceN === undefined ? null : mark("FORCE_NEAR_LIMIT", own.slowForceN, "N");
  const twist = own.maxTorqueNm === undefined ? null : mark("TORQUE_LIMIT", own.maxTorqueNm, "Nm");
  const marginOf = (code: Code, limit: number, unit: string) =>
    new Margin({ code, source: name, channel: channel.name, unit, above: true, limit });
  const forces = [marginOf("FORCE_LIMIT", own.maxForceN, "N")];
  if (own.slowForceN !== undefined) forces.push(marginOf("FORCE_NEAR_LIMIT", own.slowForceN, "N"));
  const torques = own.maxTorqueNm === undefined ? [] : [marginOf("TORQUE_LIMIT", own.maxTorqueNm, "Nm")];
  return {
    name: `force ${name}`,
    codes: ["FORCE_LIMIT", "FORCE_NEAR_LIMIT", "TORQUE_LIMIT"],
    listens: [channel.index],
    takesDoubtful: true,
    margins: [...forces, ...torques],
    measure: ({ values }) => {
      for (const margin of forces) margin.see(forceOf(values));
      for (const margin of torques) margin.see(torqueOf(values));
    },
    onSample(sample, around, report) {
      const load = forceOf(sample.values);
      hard.look(load, sample.t, around.doubtful, report);
      soft?.look(load, sample.t, around.doubtful, report);
      twist?.look(torqueOf(sample.values), sample.t, around.doubtful, report);
    },
  };
}

/** One mark that a load may not pass. */
export class LoadMark {
  readonly #code: Code;
  readonly #source: string;
  readonly #limit: number;
  readonly #unit: string;
  readonly #trip: Trip;
  #greatest = 0;

  constructor(code: Code, source: string, limit: number, unit: string, releaseMs: number) {
    this.#code = code;
    this.#source = source;
    this.#limit = limit;
    this.#unit = unit;
    this.#trip = new Trip(msToMicros(releaseMs));
  }

  look(load: number, t: number, doubtful: boolean, report: Report): void {
    if (load > this.#limit) {
      if (this.#trip.trip() || load > this.#greatest) {
        this.#greatest = load;
        report.raise(
          this.#code,
          this.#source,
          `${load.toFixed(1)} ${this.#unit}, limit ${this.#limit} ${this.#unit}`,
        );
      }
    } else if (!this.#trip.active || doubtful) return;
    else if (load > this.#limit * RELEASE_SHARE) this.#trip.linger();
    else if (this.#trip.release(t)) report.clear(this.#code, this.#source);
  }
}
