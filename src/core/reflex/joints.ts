import type { Code, Deployment } from "../domain/index.ts";
import { channelsMeasuring } from "./channel-named.ts";
import type { Report, Rule, RuleFactory, Surroundings } from "./rule.ts";

/** Limits of every joint and of the tool, as the deployment states them for the robot. */
export const joints: RuleFactory = {
  name: "joints",
  build: ({ deployment, channels }) => {
    if (!deployment.rules.joints.monitored) return [];
    const rules: Rule[] = [];
    const measured = channelsMeasuring(channels, "joints");
    if (measured.length > 0) rules.push(jointRule(deployment, measured));
    for (const c of channels)
      if (c.config.quantity === "twist")
        rules.push(twistRule(c.name, c.index, deployment.robot.maxToolSpeedMPerS));
    return rules;
  },
};

function jointRule({ robot, rules }: Deployment, listens: readonly number[]): Rule {
  const n = robot.joints.length;
  const margin = rules.joints.positionMarginRad;
  const lowest = Float64Array.from(robot.joints, (j) => j.minRad - margin);
  const highest = Float64Array.from(robot.joints, (j) => j.maxRad + margin);
  const fastest = Float64Array.from(robot.joints, (j) => j.maxRadPerS);
  const hardest = Float64Array.from(robot.joints, (j) => j.maxEffortNm ?? Number.POSITIVE_INFINITY);
  const name = (i: number): string => robot.joints[i]!.name;
  return {
    name: "joints",
    codes: ["JOINT_POSITION", "JOINT_SPEED", "JOINT_EFFORT", "TOOL_SPEED"],
    listens,
    onSample({ values }, around, report) {
      for (let i = 0; i < n; i++) {
        const at = values[i]!;
        const speed = Math.abs(values[n + i]!);
        const effort = Math.abs(values[2 * n + i]!);
        judge(report, "JOINT_POSITION", name(i), at < lowest[i]! || at > highest[i]!, at, "rad");
        judge(report, "JOINT_SPEED", name(i), speed > fastest[i]!, speed, "rad/s");
        judge(report, "JOINT_EFFORT", name(i), effort > hardest[i]!, effort, "Nm");
      }
      judgeTool(around, robot.maxToolSpeedMPerS, report);
    },
  };
}

function judge(
  report: Report,
  code: Code,
  source: string,
  broken: boolean,
  value: number,
  unit: string,
): void {
  if (!broken) report.clear(code, source);
  else if (!report.isActive(code, source)) report.raise(code, source, `${value.toFixed(3)} ${unit}`);
}

function judgeTool(around: Surroundings, limit: number, report: Report): void {
  const speed = around.motion.toolMPerS;
  judge(report, "TOOL_SPEED", "tool", speed > limit, speed, "m/s");
}

function twistRule(name: string, index: number, limit: number): Rule {
  return {
    name: `twist ${name}`,
    codes: ["TOOL_SPEED"],
    listens: [index],
    onSample({ values }, _around, report) {
      const speed = Math.sqrt(values[0]! * values[0]! + values[1]! * values[1]! + values[2]! * values[2]!);
      judge(report, "TOOL_SPEED", name, speed > limit, speed, "m/s");
    },
  };
}
