import { levelMargin } from "./margin.ts";
import type { ChannelInfo, Rule, RuleFactory } from "./rule.ts";

/** Single-channel e-stops: 0 is pressed or a broken wire. Trips on any sample, even one of doubtful origin. */
export const estop: RuleFactory = {
  name: "estop",
  build: ({ deployment, channels }) =>
    deployment.rules.estop.monitored
      ? channels.filter((c) => c.config.quantity === "estop").map(estopRule)
      : [],
};

function estopRule({ name, index }: ChannelInfo): Rule {
  const margin = levelMargin("ESTOP_PRESSED", name);
  return {
    name: `estop ${name}`,
    codes: ["ESTOP_PRESSED", "ESTOP_UNREADABLE"],
    listens: [index],
    takesDoubtful: true,
    margins: [margin],
    measure: ({ values }) => margin.see(values[0]!),
    onSample(sample, around, report) {
      const healthy = sample.values[0] === 1;
      if (!healthy) {
        if (!report.isActive("ESTOP_PRESSED", name)) report.raise("ESTOP_PRESSED", name, "input reads 0");
      } else if (!around.doubtful) report.clear("ESTOP_PRESSED", name);
      if (!around.doubtful) report.clear("ESTOP_UNREADABLE", name);
    },
    onFault(fault, around, report) {
      if (!around.doubtful) report.raise("ESTOP_UNREADABLE", name, `${fault.code}: ${fault.detail}`);
    },
  };
}
