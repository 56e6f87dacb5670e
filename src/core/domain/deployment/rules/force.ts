import { z } from "zod";
import { metre, monitored, ms, nameText, needsReason, newton, REASON_MISSING } from "../units.ts";
import { BODY_REGIONS } from "./pfl-limits.ts";

/** Largest force and torque on one wrench channel. */
export const forceRule = z
  .strictObject({
    channel: nameText.describe("a wrench channel"),
    maxForceN: newton(0.1, 100_000).describe("more stops the cell"),
    slowForceN: newton(0.1, 100_000).optional().describe("more slows the cell"),
    maxTorqueNm: newton(0.1, 100_000).optional().describe("more stops the cell"),
    releaseMs: ms(10, 60_000).default(500).describe("below its mark for this long before slow ends"),
    ...monitored,
  })
  .refine(needsReason, { message: REASON_MISSING, path: ["because"] })
  .refine((r) => r.slowForceN === undefined || r.slowForceN < r.maxForceN, {
    message: "slowForceN must lie below maxForceN",
    path: ["slowForceN"],
  });

/** A sudden rise of force. Both marks have to be passed, so that noise alone is no contact. */
export const contactRule = z
  .strictObject({
    channel: nameText.describe("a wrench channel"),
    minRiseN: newton(0.1, 100_000).default(20).describe("rise within the window that counts as contact"),
    minRateNPerS: newton(1, 10_000_000).default(1_000).describe("steepness that counts as contact"),
    windowMs: ms(1, 1_000).default(20).describe("how far back a rise is looked for"),
    releaseMs: ms(10, 60_000).default(500).describe("no rise for this long ends the condition"),
    ...monitored,
  })
  .refine(needsReason, { message: REASON_MISSING, path: ["because"] });

/** Power and force limiting. Watches the force part only: a flange sensor feels neither pressure nor clamping elsewhere. */
export const pflRule = z
  .strictObject({
    channel: nameText.describe("a wrench channel"),
    limitsFile: z.string().min(1).max(512).describe("signed table of contact limits"),
    publicKey: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "64 lower-case hexadecimal digits")
      .describe("Ed25519 key whose signature the table must carry"),
    edition: z
      .string()
      .min(1)
      .max(200)
      .describe("edition of the table that you have read and confirm; must be the file's, letter by letter"),
    regions: z.array(z.enum(BODY_REGIONS)).min(1).describe("body regions that can be touched in this task"),
    contactForceN: newton(1, 100).default(10).describe("more than this is a contact"),
    transientMs: ms(10, 500).default(500).describe("a contact is transient for this long, then quasi-static"),
    speedLimit: z
      .enum(["quasi_static", "transient"])
      .default("quasi_static")
      .describe("which force limit the speed limit is made of"),
    presence: z
      .strictObject({ channel: nameText.describe("a range channel"), withinM: metre(0.1, 50) })
      .optional()
      .describe("the speed limit holds only while something is this near; without it, always"),
    ...monitored,
  })
  .refine(needsReason, { message: REASON_MISSING, path: ["because"] });

/** Health of every wrench channel. */
export const forceSensorRule = z
  .strictObject({
    saturationShare: z
      .number()
      .min(0.5)
      .max(1)
      .default(0.98)
      .describe("share of the channel's min or max at which it counts as saturated"),
    deadStdN: newton(1e-9, 10).default(1e-5).describe("less noise than this is a dead sensor"),
    deadWindowMs: ms(50, 60_000).default(2_000).describe("noise is looked for over this long"),
    maxDriftN: newton(0.1, 10_000).default(20).describe("lasting force while standing still and unloaded"),
    driftWindowMs: ms(100, 600_000)
      .default(10_000)
      .describe("standing still for this long before drift is judged"),
    ...monitored,
  })
  .refine(needsReason, { message: REASON_MISSING, path: ["because"] });
