import { z } from "zod";
import { MAX_JOINTS } from "../limits.ts";
import { dynamicsSchema } from "./robot-dynamics.ts";
import { jointName, kg, metre, mPerS, ms, nameText, newton, rad } from "./units.ts";

const joint = z
  .strictObject({
    name: jointName,
    minRad: rad(-100, 100),
    maxRad: rad(-100, 100),
    maxRadPerS: rad(0.001, 100),
    maxRadPerS2: rad(0.001, 10_000),
    maxRadPerS3: rad(0.001, 1_000_000)
      .optional()
      .describe("jerk limit, held against the points of trajectories"),
    maxEffortNm: newton(0.001, 100_000).optional(),
  })
  .refine((j) => j.minRad < j.maxRad, { message: "minRad must lie below maxRad", path: ["maxRad"] });

/** One row of a standard Denavit-Hartenberg table. */
const dhRow = z.strictObject({
  aM: metre(-10, 10),
  alphaRad: rad(-7, 7),
  dM: metre(-10, 10),
  thetaOffsetRad: rad(-7, 7).default(0),
});

/** The arm: what the rules and the trials need to know about it. */
export const robotSchema = z.strictObject({
  name: nameText,
  massMovingKg: kg(0.1, 10_000).describe("total mass of the moving parts"),
  payloadKg: kg(0, 10_000).describe("heaviest payload incl. tool"),
  stopTimeMs: ms(1, 10_000).describe("worst time from stop command to standstill, measured"),
  stopDistanceM: metre(0.001, 10).describe("worst travel while stopping, measured"),
  cancel: z
    .strictObject({
      delayMs: ms(0, 10_000).describe(
        "worst time from the stop command to where the arm begins to slow, measured",
      ),
      decelerationMPerS2: z
        .number()
        .min(0.01)
        .max(1_000)
        .describe("least deceleration of the tool from there on, measured"),
    })
    .optional()
    .describe(
      "how a controller ends a cancelled motion (max_deceleration_on_cancel): for rules.separation with stopping: deceleration",
    ),
  maxToolSpeedMPerS: mPerS(0.001, 20).describe("fastest tool speed in this cell"),
  positionUncertaintyM: metre(0, 1).describe("Zr of speed and separation monitoring"),
  standstillRadPerS: rad(0.0001, 1).default(0.01).describe("slower than this counts as standing"),
  joints: z.array(joint).min(1).max(MAX_JOINTS),
  kinematics: z.union([
    z.strictObject({ dh: z.array(dhRow).min(1).max(MAX_JOINTS) }),
    z.strictObject({ urdf: z.string().min(1).max(512), tip: z.string().min(1).max(256) }),
  ]),
  dynamics: dynamicsSchema
    .optional()
    .describe("masses and thickness of the links; without them no high-risk plan passes the sandbox"),
  baseXM: metre(-100, 100).default(0),
  baseYM: metre(-100, 100).default(0),
  baseYawRad: rad(-7, 7).default(0),
});
export type RobotConfig = z.infer<typeof robotSchema>;
