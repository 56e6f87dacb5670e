import { MICROS_PER_S, msToMicros } from "../domain/index.ts";
import type { Kinematics } from "../robot/index.ts";
import { channelsMeasuring } from "./channel-named.ts";
import type { Rule, RuleFactory } from "./rule.ts";
import { Trip } from "./trip.ts";

/** out of the box for this long before the condition ends */
const RELEASE_MS = 500;

/** The boxes that the gate forbids to proposals hold for every motion, whoever asked for it. */
export const forbiddenZone: RuleFactory = {
  name: "forbidden zone",
  build: ({ deployment, channels, kinematics }) => {
    const listens = channelsMeasuring(channels, "joints");
    if (listens.length === 0) return [];
    const stopS = msToMicros(deployment.robot.stopTimeMs) / MICROS_PER_S;
    return Object.entries(deployment.gate.zones)
      .filter(([, zone]) => zone.kind === "forbidden")
      .map(([name, zone]) => boxRule(name, zone, { listens, kinematics, stopS }));
  },
};

interface Box {
  readonly min: readonly number[];
  readonly max: readonly number[];
}
interface Arm {
  readonly listens: readonly number[];
  readonly kinematics: Kinematics;
  readonly stopS: number;
}

function boxRule(name: string, box: Box, { listens, kinematics, stopS }: Arm): Rule {
  const n = kinematics.joints;
  const body = new Float64Array(3 * kinematics.bodyPoints);
  const standing = new Float64Array(n);
  const trip = new Trip(msToMicros(RELEASE_MS));
  const enters = (q: ArrayLike<number>): boolean => {
    kinematics.body(q, body);
    return touches(box, body);
  };
  return {
    name: `forbidden zone ${name}`,
    codes: ["ARM_IN_FORBIDDEN_ZONE"],
    listens,
    onSample({ t, values }, _around, report) {
      // an even stop from now on ends half a stop time ahead: what lies behind that would be too late
      for (let i = 0; i < n; i++) standing[i] = values[i]! + values[n + i]! * (stopS / 2);
      const inside = enters(values);
      if (inside || enters(standing)) {
        if (trip.trip())
          report.raise("ARM_IN_FORBIDDEN_ZONE", name, inside ? "inside" : "a stop from now on ends inside");
      } else if (trip.release(t)) report.clear("ARM_IN_FORBIDDEN_ZONE", name);
    },
  };
}

/** A body point or the middle of a link lies in the box. */
function touches({ min, max }: Box, body: Float64Array): boolean {
  const within = (k: number, at: number): boolean => at > min[k]! && at < max[k]!;
  for (let p = 0; p < body.length; p += 3) {
    if (within(0, body[p]!) && within(1, body[p + 1]!) && within(2, body[p + 2]!)) return true;
    if (p === 0) continue;
    const b = p - 3;
    if (
      within(0, (body[p]! + body[b]!) / 2) &&
      within(1, (body[p + 1]! + body[b + 1]!) / 2) &&
      within(2, (body[p + 2]! + body[b + 2]!) / 2)
    )
      return true;
  }
  return false;
}
