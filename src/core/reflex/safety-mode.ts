import type { Code, RulesConfig } from "../domain/index.ts";
import { levelMargin } from "./margin.ts";
import type { ChannelInfo, Rule, RuleFactory } from "./rule.ts";

type Setting = RulesConfig["safetyMode"];
const MODE_CODES = [
  "SAFETY_MODE_EMERGENCY",
  "SAFETY_MODE_PROTECTIVE",
  "SAFETY_MODE_FAULT",
  "SAFETY_MODE_REDUCED",
] as const satisfies readonly Code[];

/** What the robot's own safety controller says. A mode that the deployment does not name is a fault. */
export const safetyMode: RuleFactory = {
  name: "safetyMode",
  build: ({ deployment, channels }) => {
    const own = deployment.rules.safetyMode;
    return own.monitored
      ? channels.filter((c) => c.config.quantity === "safetyMode").map((c) => safetyModeRule(c, own))
      : [];
  },
};

function codeOf(own: Setting, mode: number): Code | null {
  if (own.normalCodes.includes(mode)) return null;
  if (own.reducedCodes.includes(mode)) return "SAFETY_MODE_REDUCED";
  if (own.protectiveCodes.includes(mode)) return "SAFETY_MODE_PROTECTIVE";
  if (own.emergencyCodes.includes(mode)) return "SAFETY_MODE_EMERGENCY";
  return "SAFETY_MODE_FAULT";
}
const releases = (code: Code | null): boolean => code === null || code === "SAFETY_MODE_REDUCED";

function safetyModeRule({ name, index }: ChannelInfo, own: Setting): Rule {
  const margin = levelMargin("SAFETY_MODE_PROTECTIVE", name);
  let shown: number | null = null;
  return {
    name: `safetyMode ${name}`,
    codes: MODE_CODES,
    listens: [index],
    takesDoubtful: true,
    margins: [margin],
    measure: ({ values }) => margin.see(releases(codeOf(own, values[0]!)) ? 1 : 0),
    onSample(sample, around, report) {
      const mode = sample.values[0]!;
      const code = codeOf(own, mode);
      if (mode === shown || (around.doubtful && releases(code))) return;
      shown = mode;
      if (code !== null) report.raise(code, name, `mode ${mode}`);
      for (const other of MODE_CODES) if (other !== code) report.clear(other, name);
    },
  };
}
