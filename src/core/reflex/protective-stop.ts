import { levelMargin } from "./margin.ts";
import type { ChannelInfo, Rule, RuleFactory } from "./rule.ts";

/** Protective stop inputs: 0 is a stop. Trips on any sample, even one of doubtful origin. */
export const protectiveStop: RuleFactory = {
  name: "protectiveStop",
  build: ({ deployment, channels }) =>
    deployment.rules.protectiveStop.monitored
      ? channels.filter((c) => c.config.quantity === "protectiveStop").map(protectiveStopRule)
      : [],
};

function protectiveStopRule({ name, index }: ChannelInfo): Rule {
  const margin = levelMargin("PROTECTIVE_STOP", name);
  return {
    name: `protectiveStop ${name}`,
    codes: ["PROTECTIVE_STOP"],
    listens: [index],
    takesDoubtful: true,
    margins: [margin],
    measure: ({ values }) => margin.see(values[0]!),
    onSample(sample, around, report) {
      if (sample.values[0] === 1) {
        if (!around.doubtful) report.clear("PROTECTIVE_STOP", name);
      } else if (!report.isActive("PROTECTIVE_STOP", name))
        report.raise("PROTECTIVE_STOP", name, "input reads 0");
    },
  };
}
