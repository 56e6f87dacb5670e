import { z } from "zod";
import { monitored, ms, needsReason, rad, REASON_MISSING } from "../units.ts";

export const silenceRule = z.strictObject({
  releaseMs: ms(10, 60_000)
    .default(500)
    .describe("a source must be healthy for this long before its silence counts as ended"),
});
export const stampsRule = z.strictObject({
  futureToleranceMs: ms(1, 1_000).default(50).describe("a stamp may lie this far in the future"),
});
export const heartbeatRule = z.strictObject({
  stuckMs: ms(10, 60_000).default(500).describe("a counter that has not advanced for this long is dead"),
});
export const foreignPublisherRule = z.strictObject({
  action: z.enum(["stop", "warn"]).default("stop"),
});
/** Limits of each joint and of the tool; the numbers stand at the robot. */
export const jointRule = z
  .strictObject({
    positionMarginRad: rad(0, 1)
      .default(0)
      .describe("how far outside its range a joint may read before it counts"),
    ...monitored,
  })
  .refine(needsReason, { message: REASON_MISSING, path: ["because"] });
