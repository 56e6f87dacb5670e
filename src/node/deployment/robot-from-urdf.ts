import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { err, ok, type Result } from "../../core/base/result.ts";
import { troubleWith } from "../../core/base/trouble-with.ts";
import { type StatedJoint, summaryOfUrdf, type UrdfSummary } from "../../core/robot/index.ts";

/**
 * What nobody measured is taken so that it errs to the safe side: the slow speed of a hand-guided robot, a second
 * to stop, and the whole of it at full speed.
 */
const CAREFUL = {
  maxToolSpeedMPerS: 0.25,
  stopTimeMs: 1_000,
  stopDistanceM: 0.25,
  positionUncertaintyM: 0.01,
  maxRadPerS: 0.5,
  /** full speed within this time */
  accelerationS: 0.3,
  /** share of the arm's own mass */
  payloadShare: 0.3,
} as const;

type Raw = Readonly<Record<string, unknown>>;
const isMapping = (value: unknown): value is Raw =>
  typeof value === "object" && value !== null && !Array.isArray(value);

interface ExpandedRobot {
  readonly raw: unknown;
  /** what the URDF does not say and was taken carefully, in words */
  readonly assumed: readonly string[];
}

/** `robot: { urdf: arm.urdf }`: joints, limits, kinematics and masses are read from the file; what stands beside it goes before. */
export function withRobotOfUrdf(raw: unknown, file: string): Result<ExpandedRobot, string> {
  const robot = isMapping(raw) ? raw["robot"] : undefined;
  if (!isMapping(raw) || !isMapping(robot) || typeof robot["urdf"] !== "string")
    return ok({ raw, assumed: [] });
  const { urdf, tip, ...stated } = robot;
  if (tip !== undefined && typeof tip !== "string") return err("robot.tip is the name of a link");
  let text: string;
  try {
    text = readFileSync(resolve(dirname(file), urdf as string), "utf8");
  } catch (cause) {
    return err(
      `${urdf as string} cannot be read: ${troubleWith(cause)}; the path is relative to the deployment file`,
    );
  }
  const summary = summaryOfUrdf(text, tip as string | undefined);
  if (!summary.ok) return err(summary.error);
  const filled = filledIn(urdf as string, summary.value);
  return ok({
    raw: { ...raw, robot: { ...filled.robot, ...stated } },
    assumed: filled.assumed
      .filter(({ keys }) => keys.some((key) => stated[key] === undefined))
      .map((a) => a.words),
  });
}

function filledIn(urdf: string, { name, tip, joints, massMovingKg }: UrdfSummary) {
  const mass = massMovingKg ?? undefined;
  const slow = joints.filter((joint) => joint.maxRadPerS === undefined).map((joint) => joint.name);
  const soft = joints.filter((joint) => joint.maxRadPerS2 === undefined).map((joint) => joint.name);
  const { maxToolSpeedMPerS, stopTimeMs, stopDistanceM, positionUncertaintyM } = CAREFUL;
  const payloadKg = Number(((mass ?? 0) * CAREFUL.payloadShare).toFixed(2));
  const assumed: { keys: readonly string[]; words: string }[] = [
    {
      keys: ["stopTimeMs", "stopDistanceM", "maxToolSpeedMPerS"],
      words: `a URDF knows no stopping: at most ${maxToolSpeedMPerS} m/s at the tool, ${stopTimeMs} ms and ${stopDistanceM} m until it stands, where not stated; \`cellgate commission\` measures yours`,
    },
    { keys: ["positionUncertaintyM"], words: `positionUncertaintyM ${positionUncertaintyM}` },
    ...(mass === undefined
      ? []
      : [
          { keys: ["payloadKg"], words: `payloadKg ${payloadKg}, ${CAREFUL.payloadShare} of the arm's mass` },
        ]),
    ...(slow.length === 0
      ? []
      : [
          { keys: ["joints"], words: `no velocity limit at ${slow.join(", ")}: ${CAREFUL.maxRadPerS} rad/s` },
        ]),
    ...(soft.length === 0
      ? []
      : [
          {
            keys: ["joints"],
            words: `no acceleration limit at ${soft.join(", ")}: full speed within ${CAREFUL.accelerationS} s`,
          },
        ]),
  ];
  return {
    robot: {
      name: nameFrom(name),
      ...(mass !== undefined && { massMovingKg: mass, payloadKg }),
      stopTimeMs,
      stopDistanceM,
      maxToolSpeedMPerS,
      positionUncertaintyM,
      joints: joints.map(jointOf),
      kinematics: { urdf, tip },
    },
    assumed,
  };
}

function jointOf({ maxRadPerS = CAREFUL.maxRadPerS, maxRadPerS2, ...joint }: StatedJoint) {
  return {
    ...joint,
    maxRadPerS,
    maxRadPerS2: maxRadPerS2 ?? Number((maxRadPerS / CAREFUL.accelerationS).toFixed(3)),
  };
}

/** A name as deployments have them: small letters, digits, underscores. */
function nameFrom(words: string): string {
  const name = words
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+|_+$/g, "")
    .slice(0, 60);
  return name === "" ? "robot" : name;
}
