import { z } from "zod";

/** Settings of the reflex, one key per rule. Each rule's schema is added here beside its file in reflex/. */
export const rulesSchema = z.strictObject({});
export type RulesConfig = z.infer<typeof rulesSchema>;
