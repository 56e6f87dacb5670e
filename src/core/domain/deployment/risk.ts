import { z } from "zod";

/** The learned risk energy of the cell. */
export const riskSchema = z.strictObject({
  head: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .describe(
      "file of the risk head, beside this file or absolute; without one V_s is unknown and proposals that need it are RED",
    ),
  fallback: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .describe(
      "head that listens beside it and takes over when a promotion is rolled back; the node sets it after a promotion",
    ),
});
export type RiskConfig = z.infer<typeof riskSchema>;
