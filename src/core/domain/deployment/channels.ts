import { z } from "zod";
import { QUANTITIES, type Quantity } from "../sample.ts";
import { hz, monitored, ms, nameText, needsReason, REASON_MISSING, scanMount } from "./units.ts";

const quantity = z.enum(Object.keys(QUANTITIES) as [Quantity, ...Quantity[]]);

/** One typed stream of readings. */
export const channelSchema = z
  .strictObject({
    quantity: quantity.describe("what the channel measures; fixes the meaning of its numbers"),
    transport: nameText.describe("which transport brings it"),
    address: z.string().min(1).max(256).describe("topic, register or field at the transport"),
    device: z
      .string()
      .max(64)
      .optional()
      .describe("which device decodes the bytes, when the transport needs one"),
    required: z.boolean().default(true).describe("true: motion needs this channel"),
    maxAgeMs: ms(1, 60_000).describe("longest silence that is still alive"),
    minRateHz: hz(0.01, 10_000).describe("lowest rate over the last second that is still healthy"),
    frozenAfterMs: ms(1, 600_000)
      .default(500)
      .describe("identical values for this long mean a frozen source"),
    declaredConstant: z
      .boolean()
      .default(false)
      .describe("true: identical values are normal (e-stop, flags)"),
    stamped: z.boolean().default(true).describe("false: the source sends no stamps"),
    min: z.number().optional().describe("smallest believable value, in the quantity's unit"),
    max: z.number().optional().describe("largest believable value, in the quantity's unit"),
    maxRejectsPerSecond: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(5)
      .describe("more unreadable samples than this stop the cell"),
    angleMinRad: z.number().min(-7).max(7).optional().describe("scan: angle of the first ray"),
    angleStepRad: z.number().min(1e-5).max(1).optional().describe("scan: angle between rays"),
    mount: scanMount
      .optional()
      .describe("scan: where the scanner stands in the cell's frame; absent: at the robot's base"),
    frame: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe("twistCommand: frame_id that stamped commands must have; base_link when absent"),
    publisher: z.string().max(256).optional().describe("the only source allowed to publish this channel"),
    ...monitored,
  })
  .refine(needsReason, { message: REASON_MISSING, path: ["because"] })
  .refine((c) => c.quantity !== "scan" || (c.angleMinRad !== undefined && c.angleStepRad !== undefined), {
    message: "a scan needs angleMinRad and angleStepRad",
    path: ["angleMinRad"],
  })
  .refine((c) => c.quantity === "scan" || c.mount === undefined, {
    message: "only a scan has a mount",
    path: ["mount"],
  })
  .refine((c) => c.quantity === "twistCommand" || c.frame === undefined, {
    message: "only a twistCommand has a frame",
    path: ["frame"],
  })
  .refine((c) => c.min === undefined || c.max === undefined || c.min < c.max, {
    message: "min must lie below max",
    path: ["max"],
  });
export type ChannelConfig = z.infer<typeof channelSchema>;
