import { z } from "zod";

/** Body regions of the table of contact limits. */
export const BODY_REGIONS = [
  "skull_forehead",
  "face",
  "neck",
  "back_shoulders",
  "chest",
  "abdomen",
  "pelvis",
  "upper_arm_elbow",
  "lower_arm_wrist",
  "hand_finger",
  "thigh_knee",
  "lower_leg",
] as const;
export type BodyRegion = (typeof BODY_REGIONS)[number];

const region = z.strictObject({
  quasiStaticForceN: z.number().min(1).max(1_000),
  transientFactor: z
    .number()
    .min(1)
    .max(5)
    .nullable()
    .describe("null: transient contact is not permitted at all"),
  stiffnessNPerMm: z.number().min(1).max(1_000),
  massKg: z.number().min(0.1).max(200),
});

/** A table of contact limits, as its signed file holds it. Skull and face never permit transient contact. */
export const pflLimitsSchema = z
  .strictObject({
    schema: z.literal("cellgate.pfl-limits/1"),
    edition: z.string().min(1).max(200),
    source: z.string().min(1).max(2_000),
    notice: z.string().min(1).max(2_000),
    regions: z.strictObject(
      Object.fromEntries(BODY_REGIONS.map((name) => [name, region])) as Record<BodyRegion, typeof region>,
    ),
  })
  .refine(
    (t) => t.regions.skull_forehead.transientFactor === null && t.regions.face.transientFactor === null,
    {
      message: "skull and face permit no transient contact",
      path: ["regions"],
    },
  );
export type PflLimits = z.infer<typeof pflLimitsSchema>;
export type PflRegion = z.infer<typeof region>;
