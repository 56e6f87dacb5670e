import { z } from "zod";
import {
  metre,
  monitored,
  mPerS,
  ms,
  nameText,
  needsReason,
  rad,
  ratio,
  REASON_MISSING,
  scanMount,
} from "../units.ts";

const releaseMs = ms(10, 60_000).default(500).describe("free for this long before the condition ends");
const sector = {
  fromRad: rad(-7, 7).optional().describe("scan: only rays from this angle on"),
  toRad: rad(-7, 7).optional().describe("scan: only rays up to this angle"),
  minRays: z.number().int().min(1).max(100).default(1).describe("scan: so many rays must be inside"),
};

/** Smallest distance on one channel. */
export const proximityRule = z
  .strictObject({
    channel: nameText.describe("a range or scan channel"),
    minM: metre(0.001, 50).describe("nearer stops the cell"),
    slowM: metre(0.001, 50).optional().describe("nearer slows the cell"),
    hysteresisM: metre(0.001, 5)
      .default(0.05)
      .describe("further away than the mark by this much before it ends"),
    releaseMs,
    ...sector,
    ...monitored,
  })
  .refine(needsReason, { message: REASON_MISSING, path: ["because"] })
  .refine((r) => r.slowM === undefined || r.slowM > r.minM, {
    message: "slowM must lie above minM",
    path: ["slowM"],
  });

/** A zone around a sensor: everything nearer than `withinM`, or inside a polygon of a scan's own plane. */
export const zoneRule = z
  .strictObject({
    channel: nameText.describe("a range or scan channel"),
    action: z
      .enum(["slow", "hold", "stop", "limit", "approach"])
      .describe("slow, hold, stop: the whole cell; limit, approach: only what velocity filters let through"),
    withinM: metre(0.001, 50).optional().describe("a reading nearer than this is inside"),
    polygonM: z
      .array(z.tuple([metre(-50, 50), metre(-50, 50)]))
      .min(3)
      .max(32)
      .optional()
      .describe("scan: corners x, y in the frame that `frame` names"),
    circleM: z
      .strictObject({ xM: metre(-50, 50), yM: metre(-50, 50), radiusM: metre(0.001, 50) })
      .optional()
      .describe("scan: a circle in the frame that `frame` names"),
    frame: z
      .enum(["scanner", "cell"])
      .optional()
      .describe("of the shape: the scanner's own (when absent), or the cell's through the channel's mount"),
    ratio: ratio(0.01, 1)
      .optional()
      .describe("slow: share of the asked velocity that velocity filters pass; self.slowRatio when absent"),
    linearMPerS: mPerS(0, 20).optional().describe("limit: fastest, along the ground"),
    angularRadPerS: z.number().min(0).max(50).optional().describe("limit: fastest turn"),
    beforeMs: ms(10, 30_000)
      .optional()
      .describe(
        "approach: the shape is the robot's outline, and this is the time left before it meets anything",
      ),
    hysteresisM: metre(0.001, 5).default(0.1).describe("outside by this much before the zone counts as free"),
    releaseMs,
    ...sector,
    ...monitored,
  })
  .refine(needsReason, { message: REASON_MISSING, path: ["because"] })
  .refine((r) => [r.withinM, r.polygonM, r.circleM].filter((shape) => shape !== undefined).length === 1, {
    message: "give one of withinM, polygonM and circleM",
    path: ["withinM"],
  })
  .refine((r) => r.action !== "approach" || (r.beforeMs !== undefined && r.withinM === undefined), {
    message: "approach needs beforeMs, and the robot's outline as polygonM or circleM",
    path: ["beforeMs"],
  })
  .refine((r) => r.action !== "limit" || r.linearMPerS !== undefined || r.angularRadPerS !== undefined, {
    message: "limit needs linearMPerS or angularRadPerS",
    path: ["linearMPerS"],
  })
  .refine((r) => r.ratio === undefined || r.action === "slow", {
    message: "only slow has a ratio",
    path: ["ratio"],
  });

/** Speed and separation monitoring. Every term is stated; none has a silent zero. */
export const separationRule = z
  .strictObject({
    channel: nameText.describe("a range channel (distance person to robot) or a scan channel with its mount"),
    humanSpeedMPerS: z
      .union([mPerS(0.1, 10), z.literal("unknown")])
      .default("unknown")
      .describe("unknown: 1.6 m/s, and 2.0 m/s nearer than 0.5 m"),
    intrusionDistanceM: metre(0, 5).describe(
      "C: how far a body part may reach before it is seen (ISO 13855)",
    ),
    humanUncertaintyM: metre(0, 5).describe("Zd: uncertainty of the measured position of the person"),
    stopping: z
      .enum(["measured", "linear", "deceleration"])
      .default("measured")
      .describe(
        "Ss: robot.stopDistanceM always; speed × stop time ÷ 2 of an even deceleration; or from robot.cancel, what was measured of a cancelled motion",
      ),
    slowMarginM: metre(0.01, 10)
      .optional()
      .describe("nearer than the separation distance plus this slows the cell"),
    hysteresisM: metre(0.001, 5).default(0.1),
    releaseMs,
    mount: scanMount.optional().describe("scan: where the scanner stands, when its channel does not say so"),
    ...sector,
    ...monitored,
  })
  .refine(needsReason, { message: REASON_MISSING, path: ["because"] });
