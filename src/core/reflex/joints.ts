import type { Code, Deployment } from "../domain/index.ts";
import { channelsMeasuring } from "./channel-named.ts";
import { Margin } from "./margin.ts";
import type { Report, Rule, RuleFactory, Surroundings } from "./rule.ts";

/** Limits of every joint and of the tool, as the deployment states them for the robot. */
export const joints: RuleFactory = {
  name: "joints",
  build: ({ deployment, channels }) => {
    if (!deployment.rules.joints.monitored) return [];
    const rules: Rule[] = [];
    const measured = channelsMeasuring(channels, "joints");
    if (measured.length > 0) rules.push(jointRule(deployment, measured, channels[measured[0]!]!.name));
    for (const c of channels)
      if (c.config.quantity === "twist")
        rules.push(twistRule(c.name, c.index, deployment.robot.maxToolSpeedMPerS));
    return rules;
  },
};

function jointRule({ robot, rules }: Deployment, listens: readonly number[], channel: string): Rule {
  const n = robot.joints.length;
  const margin = rules.joints.positionMarginRad;
  const lowest = Float64Array.from(robot.joints, (j) => j.minRad - margin);
  const highest = Float64Array.from(robot.joints, (j) => j.maxRad + margin);
  const fastest = Float64Array.from(robot.joints, (j) => j.maxRadPerS);
  const hardest = Float64Array.from(robot.joints, (j) => j.maxEffortNm ?? Number.POSITIVE_INFINITY);
  const name = (i: number): string => robot.joints[i]!.name;
  const margins = jointMargins(
    channel,
    robot.joints.every((j) => j.maxRadPerS === fastest[0]) ? fastest[0]! : Number.NaN,
    robot.maxToolSpeedMPerS,
  );
  return {
    name: "joints",
    codes: ["JOINT_POSITION", "JOINT_SPEED", "JOINT_EFFORT", "TOOL_SPEED"],
    listens,
    margins: Object.values(margins),
    measure({ values }, around) {
      let [position, speed, effort] = [0, 0, 0];
      const over = (at: number): number => Math.max(lowest[at]! - values[at]!, values[at]! - highest[at]!);
      for (let i = 1; i < n; i++) {
        if (over(i) > over(position)) position = i;
        if (Math.abs(values[n + i]!) - fastest[i]! > Math.abs(values[n + speed]!) - fastest[speed]!)
          speed = i;
        if (Math.abs(values[2 * n + i]!) - hardest[i]! > Math.abs(values[2 * n + effort]!) - hardest[effort]!)
          effort = i;
      }
      margins.position.see(over(position));
      margins.speed.see(Math.abs(values[n + speed]!), fastest[speed]!);
      if (Number.isFinite(hardest[effort]!))
        margins.effort.see(Math.abs(values[2 * n + effort]!), hardest[effort]!);
      margins.tool.see(around.motion.toolMPerS);
    },
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

/** Of all joints the one that is nearest to its own limit, for each kind of limit. */
function jointMargins(channel: string, speedLimit: number, toolLimit: number) {
  const marginOf = (code: Code, source: string, unit: string, limit: number) =>
    new Margin({ code, source, channel, unit, above: true, limit });
  return {
    // how far outside of its range; inside it is negative
    position: marginOf("JOINT_POSITION", "joints", "rad outside", 0),
    speed: marginOf("JOINT_SPEED", "joints", "rad/s", speedLimit),
    effort: marginOf("JOINT_EFFORT", "joints", "Nm", Number.NaN),
    tool: marginOf("TOOL_SPEED", "tool", "m/s", toolLimit),
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
  const margin = new Margin({
    code: "TOOL_SPEED",
    source: name,
    channel: name,
    unit: "m/s",
    above: true,
    limit,
  });
  const speedOf = (v: Float64Array): number => Math.sqrt(v[0]! * v[0]! + v[1]! * v[1]! + v[2]! * v[2]!);
  return {
    name: `twist ${name}`,
    codes: ["TOOL_SPEED"],
    listens: [index],
    margins: [margin],
    measure: ({ values }) => margin.see(speedOf(values)),
    onSample({ values }, _around, report) {
      const speed = speedOf(values);
      judge(report, "TOOL_SPEED", name, speed > limit, speed, "m/s");
    },
  };
}
