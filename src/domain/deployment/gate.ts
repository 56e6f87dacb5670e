import { z } from "zod";

/** Settings of the gate: what may be proposed, how it is judged. */
export const gateSchema = z.strictObject({});
export type GateConfig = z.infer<typeof gateSchema>;
