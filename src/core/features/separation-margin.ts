import type { FeatureSetting } from "./feature.ts";
import { distanceFamily } from "./distance-family.ts";

const WALK_M_PER_S = 1.6;
const HURRY_M_PER_S = 2;
const NEAR_M = 0.5;

/** What is left of the distance that speed and separation monitoring asks for at this speed of the robot. */
export const separationMargin = distanceFamily({
  name: "separation",
  needs: "a range channel or a scan channel with rules.separation.mount, and joints",
  fromRobot: true,
  needsJoints: true,
  specs: [
    {
      name: "separation_margin_m",
      unit: "m",
      windowMs: 0,
      direction: -1,
      meaning:
        "measured distance minus the protective separation distance for the robot's speed and an unknown person",
    },
  ],
  prepare: (setting) => {
    const terms = termsOf(setting);
    return (track, joints, out, at) => {
      const speed = joints === null ? 0 : setting.kinematics.toolSpeed(joints.position, joints.velocity);
      const person = track.distanceM < NEAR_M ? HURRY_M_PER_S : WALK_M_PER_S;
      const reaction = terms.reactionS + 1 / track.channel.config.minRateHz;
      const stopping = (speed * terms.stopS) / 2;
      const needed = person * (reaction + terms.stopS) + speed * reaction + stopping + terms.constantM;
      out[at] = track.distanceM - needed;
    };
  },
});

function termsOf({ deployment }: FeatureSetting): { reactionS: number; stopS: number; constantM: number } {
  const rules = Object.values(deployment.rules.separation);
  const widest = (pick: (rule: (typeof rules)[number]) => number): number =>
    rules.reduce((most, rule) => Math.max(most, pick(rule)), 0);
  return {
    reactionS: deployment.self.reactionTimeMs / 1_000,
    stopS: deployment.robot.stopTimeMs / 1_000,
    constantM:
      widest((r) => r.intrusionDistanceM) +
      widest((r) => r.humanUncertaintyM) +
      deployment.robot.positionUncertaintyM,
  };
}
