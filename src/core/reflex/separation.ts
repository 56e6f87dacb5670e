import {
  type Code,
  type Deployment,
  msToMicros,
  NEAR_DISTANCE_M,
  type RulesConfig,
  UNKNOWN_HUMAN_SPEED_M_PER_S,
  UNKNOWN_HUMAN_SPEED_NEAR_M_PER_S,
} from "../domain/index.ts";
import { channelNamed, channelsMeasuring } from "./channel-named.ts";
import { createDistanceReading } from "./distance-reading.ts";
import { Margin } from "./margin.ts";
import type { ChannelInfo, Report, Rule, RuleFactory, RuleSetting, Surroundings } from "./rule.ts";
import { createScanDistance } from "./scan-distance.ts";
import { Trip } from "./trip.ts";

type Setting = RulesConfig["separation"][string];
const MS_PER_S = 1_000;

/**
 * Sp = Sh + Sr + Ss + C + Zd + Zr (ISO/TS 15066, now ISO 10218-2:2025). The person walks during reaction and
 * stopping; reaction is this node's measured p99 and the sensor's period. Plain numbers, so that nothing is
 * allocated per reading.
 */
export const protectiveSeparationM = (
  humanMPerS: number,
  robotMPerS: number,
  reactionS: number,
  stopS: number,
  stopTravelM: number,
  intrusionM: number,
  humanUncertaintyM: number,
  robotUncertaintyM: number,
): number =>
  humanMPerS * (reactionS + stopS) +
  robotMPerS * reactionS +
  stopTravelM +
  intrusionM +
  humanUncertaintyM +
  robotUncertaintyM;

export const humanSpeedMPerS = (stated: Setting["humanSpeedMPerS"], distanceM: number): number =>
  stated !== "unknown"
    ? stated
    : distanceM < NEAR_DISTANCE_M
      ? UNKNOWN_HUMAN_SPEED_NEAR_M_PER_S
      : UNKNOWN_HUMAN_SPEED_M_PER_S;

/** Speed and separation monitoring: the faster the robot, the further away a person must be. */
export const separation: RuleFactory = {
  name: "separation",
  build: (setting) =>
    Object.entries(setting.deployment.rules.separation)
      .filter(([, own]) => own.monitored)
      .map(([name, own]) => separationRule(name, own, setting)),
};

function separationRule(name: string, own: Setting, setting: RuleSetting): Rule {
  const channel = channelNamed(setting.channels, own.channel);
  const joints = channelsMeasuring(setting.channels, "joints");
  const read = distanceReader(own, channel, setting);
  const watch = new SeparationWatch(name, own, setting.deployment, channel, motionMaxAge(setting, joints));
  return {
    name: `separation ${name}`,
    codes: ["SEPARATION_LOST", "SEPARATION_NEAR", "REACTION_MEASURED"],
    listens: [channel.index, ...joints],
    takesDoubtful: true,
    margins: watch.margins,
    measure: ({ t }, around) => watch.measure(t, around),
    onSample(sample, around, report) {
      if (sample.channel === channel.index) watch.see(read(sample.values, around), around.doubtful);
      // a faster robot needs more room at once, without waiting for the next distance
      watch.look(sample.t, around, report);
    },
    onHealth(event) {
      if (event.code === "REACTION_MEASURED" && event.active) watch.reactionMeasured(Number(event.detail));
    },
  };
}

type Reader = (values: Float64Array, around: Surroundings) => number;
function distanceReader(own: Setting, channel: ChannelInfo, setting: RuleSetting): Reader {
  if (channel.config.quantity !== "scan") return createDistanceReading(channel, own);
  return createScanDistance(channel, own, own.mount ?? channel.config.mount!, setting.kinematics);
}
const motionMaxAge = (setting: RuleSetting, joints: readonly number[]): number =>
  joints.length === 0 ? -1 : msToMicros(setting.channels[joints[0]!]!.config.maxAgeMs);

/** One separation distance under watch. */
class SeparationWatch {
  /** newest distance, NaN before the first */
  #distanceM = Number.NaN;
  readonly margins: Margin[];
  readonly #name: string;
  readonly #own: Setting;
  readonly #robot: Deployment["robot"];
  readonly #periodS: number;
  readonly #motionMaxAgeUs: number;
  readonly #lost: Trip;
  readonly #near: Trip;
  readonly #statedReactionS: number;
  #reactionS: number;

  constructor(
    name: string,
    own: Setting,
    deployment: Deployment,
    channel: ChannelInfo,
    motionMaxAgeUs: number,
  ) {
    this.#name = name;
    this.#own = own;
    this.#robot = deployment.robot;
    this.#periodS = 1 / channel.config.minRateHz;
    this.#motionMaxAgeUs = motionMaxAgeUs;
    this.#statedReactionS = this.#reactionS = deployment.self.reactionTimeMs / MS_PER_S;
    const marginOf = (code: Code) =>
      new Margin({
        code,
        source: name,
        channel: channel.name,
        unit: "m",
        above: false,
        limit: Number.NaN,
        harm: 0,
      });
    this.margins = [marginOf("SEPARATION_LOST")];
    if (own.slowMarginM !== undefined) this.margins.push(marginOf("SEPARATION_NEAR"));
    this.#lost = new Trip(msToMicros(own.releaseMs));
    this.#near = new Trip(msToMicros(own.releaseMs));
  }

  /** the distance against what is needed at this speed; both move */
  measure(t: number, around: Surroundings): void {
    const distance = this.#distanceM;
    if (Number.isNaN(distance)) return;
    const needed = this.#needed(distance, this.#robotSpeed(t, around));
    this.margins[0]!.see(distance, needed);
    this.margins[1]?.see(distance, needed + this.#own.slowMarginM!);
  }

  /** What the deployment states is the least that counts: a measurement raises it, a person lowers it. */
  reactionMeasured(ms: number): void {
    if (Number.isFinite(ms) && ms > 0) this.#reactionS = Math.max(this.#statedReactionS, ms / MS_PER_S);
  }

  /** a distance of doubtful origin may only shrink what is known */
  see(distanceM: number, doubtful: boolean): void {
    if (!doubtful || distanceM < this.#distanceM) this.#distanceM = distanceM;
  }

  look(t: number, around: Surroundings, report: Report): void {
    const distance = this.#distanceM;
    if (Number.isNaN(distance)) return;
    const speed = this.#robotSpeed(t, around);
    const needed = this.#needed(distance, speed);
    const release = !around.doubtful;
    this.#mark(this.#lost, "SEPARATION_LOST", needed, speed, t, release, report);
    if (this.#own.slowMarginM !== undefined)
      this.#mark(this.#near, "SEPARATION_NEAR", needed + this.#own.slowMarginM, speed, t, release, report);
  }

  /** Motion that is not known to be slow counts as the fastest that the cell allows. */
  #robotSpeed(t: number, around: Surroundings): number {
    const { at, toolMPerS } = around.motion;
    return at >= 0 && t - at <= this.#motionMaxAgeUs ? toolMPerS : this.#robot.maxToolSpeedMPerS;
  }

  #needed(distanceM: number, robotMPerS: number): number {
    const own = this.#own;
    const robot = this.#robot;
    const cancel = own.stopping === "deceleration" ? robot.cancel : undefined;
    const slowingS = cancel === undefined ? 0 : robotMPerS / cancel.decelerationMPerS2;
    const stopS = cancel === undefined ? robot.stopTimeMs / MS_PER_S : cancel.delayMs / MS_PER_S + slowingS;
    return protectiveSeparationM(
      humanSpeedMPerS(own.humanSpeedMPerS, distanceM),
      robotMPerS,
      this.#reactionS + this.#periodS,
      stopS,
      cancel !== undefined
        ? robotMPerS * (stopS - slowingS / 2)
        : own.stopping === "linear"
          ? (robotMPerS * stopS) / 2
          : robot.stopDistanceM,
      own.intrusionDistanceM,
      own.humanUncertaintyM,
      robot.positionUncertaintyM,
    );
  }

  #mark(
    trip: Trip,
    code: "SEPARATION_LOST" | "SEPARATION_NEAR",
    limitM: number,
    speed: number,
    t: number,
    release: boolean,
    report: Report,
  ): void {
    const distance = this.#distanceM;
    if (distance <= limitM) {
      if (trip.trip())
        report.raise(
          code,
          this.#name,
          `${distance.toFixed(3)} m at ${speed.toFixed(2)} m/s, needed ${limitM.toFixed(3)} m`,
        );
    } else if (!trip.active || !release) return;
    else if (distance <= limitM + this.#own.hysteresisM) trip.linger();
    else if (trip.release(t)) report.clear(code, this.#name);
  }
}
