import { type BodyRegion, msToMicros, type PflLimits, type RulesConfig } from "../domain/index.ts";
import { contactSpeedLimitMPerS, reducedMassKg, robotEffectiveMassKg } from "../robot/index.ts";
import { channelNamed, channelsMeasuring } from "./channel-named.ts";
import { forceOf } from "./force.ts";
import { Margin } from "./margin.ts";
import type { Report, Rule, RuleFactory, RuleSetting, Surroundings } from "./rule.ts";

type Setting = NonNullable<RulesConfig["pfl"]>;
/** a contact has ended when the force has fallen this far below the contact mark */
const CONTACT_END_SHARE = 0.8;

/** What the weakest of the body regions that can be touched allows. */
export interface ContactLimits {
  readonly quasiStaticN: number;
  /** null: one of the regions permits no transient contact at all */
  readonly transientN: number | null;
  readonly speedMPerS: number;
  readonly weakest: BodyRegion;
}

/** Works out the limits for a task: the strictest of each over all regions that can be touched. */
export function contactLimitsOf(
  table: PflLimits,
  regions: readonly BodyRegion[],
  robotKg: number,
  speedLimit: Setting["speedLimit"],
): ContactLimits {
  let quasiStaticN = Number.POSITIVE_INFINITY;
  let transientN: number | null = Number.POSITIVE_INFINITY;
  let speedMPerS = Number.POSITIVE_INFINITY;
  let weakest = regions[0]!;
  for (const name of regions) {
    const { quasiStaticForceN, transientFactor, stiffnessNPerMm, massKg } = table.regions[name];
    const factor = speedLimit === "transient" ? (transientFactor ?? 1) : 1;
    const speed = contactSpeedLimitMPerS(
      quasiStaticForceN * factor,
      reducedMassKg(massKg, robotKg),
      stiffnessNPerMm * 1_000,
    );
    if (speed < speedMPerS) {
      speedMPerS = speed;
      weakest = name;
    }
    quasiStaticN = Math.min(quasiStaticN, quasiStaticForceN);
    if (transientFactor === null) transientN = null;
    else if (transientN !== null) transientN = Math.min(transientN, quasiStaticForceN * transientFactor);
  }
  return { quasiStaticN, transientN, speedMPerS, weakest };
}

/** Power and force limiting, force part only: a flange sensor feels neither pressure nor clamping elsewhere. */
export const pfl: RuleFactory = {
  name: "pfl",
  build: (setting) => {
    const own = setting.deployment.rules.pfl;
    if (own === undefined || !own.monitored) return [];
    const table = setting.pflLimits;
    if (table === undefined) return [unusable(`no verified table from ${own.limitsFile}`)];
    if (table.edition !== own.edition)
      return [unusable(`the table's edition is "${table.edition}", confirmed was "${own.edition}"`)];
    return [pflRule(setting, own, table)];
  },
};

const CODES = [
  "PFL_TABLE_UNUSABLE",
  "PFL_TRANSIENT",
  "PFL_QUASI_STATIC",
  "PFL_HEAD_CONTACT",
  "PFL_SPEED",
] as const;

const unusable = (why: string): Rule => ({
  name: "pfl",
  codes: CODES,
  listens: [],
  onStart: (report) => report.raise("PFL_TABLE_UNUSABLE", "pfl", why),
});

function pflRule(setting: RuleSetting, own: Setting, table: PflLimits): Rule {
  const { robot } = setting.deployment;
  const robotKg = robotEffectiveMassKg(robot.massMovingKg, robot.payloadKg);
  const limits = contactLimitsOf(table, own.regions, robotKg, own.speedLimit);
  const wrench = channelNamed(setting.channels, own.channel).index;
  const presence =
    own.presence === undefined ? -1 : channelNamed(setting.channels, own.presence.channel).index;
  const touch = new Touch(own, limits);
  let near = true;
  const margins = pflMargins(own, limits);
  const judgeSpeed = (around: Surroundings, report: Report): void => {
    const speed = around.motion.toolMPerS;
    if (!near || speed <= limits.speedMPerS) return report.clear("PFL_SPEED", "pfl");
    if (!report.isActive("PFL_SPEED", "pfl"))
      report.raise(
        "PFL_SPEED",
        "pfl",
        `${speed.toFixed(3)} m/s, ${limits.weakest} allows ${limits.speedMPerS.toFixed(3)} m/s`,
      );
  };
  return {
    name: "pfl",
    codes: CODES,
    listens: [
      ...new Set([
        wrench,
        ...channelsMeasuring(setting.channels, "joints"),
        ...(presence < 0 ? [] : [presence]),
      ]),
    ],
    takesDoubtful: true,
    margins: Object.values(margins),
    measure(sample, around) {
      if (sample.channel === wrench) {
        const force = forceOf(sample.values);
        margins.transient.see(force);
        margins.quasiStatic.see(touch.lasts(sample.t) ? force : 0);
      }
      margins.speed.see(near ? around.motion.toolMPerS : 0);
    },
    onSample(sample, around, report) {
      if (sample.channel === wrench)
        return touch.feel(forceOf(sample.values), sample.t, around.doubtful, report);
      if (sample.channel === presence) {
        const within = sample.values[0]! <= own.presence!.withinM;
        if (within || !around.doubtful) near = within;
      }
      judgeSpeed(around, report);
    },
  };
}

function pflMargins(own: Setting, { quasiStaticN, transientN, speedMPerS }: ContactLimits) {
  const marginOf = (code: (typeof CODES)[number], unit: string, limit: number) =>
    new Margin({ code, source: "pfl", channel: own.channel, unit, above: true, limit });
  return {
    transient:
      transientN === null
        ? marginOf("PFL_HEAD_CONTACT", "N", own.contactForceN)
        : marginOf("PFL_TRANSIENT", "N", transientN),
    quasiStatic: marginOf("PFL_QUASI_STATIC", "N", quasiStaticN),
    speed: marginOf("PFL_SPEED", "m/s", speedMPerS),
  };
}

/** One contact from its first touch to its end. */
class Touch {
  readonly #own: Setting;
  readonly #limits: ContactLimits;
  readonly #transientUs: number;
  #since = -1;

  constructor(own: Setting, limits: ContactLimits) {
    this.#own = own;
    this.#limits = limits;
    this.#transientUs = msToMicros(own.transientMs);
  }

  feel(forceN: number, t: number, doubtful: boolean, report: Report): void {
    const { contactForceN } = this.#own;
    if (forceN < contactForceN) {
      if (doubtful || forceN > contactForceN * CONTACT_END_SHARE || this.#since < 0) return;
      this.#since = -1;
      for (const code of ["PFL_HEAD_CONTACT", "PFL_TRANSIENT", "PFL_QUASI_STATIC"] as const)
        report.clear(code, "pfl");
      return;
    }
    if (this.#since < 0) this.#since = t;
    this.#judge(forceN, t - this.#since, report);
  }

  /** the contact is no longer a transient one */
  lasts(t: number): boolean {
    return this.#since >= 0 && t - this.#since >= this.#transientUs;
  }

  #judge(forceN: number, lastedUs: number, report: Report): void {
    const { quasiStaticN, transientN } = this.#limits;
    const say = (code: "PFL_HEAD_CONTACT" | "PFL_TRANSIENT" | "PFL_QUASI_STATIC", limitN: number): void => {
      if (report.isActive(code, "pfl")) return;
      report.raise(
        code,
        "pfl",
        `${forceN.toFixed(1)} N for ${Math.round(lastedUs / 1_000)} ms, limit ${limitN} N`,
      );
    };
    if (transientN === null) say("PFL_HEAD_CONTACT", this.#own.contactForceN);
    else if (forceN > transientN) say("PFL_TRANSIENT", transientN);
    if (forceN > quasiStaticN && lastedUs >= this.#transientUs) say("PFL_QUASI_STATIC", quasiStaticN);
  }
}
