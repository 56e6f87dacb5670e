import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { ROBOTS, type RobotModel } from "../../../devices/robots/index.ts";
import { troubleWith } from "../../core/base/trouble-with.ts";
import { UserError } from "../command.ts";
import { summaryOfUrdf } from "../../core/robot/index.ts";

/** full speed within this time, where a maker states no acceleration */
const ACCELERATION_S = 0.3;
/** the slow speed of a hand-guided robot; nobody has measured a faster one to be safe here */
const TOOL_M_PER_S = 0.25;
const STOP_MS = 1_000;

export const robotNamed = (name: string): RobotModel => {
  const found = ROBOTS.find((robot) => robot.name === name.toLowerCase());
  if (found !== undefined) return found;
  throw new UserError(
    `no robot of the library is called "${name}"`,
    `there are ${ROBOTS.map((robot) => robot.name).join(", ")}; or give --urdf FILE`,
  );
};

/** The robot's section, each figure with where it comes from. */
export function robotLines(model: RobotModel): string[] {
  const { sources } = model;
  const stopMs = model.stopTimeMs === "not known" ? STOP_MS : model.stopTimeMs;
  const stopM = model.stopDistanceM === "not known" ? TOOL_M_PER_S * (STOP_MS / 1_000) : model.stopDistanceM;
  const number = (value: number): string => String(Number(value.toFixed(9)));
  return [
    `robot: # ${model.title}`,
    `  name: ${model.name}`,
    `  massMovingKg: ${model.massMovingKg} # ${sources.masses.what}`,
    `  payloadKg: ${model.payloadKg} # the maker's most, tool included; state yours`,
    `  # Stopping: ${sources.stopping.what}.`,
    `  # Until \`cellgate commission\` has measured it: ${stopMs} ms, and all of it at the speed of the tool.`,
    `  stopTimeMs: ${stopMs}`,
    `  stopDistanceM: ${stopM}`,
    `  maxToolSpeedMPerS: ${TOOL_M_PER_S} # faster than this stops the cell; raise it once stopping is measured`,
    "  positionUncertaintyM: 0.01",
    `  # ${sources.limits.what}`,
    ...(model.joints.some((joint) => joint.maxRadPerS2 === "not known")
      ? [`  # accelerations: not published; taken as full speed within ${ACCELERATION_S} s`]
      : []),
    "  joints:",
    ...model.joints.map(({ name, minRad, maxRad, maxRadPerS, maxRadPerS2, maxEffortNm }) => {
      const acceleration =
        maxRadPerS2 === "not known" ? Number((maxRadPerS / ACCELERATION_S).toFixed(2)) : maxRadPerS2;
      const effort = maxEffortNm === undefined ? "" : `, maxEffortNm: ${maxEffortNm}`;
      return `    - { name: ${name}, minRad: ${minRad}, maxRad: ${maxRad}, maxRadPerS: ${maxRadPerS}, maxRadPerS2: ${acceleration}${effort} }`;
    }),
    `  # ${sources.kinematics.what}`,
    "  kinematics:",
    "    dh:",
    ...model.dh.map(({ aM, alphaRad, dM, thetaOffsetRad }) => {
      const offset = thetaOffsetRad === undefined ? "" : `, thetaOffsetRad: ${number(thetaOffsetRad)}`;
      return `      - { aM: ${number(aM)}, alphaRad: ${number(alphaRad)}, dM: ${number(dM)}${offset} }`;
    }),
  ];
}

/** A robot by its URDF: the file comes to lie beside the deployment. */
export function urdfLines(urdf: string, out: string): string[] {
  let text: string;
  try {
    text = readFileSync(urdf, "utf8");
  } catch (cause) {
    throw new UserError(`--urdf ${urdf} cannot be read: ${troubleWith(cause)}`, "check the path");
  }
  const summary = summaryOfUrdf(text);
  if (!summary.ok) throw new UserError(`--urdf ${urdf}: ${summary.error}`, "correct the file");
  const beside = join(dirname(out), basename(urdf));
  if (resolve(beside) !== resolve(urdf)) {
    if (existsSync(beside) && readFileSync(beside, "utf8") !== text)
      throw new UserError(
        `${beside} is there already and differs from ${urdf}`,
        "name another folder with --out",
      );
    copyFileSync(urdf, beside);
  }
  const { joints, tip, massMovingKg } = summary.value;
  return [
    `robot: # ${joints.length} joints to "${tip}": ${joints.map((joint) => joint.name).join(", ")}`,
    `  urdf: ${JSON.stringify(basename(urdf))} # joints, limits, kinematics and masses come from it`,
    ...(massMovingKg === null
      ? [
          "  # the file states no masses; these are a guess on the heavy side: put in yours",
          "  massMovingKg: 40",
          "  payloadKg: 10",
        ]
      : []),
    "  # A URDF knows no stopping. Until `cellgate commission` has measured it:",
    `  stopTimeMs: ${STOP_MS}`,
    `  stopDistanceM: ${TOOL_M_PER_S * (STOP_MS / 1_000)}`,
    `  maxToolSpeedMPerS: ${TOOL_M_PER_S} # faster than this stops the cell`,
  ];
}
