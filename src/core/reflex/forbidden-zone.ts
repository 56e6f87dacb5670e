import { hypot3 } from "../base/math.ts";
import { MICROS_PER_S, msToMicros } from "../domain/index.ts";
import { clearanceM, type Kinematics } from "../robot/index.ts";
import { channelsMeasuring } from "./channel-named.ts";
import { Margin } from "./margin.ts";
import type { Rule, RuleFactory } from "./rule.ts";
import { Trip } from "./trip.ts";

/** out of the box for this long before the condition ends */
const RELEASE_MS = 500;
/** A stop's way is looked at in at most so many steps; as far as nothing can be met it is not looked at. */
const LOOKS_MAX = 32;
/** Touching is not being inside: an arm may stand on a box. */
const TOUCH_M = 1e-6;

/** The boxes that the gate forbids to proposals hold for every motion, whoever asked for it. */
export const forbiddenZone: RuleFactory = {
  name: "forbidden zone",
  build: ({ deployment, channels, kinematics }) => {
    const listens = channelsMeasuring(channels, "joints");
    if (listens.length === 0) return [];
    const stopS = msToMicros(deployment.robot.stopTimeMs) / MICROS_PER_S;
    return Object.entries(deployment.gate.zones)
      .filter(([, zone]) => zone.kind === "forbidden")
      .map(([name, zone]) =>
        boxRule(name, zone, { listens, channel: channels[listens[0]!]!.name, kinematics, stopS }),
      );
  },
};

interface Box {
  readonly min: readonly number[];
  readonly max: readonly number[];
}
interface Arm {
  readonly listens: readonly number[];
  /** the first of them, by name */
  readonly channel: string;
  readonly kinematics: Kinematics;
  readonly stopS: number;
}

function boxRule(name: string, box: Box, { listens, channel, kinematics, stopS }: Arm): Rule {
  const n = kinematics.joints;
  const body = new Float64Array(3 * kinematics.bodyPoints);
  const corners = Float64Array.from([...box.min.map((v) => v + TOUCH_M), ...box.max.map((v) => v - TOUCH_M)]);
  const reachM = reachesOf(kinematics, body);
  const pose = new Float64Array(n);
  const trip = new Trip(msToMicros(RELEASE_MS));
  /** of the arm's surface, some seconds at these speeds from now */
  const clearAfter = (values: ArrayLike<number>, s: number): number => {
    for (let i = 0; i < n; i++) pose[i] = values[i]! + values[n + i]! * s;
    kinematics.body(pose, body);
    return clearanceM(corners, body, kinematics.linkRadiiM);
  };
  const reachSpeed = (values: ArrayLike<number>): number => {
    let speed = 0;
    for (let i = 0; i < n; i++) speed += Math.abs(values[n + i]!) * reachM;
    return speed;
  };
  /** Goes ahead as far as nothing can be met, and looks again, until the end of an even stop. */
  const stepFrom = (at: number, clear: number, speed: number, endS: number): number =>
    Math.min(endS, at + Math.max(clear / speed, endS / LOOKS_MAX));
  const entersWithin = (values: ArrayLike<number>, clear: number, endS: number): boolean => {
    const speed = reachSpeed(values);
    for (let at = 0; ; ) {
      // written so that NaN enters
      if (!(clear > 0)) return true;
      if (at >= endS || speed * (endS - at) < clear) return false;
      at = stepFrom(at, clear, speed, endS);
      clear = clearAfter(values, at);
    }
  };
  /** Least clearance on the way of an even stop, at the places that the decision looks at; NaN: not measured. */
  const leastWithin = (values: ArrayLike<number>, endS: number): number => {
    const speed = reachSpeed(values);
    let clear = clearAfter(values, 0);
    let least = clear;
    for (let at = 0; at < endS && clear > 0; ) {
      at = stepFrom(at, clear, speed, endS);
      clear = clearAfter(values, at);
      if (!(clear >= least)) least = clear;
    }
    return least;
  };
  const margin = new Margin({
    code: "ARM_IN_FORBIDDEN_ZONE",
    source: name,
    channel,
    unit: "m",
    above: false,
    limit: 0,
  });
  return {
    name: `forbidden zone ${name}`,
    codes: ["ARM_IN_FORBIDDEN_ZONE"],
    listens,
    margins: [margin],
    measure: ({ values }) => margin.see(leastWithin(values, stopS / 2)),
    onSample({ t, values }, _around, report) {
      // an even stop from now on ends half a stop time ahead: what lies behind that would be too late
      const clear = clearAfter(values, 0);
      const inside = !(clear > 0);
      if (inside || entersWithin(values, clear, stopS / 2)) {
        if (trip.trip())
          report.raise("ARM_IN_FORBIDDEN_ZONE", name, inside ? "inside" : "a stop from now on ends inside");
      } else if (trip.release(t)) report.clear("ARM_IN_FORBIDDEN_ZONE", name);
    },
  };
}

/** Farthest that any part of the arm can be from a joint that turns it: all links end to end. */
function reachesOf(kinematics: Kinematics, body: Float64Array): number {
  kinematics.body(new Float64Array(kinematics.joints), body);
  let sum = 0;
  for (let i = 3; i < body.length; i += 3)
    sum += hypot3(body[i]! - body[i - 3]!, body[i + 1]! - body[i - 2]!, body[i + 2]! - body[i - 1]!);
  return sum;
}
