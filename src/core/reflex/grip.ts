import type { ChannelInfo, Rule, RuleFactory } from "./rule.ts";

/** A part that leaves the gripper while the arm moves was lost; one that is put down is let go at rest. */
export const grip: RuleFactory = {
  name: "grip",
  build: ({ deployment, channels }) =>
    channels
      .filter((c) => c.config.quantity === "grip" && c.config.monitored)
      .map((channel) => gripRule(channel, deployment.robot.standstillRadPerS)),
};

function gripRule({ name, index }: ChannelInfo, standstillRadPerS: number): Rule {
  let held = false;
  return {
    name: `grip ${name}`,
    codes: ["GRIP_LOST"],
    listens: [index],
    onSample({ values }, { motion }, report) {
      const holds = values[0] === 1;
      if (held && !holds && motion.fastestRadPerS > standstillRadPerS)
        report.raise("GRIP_LOST", name, "the part was gone while the arm moved");
      // it happened, and is over: the latch waits for a person
      else report.clear("GRIP_LOST", name);
      held = holds;
    },
  };
}
