import { msToMicros, type RulesConfig } from "../domain/index.ts";
import { forceOf } from "./force.ts";
import type { ChannelInfo, Report, Rule, RuleFactory, RuleSetting, Surroundings } from "./rule.ts";

type Setting = RulesConfig["forceSensor"];
const AXES = 6;

/** Is the force/torque sensor itself alive: not at the end of its range, not without noise, not drifted. */
export const forceSensor: RuleFactory = {
  name: "forceSensor",
  build: (setting) => {
    const own = setting.deployment.rules.forceSensor;
    if (!own.monitored) return [];
    return setting.channels
      .filter((c) => c.config.quantity === "wrench" && c.config.monitored)
      .map((c) => forceSensorRule(c, own, setting));
  },
};

function forceSensorRule(channel: ChannelInfo, own: Setting, setting: RuleSetting): Rule {
  const { name, index, config } = channel;
  const highest = (config.max ?? Number.POSITIVE_INFINITY) * own.saturationShare;
  const lowest = (config.min ?? Number.NEGATIVE_INFINITY) * own.saturationShare;
  const life = new Life(msToMicros(own.deadWindowMs), own.deadStdN);
  const rest = new Rest(msToMicros(own.driftWindowMs), setting.deployment.robot.standstillRadPerS);
  return {
    name: `forceSensor ${name}`,
    codes: ["FT_SATURATED", "FT_DEAD", "FT_DRIFT"],
    listens: [index],
    onSample(sample, around, report) {
      judgeRange(sample.values, lowest, highest, name, report);
      if (!config.declaredConstant && life.windowEnds(sample.t, sample.values)) {
        if (!life.dead) report.clear("FT_DEAD", name);
        else if (!report.isActive("FT_DEAD", name))
          report.raise("FT_DEAD", name, `less than ${own.deadStdN} N of noise in ${own.deadWindowMs} ms`);
      }
      if (!rest.windowEnds(sample.t, sample.values, around)) return;
      if (rest.meanN > own.maxDriftN)
        report.raise("FT_DRIFT", name, `${rest.meanN.toFixed(1)} N at rest, limit ${own.maxDriftN} N`);
      else report.clear("FT_DRIFT", name);
    },
  };
}

function judgeRange(
  values: Float64Array,
  lowest: number,
  highest: number,
  name: string,
  report: Report,
): void {
  for (let i = 0; i < AXES; i++) {
    const value = values[i]!;
    if (value < highest && value > lowest) continue;
    if (!report.isActive("FT_SATURATED", name))
      report.raise(
        "FT_SATURATED",
        name,
        `axis ${i} reads ${value.toFixed(1)}, usable [${lowest}, ${highest}]`,
      );
    return;
  }
  report.clear("FT_SATURATED", name);
}

/** Noise of all axes, window by window, summed as distances from the window's first reading. */
class Life {
  dead = false;
  readonly #windowUs: number;
  readonly #deadVariance: number;
  readonly #first = new Float64Array(AXES);
  readonly #sum = new Float64Array(AXES);
  readonly #squares = new Float64Array(AXES);
  #from = -1;
  #count = 0;

  constructor(windowUs: number, deadStd: number) {
    this.#windowUs = windowUs;
    this.#deadVariance = deadStd * deadStd;
  }

  /** true when a window ended with this reading; `dead` then says what it showed */
  windowEnds(t: number, values: Float64Array): boolean {
    if (this.#from < 0) this.#begin(t, values);
    for (let i = 0; i < AXES; i++) {
      const d = values[i]! - this.#first[i]!;
      this.#sum[i] = this.#sum[i]! + d;
      this.#squares[i] = this.#squares[i]! + d * d;
    }
    this.#count++;
    if (t - this.#from < this.#windowUs) return false;
    this.dead = this.#still();
    this.#from = -1;
    return true;
  }

  #begin(t: number, values: Float64Array): void {
    this.#from = t;
    this.#count = 0;
    for (let i = 0; i < AXES; i++) this.#first[i] = values[i]!;
    this.#sum.fill(0);
    this.#squares.fill(0);
  }
  #still(): boolean {
    for (let i = 0; i < AXES; i++) {
      const mean = this.#sum[i]! / this.#count;
      if (this.#squares[i]! / this.#count - mean * mean >= this.#deadVariance) return false;
    }
    return true;
  }
}

/** Mean force while the robot stands still; begins anew with every motion. */
class Rest {
  meanN = 0;
  readonly #windowUs: number;
  readonly #standstill: number;
  readonly #sum = new Float64Array(3);
  #from = -1;
  #count = 0;

  constructor(windowUs: number, standstillRadPerS: number) {
    this.#windowUs = windowUs;
    this.#standstill = standstillRadPerS;
  }

  windowEnds(t: number, values: Float64Array, around: Surroundings): boolean {
    if (around.motion.at < 0 || around.motion.fastestRadPerS > this.#standstill) {
      this.#from = -1;
      return false;
    }
    if (this.#from < 0) {
      this.#from = t;
      this.#count = 0;
      this.#sum.fill(0);
    }
    for (let i = 0; i < 3; i++) this.#sum[i] = this.#sum[i]! + values[i]!;
    this.#count++;
    if (t - this.#from < this.#windowUs) return false;
    const n = this.#count;
    this.meanN = forceOf(this.#sum) / n;
    this.#from = -1;
    return true;
  }
}
