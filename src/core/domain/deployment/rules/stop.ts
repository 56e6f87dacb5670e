import { z } from "zod";
import { monitored, ms, nameText, needsReason, REASON_MISSING } from "../units.ts";

const code = z.number().int().min(0).max(255);

/** All e-stop channels are watched without being named here; a dual one may state its wiring. */
export const estopRule = z
  .strictObject({
    dual: z
      .record(
        nameText,
        z.strictObject({
          wiring: z
            .enum(["equivalent", "complementary"])
            .default("equivalent")
            .describe("equivalent: 1,1 is on; complementary: 1,0 is on"),
          discrepancyMs: ms(10, 3_000)
            .default(500)
            .describe("how long the two channels may contradict each other"),
        }),
      )
      .default({})
      .describe("by name of an estopDual channel"),
    ...monitored,
  })
  .refine(needsReason, { message: REASON_MISSING, path: ["because"] });

export const protectiveStopRule = z
  .strictObject({ ...monitored })
  .refine(needsReason, { message: REASON_MISSING, path: ["because"] });

/** Codes of a UR-style safety mode unless stated otherwise. Whatever is in no list is a fault. */
export const safetyModeRule = z
  .strictObject({
    normalCodes: z.array(code).min(1).max(16).default([1]),
    reducedCodes: z.array(code).max(16).default([2]),
    protectiveCodes: z.array(code).max(16).default([3, 5, 12, 13]),
    emergencyCodes: z.array(code).max(16).default([6, 7]),
    ...monitored,
  })
  .refine(needsReason, { message: REASON_MISSING, path: ["because"] })
  .refine(
    (r) => {
      const all = [...r.normalCodes, ...r.reducedCodes, ...r.protectiveCodes, ...r.emergencyCodes];
      return new Set(all).size === all.length;
    },
    { message: "a safety mode stands in two lists", path: ["normalCodes"] },
  );
