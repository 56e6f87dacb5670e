import { z } from "zod";

/** Numbers of a deployment: the unit stands in the key's name, the bounds stand here. Zero is never "off". */
export const ms = (min: number, max: number) => z.number().min(min).max(max);
export const hz = (min: number, max: number) => z.number().min(min).max(max);
export const metre = (min: number, max: number) => z.number().min(min).max(max);
export const mPerS = (min: number, max: number) => z.number().min(min).max(max);
export const rad = (min: number, max: number) => z.number().min(min).max(max);
export const newton = (min: number, max: number) => z.number().min(min).max(max);
export const kg = (min: number, max: number) => z.number().min(min).max(max);
export const ratio = (min = 0, max = 1) => z.number().min(min).max(max);
export const nameText = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/, "lower-case letters, digits and _, starting with a letter")
  .max(64);

/** Joints are called as their driver calls them, so that its messages can be told apart by name. */
export const jointName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_./-]*$/, "letters, digits and _ . / -, starting with a letter or _")
  .max(64);

/** Where a scanner stands in the cell's frame, and where its angle 0 looks. */
export const scanMount = z.strictObject({ xM: metre(-100, 100), yM: metre(-100, 100), yawRad: rad(-7, 7) });

/** A check is on, or it is off with a reason that lands in the audit and in a receipt. */
export const monitored = {
  monitored: z.boolean().default(true).describe("false switches the check off; then `because` is required"),
  because: z.string().min(10).max(500).optional().describe("why the check is off; written to a receipt"),
};
export const needsReason = (value: { monitored: boolean; because?: string | undefined }): boolean =>
  value.monitored || value.because !== undefined;
export const REASON_MISSING = "monitored: false needs `because:` with the reason";
